"""What a reward term is: a judgement of one take, in [0, 1], or None where it does not apply."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from studio.story.brief import Brief
from studio.tool import Tool
from studio.weights import hash_of


@dataclass
class Footage:
    """What a term may look at. Frames are RGB uint8, ``(n, height, width, 3)``."""

    brief: Brief
    frames: np.ndarray
    """The sampled frames (5 by default), evenly spaced."""
    references: dict[str, np.ndarray] = field(default_factory=dict)
    """Label ``characters/<id>/front`` … -> RGB uint8 image, of those whom the shot shows."""
    thumbs: np.ndarray | None = None
    """Every frame, grey, small: ``(n, 60, 104)`` uint8; for motion, flicker and freezes."""
    facts: list[str] = field(default_factory=list)
    """The continuity log so far (texts)."""
    neighbours: list[dict[str, str]] = field(default_factory=list)
    """Directions of the circle takes before this one, oldest first: coverage."""
    scene_state: dict[str, object] = field(default_factory=dict)
    """number, time_of_day, weather, present[], absent[]: what the scene is known to hold."""
    encoder: Encoder | None = None
    """The installed image-text encoder, or None where it has no weights."""
    gallery: dict[str, np.ndarray] = field(default_factory=dict)
    """As ``references``, of everybody and every place in the story bible; only where the encoder uses a gallery."""
    game: str = ""
    """The game whose own picture the engine shows: nobody and nothing of the story bible, and no direction."""
    reader: Reader | None = None
    """Reads the take against the continuity log with a language model; None where there is none."""


class Reader(Protocol):
    """A language model that looks for contradictions; the same question is answered from memory."""

    def __call__(self, told: dict[str, Any]) -> tuple[float, list[str]]:
        """(score in [0, 1], contradictions in words) of what is told; raises Stopped (resumable)."""


class Encoder(Protocol):
    """What the consistency terms ask of an image-text encoder; every value is a calibrated probability."""

    def same_characters(self, footage: Footage) -> Judgement: ...

    def same_place(self, footage: Footage) -> Judgement: ...

    def answer(self, footage: Footage, question: str) -> dict[str, float] | None:
        """Probabilities of the answers to shot_size, time_of_day, weather or place, as the pictures show them; None
        where the encoder has no text tower: what would be asked is then left out of the judgement."""


@dataclass
class Judgement:
    """A term's value with the notes that explain what is missing (each names a check, frames and by how much)."""

    value: float | None
    notes: list[str] = field(default_factory=list)
    checks: dict[str, float] = field(default_factory=dict)
    unasked: dict[str, str] = field(default_factory=dict)
    """The term or check that would not be fair to ask of this take's pictures -> why."""


NOBODY = "the picture is a game's own: it shows a game's performer and no character of the story bible"
NOWHERE = "the picture is a game's own: it shows a level and no place of the story bible"
UNDIRECTED = "the picture is a game's own: the whole screen, whatever the direction asks"
UNREAD = "the picture is a game's own: played from the action, not made after the prompt"


class RewardTerm(Tool, ABC):
    """Subclass as ``Term`` in ``studio/rewards/<name>.py``; the file's name is the term's name."""

    @abstractmethod
    def score(self, footage: Footage) -> Judgement:
        """Judge the take; ``value`` None means that the term does not apply."""

    def check(self) -> None:
        """Raises BadInput where the weights that are here cannot be used; looks at files and loads nothing."""

    def fingerprint(self, memo: Path) -> str:
        """sha256 of the weights; empty for a term without any. ``memo`` as in ``weights.hash_of``."""
        return hash_of(self.weights, memo)
