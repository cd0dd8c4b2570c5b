"""Stands in for ``calcimetry measure --dicom``: quick, small, and failing as it is asked to.

    python measuring_child.py BEHAVIOUR INSTANCES OUT

Like the real one it gives an object whose UID depends on nothing but the instances.
"""

import hashlib
import sys
import time
from pathlib import Path

from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ComprehensiveSRStorage, ExplicitVRLittleEndian


def report(instances):
    found = [dcmread(path, stop_before_pixels=True) for path in sorted(instances.glob("*.dcm"))]
    uids = sorted(str(one.SOPInstanceUID) for one in found)
    number = int(hashlib.sha256(" ".join(uids).encode()).hexdigest()[:24], 16)
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SOPClassUID = ComprehensiveSRStorage
    ds.SOPInstanceUID = f"2.25.{number}"
    ds.PatientID, ds.PatientName = found[0].PatientID, found[0].PatientName
    ds.PatientBirthDate = ds.PatientSex = ds.StudyDate = ds.StudyTime = ""
    ds.AccessionNumber = ds.ReferringPhysicianName = ds.StudyID = ""
    ds.StudyInstanceUID = found[0].StudyInstanceUID
    ds.SeriesInstanceUID = f"2.25.{number}1"
    ds.Modality, ds.SeriesNumber, ds.InstanceNumber = "SR", "900", "1"
    ds.SeriesDescription = f"{len(uids)} instances"
    return ds


def main(behaviour, instances, out):
    out.mkdir()
    if behaviour == "hang":
        time.sleep(600)
    if behaviour == "slow":  # long enough to be killed in
        time.sleep(0.3)
    if behaviour == "crash":
        sys.stderr.write("SomeWarning: Doe^Jane\n")
        return 7
    if behaviour == "greedy":
        try:
            bytearray(1 << 32)
        except MemoryError:
            sys.stderr.write("calcimetry: Internal error (MemoryError: )\n")
            return 2
    (out / "images.csv").write_text("image,status\n")
    if behaviour == "refuse":
        sys.stderr.write("calcimetry: no hand was found.\n")
        return 2
    (out / "dicom").mkdir()
    if behaviour == "nonsense":
        (out / "dicom" / "x.dcm").write_bytes(b"nonsense")
        return 0
    report(instances).save_as(out / "dicom" / "report.dcm", enforce_file_format=True)
    if behaviour == "partial":
        sys.stderr.write("calcimetry: one of two series failed.\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])))
