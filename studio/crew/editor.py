"""The editor stitches the circle takes into the next cut and delivers film, contact sheet and report."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

from studio import __version__
from studio.crew import assembly, cards, clearance, conforming, screenwriting, sound, steadfast
from studio.crew.cutlist import Clip, laid_out
from studio.crew.production import Production
from studio.edit.stitch import Item, stitch
from studio.errors import Stopped
from studio.memory.tables import Circle, Cut, Take
from studio.publish import publish_json
from studio.report.schema import Licences, ProductionReport, ToolLicence
from studio.report.writer import Facts, build
from studio.story.brief import digest
from studio.story.document import Scene, Shot


def circled(production: Production) -> list[tuple[Circle, Take]]:
    """Every circle with its take, in the order of the film; raises Stopped for a shot without one."""
    circles = production.memory.circles(production.name)
    takes = {(t.scene, t.shot, t.number): t for t in production.memory.takes(production.name)}
    found = []
    for scene in production.document.scenes:
        for shot in scene.shots:
            circle = circles.get((scene.number, shot.number))
            if circle is None:
                raise Stopped(
                    f"shot {scene.number}.{shot.number} has no circle take; `studio resume {production.name}` shoots it"
                )
            found.append((circle, takes[(circle.scene, circle.shot, circle.number)]))
    return found


def items(production: Production) -> list[Item]:
    """The cut list: title card, shots (cuts inside a scene, dissolves between scenes), end card."""
    takes = {(circle.scene, circle.shot): take for circle, take in circled(production)}
    brief = production.memory.recall("brief", {"key": next(iter(takes.values())).key})
    fps = conforming.film_format(production, brief).fps
    cards.clips(production, fps)

    def clip(scene: Scene, shot: Shot) -> Clip:
        take = takes[scene.number, shot.number]
        return conforming.for_film(production, take, checked_clip(production, take))

    return [item for item in laid_out(production, fps, clip) if item]


def checked_clip(production: Production, take: Take) -> Path:
    """The take's clip, its sha256 checked again; a damaged or lost one is rendered again, and said."""
    clip = production.store.find(take.key)
    if clip is None or production.store.sha256(take.key) != take.sha256:
        from studio.crew.enricher import recall_brief

        production.remark("warning", f"{take.file} was damaged or gone; rendered again")
        brief = recall_brief(production, take.key)
        steadfast.require_engine(production, brief.engine)
        shot = production.stage_of(brief.engine).shoot(brief, production.store, production.log)
        clip = shot.clip
    file = production.folder / take.file
    if not file.is_file() or hashlib.sha256(file.read_bytes()).hexdigest() != take.sha256:
        production.link(clip.path, file)
    return clip.path


def cut(production: Production) -> int:
    """Make the next cut unless there is one of exactly these takes and this sound; returns its number."""
    memory, name = production.memory, production.name
    film = items(production)
    metadata = {
        "title": production.document.title, "comment": production.slate.prompt[:2000],
        "description": f"seed {production.slate.seed}", "encoder": f"Studio {__version__}",
    }  # fmt: skip
    earlier = memory.cuts(name)
    wanted, heard = content(film), sound.key(production, film)
    folder = production.folder / "cuts"
    same = cut_of(production, wanted, heard)
    if same is not None and intact(production.folder / same.file, same.sha256):
        number, made = same.number, same
    else:
        number = same.number if same else len(earlier) + 1
        file = folder / f"cut-{number}.mp4"
        path, stitched = _stitched(production, film, metadata, wanted, heard)
        production.link(path, file)
        for note in stitched["notes"]:
            production.remark("warning", note)
        relative = f"cuts/cut-{number}.mp4"
        memory.memoise("cut-of", {"file": f"{name}/{relative}"}, wanted)
        memory.memoise("sound-of", {"file": f"{name}/{relative}"}, heard)
        reason = "first cut" if number == 1 else _reason(production, number)
        made = memory.save_cut(
            Cut(
                production=name, number=number, file=relative, reason=reason, method=stitched["method"],
                sha256=stitched["sha256"], frames=stitched["frames"],
            )
        )  # fmt: skip
        production.log("cut", number=number, file=relative, sha256=made.sha256, frames=made.frames)
    production.link(production.folder / made.file, production.folder / "film.mp4")
    return number


def _stitched(
    production: Production, film: Sequence[Item], metadata: dict[str, str], wanted: str, heard: str
) -> tuple[Path, dict[str, Any]]:
    """The cut and how it was made; where a production of the same takes and words has it, that one, if intact."""
    memory, named = production.memory, digest([wanted, heard, metadata])
    path = production.space.runs / ".takes" / "cuts" / f"{named}.mp4"
    known = memory.recall("stitched", {"key": named})
    if known and intact(path, known["sha256"]):
        if heard:
            sound.track_file(production, film, heard)  # exports hand it over as a file of its own
        return path, known
    path.parent.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(1) as pool:
        track = pool.submit(sound.track_file, production, film, heard) if heard else None
        _contact_sheet(production)
        made = stitch(film, path, metadata, track.result if track else None, partial(assembly.dissolve, production))
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    told = {"sha256": sha256, "frames": made.frames, "method": made.method, "notes": made.notes}
    memory.memoise("stitched", {"key": named}, told)
    return path, told


def _reason(production: Production, number: int) -> str:
    """Why there is another cut: takes were made for it, or others were circled."""
    made = any(take.data.get("cut") == number for take in production.memory.takes(production.name))
    return "retake" if made else "circled by hand"


def content(film: Sequence[Item]) -> str:
    """sha256 (hex) of a cut list: the clips' bytes, their lengths and their dissolves."""
    told = hashlib.sha256()
    for item in film:
        told.update(
            f"{hashlib.sha256(Path(item.path).read_bytes()).hexdigest()} {item.frames} {item.dissolve}\n".encode()
        )
    return told.hexdigest()


def cut_of(production: Production, wanted: str, heard: str | None = None) -> Cut | None:
    """The latest cut of the list with this ``content``, if any; with the sound track ``heard`` if that is given."""
    memory, name = production.memory, production.name
    for made in reversed(memory.cuts(name)):
        same = memory.recall("cut-of", {"file": f"{name}/{made.file}"}) == wanted
        if same and heard in (None, sound_of(production, made)):
            return made
    return None


def sound_of(production: Production, made: Cut) -> str:
    """The key of a cut's sound track; empty where it has none."""
    return str(production.memory.recall("sound-of", {"file": f"{production.name}/{made.file}"}) or "")


def intact(path: Path, sha256: str) -> bool:
    """Whether the file is there, and is the one that was made."""
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256


def deliver(production: Production, policy: str) -> None:
    """Contact sheet, report, and the policy's place in the workspace."""
    from studio.crew import lineage

    memory, name = production.memory, production.name
    _contact_sheet(production).result()
    production.lent.clear()  # another round of the same process may circle other takes, and these again
    lineage.finish(production, policy)
    row = memory.production(name)
    assert row is not None
    if row.status != "finished":
        row.status = "finished"
        row.finished_at = datetime.now(UTC).isoformat(timespec="seconds")
        row.wall_seconds += monotonic() - production.started
        memory.save_production(row)
    write_report(production)
    production.log("finished", film=str(production.folder / "film.mp4"))


def _contact_sheet(production: Production) -> Future[None]:
    """Have an idle worker make the contact sheet of these circles, unless one has."""
    from studio.edit.contact_sheet import contact_sheet

    cells = [
        (production.folder / take.file, f"{circle.scene}.{circle.shot}  take {circle.number}")
        for circle, take in circled(production)
    ]
    told = (cells, production.folder / "contact_sheet.png", production.document.title)
    return production.lend(("contact sheet", *cells), contact_sheet, *told)


def licences_used(production: Production) -> Licences:
    """What every tool of the film is under, and what was accepted for it."""
    used = clearance.of_production(production.space, production.settings)
    tools = {tool: ToolLicence.model_validate(licence, from_attributes=True) for tool, licence in used.items()}
    return Licences(accepted=list(production.settings.licence.accepted), tools=tools)


def write_report(production: Production) -> dict[str, Any]:
    """Write report.json from the memory; returns it."""
    memory, name, settings = production.memory, production.name, production.settings
    row = memory.production(name)
    assert row is not None
    cuts = memory.cuts(name)
    frames = cuts[-1].frames if cuts else 0
    tokens, cost = screenwriting.spent(production)
    briefs = [memory.recall("brief", {"key": take.key}) for take in memory.takes(name)[:1]]
    fps = conforming.film_format(production, briefs[0]).fps if briefs else 24.0
    facts = Facts(
        production=ProductionReport(
            name=name, status=row.status, prompt=row.prompt, seed=production.slate.seed,
            engine=settings.production.engine, engine_for=settings.production.engine_for,
            artist=settings.production.artist, llm=settings.director.llm,
            encoder=settings.consistency.encoder, started_at=row.created_at, finished_at=row.finished_at,
            wall_seconds=round(row.wall_seconds, 2), film_seconds=round(frames / fps, 3), frames=frames,
        ),
        licences=licences_used(production), seconds=production.seconds,
        tokens=tokens, cost=cost,
        files={
            "film": "film.mp4", "contact_sheet": "contact_sheet.png", "slate": "slate.json", "log": "log.jsonl",
            "creative_document": "creative_document.json",
        },
        sound=sound.facts(production, sound_of(production, cuts[-1])) if cuts else None,
    )  # fmt: skip
    data = build(memory, production.document, facts).model_dump(mode="json")
    publish_json(production.folder / "report.json", data)
    return data
