"""What a reward term is: a judgement of one take, in [0, 1], or None where it does not apply."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from studio.licences import Licence
from studio.story.brief import Brief


@dataclass
class Footage:
    """What a term may look at. Frames are RGB uint8, ``(n, height, width, 3)``."""

    brief: Brief
    frames: np.ndarray
    """The sampled frames (5 by default), evenly spaced."""
    references: dict[str, np.ndarray] = field(default_factory=dict)
    """Label ``characters/<id>/front`` … -> RGB uint8 image."""
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


class Encoder(Protocol):
    """What the consistency terms ask of an image-text encoder; every value is a calibrated probability."""

    def same_characters(self, footage: Footage) -> Judgement: ...

    def same_place(self, footage: Footage) -> Judgement: ...

    def answer(self, footage: Footage, question: str) -> dict[str, float]:
        """Probabilities of the answers to shot_size, time_of_day, weather or place, as the pictures show them."""


@dataclass
class Judgement:
    """A term's value with the notes that explain what is missing (each names a check, frames and by how much)."""

    value: float | None
    notes: list[str] = field(default_factory=list)
    checks: dict[str, float] = field(default_factory=dict)


class RewardTerm(ABC):
    """Subclass as ``Term`` in ``studio/rewards/<name>.py``; the file's name is the term's name."""

    version: str = "1"
    licence: Licence | str = Licence()
    """Of the term and of the weights that it judges with; a plain name is that of the weights."""

    @abstractmethod
    def score(self, footage: Footage) -> Judgement:
        """Judge the take; ``value`` None means that the term does not apply."""
