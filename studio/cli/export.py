"""`studio export`: hand the film over to the editing room."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from studio.errors import BadInput

if TYPE_CHECKING:
    from studio.config import Workspace
    from studio.crew.delivery import Delivered
    from studio.edit.certificate import Signing


def export(
    name: str = typer.Argument(help="The production."),
    to: str = typer.Option(..., help="mp4, otio, edl, fcp7xml, srt, vtt, pdf, csv or zip."),
    out: Path | None = typer.Option(None, help="File to write [runs/NAME/exports/NAME.SUFFIX]."),
    certificate: Path | None = typer.Option(None, help="PEM: the chain that signs an mp4 [Studio's own]."),
    key: Path | None = typer.Option(None, help="PEM: the certificate's key."),
    as_json: bool = typer.Option(False, "--json", help="Print what was written as JSON on stdout."),
) -> None:
    """Export the film as it was last cut.

    otio, edl (CMX3600) and fcp7xml are time lines for an editing program: cuts, dissolves, handles, notes as markers.
    srt and vtt are subtitles, csv is a shot list, pdf a storyboard. zip is a report that opens from disk in a browser.

    mp4 is the film with content credentials (C2PA), which `studio verify` shows and checks.

    \b
    Examples:
      studio export my-film --to mp4
      studio export my-film --to otio
      studio export my-film --to pdf --out storyboard.pdf
    """
    from studio.cli.output import check_writable
    from studio.cli.progress import Progress
    from studio.config import workspace
    from studio.crew.delivery import deliver, export_format
    from studio.crew.production import reopen

    suffix = export_format(to).suffix
    what = f"{to} is written to a {suffix} file"
    if out is not None:
        check_writable(out, suffix, what)
    space = workspace()
    signing = _signing(space, to, certificate, key)
    production = reopen(space, name, Progress(space.runs / name))
    file = out or production.folder / "exports" / f"{name}{suffix}"
    try:
        made = deliver(production, to, file, signing)
    finally:
        production.close()
    if as_json:
        print(json.dumps(_told(name, to, made)))
        return
    for note in made.notes:
        print(f"studio: {note}", file=sys.stderr)
    print(made.file)


def _signing(space: Workspace, to: str, certificate: Path | None, key: Path | None) -> Signing | None:
    """What signs instead of the workspace's own certificate; raises BadInput where nothing is signed."""
    from studio.crew.delivery import signing_of

    if not (certificate or key):
        return None
    if to != "mp4":
        raise BadInput(f"--certificate and --key sign an mp4; {to} is not signed")
    return signing_of(space, *(str(path.absolute()) if path else "" for path in (certificate, key)))


def _told(name: str, to: str, made: Delivered) -> dict[str, Any]:
    return {
        "name": name, "to": to, "file": str(made.file), "bytes": made.file.stat().st_size, "sha256": made.sha256,
        "frames": made.frames, "fps": made.fps, "seconds": round(made.frames / made.fps, 3), "notes": made.notes,
    }  # fmt: skip


def register(app: typer.Typer) -> None:
    app.command()(export)
