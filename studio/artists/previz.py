"""previz: reference sheets from the very puppets and sets that the engine films."""

from __future__ import annotations

from pathlib import Path

from studio.artists.base import Artist, Commission
from studio.story.document import Character


class Draughtsman(Artist):
    version = "previz-10"
    light = relights = True

    def draw(self, commission: Commission, out: Path) -> None:
        import cv2

        from studio.previz.sheets import character_sheet, location_sheet

        subject, view, genre = commission.subject, commission.view, commission.genre
        if isinstance(subject, Character):
            picture = character_sheet(subject, view, genre)
        else:
            picture = location_sheet(subject, view, genre, hour=commission.hour)
        cv2.imwrite(str(out), picture[..., ::-1])
