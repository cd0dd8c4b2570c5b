"""Many pictures in, a folder of results out."""

from calcimetry.study.run import StudyResult, measure_study

__all__ = ["StudyResult", "measure_study"]
