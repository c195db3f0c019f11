"""The assembly: what the cut will need is made by idle workers while the critic watches the takes.

Nothing depends on it. What is not there when the film is cut is made then, and is the same to the bit.
"""

from __future__ import annotations

import hashlib
from concurrent.futures import CancelledError, Future
from itertools import pairwise
from pathlib import Path
from typing import Any

from studio.crew import cards, conforming, sound
from studio.crew.cutlist import Clip, laid_out
from studio.crew.production import Production
from studio.edit.stitch import Item, encode_dissolve
from studio.errors import EngineFailed
from studio.memory.tables import Take
from studio.story.document import Scene, Shot


def go_on(production: Production, brief_key: str) -> None:
    """Have made what can be made by now: both cards, the sound's beds, the dissolves between scenes that are circled.

    ``brief_key`` names any brief of the film, which tells its rate."""
    if not production.stage.opened:
        return  # so far nothing had to be rendered: the whole cut may be there as well
    fps = conforming.film_format(production, production.memory.recall("brief", {"key": brief_key})).fps
    cards.begin(production, fps)
    if sound.BEDS not in production.lent and (production.settings.sound.score or production.settings.sound.ambience):
        sound.begin(production, _planned(production, fps), fps)
    for before, after in pairwise(_circled(production, fps)):
        if before and after and after.dissolve and before.path.is_file() and after.path.is_file():
            production.lend(_name(before, after), encode_dissolve, before, after)


def dissolve(production: Production, before: Item, after: Item) -> bytes | None:
    """The dissolve between two clips as it was encoded ahead, if it was."""
    job: Future[bytes] | None = production.lent.get(_name(before, after))
    try:
        return job.result() if job else None
    except (EngineFailed, CancelledError):
        return None  # its worker died: the cut encodes it itself, and says what is wrong if that fails as well


def _name(before: Item, after: Item) -> Any:
    return ("dissolve", before.path, before.frames, after.path, after.dissolve)


def _planned(production: Production, fps: float) -> list[Item]:
    """The cut list as it will be if every shot gets its planned length; only the cards' clips are told."""
    film = laid_out(
        production, fps, lambda scene, shot: (Path(), conforming.planned_frames(production, scene, shot, fps))
    )
    return [item for item in film if item]


def _circled(production: Production, fps: float) -> list[Item | None]:
    """The cut list as far as it is circled; None where it is not, or where a clip is damaged or has to be conformed."""
    memory, name = production.memory, production.name
    circles, takes = memory.circles(name), {(t.scene, t.shot, t.number): t for t in memory.takes(name)}

    def clip(scene: Scene, shot: Shot) -> Clip | None:
        circle = circles.get((scene.number, shot.number))
        return _clip(production, takes[(circle.scene, circle.shot, circle.number)]) if circle else None

    return laid_out(production, fps, clip)


def _clip(production: Production, take: Take) -> Clip | None:
    brief, clip = production.memory.recall("brief", {"key": take.key}), production.store.path(take.key)
    if conforming.clip_format(brief) != conforming.film_format(production, brief):
        return None
    if not clip.is_file() or hashlib.sha256(clip.read_bytes()).hexdigest() != take.sha256:
        return None  # the cut notices that, too, and has it rendered again
    return clip, conforming.film_frames(production, brief)
