"""The result of a study as one HTML page that needs nothing else."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from urllib.parse import quote

from PIL import Image as Picture

from calcimetry.render import wording
from calcimetry.render.definitions import DEFINITIONS
from calcimetry.render.environment import page_environment
from calcimetry.render.sections import BurdenLine, ImageSection, Overlay

#: Above this size browsers become slow to open a page, and mail refuses it.
PAGE_BUDGET_BYTES = 30_000_000
_LEAST_SCALE = 0.3
_JPEG_QUALITY = 85


@dataclass(frozen=True, slots=True)
class ReportPage:
    """All that the page shows.

    Parameters
    ----------
    sections : tuple of ImageSection
        Every input in the order of the run, those that failed included.
    settings : mapping of str to object
        The settings tree that was used, as `Settings.to_dict` gives it.
    version : str
        Of calcimetry.
    created : datetime
        When the study was measured.
    notes : tuple of str
        Remarks on the run as a whole, such as files that were passed over.
    burden : tuple of BurdenLine
        Patients, their hands and fingers, in the order in which they are shown; empty where
        only pictures of nobody known were measured.
    """

    sections: tuple[ImageSection, ...]
    settings: Mapping[str, object]
    version: str
    created: datetime
    notes: tuple[str, ...] = ()
    burden: tuple[BurdenLine, ...] = ()


def render_report(page: ReportPage, budget_bytes: int = PAGE_BUDGET_BYTES) -> str:
    """Write the page.

    The page holds its pictures and styles, runs no script and fetches nothing, so
    that it can be mailed and archived as one file. Names are escaped. Pictures that
    are only linked are read from their files as one scrolls to them; the page says
    so.

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
    held = [one.png for section in page.sections for one in section.overlays if one.png]
    scale = scale_to_fit(held, budget_bytes)
    pictures = [[_shown(one, scale) for one in section.overlays] for section in page.sections]
    environment = page_environment()
    environment.filters.update(
        mm2=wording.area,
        mm3=wording.volume,
        mm3_range=wording.volume_range,
        mg=wording.mass,
        mg_range=wording.mass_range,
        mm=wording.length,
        mm2_range=wording.area_range,
        bone=wording.bone_of,
        path=_path,
    )
    highest = max((s.area_interval.high for s in page.sections if s.area_interval), default=0.0)
    return environment.get_template("report.html.j2").render(
        page=page,
        pictures=pictures,
        scale=scale,
        linked=any(one.linked for section in page.sections for one in section.overlays),
        burden_gaps=_gaps(page.burden),
        urate_count=sum(len(s.lesions) - s.lesion_count for s in page.sections),
        counts={
            status: sum(section.status == status for section in page.sections)
            for status in ("complete", "partial", "failed")
        },
        lesion_count=sum(section.lesion_count for section in page.sections),
        detail_names=list(dict.fromkeys(name for s in page.sections for name in s.details)),
        methods=sorted({section.method for section in page.sections if section.method}),
        settings=list(flat_settings(page.settings)),
        noun=_noun(page.sections),
        phalanges=("proximal phalanx", "middle phalanx", "distal phalanx"),
        has_volumes=any(section.is_volume for section in page.sections),
        has_mass=any(
            one is not None and one.mass_mg is not None
            for one in (*page.sections, *(line.burden for line in page.burden))
        ),
        plot_mm2=highest or 1.0,
        definitions=DEFINITIONS,
        research_use=wording.RESEARCH_USE,
    )


def _gaps(burden: Sequence[BurdenLine]) -> list[str]:
    """Why totals have no mass, each reason once."""
    told = (line.burden.not_measured.get("mass_mg", "") for line in burden if line.burden)
    return [why for why in dict.fromkeys(told) if why]


def _noun(sections: Sequence[ImageSection]) -> str:
    """What the inputs are called together."""
    volumes = sum(section.is_volume for section in sections)
    if not volumes:
        return "picture"
    pictures = sum(not s.is_volume and s.area_mm2 is not None for s in sections)
    return "image" if pictures else "volume"


def flat_settings(tree: Mapping[str, object], above: str = "") -> Iterator[tuple[str, str]]:
    """Settings as dotted names and their values, as a TOML file would call them."""
    for name, value in tree.items():
        if isinstance(value, Mapping):
            yield from flat_settings(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", "not set" if value is None else str(value)


def scale_to_fit(pngs: Sequence[bytes], budget_bytes: int) -> float | None:
    """Part of their width that pictures must shrink to; None where all fit as they are.

    Overlays as JPEG were seen to take at most ``0.7 x scale^1.4`` of their PNG.
    """
    total = sum(len(png) for png in pngs) * 4 / 3  # what base64 makes of them
    if total <= budget_bytes:
        return None
    scale = float(budget_bytes / (0.7 * total)) ** (1 / 1.4)
    return float(min(1.0, max(_LEAST_SCALE, scale)))


@dataclass(frozen=True, slots=True)
class ShownPicture:
    """A picture of the page. Its size is stated: links would miss as pictures load."""

    uri: str
    width: int
    height: int


def _shown(overlay: Overlay, scale: float | None) -> ShownPicture | None:
    """A picture as the page holds or links it; None where there is none to show."""
    if overlay.linked:
        return ShownPicture(_path(overlay.path), *overlay.linked)
    return embedded(overlay.png, scale) if overlay.png else None


def _path(path: str) -> str:
    """A file's path as an address; names that are not UTF-8 reach Python as lone surrogates."""
    return quote(path, errors="surrogateescape")


def embedded(png: bytes, scale: float | None) -> ShownPicture | None:
    """A picture as the page holds it; None where it is damaged."""
    try:
        with Picture.open(BytesIO(png), formats=("PNG",)) as picture:
            picture.load()
    except Exception:  # noqa: BLE001 - damaged files make decoders raise anything
        return None
    if scale is None:
        return ShownPicture(data_uri("png", png), picture.width, picture.height)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    small = picture.convert("RGB").resize(size, Picture.Resampling.LANCZOS)
    buffer = BytesIO()
    # No chroma subsampling: thin coloured outlines would fade.
    small.save(buffer, "JPEG", quality=_JPEG_QUALITY, subsampling=0)
    return ShownPicture(data_uri("jpeg", buffer.getvalue()), *size)


def data_uri(kind: str, data: bytes) -> str:
    """A picture of some kind, such as ``png``, as the address that a page holds it under."""
    return f"data:image/{kind};base64," + base64.b64encode(data).decode("ascii")
