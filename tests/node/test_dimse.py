from pynetdicom.sop_class import Verification  # noqa: F401

from tests.node import peers


def test_what_is_sent_lies_durably_as_it_came_before_success_is_answered(listening, tmp_path):
    node = listening()
    assoc = peers.associate(node.port)
    assert assoc.is_established
    for ds in peers.slices(3):
        assert assoc.send_c_store(ds).Status == 0x0000
    assert node.counts.instances == 3
    assert len(node.files) == 3
    assert assoc.send_c_echo().Status == 0x0000
    assoc.release()
