from hypothesis import given, settings

from tests import strategies


@settings(max_examples=10)
@given(strategies.reports())
def test_lesions_are_counted(report):
    assert report.lesion_count == len(report.lesions)
