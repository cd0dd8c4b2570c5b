"""``calcimetry deidentify``: DICOM in, the same DICOM without its patients out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from calcimetry.cli.shell import (
    ALL_MEASURED,
    NOTHING_DONE,
    SOME_FAILED,
    errors_told,
    progress_bar,
    say,
    tell,
)

if TYPE_CHECKING:
    from calcimetry.study.deidentified import DeidentifiedStudy


def _new_key(path: Path | None) -> None:
    if path is None:
        return
    with errors_told(None):
        from calcimetry.dicom.deidentify_pseudonyms import new_key

        new_key(path)
        say(
            f"{path}: keep it secret and keep it safe. Who has it can link pseudonyms to patients; "
            "without it later visits cannot be linked to earlier ones."
        )
        raise typer.Exit(ALL_MEASURED)


def deidentify(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="IN...",
            help="DICOM of hands: files, folders, a DICOMDIR, zips.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path,
        typer.Argument(metavar="OUT", help="Folder to write: new, empty, or of an earlier run."),
    ],
    profile: Annotated[
        Path, typer.Option(metavar="TOML", help="What may stay, and how the trial is called.")
    ],
    key: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The key, where the profile names no key_file."),
    ] = None,
    crosswalk: Annotated[
        Path | None,
        typer.Option(
            metavar="CSV",
            help="Write a table of whose files became which. It names patients: keep it apart.",
        ),
    ] = None,
    _new: Annotated[
        Path | None,
        typer.Option(
            "--new-key",
            metavar="FILE",
            help="Write a new key and stop.",
            is_eager=True,
            expose_value=False,
            callback=_new_key,
        ),
    ] = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print nothing but what went wrong.")
    ] = False,
) -> None:
    """Write DICOM without its patients, for a trial.

    DICOM PS3.15's Basic Profile with the options that the profile names. The same key gives the
    same pseudonyms, so visits and sites stay linked. Writes OUT/PATIENT/STUDY/SERIES/OBJECT.dcm,
    and beside them files.csv, attributes.csv, deidentification.json and deidentification.html: what
    was done, without any original value. Objects that may show who it is in their pixels, and
    those with private attributes of unknown makers, are refused. Run again, it goes on where
    it stopped.

    \b
    Examples:
      calcimetry deidentify --new-key trial.key
      calcimetry deidentify study/ deidentified --profile trial.toml
      calcimetry deidentify visit1.zip visit2/ deidentified --profile trial.toml --key trial.key

    \b
    Exit status: 0 all written, 1 some refused (files.csv says why), 2 nothing was written.
    """
    with errors_told(out, doing="written"):
        from calcimetry.dicom.deidentify_profile import Profile
        from calcimetry.dicom.deidentify_pseudonyms import read_key
        from calcimetry.errors import SettingsError
        from calcimetry.study.deidentifying import deidentify_study

        chosen = Profile.from_toml(profile)
        if key is not None:
            chosen = replace(chosen, key_file=str(key))
        if not chosen.key_file:
            raise SettingsError(
                f"De-identifying: {profile.name} names no key_file, and there is no default key. "
                "Make one with `calcimetry deidentify --new-key FILE`, and name it there or with "
                "--key."
            )
        secret = read_key(Path(chosen.key_file))
        with progress_bar(quiet) as watch:
            study = deidentify_study(
                paths,
                out,
                chosen,
                secret,
                crosswalk=crosswalk,
                on_progress=watch.on_progress,
                on_stage=watch.on_stage,
            )
        for reason, count in study.reasons("refused").items():
            tell(f"{count} refused: {reason}")
        if not quiet:
            say(_summary(study))
        raise typer.Exit(_exit_status(study))


def _summary(study: DeidentifiedStudy) -> str:
    again = f", {study.resumed} of them by an earlier run" if study.resumed else ""
    return (
        f"{len(study.of_status('written'))} of {len(study.rows)} inputs written{again}; "
        f"{len(study.of_status('refused'))} refused, {len(study.of_status('passed over'))} passed "
        f"over. Report: {study.folder / 'deidentification.html'}, files.csv, attributes.csv"
    )


def _exit_status(study: DeidentifiedStudy) -> int:
    if not study.of_status("written"):
        return NOTHING_DONE
    return SOME_FAILED if study.of_status("refused") else ALL_MEASURED
