from hypothesis import given

from tests import strategies


@given(strategies.reports())
def test_lesions_are_counted(report):
    assert report.lesion_count == len(report.lesions)
