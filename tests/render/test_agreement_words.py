from __future__ import annotations

import numpy as np
import pytest

from calcimetry.render.agreement_terms import headline, headline_limits, number, said_concordance
from calcimetry.render.agreement_words import pair_sentences, sentences
from tests.render.comparisons import comparison, of_values


def said(found):
    return " ".join(sentences(found))


def shifted(by, scatter=0.1, count=40):
    rng = np.random.default_rng(3)
    b = rng.uniform(5, 10, count)
    off = rng.normal(size=count)
    a = b + by + scatter * (off - off.mean())
    return tuple(a.tolist()), tuple(b.tolist())


def test_which_reads_higher():
    assert "anna reads 1.70 mm² more than ben on average (95% CI 1." in said(
        of_values(*shifted(1.7))
    )
    assert "anna reads 1.70 mm² less than ben on average (95% CI 1." in said(
        of_values(*shifted(-1.7))
    )


def test_the_same_is_said_of_ratios():
    a, b = shifted(0.0, 0.05)
    more = tuple(1.25 * one for one in a)
    assert "anna reads 25% more than ben on average (95% CI 2" in said(of_values(more, b, log=True))
    assert "anna reads between 1.2" in said(of_values(more, b, log=True))
    assert "differ by less than a factor of 1.2" in said(of_values(more, b, log=True))
    assert "no clear difference" in said(of_values(a, b, log=True))


def test_no_clear_difference():
    text = said(of_values(*shifted(0.0)))
    assert "which is no clear difference (95% CI 0.0" in text
    assert "mm² less to 0.0" in text


def test_limits_and_their_direction():
    a, b = shifted(1.0)
    text = said(of_values(a, b))
    assert "For 95% of images the two differ by less than 1.1" in text
    assert "anna minus ben lies between 0.8" in text


def test_growing_differences():
    rng = np.random.default_rng(3)
    b = np.round(rng.uniform(1, 40, 60), 2)
    a = np.round(1.3 * b + 0.2 * rng.normal(size=60), 2)
    text = said(of_values(tuple(a.tolist()), tuple(b.tolist())))
    assert "the larger the readings, the more anna reads beside the other, by 2.7 mm² for" in text
    assert "the more ben reads" in said(of_values(tuple(b.tolist()), tuple(a.tolist())))
    text = said(of_values(*shifted(0.0)))
    assert "No clear change of the difference or of its scatter with size was found." in text


def test_growing_scatter():
    rng = np.random.default_rng(5)
    b = np.round(rng.uniform(1, 40, 80), 2)
    a = np.round(b * np.exp(0.15 * rng.normal(size=80)), 2)
    text = said(of_values(tuple(a.tolist()), tuple(b.tolist())))
    assert "Scatter is larger for large readings than for small ones, so one pair of" in text
    assert "compare with --log too" in text


def test_trends_of_ratios_have_no_unit():
    rng = np.random.default_rng(3)
    b = rng.uniform(1, 40, 60)
    a = b**1.2
    text = said(of_values(tuple(a.tolist()), tuple((b * 1.001**b).tolist()), log=True))
    assert "The ratio changes with size: the larger the readings, the more anna reads" in text


def test_patients_are_counted_and_few_of_them_warned_of():
    text = said(comparison())
    assert "anna and ben both read 31 images of 13 patients." in text
    assert "(95% CI over patients" in text
    assert "Caution" not in text
    few = said(comparison(patients=6))
    assert (
        "Caution: intervals rest on 6 patients; fewer than 10 say little, and intervals by" in few
    )
    alone = said(comparison(images=20, patients=20))
    assert "over patients" not in alone


def test_what_is_left_out_is_counted():
    text = said(comparison(missing=(0, 3)))
    assert "both read 29 images of 13 patients; left out: 2 without a reading by ben." in text


def test_more_raters():
    text = said(comparison(raters=3))
    assert "anna, ben and cora together, on 31 images that all read: overall concordance" in text
    few = said(comparison(raters=3, missing=tuple(range(28))))
    assert "found 3." in few
    assert "anna, ben and cora together: Comparing all raters together" in few


def test_identical_readings():
    same = (1.0, 2.0, 3.0, 5.0, 8.0)
    found = of_values(same, same)
    text = said(found)
    assert "anna minus ben: Computing limits of agreement: all 5 values of the difference" in text
    assert "Lin's concordance coefficient is 1.00" in text
    assert "Whether the difference grows with size: " in text
    assert headline_limits(found.pairs[0]) == []


def test_without_a_unit():
    assert "anna reads 1.70 more than ben" in said(of_values(*shifted(1.7), unit=""))


def test_each_sentence_ends():
    for log in (False, True):
        for one in comparison(raters=3, log=log).pairs:
            for sentence in pair_sentences(one, "mm2"):
                assert sentence.endswith(".")
                assert sentence[0].isupper() or sentence.startswith(("anna", "ben", "cora"))


@pytest.mark.parametrize(
    ("value", "scatter", "text"),
    [(-0.0004, 0.2, "0.00"), (12.345, 0.0, "12.35"), (3.0, 1e-12, "3.00000000"), (250, 31, "250")],
)
def test_digits_follow_the_scatter(value, scatter, text):
    assert number(value, scatter) == text


def test_headlines():
    (one,) = comparison().pairs
    assert headline(one, "concordance", None)[1] == " over patients"
    assert headline_limits(one)[1][1] == one.linked.bias
    (one,) = comparison(subjects=False).pairs
    assert headline(one, "concordance", None) == (one.jackknifed["concordance"].interval, "")
    assert headline(one, "spearman", one.spearman.interval) == (one.spearman.interval, "")
    assert headline_limits(one)[1][1] == one.limits.bias
    assert said_concordance(one).startswith("Lin's CCC 0.9")
