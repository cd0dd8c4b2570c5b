from __future__ import annotations

import numpy as np
import pytest

from calcimetry.render.agreement_figures import draw_bland_altman, draw_identity, draw_mountain
from calcimetry.render.agreement_marks import MOST_PATIENTS, shortened
from calcimetry.render.rater_map import draw_raters
from tests.render.comparisons import comparison, of_values

DRAWN = [draw_identity, draw_bland_altman, draw_mountain]


@pytest.mark.parametrize("draw", DRAWN)
@pytest.mark.parametrize("log", [False, True])
def test_each_figure_in_both_kinds(draw, log):
    (one,) = comparison(log=log).pairs
    chart = draw(one, "mm2")
    svg = chart.svg()
    assert "anna" in svg
    assert "nan" not in svg
    picture = np.asarray(chart.picture())
    # Something is drawn, and most of the paper stays white.
    assert 0.02 < np.mean(picture != 255) < 0.5


def test_an_image_has_a_mark():
    (one,) = comparison(subjects=False).pairs
    assert draw_identity(one, "").svg().count("<circle") == 31
    assert "A colour and shape" not in draw_identity(one, "").svg()


def test_patients_have_colours_while_there_are_not_too_many():
    (few,) = comparison().pairs
    (many,) = comparison(images=80, patients=MOST_PATIENTS + 1).pairs
    assert "A colour and shape for each of 13 patients" in draw_identity(few, "mm2").svg()
    assert "A colour and shape" not in draw_identity(many, "mm2").svg()
    assert draw_identity(many, "mm2").svg().count("<circle") == 80


def test_crowds_are_shaded():
    (few,) = comparison(images=49, patients=13).pairs
    (many,) = comparison(images=60, patients=13).pairs
    (logs,) = comparison(images=60, patients=13, log=True).pairs
    count = [draw_identity(one, "mm2").svg().count("<polygon") for one in (few, many, logs)]
    assert count[1] > count[0] + 20
    assert count[2] > count[0] + 20


def test_a_crowd_on_a_line_is_not_shaded():
    same = tuple(float(n + 1) for n in range(60))
    (one,) = of_values(same, same).pairs
    assert "<polygon" not in draw_identity(one, "mm2").svg()


def test_limits_are_labelled_and_follow_size_where_there_is_a_trend():
    rng = np.random.default_rng(5)
    b = np.round(rng.uniform(1, 40, 80), 2)
    a = np.round(b * np.exp(0.15 * rng.normal(size=80)), 2)
    (one,) = of_values(tuple(a.tolist()), tuple(b.tolist())).pairs
    svg = draw_bland_altman(one, "mm2").svg()
    for name in ("lower", "mean", "upper"):
        assert f">{name} " in svg
    assert "dotted: limits that follow size" in svg
    (one,) = of_values(tuple(a.tolist()), tuple(b.tolist()), log=True).pairs
    assert "dotted" not in draw_bland_altman(one, "mm2").svg()


def test_raters():
    found = {
        (one.pair.a, one.pair.b): (one.concordance.coefficient, one.concordance.interval_z)
        for one in comparison(raters=3).pairs
    }
    svg = draw_raters(("anna", "ben", "cora"), found).svg()
    value = f"{found['anna', 'ben'][0]:.2f}"
    assert svg.count(f">{value}<") >= 2
    found.pop(("anna", "cora"))
    found["anna", "ben"] = (-0.2, None)
    svg = draw_raters(("anna", "ben", "cora"), found).svg()
    assert svg.count(">none<") == 2


def test_long_names_are_cut():
    assert shortened("anna", 100) == "anna"
    cut = shortened("radiologist number one", 60)
    assert cut.endswith("...")
    assert "radiologist number one".startswith(cut[:-3])
