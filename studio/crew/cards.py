"""Title and end cards: edit elements in the film's own lettering, never shots."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from studio.crew import conforming
from studio.crew.card_clip import make
from studio.crew.production import Production
from studio.edit.stitch import Item
from studio.story.brief import digest

SECONDS = 2.5
CARDS_VERSION = "2"


def clips(production: Production, fps: float) -> tuple[Item, Item]:
    """The title card and the end card as clips of the film's size and rate."""
    return _clip(production, "title", fps), _clip(production, "end", fps)


def begin(production: Production) -> None:
    """Have the cards made meanwhile, at the rate that the film is likely to have; `clips` waits for them."""
    for which in ("title", "end"):
        path, _, told = _wanted(production, which, conforming.native_rate(production))
        if not path.is_file():
            production.second_unit.ask(make, path, *told)


def _clip(production: Production, which: str, fps: float) -> Item:
    path, handles, told = _wanted(production, which, fps)
    if not path.is_file():  # jobs are done in order: one that was begun is finished, and found, before this one
        production.second_unit.ask(make, path, *told).result()
    return Item(path, round(SECONDS * fps), 0 if which == "title" else handles)


def _wanted(production: Production, which: str, fps: float) -> tuple[Path, int, tuple[Any, ...]]:
    """Where a card's clip belongs, the frames that dissolve at either end, and what `make` must be told."""
    document, settings = production.document, production.settings.production
    text = document.title if which == "title" else "The End"
    under = document.logline if which == "title" else ""
    frames = round(SECONDS * fps)
    handles = round(settings.crossfade_seconds * fps)
    told = (text, under, document.genre, settings.width, settings.height, fps, frames, handles)
    named = digest([which, *told, CARDS_VERSION])
    return production.space.runs / ".takes" / "cards" / f"{named}.mp4", handles, told
