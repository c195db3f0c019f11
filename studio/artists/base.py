"""What an artist is: something that draws reference images."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path

from studio.story.document import Character, Location
from studio.tool import Tool

CHARACTER_VIEWS = ("front", "three_quarter", "full_body")
LOCATION_VIEWS = ("wide", "detail")


class Artist(Tool, ABC):
    """Subclass as ``Draughtsman`` in ``studio/artists/<name>.py``; the file's name is the artist's name."""

    @abstractmethod
    def draw(self, subject: Character | Location, view: str, genre: str, out: Path) -> None:
        """Draw ``subject`` (``view`` from CHARACTER_VIEWS or LOCATION_VIEWS) as PNG to ``out``."""
