"""The result of a study as one HTML page that needs nothing else."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from PIL import Image as Picture

from calcimetry.model import Interval, Lesion, Report
from calcimetry.model.report import Status
from calcimetry.render import wording
from calcimetry.render.definitions import DEFINITIONS

#: Above this size browsers become slow to open a page, and mail refuses it.
PAGE_BUDGET_BYTES = 30_000_000
_LEAST_SCALE = 0.3
_JPEG_QUALITY = 85


@dataclass(frozen=True, slots=True)
class PictureSection:
    """One input of a study, measured or not.

    `PictureSection.of` makes the section of a measured picture. One that failed
    has a name, status "failed" and a reason, and that is all.
    """

    name: str
    status: Status
    reason: str = ""
    lesions: tuple[Lesion, ...] = ()
    #: Totals; None where nothing could be measured.
    area_mm2: float | None = None
    area_interval: Interval | None = None
    ellipse_area_mm2: float | None = None
    pixel_spacing_mm: float | None = None
    #: Names of the bones found.
    bones: tuple[str, ...] = ()
    #: Bone method and fingerprint of its weights.
    method: str = ""
    warnings: tuple[str, ...] = ()
    overlay_png: bytes | None = None
    #: Path of the full-size overlay relative to the page, with forward slashes: linked,
    #: never fetched. Where it is given but the picture is missing or damaged, the page says so.
    overlay_path: str = ""
    #: Further columns of the manifest, shown as given.
    details: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        report: Report,
        overlay_png: bytes | None = None,
        overlay_path: str = "",
        details: Mapping[str, str] | None = None,
    ) -> PictureSection:
        """Section of a measured picture, with its overlay as PNG bytes."""
        return cls(
            name=report.image.name,
            status=report.status,
            reason=report.reason,
            lesions=report.lesions,
            area_mm2=report.area_mm2,
            area_interval=report.area_interval,
            ellipse_area_mm2=report.ellipse_area_mm2,
            pixel_spacing_mm=report.image.grid.spacing[1],
            bones=wording.bones_of(report),
            method=report.method,
            warnings=report.warnings,
            overlay_png=overlay_png,
            overlay_path=overlay_path,
            details=details or {},
        )

    @property
    def not_measured(self) -> dict[str, list[str]]:
        """Quantities that no number is given for, by the reason why."""
        reasons: dict[str, list[str]] = {}
        for lesion in self.lesions:
            for quantity, reason in lesion.not_measured.items():
                quantities = reasons.setdefault(reason, [])
                if quantity not in quantities:
                    quantities.append(quantity)
        return reasons


@dataclass(frozen=True, slots=True)
class ReportPage:
    """All that the page shows.

    Parameters
    ----------
    sections : tuple of PictureSection
        Every input in the order of the run, those that failed included.
    settings : mapping of str to object
        The settings tree that was used, as `Settings.to_dict` gives it.
    version : str
        Of calcimetry.
    created : datetime
        When the study was measured.
    notes : tuple of str
        Remarks on the run as a whole, such as files that were passed over.
    """

    sections: tuple[PictureSection, ...]
    settings: Mapping[str, object]
    version: str
    created: datetime
    notes: tuple[str, ...] = ()


def render_report(page: ReportPage, budget_bytes: int = PAGE_BUDGET_BYTES) -> str:
    """Write the page.

    The page holds its pictures and styles, runs no script and fetches nothing, so
    that it can be mailed and archived as one file. Names are escaped.

    Parameters
    ----------
    page : ReportPage
        What to show.
    budget_bytes : int
        Where the overlays would make the page larger than about this, they become
        JPEGs, as much smaller as it takes but no less than 30% as wide, and the
        page says so.

    Returns
    -------
    str
        A complete HTML document, to be encoded as UTF-8.
    """
    overlays = [section.overlay_png for section in page.sections]
    scale = _scale_to_fit([png for png in overlays if png], budget_bytes)
    pictures = [_embedded(png, scale) if png else None for png in overlays]
    environment = Environment(
        loader=PackageLoader("calcimetry.render"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # Every text on the page goes through this, so no name can be forgotten.
        finalize=lambda value: wording.printable(value) if type(value) is str else value,
    )
    environment.filters.update(
        mm2=wording.area,
        mm=wording.length,
        mm2_range=wording.area_range,
        bone=wording.bone_of,
        # Names that are not UTF-8 reach Python as lone surrogates.
        path=lambda path: quote(path, errors="surrogateescape"),
    )
    highest = max((s.area_interval.high for s in page.sections if s.area_interval), default=0.0)
    return environment.get_template("report.html.j2").render(
        page=page,
        pictures=pictures,
        scale=scale,
        counts={
            status: sum(section.status == status for section in page.sections)
            for status in ("complete", "partial", "failed")
        },
        lesion_count=sum(len(section.lesions) for section in page.sections),
        detail_names=list(dict.fromkeys(name for s in page.sections for name in s.details)),
        methods=sorted({section.method for section in page.sections if section.method}),
        settings=list(_flat(page.settings)),
        plot_mm2=highest or 1.0,
        definitions=DEFINITIONS,
        research_use=wording.RESEARCH_USE,
    )


def _flat(tree: Mapping[str, object], above: str = "") -> Iterator[tuple[str, str]]:
    """Settings as dotted names and their values, as a TOML file would call them."""
    for name, value in tree.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", "not set" if value is None else str(value)


def _scale_to_fit(pngs: Sequence[bytes], budget_bytes: int) -> float | None:
    """Part of their width that pictures must shrink to; None where all fit as they are.

    Overlays as JPEG were seen to take at most ``0.7 x scale^1.4`` of their PNG.
    """
    total = sum(len(png) for png in pngs) * 4 / 3  # what base64 makes of them
    if total <= budget_bytes:
        return None
    scale = float(budget_bytes / (0.7 * total)) ** (1 / 1.4)
    return float(min(1.0, max(_LEAST_SCALE, scale)))


@dataclass(frozen=True, slots=True)
class _Embedded:
    """A picture within the page. Its size is stated: links would miss as pictures load."""

    uri: str
    width: int
    height: int


def _embedded(png: bytes, scale: float | None) -> _Embedded | None:
    """A picture as the page holds it; None where it is damaged."""
    try:
        with Picture.open(BytesIO(png), formats=("PNG",)) as picture:
            picture.load()
    except Exception:  # noqa: BLE001 - damaged files make decoders raise anything
        return None
    if scale is None:
        return _Embedded(_data_uri("png", png), picture.width, picture.height)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    small = picture.convert("RGB").resize(size, Picture.Resampling.LANCZOS)
    buffer = BytesIO()
    # No chroma subsampling: thin coloured outlines would fade.
    small.save(buffer, "JPEG", quality=_JPEG_QUALITY, subsampling=0)
    return _Embedded(_data_uri("jpeg", buffer.getvalue()), *size)


def _data_uri(kind: str, data: bytes) -> str:
    return f"data:image/{kind};base64," + base64.b64encode(data).decode("ascii")
