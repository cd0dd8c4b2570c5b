"""What is forgotten, on both databases; `tests/node/test_expiry.py` removes files too."""

import datetime as dt

import pytest

from calcimetry.errors import InputError
from calcimetry.store import arrivals, deliveries, jobs, queue, studies
from calcimetry.store.expiry import expired, forget
from calcimetry.store.results import NewResult, ResultObject, ResultStatus
from tests.databases import arrival

REPORT = ResultObject("1.9", "1.9.1", "1.2.840.10008.5.1.4.1.1.88.34", "1.2", "r/sr.dcm")
RESULT = NewResult("r", ResultStatus.COMPLETE, "", "0.1", "unet", "{}", (REPORT,))


def test_a_study_that_was_sent_everywhere_is_forgotten_but_for_its_result(database, clock):
    removed = []
    arrivals.record_all(database, [arrival(1), arrival(2), arrival(2, content="b")])
    jobs.enqueue(database, "1.2.3", "how")
    queue.measured(database, queue.claim(database), RESULT, ("pacs",))
    deliveries.sent(database, deliveries.claim(database, "pacs"))
    later = clock.now + dt.timedelta(seconds=1)
    assert expired(database, clock.now) == ()
    assert expired(database, later) == ("1.2.3",)
    assert forget(database, "1.2.3", later, lambda *files: removed.append(files))
    ((paths, folders),) = removed
    assert sorted(paths) == ["studies/1.dcm", "studies/2.dcm", "studies/2b.dcm"]
    assert folders == ("r",)
    assert not forget(database, "1.2.3", later, lambda *files: removed.append(files))
    assert studies.recent(database)[0].result_status == "complete"


def test_a_study_that_is_not_known_cannot_be_forgotten(database, clock):
    with pytest.raises(InputError, match="Removing files: no instance of this study"):
        forget(database, "9", clock.now, lambda *_: None)
