"""What every command says to the terminal in the same way."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Column

from calcimetry import __version__
from calcimetry.errors import CalcimetryError

if TYPE_CHECKING:
    from calcimetry.study import StudyResult
    from calcimetry.study.run import OnStage
    from calcimetry.study.run import Progress as OnProgress

ALL_MEASURED, SOME_FAILED, NOTHING_DONE = 0, 1, 2
#: Width of tables that do not go to a terminal, which would have its own.
_TABLE_WIDTH = 110


def tell(message: str) -> None:
    """Print one line on stderr."""
    print("calcimetry: " + " ".join(message.split()), file=sys.stderr)


def say(message: str) -> None:
    """Print on stdout, with escapes for what its encoding does not know."""
    encoding = sys.stdout.encoding or "utf-8"
    print(message.encode(encoding, errors="backslashreplace").decode(encoding))


@contextmanager
def errors_told(results: Path | None, doing: str = "measured") -> Iterator[None]:
    """Turn every error into one line on stderr and an exit status; no traceback.

    `results` is the folder that an interrupted command can go on in, if there is one, and
    holds what was `doing` so far.
    """
    try:
        yield
    except CalcimetryError as error:
        tell(str(error))
        raise typer.Exit(NOTHING_DONE) from error
    except KeyboardInterrupt as error:
        kept = (
            f" What was {doing} is kept in {results}; the same command goes on from there."
            if results
            else ""
        )
        tell(f"Interrupted.{kept}")
        raise typer.Exit(SOME_FAILED) from error
    except (typer.Exit, BrokenPipeError):
        raise
    except Exception as error:
        tell(
            f"Internal error ({type(error).__name__}: {error}). Please report it with the "
            f"version, {__version__}."
        )
        raise typer.Exit(NOTHING_DONE) from error


class Watch(NamedTuple):
    """What a study calls while it goes on; None where nobody watches."""

    on_progress: OnProgress | None = None
    on_stage: OnStage | None = None


@contextmanager
def progress_bar(quiet: bool) -> Iterator[Watch]:
    """A bar on stderr where that is a terminal; nothing elsewhere."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield Watch()
        return
    columns = (
        SpinnerColumn(),  # a volume takes its time: this shows that something goes on
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[stage]}", markup=False, table_column=Column(no_wrap=True)),
        # Last, for a narrow terminal cuts it.
        TextColumn(
            "{task.description}",
            markup=False,
            table_column=Column(no_wrap=True, overflow="ellipsis", ratio=1),
        ),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None, stage="")

        def on_progress(done: int, total: int, name: str) -> None:
            bar.update(task, completed=done, total=total, description=name)

        def on_stage(stage: str) -> None:
            bar.update(task, stage=stage)

        yield Watch(on_progress, on_stage)


def table_console() -> Console:
    """Where tables go: stdout, as wide as the terminal or else wide enough."""
    console = Console()
    return console if console.is_terminal else Console(width=_TABLE_WIDTH)


def tell_failures(study: StudyResult) -> None:
    """One line on stderr for every input that could not be measured."""
    for result in study.failed:
        named = result.image in result.reason
        tell(result.reason if named else f"{result.image}: {result.reason}")


def exit_status(study: StudyResult) -> int:
    """0 where all inputs were measured, 1 where some failed, 2 where all did."""
    if not study.failed:
        return ALL_MEASURED
    return SOME_FAILED if study.measured else NOTHING_DONE
