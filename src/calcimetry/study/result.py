"""What one run over a study gives."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from calcimetry.files.results import Contents, Result


@dataclass(frozen=True, slots=True)
class StudyResult:
    """What one run gave.

    `results` holds one result per input of this run, in order, as this run's
    attempt ended; `resumed` counts those that an earlier run had measured. `contents`
    is all of the results folder, earlier runs included.
    """

    folder: Path
    results: tuple[Result, ...]
    resumed: int
    contents: Contents

    @property
    def measured(self) -> tuple[Result, ...]:
        """The complete and the partial ones."""
        return tuple(result for result in self.results if result.measured)

    @property
    def failed(self) -> tuple[Result, ...]:
        """The ones with nothing to read but a reason."""
        return tuple(result for result in self.results if not result.measured)
