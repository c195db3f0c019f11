"""previz: reference sheets from the very puppets and sets that the engine films."""

from __future__ import annotations

from pathlib import Path

from studio.artists.base import Artist
from studio.story.document import Character, Location


class Draughtsman(Artist):
    version = "previz-1"

    def draw(self, subject: Character | Location, view: str, genre: str, out: Path) -> None:
        import cv2

        from studio.previz.sheets import character_sheet, location_sheet

        draw = character_sheet if isinstance(subject, Character) else location_sheet
        cv2.imwrite(str(out), draw(subject, view, genre)[..., ::-1])  # type: ignore[operator]
