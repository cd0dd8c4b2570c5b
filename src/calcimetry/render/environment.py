"""How the templates of all pages are read: whatever they show is escaped."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined

from calcimetry.render import wording


def page_environment(package: str = "calcimetry.render") -> Environment:
    """Templates of a package; an undefined name is an error, every text is printable."""
    return Environment(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # Every text on the page goes through this, so no name can be forgotten.
        finalize=lambda value: wording.printable(value) if type(value) is str else value,
    )
