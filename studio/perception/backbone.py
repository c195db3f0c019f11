"""A backbone: a network that turns pictures (and, where it reads, texts) into embeddings. It judges nothing."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from studio.perception.candidates import filled
from studio.repeatable import one_thread

BATCH = 64
"""Pictures that go through a network at once."""


class Backbone(ABC):
    """Loaded and ready; made by an encoder's plug-in."""

    side: int
    """Width and height in pixels of the pictures that it is given."""
    warmth: float = 100.0
    """What cosines of pictures and texts are multiplied by before a softmax over texts (CLIP's logit scale)."""

    @abstractmethod
    def embed(self, pictures: np.ndarray) -> np.ndarray:
        """uint8 RGB ``(n, side, side, 3)`` -> float32 ``(n, d)`` of length one."""

    def read(self, texts: list[str]) -> np.ndarray | None:
        """float32 ``(n, d)`` of length one in the space of the pictures; None where there is no text tower."""
        return None


def normalised(vectors: np.ndarray) -> np.ndarray:
    """Rows of length one."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    unit: np.ndarray = (vectors / np.maximum(lengths, 1e-12)).astype(np.float32)
    return unit


def embedded(backbone: Backbone, crops: np.ndarray) -> np.ndarray:
    """``(n, d)`` of crops ``(n, side, side, 4)`` whose fourth channel says what lies inside the picture."""
    pictures = filled(crops)
    with one_thread():
        rows = [backbone.embed(pictures[n : n + BATCH]) for n in range(0, len(pictures), BATCH)]
    return np.concatenate(rows)
