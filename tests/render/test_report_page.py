"""The HTML report."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from io import BytesIO

import numpy as np
import pytest
from PIL import Image as Picture

from calcimetry.measurement.burden import Burden
from calcimetry.model import Interval
from calcimetry.render.definitions import DEFINITIONS
from calcimetry.render.report_page import ReportPage, render_report
from calcimetry.render.sections import BurdenLine, FingerLine, ImageSection, Overlay

VOID = {"meta", "img", "br", "line", "circle"}
CREATED = datetime(2026, 11, 22, 9, 41, tzinfo=UTC)


class Page(HTMLParser):
    """Checks that elements nest and collects what the tests ask for."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.sources: list[str] = []
        self.texts: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            assert not name.startswith("on"), "no script in attributes"
            if name == "id":
                self.ids.append(value or "")
            elif name == "href":
                self.links.append(value or "")
            elif name == "src":
                self.sources.append(value or "")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        assert tag in VOID

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


def page_of(*sections: ImageSection, **changes) -> ReportPage:
    values = {"settings": {"method": "unet"}, "version": "0.1.0", "created": CREATED}
    return ReportPage(sections=sections, **(values | changes))


def noisy_png(size: tuple[int, int] = (300, 200)) -> bytes:
    noise = np.random.default_rng(1).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
    buffer = BytesIO()
    Picture.fromarray(noise).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def measured(make_report) -> Callable[..., ImageSection]:
    def make(name: str = "finger.jpg", **changes) -> ImageSection:
        report = make_report(name=name, squares=((10, 10, 3), (60, 70, 9)))
        return ImageSection.of(report, **changes)

    return make


def test_shows_every_number_of_every_lesion(measured) -> None:
    section = measured()
    page = Page(render_report(page_of(section)))
    for lesion in section.lesions:
        for value in (lesion.area_mm2, lesion.ellipse_area_mm2, lesion.pixel_area_mm2):
            assert f"{value:.2f}" in page.text
        for value in (lesion.long_axis_mm, lesion.short_axis_mm, lesion.perimeter_mm):
            assert f"{value:.1f}" in page.text
        interval = lesion.area_interval
        assert f"{interval.low:.2f} to {interval.high:.2f}" in page.text
    assert f"{section.area_mm2:.2f} mm²" in page.text
    assert "mass_mg not measured: the picture was windowed" in page.text
    assert "bones found: proximal phalanx" in page.text


@pytest.fixture
def volume(make_report) -> ImageSection:
    report = make_report(name="hand.nii.gz", squares=((10, 10, 3), (60, 70, 9)))
    lesions = (
        replace(
            report.lesions[0],
            bone=22,
            volume_mm3=12.34,
            volume_interval=Interval(8.5, 16.0),
            aspect="volar",
        ),
        replace(report.lesions[1], bone=0),
    )
    index = FingerLine(
        *("right index finger", "partial", "no right index distal phalanx was found"),
        {"proximal phalanx": "complete", "distal phalanx": "not found"},
    )
    return replace(
        ImageSection.of(report),
        lesions=lesions,
        volume_mm3=15.6,
        volume_interval=Interval(11.0, 20.2),
        fingers=(index, replace(index, name="finger")),
        spacing="Voxels of 0.6 x 0.6 x 0.6 mm",
    )


def test_a_volume_has_its_own_tables(volume) -> None:
    page = Page(render_report(page_of(volume)))
    for told in (
        "15.6 mm³ 95% interval 11.0 to 20.2 mm³ 2 lesions",
        "1 index middle phalanx volar no 12.3 8.50 to 16.0",
        "Right index finger partial complete - not found",
        "no right index distal phalanx was found",
        "Voxels of 0.6 x 0.6 x 0.6 mm",
        "Volumes 1 Complete 1",
    ):
        assert told in page.text
    targets = {link.removeprefix("#") for link in page.links if link.startswith("#")}
    assert targets <= set(page.ids)


def lines() -> tuple[BurdenLine, ...]:
    hand = Burden(
        2,
        *(3.5, Interval(3.0, 4.0), 3.1, 15.6, Interval(11.0, 20.2), 6.2, Interval(5.0, 7.4)),
        urate_count=1,
    )
    finger = replace(hand, lesion_count=1, mass_mg=None, not_measured={"mass_mg": "no calibration"})
    return (
        BurdenLine("patient", "Patient P01, visit 2", "failed", "x might count twice", None),
        BurdenLine("hand", "left hand of a", "partial", "not found: ring", hand),
        BurdenLine("finger", "left index finger", "complete", "", finger),
    )


def test_burdens_come_first_patient_hand_finger(volume) -> None:
    html = render_report(page_of(volume, burden=lines()))
    page = Page(html)
    for told in (
        "Patient P01, visit 2 failed not added up x might count twice",
        "left hand of a partial 2 + 1 urate 15.6 11.0 to 20.2 6.20 5.00 to 7.40 3.50 3.00 to 4.00",
        "left index finger complete 1 + 1 urate 15.6 11.0 to 20.2 - 5.00 to 7.40 3.50",
        "Mass not measured: no calibration",
    ):
        assert told in page.text
    order = ["burden", "summary", "pictures", "picture-1", "definitions", "settings"]
    assert [one for one in page.ids if one in order] == order
    targets = {link.removeprefix("#") for link in page.links if link.startswith("#")}
    assert targets <= set(page.ids)


def test_without_masses_and_volumes_their_columns_are_left_out(measured) -> None:
    picture = Burden(2, 3.5, Interval(3.0, 4.0), 3.1)
    line = BurdenLine("patient", "Patient P01", "complete", "", picture)
    text = Page(render_report(page_of(measured(), burden=(line,)))).text
    assert "Patient P01 complete 2 3.50 3.00 to 4.00" in text
    columns = text[text.index("Patient, hand, finger") : text.index("Patient P01")]
    assert "Area" in columns
    assert "Mass" not in columns
    assert 'id="burden"' not in render_report(page_of(measured()))


def test_urate_is_shown_as_not_counted(volume) -> None:
    first, second = volume.lesions
    gout = replace(volume, lesions=(first, replace(second, material="urate")))
    text = Page(render_report(page_of(gout))).text
    assert "1 lesion and 1 of urate, not counted" in text
    assert "Lesions 1 Of urate, not counted 1" in text
    assert "- urate, not counted" in text


def test_linked_overlays_are_not_held_by_the_page(measured) -> None:
    one = Overlay(None, "overlays/a b.png", "a finger", (300, 200))
    html = render_report(page_of(measured(overlays=(one,))))
    page = Page(html)
    assert page.sources == ["overlays/a%20b.png"]
    assert 'loading="lazy" width="300" height="200"' in html
    assert "img-src data: 'self' file:;" in html
    assert "keep the two together" in page.text
    assert "img-src data:;" in render_report(page_of(measured()))


def test_both_overlays_of_a_volume_are_shown(volume) -> None:
    overlays = (Overlay(noisy_png(), "overlays/a.png", "hands"), Overlay(None, "overlays/b.png"))
    page = Page(render_report(page_of(replace(volume, overlays=overlays))))
    assert len(page.sources) == 1
    assert "The overlay overlays/b.png is missing" in page.text


def test_mass_and_material_are_shown_where_they_were_measured(volume) -> None:
    weighed = replace(
        volume.lesions[0],
        mass_mg=12.345,
        mass_interval=Interval(9.87, 14.0),
        density_mg_cm3=431.2,
        dual_energy_ratio=1.987,
        material="calcium",
    )
    urate = replace(volume.lesions[0], number=2, material="urate")
    section = replace(
        volume, lesions=(weighed, urate), mass_mg=12.345, mass_interval=Interval(9.87, 14.0)
    )
    page = Page(render_report(page_of(section)))
    assert "Mass , mg 95% interval , mg" in page.text
    assert "12.3 mg" in page.text
    assert "12.3 9.87 to 14.0 431 1.99 calcium" in page.text
    assert "urate" in page.text
    assert "Lesions 1 " in page.text


def test_pictures_and_volumes_share_the_summary(volume, measured) -> None:
    failed = ImageSection("broken.nii", "failed", "it is cut off")
    page = Page(render_report(page_of(volume, measured(), failed)))
    assert "Images 3 Complete 2 Partial 0 Failed 1" in page.text
    assert "Volume , mm³ 95% interval , mm³ Area , mm²" in page.text
    assert "Images 2" in Page(render_report(page_of(measured(), volume))).text
    assert "Volumes 2" in Page(render_report(page_of(failed, volume))).text


def test_every_link_within_the_page_has_its_target(measured) -> None:
    page = Page(render_report(page_of(measured("a.jpg"), measured("b.jpg"), measured("c.jpg"))))
    targets = {link.removeprefix("#") for link in page.links if link.startswith("#")}
    assert targets <= set(page.ids)
    assert {"picture-1", "picture-2", "picture-3", "summary", "settings"} <= targets
    assert len(page.ids) == len(set(page.ids))


def test_runs_no_script_and_fetches_nothing(measured) -> None:
    html = render_report(page_of(measured(overlays=(Overlay(noisy_png(), "overlays/a.png"),))))
    page = Page(html)
    assert not {"script", "link", "iframe", "object", "base"} & set(page.tags)
    assert [source[:22] for source in page.sources] == ["data:image/png;base64,"]
    assert base64.b64decode(page.sources[0].partition(",")[2]) == noisy_png()
    for fetch in ("http:", "https:", "@import", "url("):
        assert fetch not in html
    assert "default-src 'none'" in html
    assert 'loading="lazy" width="300" height="200"' in html


def test_failed_inputs_stand_in_the_summary_with_their_reason(measured) -> None:
    failed = ImageSection("broken.jpg", "failed", "Reading broken.jpg: the file is empty.")
    page = Page(render_report(page_of(measured(), failed)))
    assert page.text.count("Reading broken.jpg: the file is empty.") == 2
    assert "Pictures 2 Complete 1 Partial 0 Failed 1 Lesions 2" in page.text


@pytest.mark.parametrize("place", ["name", "reason", "warning", "detail", "note", "method"])
def test_markup_in_any_text_is_escaped(measured, place) -> None:
    evil = "<script>alert('x')</script>\"&\u202e\udc80"
    given = dict.fromkeys(("name", "reason", "warning", "detail", "note", "method"), "plain")
    given[place] = evil
    section = ImageSection(
        given["name"],
        "partial",
        given["reason"],
        warnings=(given["warning"],),
        method=given["method"],
        spacing="Pixel spacing 0.4 mm",
        overlays=(Overlay(noisy_png((4, 4)), f"overlays/{given['name']}.png"),),
        details={given["detail"]: given["detail"]},
    )
    html = render_report(page_of(section, notes=(given["note"],)))
    html.encode("utf-8")
    page = Page(html)
    assert "script" not in page.tags
    assert "<script>alert('x')</script>\"&\\u202e\\udc80" in page.text


def test_a_name_cannot_turn_a_link_into_a_program(measured) -> None:
    page = Page(
        render_report(page_of(measured(overlays=(Overlay(noisy_png(), "javascript:x#?"),))))
    )
    assert "javascript%3Ax%23%3F" in page.links


def test_manifest_columns_appear_only_when_given(measured) -> None:
    assert "No. Picture Status" in Page(render_report(page_of(measured()))).text
    given = measured(details={"patient": "P07", "finger": "ring"})
    text = Page(render_report(page_of(given, measured("other.jpg")))).text
    assert "patient finger Status" in text
    assert "P07 ring" in text


def test_settings_version_method_date_and_purpose_are_stated(measured) -> None:
    settings = {"method": "unet", "picture": {"window_hu": 1500.0, "name": None}}
    text = Page(render_report(page_of(measured(), settings=settings))).text
    assert "calcimetry 0.1.0" in text
    assert "2026-11-22 09:41 UTC" in text
    assert "bone method kmeans" in text
    assert "picture.window_hu 1500.0" in text
    assert "picture.name not set" in text
    assert text.count("Research use only") >= 2


def test_every_number_is_defined(measured) -> None:
    page = Page(render_report(page_of(measured())))
    for definition in DEFINITIONS:
        assert f"def-{definition.key}" in page.ids
        assert definition.words in page.text
        assert " ".join(definition.formula.split()) in page.text


def test_a_page_without_pictures_says_so() -> None:
    assert "No picture was given." in Page(render_report(page_of())).text


def test_a_picture_without_lesions_is_a_result(make_report) -> None:
    section = ImageSection.of(make_report())
    text = Page(render_report(page_of(section))).text
    assert "0.00 mm² no lesion found" in text
    assert "0.00 to 0.00" not in text  # an interval of lesions that were not found


@pytest.mark.parametrize("budget", [10, 30_000_000])
def test_a_damaged_overlay_is_left_out_with_a_note(measured, budget) -> None:
    png = noisy_png()
    for damaged in (png[:5], png[:200], png[: len(png) // 2], b"GIF89a", b"\0" * 100):
        section = measured(overlays=(Overlay(damaged, "overlays/a&b.png"),))
        page = Page(render_report(page_of(section), budget_bytes=budget))
        assert page.sources == []
        assert "The overlay overlays/a&b.png is missing or damaged" in page.text


def test_a_missing_overlay_is_told(measured) -> None:
    text = Page(render_report(page_of(measured(overlays=(Overlay(path="overlays/a.png"),))))).text
    assert "The overlay overlays/a.png is missing or damaged" in text


def test_two_hundred_pictures_are_compressed_and_the_page_says_so(measured) -> None:
    png = noisy_png()
    sections = [measured(f"{n}.jpg", overlays=(Overlay(png),)) for n in range(200)]
    budget = len(png) * 30
    html = render_report(page_of(*sections), budget_bytes=budget)
    page = Page(html)
    assert len(page.sources) == 200
    assert "The pictures on this page are compressed and 30% as wide" in page.text
    assert sum(map(len, page.sources)) < budget
    data = base64.b64decode(page.sources[0].removeprefix("data:image/jpeg;base64,"))
    with Picture.open(BytesIO(data)) as picture:
        assert picture.size == (90, 60)
    assert "compressed" not in Page(render_report(page_of(measured(overlays=(Overlay(png),))))).text
