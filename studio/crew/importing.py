"""Bibles from outside: a person's own photographs, or a bible that another workspace exported."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from studio import pictures
from studio.artists.photo import LEAST, fitted
from studio.config import Workspace
from studio.crew import bibles
from studio.crew.bibles import PHOTO, VIEWS, Record
from studio.crew.opening import read_bible, slug
from studio.crew.slate import Bible
from studio.errors import BadInput
from studio.plugins import load
from studio.publish import publish_bytes, publish_json
from studio.story.catalogue import entries
from studio.story.document import Character, Location

MOST_BYTES = 40_000_000
"""A picture or a document larger than this was not exported by Studio."""
_VIEW = re.compile(r"(front|three_quarter|full_body|wide|detail)=(.+)")


@dataclass(frozen=True)
class Sitter:
    """Whom or what the photographs show. Name and description are text, never part of a path."""

    name: str
    family: str = "characters"
    kind: str = ""
    description: str = ""

    def entry(self) -> Character | Location:
        """The bible's entry; raises BadInput for a name or a kind that cannot be one."""
        name = " ".join(self.name.split())
        if not any(ch.isalnum() for ch in name) or len(name) > 80:
            raise BadInput(f"{self.name[:80]!r} is no name of 1 to 80 characters")
        told = {"id": _id(name), "name": name, "description": self.description.strip() or f"{name}, as photographed."}
        if self.family == "characters":
            return Character(kind=_kind(self.kind or "person", [*entries("people"), *entries("creatures")]), **told)
        return Location(kind=_kind(self.kind, [*entries("places")]), **told)


def _id(name: str) -> str:
    """A slug; names in other scripts than Latin are told apart by a hash."""
    plain = slug(name)
    latin = sum(ch.isascii() and ch.isalnum() for ch in name)
    return plain if latin else f"{plain}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _kind(kind: str, choices: list[str]) -> str:
    if kind not in choices:
        raise BadInput(f"--kind {kind!r}: choose from: {', '.join(choices)}")
    return kind


def photographs(space: Workspace, name: str, sitter: Sitter, photos: Sequence[str], replace: bool = False) -> list[str]:
    """Add a character or a place to the bible ``name`` (made where there is none); returns the labels of its pictures.

    ``photos`` are files, folders of files, or ``view=file``; without a view they become the views in their order.
    Raises BadInput before anything is written."""
    if slug(name) != name:
        raise BadInput(f"{name!r} cannot be a bible's name; try {slug(name)}")
    folder = space.bibles / name
    there = (folder / "bible.json").is_file()
    if not there and folder.exists():
        raise BadInput(f"{folder} is in the way: it is no story bible")
    if (space.runs / name).exists():
        raise BadInput(f"{name} is the bible of a production, which writes it; choose another name")
    bible = read_bible(space, name) if there else Bible(name=name)
    entry = sitter.entry()
    everyone: list[Character | Location] = [*getattr(bible, sitter.family)]
    if any(one.id == entry.id for one in everyone) and not replace:
        raise BadInput(f"{entry.name} is in {name} already; --replace takes the new photographs instead")
    data = {
        view: pictures.png(fitted(pictures.read(file, LEAST), view))
        for view, file in _views(sitter.family, photos).items()
    }
    prefix = f"{sitter.family}/{entry.id}"
    records = {label: r for label, r in bibles.read_records(folder).items() if label.rpartition("/")[0] != prefix}
    version = load("artists", PHOTO).Draughtsman.version
    for view, png in data.items():
        publish_bytes(bibles.picture_of(folder, f"{prefix}/{view}"), png)
        records[f"{prefix}/{view}"] = Record(sha256=hashlib.sha256(png).hexdigest(), artist=PHOTO, version=version)
    bibles.write_records(folder, records)
    kept = [one for one in everyone if one.id != entry.id]
    changed = bible.model_copy(update={sitter.family: [*kept, entry]})
    publish_json(folder / "bible.json", changed.model_dump(mode="json"))
    for view in set(VIEWS[sitter.family]) - set(data):
        bibles.picture_of(folder, f"{prefix}/{view}").unlink(missing_ok=True)
    return [f"{prefix}/{view}" for view in data]


def _views(family: str, photos: Sequence[str]) -> dict[str, Path]:
    """View -> file, in the order of the views."""
    named: dict[str, Path] = {}
    others: list[Path] = []
    for photo in photos:
        match = _VIEW.fullmatch(photo)
        if match and not Path(photo).exists():
            named[match[1]] = Path(match[2])
        elif Path(photo).is_dir():
            for file in sorted(Path(photo).iterdir()):
                if file.stem in VIEWS[family]:
                    named[file.stem] = file
                elif file.is_file() and not file.name.startswith("."):
                    others.append(file)
        else:
            others.append(Path(photo))
    free = [view for view in VIEWS[family] if view not in named]
    if wrong := sorted(set(named) - set(VIEWS[family])):
        raise BadInput(f"--photo {wrong[0]}=…: the views are {', '.join(VIEWS[family])}")
    if len(others) > len(free):
        raise BadInput(f"{len(named) + len(others)} photographs for {len(VIEWS[family])} views: name those to be taken")
    if not named and not others:
        raise BadInput("no photograph: give --photo FILE, once for each view, or a folder of them")
    found = named | dict(zip(free, others, strict=False))
    return {view: found[view] for view in VIEWS[family] if view in found}


def exported(space: Workspace, file: Path, name: str) -> int:
    """Make the bible ``name`` from a zip of `studio bible export`; returns how many pictures came with it.

    Only pictures that the zip's own list names are taken, each checked against its hash. Raises BadInput."""
    if slug(name) != name or (space.bibles / name).exists():
        raise BadInput(f"--name {name!r} is taken or not a plain name; try {slug(name)}-2")
    try:
        with zipfile.ZipFile(file) as bundle:
            bible = Bible.model_validate_json(_member(file, bundle, "bible.json"))
            listed = "references.json" in bundle.namelist()
            records = bibles.parse_records(_member(file, bundle, "references.json"), str(file)) if listed else {}
            found = {label: _member(file, bundle, f"references/{label}.png") for label in records}
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise BadInput(f"{file} is not an exported story bible: {str(error).splitlines()[0]}") from None
    for label, data in found.items():
        _check(file, label, data, records[label])
    folder = space.bibles / name
    for label, data in found.items():
        publish_bytes(bibles.picture_of(folder, label), data)
    bibles.write_records(folder, records)
    publish_json(folder / "bible.json", bible.model_copy(update={"name": name}).model_dump(mode="json"))
    return len(found)


def _member(file: Path, bundle: zipfile.ZipFile, name: str) -> bytes:
    if bundle.getinfo(name).file_size > MOST_BYTES:
        raise BadInput(f"{file}: {name} is larger than {MOST_BYTES // 1_000_000} MB")
    return bundle.read(name)


def _check(file: Path, label: str, data: bytes, record: Record) -> None:
    if hashlib.sha256(data).hexdigest() != record.sha256:
        raise BadInput(f"{file}: the picture {label} is not the one that its list names")
    try:
        with Image.open(io.BytesIO(data), formats=("PNG",)) as opened:
            opened.load()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise BadInput(f"{file}: the picture {label} cannot be decoded: {str(error).splitlines()[0]}") from None
