"""Which of several pictures shows best what was asked for: by the words of it, and by a first picture of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from studio.perception.encoders import WEIGHTS
from studio.repeatable import one_thread

if TYPE_CHECKING:
    from studio.perception.studio_clip import StudioClip


@dataclass(frozen=True)
class Audition:
    """How one picture did. Cosines, for comparing pictures of one view with one another and with nothing else."""

    fit: float
    """With the words."""
    likeness: float | None
    """With the first picture; None where there is none."""

    @property
    def score(self) -> float:
        return self.fit + (self.likeness or 0.0)


def auditions(pictures: list[np.ndarray], words: str, first: np.ndarray | None = None) -> list[Audition] | None:
    """One a picture (RGB uint8, any size); None where no encoder that reads is installed."""
    import torch

    model = _model(WEIGHTS)
    if model is None:
        return None
    with one_thread(), torch.no_grad():
        seen = _embedded(model, pictures)
        fits = (seen @ model.read([words]).T)[:, 0]
        alike = None if first is None else (seen @ _embedded(model, [first]).T)[:, 0]
    return [
        Audition(round(float(fit), 6), None if alike is None else round(float(alike[n]), 6))
        for n, fit in enumerate(fits)
    ]


def _embedded(model: StudioClip, pictures: list[np.ndarray]) -> torch.Tensor:  # type: ignore[name-defined]  # noqa: F821
    from studio.perception.studio_clip import FRAME, pixels

    small = np.stack([cv2.resize(picture, FRAME, interpolation=cv2.INTER_AREA) for picture in pictures])
    return model.look(pixels(small))[1]


@cache
def _model(path: Path) -> StudioClip | None:
    """studio-clip with its text tower, which judging takes does not need; None where its weights lack one."""
    from safetensors.torch import load_file

    from studio.perception.studio_clip import StudioClip

    weights = load_file(path) if path.is_file() else {}
    if not any(name.startswith("clip.text.") for name in weights):
        return None
    model = StudioClip(reads=True)
    model.load_state_dict({k: v.float() if v.dtype.is_floating_point else v for k, v in weights.items()}, strict=False)
    return model.eval()
