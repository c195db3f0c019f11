"""The art department: reference images that fix how everybody and everything looks."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from studio.artists.base import CHARACTER_VIEWS, LOCATION_VIEWS, Commission, at_hour
from studio.crew import bibles, casting, requests
from studio.crew.bibles import Record
from studio.crew.notes import read_note
from studio.crew.production import Production
from studio.crew.slate import Bible
from studio.errors import EngineFailed, Stopped
from studio.memory.tables import Reference
from studio.publish import publish_bytes, publish_json, publish_path
from studio.story.brief import digest
from studio.story.document import LIT_HOURS, Character, CreativeDocument, Location


def folder_of(production: Production) -> Path:
    """The production's story bible."""
    return production.space.bibles / production.name


def path_of(production: Production, label: str) -> Path:
    """Where the reference ``characters/<id>/<view>`` or ``locations/<id>/<view>`` lies."""
    return bibles.picture_of(folder_of(production), label)


def labels(
    document: CreativeDocument, characters: int = 3, locations: int = 2, relit: bool = False,
    asked: Collection[tuple[str, str]] = (),
) -> list[str]:  # fmt: skip
    """Labels of all references, ``characters`` views of each character and ``locations`` of each location; where they
    are ``relit``, the latter once more at each hour at which a scene shows it in another light, or to which a retake is
    ``asked`` (location's id, hour)."""
    people = [f"characters/{c.id}/{v}" for c in document.characters for v in CHARACTER_VIEWS[:characters]]
    plays = {(scene.location, scene.time_of_day) for scene in document.scenes} | set(asked)
    places = [
        f"locations/{place.id}/{at_hour(view, hour)}"
        for place in document.locations
        for hour in ("", *(h for h in LIT_HOURS if relit and (place.id, h) in plays))
        for view in LOCATION_VIEWS[:locations]
    ]
    return people + places


def draw(production: Production) -> dict[str, str]:
    """Draw what is missing, damaged or out of date; label -> sha256. Writes the bible beside the images."""
    document, consistency = production.document, production.settings.consistency
    wanted = labels(
        document, consistency.references_per_character, consistency.references_per_location,
        production.artist.relights, _asked_hours(production),
    )  # fmt: skip
    records: dict[str, Record] = {}
    begun: list[_Sitting] = []
    try:
        for label in wanted:
            record = _kept(production, document, label) or _drawn(production, document, label, records, begun)
            if record is not None:
                records[label] = record
        records |= {sitting.commission.label: sitting.finish(production) for sitting in begun}
    finally:
        production.artist.close()
        for sitting in begun:
            sitting.clear()
    if any(r.artist == bibles.PHOTO for r in records.values()) and not production.engine.capabilities.references:
        name = production.settings.production.engine
        production.remark("warning", f"engine {name} follows no reference pictures: it cannot show who is photographed")
    bible = Bible(
        name=production.name, genre=document.genre, characters=document.characters, locations=document.locations
    )
    bibles.write_records(folder_of(production), records)
    publish_json(folder_of(production) / "bible.json", bible.model_dump(mode="json"))
    return {label: record.sha256 for label, record in records.items()}


def _asked_hours(production: Production) -> set[tuple[str, str]]:
    """(location's id, hour) of retakes that were asked for at another hour than their scene's."""
    places = {scene.number: scene.location for scene in production.document.scenes}
    found = set()
    for retake in production.memory.requests(production.name, done=None, kind="retake"):
        hour = read_note(" ".join([retake.note, *requests.notes_for(production, retake)]), {}).time_of_day
        if hour and retake.scene in places:
            found.add((places[retake.scene], hour))
    return found


def _subject(document: CreativeDocument | Bible, label: str) -> Character | Location:
    family, id, _view = label.split("/")
    everyone: list[Character | Location] = [*(document.characters if family == "characters" else document.locations)]
    return next(subject for subject in everyone if subject.id == id)


def _kept(production: Production, document: CreativeDocument, label: str) -> Record | None:
    """A picture of the bible that this production was made with; photographs stay even where a look was changed."""
    bible = production.slate.bible
    picture = bible.references.get(label) if bible else None
    if bible is None or picture is None:
        return None
    if picture.artist != bibles.PHOTO and _subject(bible, label) != _subject(document, label):
        return None
    path, key = path_of(production, label), digest(["kept", picture.sha256])
    if not bibles.intact(path, picture.sha256):
        source = bibles.search(production.space, bible.name, label, picture.sha256)
        if source is None and picture.artist == bibles.PHOTO:
            raise Stopped(f"the photograph {label} of bible {bible.name} is gone or changed; import it again")
        if source is None:
            production.remark("warning", f"reference {label} of bible {bible.name} is gone; drawn again")
            return None
        publish_bytes(path, source.read_bytes())
    production.memory.save_reference(Reference(bible=production.name, label=label, sha256=picture.sha256, key=key))
    return Record(sha256=picture.sha256, artist=picture.artist)


def _drawn(
    production: Production, document: CreativeDocument, label: str, records: dict[str, Record], begun: list[_Sitting]
) -> Record | None:
    """The picture as the artist draws it: from an earlier run, or now. None where it cannot be had, which is said.

    A light artist's is only ``begun``, and its record has no hash yet."""
    subject, shown = _subject(document, label), label.rpartition("/")[2]
    view, hour = next(((shown.removesuffix(f"_{h}"), h) for h in LIT_HOURS if shown.endswith(f"_{h}")), (shown, ""))
    before = [one for one in records if one.rpartition("/")[0] == label.rpartition("/")[0]]
    artist, name = production.artist, production.settings.production.artist
    first = path_of(production, before[0]) if before and artist.follows else None
    commission = Commission(
        subject, view, hour, document.genre, document.style,
        seed=int(digest([production.slate.seed, label])[:8], 16), first=first,
    )  # fmt: skip
    photographed = any(records[one].artist == bibles.PHOTO for one in before)
    if not artist.can_draw(commission) or (photographed and not artist.follows):
        if not before:
            raise Stopped(f"{name} has no picture {label}; `studio bible import` brings in photographs")
        if hour:
            return None  # nobody lights a photograph otherwise
        production.remark("warning", f"{subject.name} has no picture as {shown.replace('_', ' ')}: it is left out")
        return None
    record = Record(
        sha256="", artist=name, version=production.slate.artist_version, options=artist.parameters(),
        seed=commission.seed, after=records[before[0]].sha256 if first else "",
    )  # fmt: skip
    made_from = [artist.made_from(commission), artist.candidates > 1 and production.slate.encoder_version]
    asked = [subject.model_dump(mode="json"), shown, document.genre, document.style, artist.candidates]
    key = digest([record.model_dump(mode="json"), asked, made_from])
    found = _found(production, label, key)
    if found is not None:
        return found
    sitting = _Sitting(commission, record, key, _temporary(production, commission))
    if not artist.light:
        return sitting.finish(production)
    sitting.begin(production)
    begun.append(sitting)
    return record


def _found(production: Production, label: str, key: str) -> Record | None:
    """The record of a picture that was made from the very same before, if it is there and whole."""
    known = production.memory.reference(production.name, label)
    told = production.memory.recall("reference", {"key": key})
    if told is None:
        return None
    path, record = path_of(production, label), Record.model_validate(told)
    if known is None or known.key != key:
        return _copied(production, label, record, key)
    if bibles.intact(path, known.sha256):
        return record
    production.remark("warning", f"reference {label} was {'damaged' if path.is_file() else 'gone'}; drawn again")
    return None


def _copied(production: Production, label: str, record: Record, key: str) -> Record | None:
    """Another production had this very picture: it is not drawn twice."""
    source = bibles.search(production.space, production.name, label, record.sha256)
    if source is None:
        return None
    path = path_of(production, label)
    if source != path:
        publish_bytes(path, source.read_bytes())
    production.memory.save_reference(Reference(bible=production.name, label=label, sha256=record.sha256, key=key))
    return record


def _temporary(production: Production, commission: Commission) -> list[Path]:
    path = path_of(production, commission.label)
    path.parent.mkdir(parents=True, exist_ok=True)
    return [path.with_name(f".{path.stem}.{os.getpid()}.{n}.png") for n in range(production.artist.candidates)]


@dataclass(frozen=True)
class _Sitting:
    """A picture that is to be drawn, candidate by candidate, into ``files``."""

    commission: Commission
    record: Record
    key: str
    files: list[Path]

    def begin(self, production: Production) -> None:
        """Have idle workers draw it."""
        for file, one in self._candidates():
            production.lend(file, production.artist.draw, one, file)

    def finish(self, production: Production) -> Record:
        """Draw what nobody has drawn, choose, publish."""
        label, path = self.commission.label, path_of(production, self.commission.label)
        try:
            for file, one in self._candidates():
                job = production.lent.pop(file, None)
                if job is None or isinstance(job.exception(), EngineFailed):  # its worker died
                    production.artist.draw(one, file)
                else:
                    job.result()
            record = casting.choose(production, self.commission, self.record, self.files)
            publish_path(self.files[0], path)
        finally:
            self.clear()
        production.memory.save_reference(
            Reference(bible=production.name, label=label, sha256=record.sha256, key=self.key)
        )
        production.memory.memoise("reference", {"key": self.key}, record.model_dump(mode="json"))
        production.log(
            "reference_drawn", label=label, sha256=record.sha256, artist=record.artist, seed=record.seed,
            candidates=len(self.files),
        )  # fmt: skip
        return record

    def clear(self) -> None:
        """Remove what was not chosen."""
        for file in self.files:
            file.unlink(missing_ok=True)

    def _candidates(self) -> Iterator[tuple[Path, Commission]]:
        return zip(self.files, casting.auditioned(self.commission, len(self.files)), strict=True)
