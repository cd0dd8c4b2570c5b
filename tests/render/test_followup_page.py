from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from PIL import Image as Picture

from calcimetry.followup.result import BoneAlignment, Change, LesionChange, SameAxes
from calcimetry.model import Interval
from calcimetry.render.followup_page import (
    FollowUpPage,
    FollowUpSection,
    LesionLine,
    PageFigure,
    PatientLine,
    VisitLines,
    render_followup,
)

VOLUME = Change(
    *("volume_mm3", 20.0, 30.0, 10.0, Interval(4.0, 19.0), 50.0, Interval(22.0, 84.0)),
    *(21.0, 17.0, "progression", "progression"),
)
AREA = replace(VOLUME, quantity="area_mm2", category="below detection", rule_25="stable")
GONE = replace(
    VOLUME, last=0.0, absolute=-20.0, relative_percent=-100.0, relative_interval=None,
    detectable_increase_percent=None, category="improvement",
)  # fmt: skip


def lesion(kind="persisted", first=(1,), last=(2,), **values):
    given = {"changes": {"volume_mm3": VOLUME}, "axes": SameAxes(4.0, 4.5, 3.0, 3.1, 7.0)}
    return LesionChange(
        *("a lesion", "2.25.1", kind, first, last, 122, 0.91, 0.9, 0.0, 0.2), **(given | values)
    )


LINES = VisitLines(
    "Visit 2, after 90 days",
    lesions=(
        LesionLine(1, "index", lesion(by_user=True), ("4.1 x 3.0", "4.4 x 3.1")),
        LesionLine(2, "index", lesion("disappeared", last=(), axes=None,
                                      changes={"volume_mm3": GONE})),
        LesionLine(3, "-", lesion("not compared", last=(), axes=None, changes={},
                                  reason="its place <lies> outside")),
    ),
    totals={"volume_mm3": VOLUME},
    fingers={"left index finger": {"volume_mm3": VOLUME}, "left thumb": {}},
    alignments=(
        BoneAlignment(122, np.eye(3), np.zeros(3), 0.07, 0.95, True),
        BoneAlignment(123, np.eye(3), np.zeros(3), 0.9, 0.3, False, "too far apart"),
    ),
    warnings=("The visits differ in the kernel.",),
    reasons=("mass_mg: no calibration",),
)  # fmt: skip


def png(size=(40, 30)):
    buffer = io.BytesIO()
    Picture.new("RGB", size).save(buffer, "PNG")
    return buffer.getvalue()


def page(**changes):
    figures = (
        PageFigure("<svg/>", "Volume at 2 visits.", ("figures/a.svg", "figures/a.png")),
        PageFigure(png(), "the hand", ("figures/b.png",)),
        PageFigure(b"damaged", "no picture", ()),
    )
    values = {
        "visits": ("baseline: a", "visit 2: b"),
        "patients": (
            PatientLine("P<1>", "visit 2", "partial", "one is missing", {"volume_mm3": VOLUME}),
        ),
        "sections": (
            FollowUpSection("left hand", "P<1>", (LINES,), figures),
            FollowUpSection("right hand", "", reason="its image is gone"),
        ),
        "unpaired": (("2", "c.nii", "no counterpart"),),
        "volumes": True,
        "settings": {"matching": {"reach_mm": 1.5}},
        "version": "0.1.0",
        "created": datetime(2026, 1, 2, tzinfo=UTC),
    }
    return FollowUpPage(**(values | changes))


def text(**changes):
    return " ".join(render_followup(page(**changes)).split())


def test_changes_are_written_with_their_intervals():
    found = text()
    for told in (
        "20.0 → 30.0",
        '+10.0<br><span class="muted">+4.00 to +19.0',
        "+50%",
        "+22% to +84%",
        "−17% or +21%",
        "at both visits, by the user",
        "4.0 x 3.0<br>4.5 x 3.1",
        "Partial: one is missing",
        "matching.reach_mm",
        "No total of mass_mg: no calibration",
        "Alignment of 2 bones, 1 refused",
        "The visits differ in the kernel.",
        "c.nii",
        "its image is gone",
    ):
        assert told in found, told
    assert "its place &lt;lies&gt; outside" in found
    assert "P&lt;1&gt;" in found


def test_a_lesion_that_is_gone_has_no_place_on_the_plot():
    assert text().count("<circle") == 3  # patient, lesion 1 and the index finger


@pytest.mark.parametrize(("percent", "place"), [(0.0, 80.0), (300.0, 155.0), (-99.0, 5.0)])
def test_the_plot_goes_from_a_fourth_to_four_times(percent, place):
    change = replace(VOLUME, relative_percent=percent)
    patients = (PatientLine("P", "visit 2", "complete", "", {"volume_mm3": change}),)
    assert f'<circle cx="{place}"' in text(patients=patients, sections=())


def test_pictures_of_the_page_are_held_by_it():
    found = text()
    assert found.count("<img") == 2
    assert 'class="paper"' in found
    assert '<a href="figures/a.svg">SVG</a>' in found
    assert "compressed" not in found
    assert "compressed" in " ".join(render_followup(page(), budget_bytes=10).split())


def test_of_pictures_it_says_that_totals_are_compared():
    lines = VisitLines(
        "Visit 2", totals={"area_mm2": AREA}, fingers={"left ring": {"area_mm2": AREA}}
    )
    found = text(
        volumes=False,
        patients=(PatientLine("P", "visit 2", "complete", "", {"area_mm2": AREA}),),
        sections=(FollowUpSection("left ring", "P", (lines,)),),
        unpaired=(),
    )
    assert "totals per finger are compared, and no lesion is followed" in found
    assert "Area, mm²" in found
    assert "Volume, mm³" not in found
    assert '<span class="chip below-detection">below detection</span>' in found
    assert 'href="#unpaired"' not in found
