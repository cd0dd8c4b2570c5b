import httpx
from dicomweb_client import DICOMwebClient

from tests.node import peers


def test_a_dicomweb_client_stores_a_study_and_reads_the_response(serving):
    node = serving()
    client = DICOMwebClient(f"{node.url}/dicom-web")
    sent = peers.slices(3)
    answer = client.store_instances(sent)
    assert [one.ReferencedSOPInstanceUID for one in answer.ReferencedSOPSequence] == [
        ds.SOPInstanceUID for ds in sent
    ]
    assert "FailedSOPSequence" not in answer
    assert node.counts.instances == 3
    assert len(node.files) == 3


def test_health_metrics_and_status_are_served(serving):
    node = serving()
    with httpx.Client(base_url=node.url) as client:
        assert client.get("/health").json() == {"ill": []}
        assert "calcimetry_spool_free_bytes" in client.get("/metrics").text
        page = client.get("/")
        assert page.status_code == 200
        assert "Nothing has been received yet." in page.text
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert ".chip" in client.get("/status.css").text
