import pickle

import pytest

from calcimetry.errors import InputError
from calcimetry.model import Bone, Digit, Phalanx, PhalanxCoverage

TIP = Phalanx(Digit.INDEX, Bone.DISTAL_PHALANX)


def test_a_finding_is_a_value():
    finding = PhalanxCoverage(TIP, "resorbed", 0.4, "only a part is there")
    assert pickle.loads(pickle.dumps(finding)) == finding
    assert hash(finding) == hash(PhalanxCoverage(TIP, "resorbed", 0.4, "only a part is there"))


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_lies_from_0_to_1(share):
    with pytest.raises(InputError, match="index distal phalanx: expected a share from 0 to 1"):
        PhalanxCoverage(TIP, "complete", share)


@pytest.mark.parametrize(("state", "reason"), [("complete", "why not"), ("not found", "")])
def test_a_reason_is_given_where_one_is_due(state, reason):
    with pytest.raises(InputError, match="expected a reason unless it is complete"):
        PhalanxCoverage(TIP, state, 1.0, reason)
