"""Title and end cards: edit elements in the film's own lettering, never shots."""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path
from typing import Any

from studio.crew.card_clip import make
from studio.crew.production import Production
from studio.edit.stitch import Item
from studio.story.brief import digest

SECONDS = 2.5
CARDS_VERSION = "3"


def begin(production: Production, fps: float) -> list[Future[None]]:
    """Have idle workers make the cards that are not there."""
    wanted = [_wanted(production, which, fps) for which in ("title", "end")]
    return [production.lend(path, make, path, *told) for path, _, told in wanted if not path.is_file()]


def clips(production: Production, fps: float) -> tuple[Item, Item]:
    """The title card and the end card as clips of the film's size and rate; made side by side."""
    for job in begin(production, fps):
        job.result()
    return items(production, fps)


def items(production: Production, fps: float) -> tuple[Item, Item]:
    """The cards in the cut list, whether or not their clips are there."""
    (title, frames, _), (end, _, (*_, handles)) = (_wanted(production, which, fps) for which in ("title", "end"))
    return Item(title, frames, 0), Item(end, frames, handles)


def _wanted(production: Production, which: str, fps: float) -> tuple[Path, int, tuple[Any, ...]]:
    """Where a card's clip belongs, its frames, and what `make` must be told (the frames that dissolve come last)."""
    document, settings = production.document, production.settings.production
    text = document.title if which == "title" else "The End"
    under = document.logline if which == "title" else ""
    frames, handles = round(SECONDS * fps), round(settings.crossfade_seconds * fps)
    told = (text, under, document.genre, settings.width, settings.height, fps, frames, handles)
    named = digest([which, *told, CARDS_VERSION])
    return production.space.runs / ".takes" / "cards" / f"{named}.mp4", frames, told
