"""What an artist is: something that draws reference images."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

from studio.story.document import LIT_HOURS, Character, Location
from studio.tool import Tool

CHARACTER_VIEWS = ("front", "three_quarter", "full_body")
LOCATION_VIEWS = ("wide", "detail")


def at_hour(view: str, hour: str) -> str:
    """What a view is called where it shows the place at an hour of LIT_HOURS; itself at any other."""
    return f"{view}_{hour}" if hour in LIT_HOURS else view


@dataclass(frozen=True)
class Commission:
    """One picture that is wanted."""

    subject: Character | Location
    view: str
    """One of CHARACTER_VIEWS or LOCATION_VIEWS."""
    hour: str = ""
    """One of LIT_HOURS, only asked of who ``relights``; empty for the picture by day."""
    genre: str = "drama"
    style: str = ""
    """How the film looks, one phrase; empty where nobody said."""
    seed: int = 0
    first: Path | None = None
    """The subject's first view, which a later one must resemble; None for the first view itself."""

    @property
    def label(self) -> str:
        """``characters/<id>/<view>``, ``locations/<id>/<view>`` or ``locations/<id>/<view>_<hour>``."""
        family = "characters" if isinstance(self.subject, Character) else "locations"
        return f"{family}/{self.subject.id}/{at_hour(self.view, self.hour)}"


class Artist(Tool, ABC):
    """Subclass as ``Draughtsman`` in ``studio/artists/<name>.py``; the file's name is the artist's name."""

    follows: bool = False
    """Draws later views after the first one, which it is then given."""
    lasting: bool = False
    """Its pictures of a story bible stay as they are in later productions; others are drawn again from the looks."""

    relights: bool = False
    """Draws a place at any hour, exactly as it is by day but for the light: the critic then compares like with like."""
    light: bool = False
    """Draws without a model, from the commission alone, so that any process may do it: idle workers draw its pictures
    side by side."""

    @property
    def candidates(self) -> int:
        """How many pictures, each with a seed of its own, to draw of a view; the encoder chooses among them."""
        return 1

    @abstractmethod
    def draw(self, commission: Commission, out: Path) -> None:
        """Draw the commission as PNG to ``out``; the same commission gives the same picture.

        Raises Stopped where it cannot be drawn."""

    def can_draw(self, commission: Commission) -> bool:
        """Whether it has what this picture is made from."""
        return True

    def made_from(self, commission: Commission) -> str:
        """Hash of what is drawn from beside the commission, the options and the weights; empty where nothing is."""
        return ""

    def close(self) -> None:
        """Give back what models hold: the engine comes next, and needs the memory."""

    @classmethod
    def tiny(cls, folder: Path) -> Artist:
        """A random-weight miniature, its weights saved in ``folder`` and loaded from there by the production code."""
        return cls()
