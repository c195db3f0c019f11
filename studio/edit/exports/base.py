"""What leaves for the editing room: the film as its editor laid it, and the one method of a format that writes it.

A format is one file in this package; its name is what ``studio export --to`` is given.
"""

from __future__ import annotations

import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from studio.edit.certificate import Signing
from studio.story.document import CreativeDocument, Scene, Shot


@dataclass(frozen=True)
class Note:
    """What the critic or the user said of a take, at a frame of its clip."""

    author: str
    text: str
    frame: int = 0


@dataclass(frozen=True)
class Piece:
    """One clip of the cut list; ``dissolve`` frames at its start overlap with the end of the one before.

    Title and end cards have neither scene nor shot.
    """

    name: str
    """What editors call it: sc01_sh02_tk3, title or end."""
    path: Path
    frames: int
    dissolve: int = 0
    scene: Scene | None = None
    shot: Shot | None = None
    take: int = 0
    reward: float | None = None
    direction: Mapping[str, str] = field(default_factory=dict)
    notes: Sequence[Note] = ()


@dataclass(frozen=True)
class Placed:
    """A piece on the film's time line, in frames. A cut lies in the middle of its dissolve."""

    piece: Piece
    first: int
    """The film's frame at which the piece takes over."""
    head: int
    """Frames of the clip before that: the second half of the dissolve fades them in."""
    tail: int
    """Frames of the clip after its last, while the next one fades in."""

    @property
    def frames(self) -> int:
        """Frames from cut to cut."""
        return self.piece.frames - self.head - self.tail

    @property
    def last(self) -> int:
        """The film's frame at which the next piece takes over."""
        return self.first + self.frames


@dataclass(frozen=True)
class Delivery:
    """A finished production, ready to be handed over."""

    name: str
    document: CreativeDocument
    fps: float
    """Frames a second."""
    width: int
    height: int
    pieces: Sequence[Piece]
    prompt: str = ""
    seed: int = 0
    film: Path = Path("film.mp4")
    sound: Path | None = None
    """The film's sound track, as long as the film; None where it has none."""
    report: Mapping[str, Any] = field(default_factory=dict)
    """report.json; empty where there is none."""
    contact_sheet: Path = Path("contact_sheet.png")
    made_with: Mapping[str, Any] = field(default_factory=dict)
    """Engine, models, versions, prompt and seed, as content credentials state them."""
    trained: bool = False
    """Whether a model that learnt from samples drew the pictures."""
    signing: Signing | None = None

    def placed(self) -> list[Placed]:
        """Every piece on the time line, in order."""
        out: list[Placed] = []
        first = 0
        for n, piece in enumerate(self.pieces):
            after = self.pieces[n + 1].dissolve if n + 1 < len(self.pieces) else 0
            out.append(Placed(piece, first, piece.dissolve // 2, after - after // 2))
            first = out[-1].last
        return out

    def shots(self) -> list[tuple[Placed, Scene, Shot]]:
        """The pieces that are shots, with scene and shot as they were planned."""
        return [(p, p.piece.scene, p.piece.shot) for p in self.placed() if p.piece.scene and p.piece.shot]

    @property
    def frames(self) -> int:
        """Length of the film."""
        return sum(placed.frames for placed in self.placed())


class Export(ABC):
    """One format that a film can be delivered in."""

    suffix: ClassVar[str]
    """Of its files, with the dot."""

    @abstractmethod
    def write(self, delivery: Delivery, out: Path) -> list[str]:
        """Write ``delivery`` to ``out``, which appears under its own name when this returns. The same in, the same
        bytes out. Returns what the user should know of it, a line each. Raises BadInput where the format cannot hold
        the film."""


def plain(text: str) -> str:
    """``text`` on one line, without characters that control something."""
    controls = ("Cc", "Zl", "Zp", "Cs")
    spaced = "".join(" " if unicodedata.category(ch) in controls or ch in "\ufffe\uffff" else ch for ch in text)
    return " ".join(spaced.split())


def camera(direction: Mapping[str, str]) -> str:
    """Size, angle, move and light of a shot in words."""
    angle = direction.get("angle", "")
    told = (
        direction.get("shot_size", ""),
        f"{angle} level" if angle == "eye" else f"{angle} angle" if angle in ("low", "high") else angle,
        direction.get("camera_move", ""),
        direction.get("lighting", ""),
    )
    return ", ".join(word for word in told if word)


def speech(document: CreativeDocument, shot: Shot) -> list[tuple[str, str]]:
    """(who, what) of each line of dialogue that says something; names as the story calls them."""
    names = {character.id: plain(character.name) for character in document.characters}
    return [(names.get(line.character, line.character), plain(line.text)) for line in shot.dialogue if plain(line.text)]
