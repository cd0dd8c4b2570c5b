"""A node that is killed loses nothing; `benchmarks/killed_node.py` kills it far more often."""

import numpy as np

from tests.node import nodes
from tests.node.killing import kill_again_and_again


def test_a_killed_node_loses_nothing_and_shows_one_result_of_each_study(tmp_path, monkeypatch):
    nodes.close_sockets(monkeypatch)
    outcome = kill_again_and_again(tmp_path, 4, np.random.default_rng(1), longest_s=2.0)
    assert outcome.broken == []
    assert outcome.kills == 4
    assert outcome.acknowledged > 0
    assert outcome.results_in_archive == outcome.studies
