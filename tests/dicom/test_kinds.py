"""Computed images are recognised by what they call themselves; source images are not refused."""

import pytest

from calcimetry.dicom.instance import Frame, Instance, PixelPlace
from calcimetry.dicom.kinds import OWN_REFORMAT, refusal_of
from calcimetry.dicom.source import Source
from tests.dicom.making import CTImageStorage, EnhancedCTImageStorage


def instance(words="hand", image_type=("ORIGINAL", "PRIMARY", "AXIAL"), **changes):
    values = {
        "source": Source("a.dcm"),
        "size": 1000,
        "sop_class": CTImageStorage,
        "sop_uid": "1.2",
        "series_uid": "1.3",
        "patient": "",
        "study": "",
        "transfer_syntax": "1.2.840.10008.1.2.1",
        "modality": "CT",
        "words": words,
        "photometric": "MONOCHROME2",
        "pixels": PixelPlace(0, 10, True, 1, 1, 1, 16, 16, False),
        "frames": (Frame(slope=1.0, intercept=0.0, image_type=image_type),),
    }
    return Instance(**(values | changes))


@pytest.mark.parametrize(
    "words",
    [
        "hand",
        "DE_Gout 0.6 Br40 A 80kV",
        "DE_UricAcid Br40 A 80 kV",
        "DE_BoneMarrow 0.6 B Sn150kV",
        "DE 80 kV hand",
        "Mono+ 50 keV",
        "Finger rechts 0.5 Br60",
        "Hand bone",
        "VR46 trial hand",
    ],
)
def test_source_images(words):
    assert refusal_of(instance(words)) is None


@pytest.mark.parametrize("sop_class", [CTImageStorage, EnhancedCTImageStorage])
def test_ct_of_every_kind(sop_class):
    assert refusal_of(instance(sop_class=sop_class)) is None


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ("DE_VNC hand", "virtual non-contrast"),
        ("VNCa bone marrow", "virtual non-calcium"),
        ("Calcium suppression index 50", "virtual non-calcium"),
        ("Iodine density", "an iodine map"),
        ("HAP(Water)", "a calcium map"),
        ("Z Effective", "a map of atomic numbers"),
        ("Electron Density", "a map of electron density"),
        ("DE Uric Acid", "a map of urate"),
        ("DE BoneMarrow", "a map of bone marrow"),
        ("Gout color coded", "colour-coded"),
        ("DE fused", "colour-coded"),
        ("Hand MIP thick", "a rendering"),
        ("Hand VRT", "a rendering"),
        ("Topogram 0.6", "a localizer"),
        ("Scout", "a localizer"),
    ],
)
def test_computed_images(words, what):
    refusal = refusal_of(instance(words))
    assert (refusal.reason, refusal.expected) == (what, False)


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ("MAT_SPECIFIC", "a map of materials"),
        ("EFF_ATOMIC_NUM", "a map of atomic numbers"),
        ("ELECTRON_DENSITY", "a map of electron density"),
        ("MIN_IP", "a rendering"),
        ("VNC", "virtual non-contrast"),
        ("LOCALIZER", "a localizer"),
    ],
)
def test_computed_images_by_image_type(value, what):
    refusal = refusal_of(instance(image_type=("DERIVED", "PRIMARY", value)))
    assert refusal.reason == what


def test_our_own_reformats_are_results_and_no_source():
    image_type = ("DERIVED", "SECONDARY", "MPR", OWN_REFORMAT)
    refusal = refusal_of(instance("calcimetry lesion planes", image_type))
    assert refusal is not None
    assert (refusal.reason, refusal.expected) == (
        "a plane that calcimetry reformatted for its results",
        False,
    )
