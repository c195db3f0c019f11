"""The sound designer: from the cut to the cue sheet, and from the sheet to the film's sound track, made once."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import CancelledError
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.crew.production import Production
from studio.errors import EngineFailed
from studio.publish import publish_path

if TYPE_CHECKING:
    from studio.edit.stitch import Item
    from studio.sound.sheet import Cue, Part, Sheet
    from studio.sound.track import Beds
    from studio.story.document import Scene


def sheet(production: Production, film: Sequence[Item]) -> Sheet:
    """The cue sheet of a cut list (title card, circle takes, end card)."""
    from studio.crew.conforming import film_format
    from studio.crew.editor import circled
    from studio.crew.enricher import recall_brief
    from studio.sound.sheet import Cue, Sheet

    (starts, takeovers, end), rows = _timed(film), []
    for n, (circle, take) in enumerate(circled(production), 1):
        brief = recall_brief(production, take.key)
        # What is heard is timed in frames of the film, whatever the rate of the clip.
        fps = film_format(production, brief.model_dump()).fps
        brief = brief.model_copy(update={"fps": fps, "frames": film[n].frames})
        cue = Cue(shot=circle.shot, brief=brief, start=starts[n], frames=film[n].frames)
        rows.append((circle.scene, takeovers[n], takeovers[n + 1], cue))
    parts = [
        _part(production, production.scene(number), list(group))
        for number, group in groupby(rows, key=lambda row: row[0])
    ]
    document = production.document
    return Sheet(
        title=document.title, logline=document.logline, genre=document.genre, seed=production.slate.seed,
        fps=rows[0][3].brief.fps, frames=end, parts=tuple(parts),
    )  # fmt: skip


def planned(production: Production, film: Sequence[Item], fps: float) -> Sheet:
    """The cue sheet before anything is circled, without its cues, from the lengths of the shots as they are planned."""
    from studio.sound.sheet import Part, Sheet

    document, (_, takeovers, end), n, parts = production.document, _timed(film), 1, []
    for scene in document.scenes:
        first, last = takeovers[n], takeovers[n + len(scene.shots)]
        place = document.location(scene.location).kind
        parts.append(
            Part(scene=scene.number, first=first, last=last, beat=document.beat_of(scene), place=place,
                 time=scene.time_of_day, weather=scene.weather, text=_text(scene))
        )  # fmt: skip
        n += len(scene.shots)
    return Sheet(
        title=document.title, logline=document.logline, genre=document.genre, seed=production.slate.seed,
        fps=fps, frames=end, parts=tuple(parts),
    )  # fmt: skip


def _timed(film: Sequence[Item]) -> tuple[list[int], list[int], int]:
    """Where each item begins and where it takes over, in frames, and where the last one ends."""
    starts, takeovers, end = [], [], 0
    for item in film:
        starts.append(end - item.dissolve)
        takeovers.append(starts[-1] + item.dissolve // 2)  # a cut lies in the middle of its dissolve
        end = starts[-1] + item.frames
    return starts, takeovers, end


def _text(scene: Scene) -> str:
    return " ".join([scene.summary, *(shot.action for shot in scene.shots)])


def _part(production: Production, scene: Scene, rows: Sequence[tuple[int, int, int, Cue]]) -> Part:
    from studio.sound.sheet import Part

    document, brief = production.document, rows[0][3].brief
    return Part(
        scene=scene.number, first=rows[0][1], last=rows[-1][2], beat=document.beat_of(scene),
        place=brief.location.kind, time=brief.time_of_day, weather=brief.weather, text=_text(scene),
        narration=scene.narration, spoken=_quiet(scene, rows), cues=tuple(cue for _, _, _, cue in rows),
    )  # fmt: skip


def _quiet(scene: Scene, rows: Sequence[tuple[int, int, int, Cue]]) -> tuple[int, int]:
    """The longest run of shots in which nobody speaks, as the subtitles have it; else the whole scene."""
    speaking = {shot.number for shot in scene.shots if any(line.text.strip() for line in shot.dialogue)}
    runs = [list(run) for quiet, run in groupby(rows, key=lambda row: row[3].shot not in speaking) if quiet]
    best = max(runs, key=lambda run: run[-1][2] - run[0][1], default=list(rows))
    return best[0][1], best[-1][2]


def key(production: Production, film: Sequence[Item]) -> str:
    """What names the film's sound track: the same sheet and settings, the same sound. Empty: the film has none."""
    from studio.sound import narration, track

    settings = production.settings.sound
    narration.who(settings)
    return track.key(sheet(production, film), settings) if track.wanted(settings) else ""


def track_file(production: Production, film: Sequence[Item], named: str) -> Path:
    """The sound track ``named``: the one that was made before where it is intact, or a new one."""
    memory, path = production.memory, production.space.runs / ".takes" / "sound" / f"{named}.m4a"
    known = memory.recall("sound", {"key": named})
    if known and path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == known["sha256"]:
        return path
    from studio.sound import track

    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.m4a")
    try:
        told = (sheet(production, film), production.settings.sound, temporary, _beds(production))
        facts = production.stage.lend(track.make, *told).result()
        publish_path(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    memory.memoise("sound", {"key": named}, {"sha256": sha256, **facts.data()})
    return path


BEDS = "beds of the sound"


def begin(production: Production, film: Sequence[Item], fps: float) -> None:
    """Have music and ambiences made for the film as it is planned: ``film`` are the items that it will have."""
    from studio.sound import track

    production.lend(BEDS, track.beds, planned(production, film, fps), production.settings.sound)


def _beds(production: Production) -> Beds | None:
    """What was made ahead, if it was: whether it is the cut's, the track finds out."""
    job = production.lent.pop(BEDS, None)
    try:
        return job.result() if job else None
    except (EngineFailed, CancelledError):
        return None  # its worker died: the track makes them itself


def facts(production: Production, named: str) -> dict[str, Any] | None:
    """What the report says of the sound track ``named``."""
    return production.memory.recall("sound", {"key": named}) if named else None
