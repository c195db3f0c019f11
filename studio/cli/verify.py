"""`studio verify`: does a film say truly how it was made, and is it as it was signed?"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from studio.errors import BadInput, Unverified

if TYPE_CHECKING:
    from studio.edit.credentials import Checked


def verify(
    file: Path = typer.Argument(help="A film with content credentials, as `studio export NAME --to mp4` writes it."),
    trust: Path | None = typer.Option(None, help="PEM: authorities whose signatures you trust [this workspace's]."),
    as_json: bool = typer.Option(False, "--json", help="Print what was found as JSON on stdout."),
) -> None:
    """Show a film's content credentials (C2PA) and check them; the exit code is 0 only where all of them hold.

    \b
    Example:
      studio verify runs/my-film/exports/my-film.mp4
    """
    from studio.config import workspace
    from studio.crew.delivery import signing_of
    from studio.edit import credentials

    if not file.is_file():
        raise BadInput(f"no film at {file}")
    own = signing_of(workspace()).authority
    path = trust or (own if own.is_file() else None)
    try:
        anchors = path.read_bytes() if path else b""
    except OSError as error:
        raise BadInput(f"--trust {path}: {error.strerror}") from None
    found = credentials.verify(file, anchors)
    faults = [*found.faults]
    if trust and not found.trusted and not faults:
        faults.append(f"no authority in {trust} vouches for its signer, {found.signer}")
    if as_json:
        print(json.dumps({"file": str(file), "verified": not faults, **asdict(found), "faults": faults}))
    else:
        _show(found)
    if faults:
        raise Unverified(f"{file} does not verify: {'; '.join(faults)}")
    if not as_json:
        print("verified: not a byte has changed since it was signed")


def _show(found: Checked) -> None:
    if found.signer:
        vouched = "trusted" if found.trusted else "nobody vouches for this signer: see --trust"
        print(f"title         {found.title}")
        print(f"signed by     {found.signer} ({vouched})")
        print(f"source type   {found.source.rpartition('/')[2]}")
    for name, value in found.production.items():
        if value != "":
            print(f"{name:<13} {value}")


def register(app: typer.Typer) -> None:
    app.command()(verify)
