"""Title and end cards: edit elements in the film's own lettering, never shots."""

from __future__ import annotations

import os

from studio.crew.production import Production
from studio.edit.stitch import Item
from studio.publish import publish_path
from studio.story.brief import digest

SECONDS = 2.5
CARDS_VERSION = "2"


def clips(production: Production, fps: float) -> tuple[Item, Item]:
    """The title card and the end card as clips of the film's size and rate."""
    return _clip(production, "title", fps), _clip(production, "end", fps)


def _clip(production: Production, which: str, fps: float) -> Item:
    document, settings = production.document, production.settings.production
    text = document.title if which == "title" else "The End"
    under = document.logline if which == "title" else ""
    frames = round(SECONDS * fps)
    handles = round(settings.crossfade_seconds * fps)
    subject = [which, text, under, document.genre, settings.width, settings.height, fps, frames, handles, CARDS_VERSION]
    path = production.space.runs / ".takes" / "cards" / f"{digest(subject)}.mp4"
    if not path.is_file():
        from studio.edit.encode import Encoder
        from studio.previz.cards import card

        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.stem}.{os.getpid()}.mp4")
        with Encoder(temporary, settings.width, settings.height, fps, keyframes=(handles, frames - handles)) as encoder:
            for n in range(frames):
                encoder.write(
                    card(text, under, document.genre, settings.width, settings.height, n / max(1, frames - 1))
                )
        publish_path(temporary, path)
    dissolve = 0 if which == "title" else handles
    return Item(path, frames, dissolve)
