"""Many pictures and volumes in, a folder of results out."""

from calcimetry.study.dicom_files import dicom_files
from calcimetry.study.result import StudyResult
from calcimetry.study.run import measure_study
from calcimetry.study.sources import EnergyPair, VolumeChoice

__all__ = ["EnergyPair", "StudyResult", "VolumeChoice", "dicom_files", "measure_study"]
