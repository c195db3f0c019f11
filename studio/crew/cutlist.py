"""The cut list: cards and shots in the order of the film, cuts inside a scene, dissolves between scenes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from studio.crew import cards
from studio.crew.production import Production
from studio.edit.stitch import Item
from studio.story.document import Scene, Shot

Clip = tuple[Path, int]
"""The file of a shot's clip and the frames of it that the film shows, dissolves included."""


def laid_out(production: Production, fps: float, clip: Callable[[Scene, Shot], Clip | None]) -> list[Item | None]:
    """Title card, every planned shot with its ``clip``, end card; None where there is no clip."""
    dissolve = round(production.settings.production.crossfade_seconds * fps)
    title, end = cards.items(production, fps)
    film: list[Item | None] = [title]
    for scene in production.document.scenes:
        for n, shot in enumerate(scene.shots):
            found = clip(scene, shot)
            film.append(Item(*found, 0 if n else dissolve) if found else None)
    return [*film, end]
