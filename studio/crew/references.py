"""The art department: reference images that fix how everybody and everything looks."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from studio.artists.base import CHARACTER_VIEWS, LOCATION_VIEWS
from studio.crew.production import Production
from studio.crew.slate import Bible
from studio.memory.tables import Reference
from studio.publish import publish_json, publish_path
from studio.story.brief import digest
from studio.story.document import Character, CreativeDocument, Location


def sha256_of(path: Path) -> str:
    """Hex digest of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def path_of(production: Production, label: str) -> Path:
    """Where the reference ``characters/<id>/<view>`` or ``locations/<id>/<view>`` lies."""
    return production.space.bibles / production.name / "references" / f"{label}.png"


def labels(document: CreativeDocument, characters: int = 3, locations: int = 2) -> list[str]:
    """Labels of all references, ``characters`` views of each character and ``locations`` of each location."""
    people = [f"characters/{c.id}/{v}" for c in document.characters for v in CHARACTER_VIEWS[:characters]]
    places = [f"locations/{place.id}/{v}" for place in document.locations for v in LOCATION_VIEWS[:locations]]
    return people + places


def draw(production: Production) -> dict[str, str]:
    """Draw what is missing, damaged or out of date; label -> sha256. Writes the bible beside the images."""
    document, consistency = production.document, production.settings.consistency
    wanted = labels(document, consistency.references_per_character, consistency.references_per_location)
    hashes = {label: _ensure(production, document, label) for label in wanted}
    bible = Bible(
        name=production.name, genre=document.genre, characters=document.characters, locations=document.locations
    )
    publish_json(production.space.bibles / production.name / "bible.json", bible.model_dump(mode="json"))
    return hashes


def _ensure(production: Production, document: CreativeDocument, label: str) -> str:
    family, id, view = label.split("/")
    subject: Character | Location = document.character(id) if family == "characters" else document.location(id)
    artist = production.settings.production.artist
    inputs = [artist, production.slate.artist_version, subject.model_dump(mode="json"), view, document.genre]
    key, path = digest(inputs), path_of(production, label)
    known = production.memory.reference(production.name, label)
    if known is not None and known.key == key:
        if path.is_file() and sha256_of(path) == known.sha256:
            return known.sha256
        production.remark("warning", f"reference {label} was {'damaged' if path.is_file() else 'gone'}; drawn again")
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.png")
    path.parent.mkdir(parents=True, exist_ok=True)
    production.artist.draw(subject, view, document.genre, temporary)
    sha256 = sha256_of(temporary)
    publish_path(temporary, path)
    production.memory.save_reference(Reference(bible=production.name, label=label, sha256=sha256, key=key))
    return sha256
