"""What lies beside a bible's pictures: how each of them was made, and which stay in the productions to come."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from studio.artists.base import CHARACTER_VIEWS, LOCATION_VIEWS, at_hour
from studio.config import Settings, Workspace
from studio.crew.slate import Bible, Kept
from studio.errors import BadInput
from studio.publish import publish_json
from studio.story.document import LIT_HOURS
from studio.tool import build

PHOTO = "photo"
"""Artist of pictures that a person brought: they are kept whoever draws the rest."""
VIEWS = {"characters": CHARACTER_VIEWS, "locations": LOCATION_VIEWS}
LIT_VIEWS = tuple(at_hour(view, hour) for view in LOCATION_VIEWS for hour in LIT_HOURS)
_LABEL = re.compile(r"(characters|locations)/([a-z0-9]+(?:-[a-z0-9]+)*)/([a-z_]+)")


class Record(BaseModel):
    """How a picture was made."""

    model_config = ConfigDict(extra="forbid")

    sha256: str
    artist: str
    version: str = ""
    """Of the artist, with the hash of its weights."""
    options: dict[str, Any] = {}
    seed: int | None = None
    after: str = ""
    """sha256 of the first view that it was drawn after."""
    candidates: list[dict[str, float | int | None]] = []
    """Seed, fit, likeness and score of each picture that it was chosen from."""


def check_label(label: str) -> str:
    """``characters/<id>/<view>``, ``locations/<id>/<view>`` or ``…/<view>_<hour>``; raises BadInput for anything
    else, such as a path."""
    match = _LABEL.fullmatch(label)
    if match is None or match[3] not in VIEWS[match[1]] + (LIT_VIEWS if match[1] == "locations" else ()):
        raise BadInput(f"{label[:80]!r} is not the name of a reference picture")
    return label


def read_records(folder: Path) -> dict[str, Record]:
    """Label -> how its picture was made, of the bible in ``folder``; raises BadInput for a file that is none."""
    path = folder / "references.json"
    return parse_records(path.read_bytes(), str(path)) if path.is_file() else {}


def parse_records(data: bytes, where: str) -> dict[str, Record]:
    """The content of a ``references.json``; raises BadInput naming ``where`` it comes from."""
    try:
        told = TypeAdapter(dict[str, Record]).validate_json(data)
    except ValidationError as error:
        raise BadInput(f"{where} holds no list of pictures: {str(error).splitlines()[0]}") from None
    return {check_label(label): record for label, record in told.items()}


def write_records(folder: Path, records: dict[str, Record]) -> None:
    """Publish ``references.json``."""
    publish_json(folder / "references.json", {label: r.model_dump(mode="json") for label, r in sorted(records.items())})


def picture_of(folder: Path, label: str) -> Path:
    """Where a bible keeps a picture."""
    return folder / "references" / f"{label}.png"


def kept(space: Workspace, settings: Settings, bible: Bible) -> dict[str, Kept]:
    """Label -> picture of those that stay in a new production: photographs, and what this same artist drew to last.

    Raises BadInput where a photograph is damaged or gone."""
    folder, artist = space.bibles / bible.name, settings.production.artist
    lasting = build("artists", artist, settings, space).lasting
    subjects = {f"characters/{c.id}" for c in bible.characters} | {f"locations/{p.id}" for p in bible.locations}
    found = {}
    for label, record in read_records(folder).items():
        stays = record.artist == PHOTO or (lasting and record.artist == artist)
        if not stays or label.rpartition("/")[0] not in subjects:
            continue
        if intact(picture_of(folder, label), record.sha256):
            found[label] = Kept(sha256=record.sha256, artist=record.artist)
        elif record.artist == PHOTO:
            raise BadInput(f"{picture_of(folder, label)} is not the photograph that was imported; import it again")
    return found


def search(space: Workspace, bible: str, label: str, sha256: str) -> Path | None:
    """Where a picture lies: in the bible that it comes from, or in that of a production which used it."""
    first = picture_of(space.bibles / bible, label)
    others = sorted(space.bibles.glob(f"*/references/{label}.png"))
    return next((path for path in (first, *others) if intact(path, sha256)), None)


def intact(path: Path, sha256: str) -> bool:
    """Whether the file is there and holds what it did."""
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256
