"""The node among real peers: DCMTK and Orthanc send, results come back to Orthanc both ways."""

import datetime as dt
import shutil
import subprocess

import numpy as np
import pytest
from dicomweb_client import DICOMwebClient
from pydicom import dcmread

from calcimetry.dicom.ct import CtStudy, write_ct
from calcimetry.model import Laterality
from calcimetry.node.configuration import (
    DicomDestination,
    MeasureSettings,
    StowDestination,
    WorkerSettings,
)
from calcimetry.node.measuring import way_of_measuring
from calcimetry.node.service import Node
from calcimetry.phantom.volume import finger_volume
from calcimetry.store import Database, deliveries, jobs, results, studies
from tests.node import nodes
from tests.peers.orthanc import running_orthanc

DCMTK = shutil.which("storescu") and shutil.which("findscu")

pytestmark = pytest.mark.skipif(not DCMTK, reason="DCMTK (Debian: dcmtk) is not installed")


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """Where results go by C-STORE, and half of the study comes from."""
    with running_orthanc(tmp_path_factory.mktemp("orthanc") / "archive", "ARCHIVE") as started:
        yield started


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    """Where results go by STOW-RS."""
    with running_orthanc(tmp_path_factory.mktemp("orthanc") / "web", "WEB") as started:
        yield started


@pytest.fixture(scope="module")
def measured(archive, web, tmp_path_factory):
    """A study of which DCMTK sent one energy to the node and Orthanc the other, measured and sent.

    Gives its UID, its result and the database.
    """
    folder = tmp_path_factory.mktemp("node")
    made = finger_volume(np.random.default_rng(3), spacing_mm=1.0)
    day = dt.date(2020, 1, 1)
    study = CtStudy("3", "PHANTOM-S000003", day, Laterality.LEFT)
    low, high = write_ct(folder / "ct", made.image, study)
    uid = str(dcmread(next(low.iterdir()), stop_before_pixels=True).StudyInstanceUID)
    destinations = [
        DicomDestination("archive", "dicom", "127.0.0.1", archive.dicom_port, archive.title),
        StowDestination("web", "stow", web.dicom_web),
    ]
    settings = nodes.settings(
        folder / "spool", destinations, worker=WorkerSettings(memory_mb=8000.0)
    )
    node = Node(settings, way_of_measuring(MeasureSettings()))
    node.start()
    try:
        storescu(low, node.dicom_port, "CALCIMETRY")
        storescu(high, archive.dicom_port, archive.title)
        send_on(archive, node.dicom_port)
        with Database.open(settings.database_url) as database:
            assert studies.find(database, uid).instance_count == len([*low.iterdir()]) * 2
            jobs.complete(database, uid, "test")
            nodes.wait_for(lambda: ended(database, uid), "the result in both archives")
            yield uid, results.visible(database, uid), database
    finally:
        node.stop()


def storescu(folder, port, title):
    subprocess.run(
        ["storescu", "-aet", "SCANNER", "-aec", title, "+sd", "127.0.0.1", str(port), folder],
        check=True,
        timeout=nodes.PATIENCE_S,
    )


def send_on(archive, port):
    """Let Orthanc send all that it has to the node."""
    node = {"AET": "CALCIMETRY", "Host": "127.0.0.1", "Port": port}
    archive.ask("/modalities/node", node, method="PUT")
    archive.ask("/modalities/node/store", archive.ask("/studies"))


def ended(database, uid):
    found = studies.find(database, uid)
    assert found.status not in ("measuring failed", "sending failed"), found
    return found.status == "done"


def qido(archive, uid):
    """UIDs of the results that an archive lists of a study."""
    client = DICOMwebClient(archive.dicom_web)
    listed = client.search_for_instances(uid, fields=["SOPClassUID", "Modality"])
    return {one["00080018"]["Value"][0] for one in listed}


def test_the_study_is_measured_whole(measured):
    _, result, _ = measured
    assert result.status in ("complete", "partial")
    kinds = {one.sop_class_uid for one in result.objects}
    assert "1.2.840.10008.5.1.4.1.1.66.4" in kinds  # Segmentation Storage
    assert "1.2.840.10008.5.1.4.1.1.88.34" in kinds  # Comprehensive 3D SR Storage


@pytest.mark.parametrize("way", ["archive", "web"])
def test_every_result_is_found_by_qido(measured, way, request):
    uid, result, _ = measured
    listed = qido(request.getfixturevalue(way), uid)
    assert {one.sop_instance_uid for one in result.objects} <= listed


def test_every_result_series_is_found_by_findscu(measured, archive, tmp_path):
    uid, result, _ = measured
    subprocess.run(
        [
            *("findscu", "-S", "-X", "-od", tmp_path, "-aec", archive.title),
            *("-k", "QueryRetrieveLevel=SERIES", "-k", f"StudyInstanceUID={uid}"),
            *("-k", "SeriesInstanceUID", "-k", "Modality"),
            *("127.0.0.1", str(archive.dicom_port)),
        ],
        check=True,
        timeout=nodes.PATIENCE_S,
    )
    found = {str(dcmread(path, force=True).SeriesInstanceUID) for path in tmp_path.iterdir()}
    assert {one.series_uid for one in result.objects} <= found


def test_results_that_are_sent_again_replace_themselves(measured, archive, web):
    uid, _, database = measured
    before = [qido(one, uid) for one in (archive, web)]
    assert deliveries.resend(database, uid, "test") == 2
    nodes.wait_for(lambda: ended(database, uid), "the result in both archives again")
    assert [qido(one, uid) for one in (archive, web)] == before
