"""Delivery: the film leaves for the editing room, as the last cut has it, in any format of ``studio/edit/exports``."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.config import Workspace
from studio.config import load as load_settings
from studio.crew import conforming, editor
from studio.crew.dailies import clip_name
from studio.crew.enricher import recall_brief
from studio.crew.production import Production
from studio.errors import BadInput, DiskFull
from studio.plugins import load, names
from studio.publish import publish_path

if TYPE_CHECKING:
    from studio.edit.certificate import Signing
    from studio.edit.exports.base import Delivery, Export, Note, Piece
    from studio.edit.stitch import Item
    from studio.memory.tables import Cut, Take

FORMATS = "edit.exports"


@dataclass(frozen=True)
class Delivered:
    """A file that left; ``notes`` say what the user should know of it."""

    file: Path
    sha256: str
    frames: int
    fps: float
    notes: list[str]


def export_format(to: str) -> Export:
    """The format of this name; raises BadInput that lists the formats."""
    if to not in names(FORMATS):
        raise BadInput(f"--to {to}: no such format; choose from: {', '.join(names(FORMATS))}")
    made: Export = load(FORMATS, to).Export()
    return made


def deliver(production: Production, to: str, out: Path, signing: Signing | None = None) -> Delivered:
    """Write the film to ``out`` in format ``to``, published whole. Raises BadInput where nothing has been cut yet.

    ``signing`` is what signs instead of what the workspace's studio.toml says."""
    export, delivery = export_format(to), gather(production)
    if signing is not None:
        delivery = replace(delivery, signing=signing)
    temporary = out.with_name(f".{out.stem}.{os.getpid()}{out.suffix}")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        notes = export.write(delivery, temporary)
        with temporary.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        publish_path(temporary, out)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(f"the disk is full: could not write {out}; free some space and export again") from None
        raise BadInput(f"cannot write {out} ({error.strerror or error})") from None
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
    return Delivered(out, sha256, delivery.frames, delivery.fps, notes)


def gather(production: Production) -> Delivery:
    """The film as it was last cut, every clip checked again. Raises BadInput where the cut is not there."""
    from studio.edit.exports.base import Delivery
    from studio.edit.probe import probe

    name, resume = production.name, f"`studio resume {production.name}`"
    if not production.memory.cuts(name):
        raise BadInput(f"{name} has not been cut yet; {resume} goes on with it")
    film = editor.items(production)
    made = editor.cut_of(production, editor.content(film))
    if made is None:
        raise BadInput(f"{name} has takes that are not in its film yet; {resume} cuts it anew")
    if not editor.intact(production.folder / made.file, made.sha256):
        raise BadInput(f"{name}/{made.file} was damaged or is gone; {resume} makes it again")
    fact = probe(film[0].path)
    return Delivery(
        name=name, document=production.document, fps=fact.fps, width=fact.width, height=fact.height,
        pieces=list(_pieces(production, film)), prompt=production.slate.prompt, seed=production.slate.seed,
        film=production.folder / made.file, sound=_sound(production, made),
        report=_report(production.folder / "report.json"), contact_sheet=production.folder / "contact_sheet.png",
        made_with=_made_with(production),
        trained=any(_used(production).values()), signing=signing_of(production.space),
    )  # fmt: skip


def _sound(production: Production, made: Cut) -> Path | None:
    """The cut's sound track as a file of its own; None where the cut has none, or it was swept away."""
    named = editor.sound_of(production, made)
    path = production.space.runs / ".takes" / "sound" / f"{named}.m4a"
    return path.absolute() if named and path.is_file() else None


def signing_of(space: Workspace, certificate: str = "", key: str = "") -> Signing:
    """What signs an exported film: the files named, else those in the workspace's studio.toml, else Studio's own."""
    from studio.edit.certificate import Signing

    settings = load_settings(space).provenance
    given = (certificate, key) if certificate or key else (settings.certificate, settings.key)
    return Signing(space.runs / ".credentials", *(str(space.root / path) if path else "" for path in given))


def _made_with(production: Production) -> dict[str, Any]:
    """What content credentials state of how the film was made."""
    slate, settings = production.slate, production.settings
    return {
        "studio": slate.studio_version, "prompt": slate.prompt, "seed": slate.seed,
        "engine": f"{settings.production.engine} ({slate.engine_version})", "weights": slate.weights,
        **{f"engine for some scenes: {n}": f"{e.version} {e.weights}".strip() for n, e in slate.engines.items()},
        "artist": f"{settings.production.artist} ({slate.artist_version})",
        "screenwriter": f"{settings.director.llm} ({slate.writer_version})",
        "encoder": f"{settings.consistency.encoder} ({slate.encoder_version})", "policy": slate.policy_version,
    }  # fmt: skip


def _used(production: Production) -> dict[str, str]:
    """Engine -> sha256 of its weights, of those that the film's takes were shot with."""
    briefs = [recall_brief(production, take.key) for _, take in editor.circled(production)]
    return {brief.engine: brief.weights for brief in briefs}


def _pieces(production: Production, film: list[Item]) -> Iterator[Piece]:
    """The cut list with all that is known of each take."""
    from studio.edit.exports.base import Piece

    title, *shots, end = film
    yield Piece("title", title.path.resolve(), title.frames)
    for item, (_, take) in zip(shots, editor.circled(production), strict=True):
        scene = production.scene(take.scene)
        yield Piece(
            clip_name(take), _media(production, item, take), item.frames, item.dissolve, scene,
            next(shot for shot in scene.shots if shot.number == take.shot), take.number, take.reward,
            take.data["direction"], list(_notes(production, take)),
        )  # fmt: skip
    yield Piece("end", end.path.resolve(), end.frames, end.dissolve)


def _media(production: Production, item: Item, take: Take) -> Path:
    """The take's own file, or the clip that was conformed from it: what the film's frames are counted in."""
    own = item.path == production.store.path(take.key)
    return (production.folder / take.file if own else item.path).resolve()


def _notes(production: Production, take: Take) -> Iterator[Note]:
    """What the critic said of this take, then what people asked of its shot; at frames of the film's rate."""
    from studio.edit.exports.base import Note

    brief = production.memory.recall("brief", {"key": take.key})
    faster = conforming.film_format(production, brief).fps / float(brief["fps"])
    for text in take.data["critic"]["notes"]:
        named = re.search(r"\bframe (\d+)", text)
        yield Note("critic", text, round(int(named[1]) * faster) if named else 0)
    memory = production.memory
    for asked in memory.requests(production.name, done=None, scene=take.scene, shot=take.shot):
        of_this_take = asked.kind == "retake" or (asked.kind == "note" and asked.take == take.number)
        if asked.note and of_this_take and asked.outcome != "withdrawn":
            yield Note("user", asked.note, round((asked.frame or 0) * faster))


def _report(path: Path) -> dict[str, Any]:
    """report.json, or nothing where there is none that can be read."""
    from pydantic import ValidationError

    from studio.report.schema import Report

    try:
        return Report.model_validate_json(path.read_text(encoding="utf-8")).model_dump(mode="json")
    except (OSError, ValidationError, UnicodeDecodeError):
        return {}
