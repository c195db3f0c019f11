"""What artists that draw with diffusers have in common: sizes, loading once, seeds, and a white ground."""

from __future__ import annotations

from abc import abstractmethod
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from pydantic import Field

from studio import diffusing
from studio.artists._ground import on_white
from studio.artists.base import Artist, Commission
from studio.story.document import Character
from studio.tool import NoOptions

MULTIPLE = 16
"""Sides are multiples of this: the VAE's factor times the patches of a transformer."""


class DrawingOptions(NoOptions):
    """``side``: of a square picture, in pixels; others have about its area. ``steps`` 0: as many as the model wants."""

    side: int = Field(1024, ge=64, le=2048, multiple_of=64)
    candidates: int = Field(3, ge=1, le=16)
    steps: int = Field(0, ge=0, le=200)


class DiffusersArtist(Artist):
    """Made complete by ``load`` and ``sketch``."""

    Options = DrawingOptions
    follows = True
    lasting = True

    @property
    def candidates(self) -> int:
        return int(self.options.candidates)

    @abstractmethod
    def load(self, where: str) -> Any:
        """The pipeline, on ``where`` (``cuda`` or ``cpu``)."""

    @abstractmethod
    def sketch(self, commission: Commission, size: tuple[int, int], first: Image.Image | None) -> Image.Image:
        """One picture of ``size`` (width, height) in RGB; ``first`` is the first view at its own size."""

    @cached_property
    def pipe(self) -> Any:
        return self.load(diffusing.device())

    def parameters(self) -> dict[str, Any]:
        """The number of candidates decides which seed is chosen, not what a seed gives."""
        return {k: v for k, v in super().parameters().items() if k != "candidates"}

    def size(self, commission: Commission) -> tuple[int, int]:
        """Width and height: portraits are square, whole figures upright, places wide (3:2), as SDXL was trained."""
        side = int(self.options.side)
        narrow, long = (round(side * share / MULTIPLE) * MULTIPLE for share in (0.8125, 1.1875))
        if not isinstance(commission.subject, Character):
            return long, narrow
        return (narrow, long) if commission.view == "full_body" else (side, side)

    def draw(self, commission: Commission, out: Path) -> None:
        import torch

        first = None
        if commission.first is not None:
            with Image.open(commission.first) as opened:
                first = opened.convert("RGB")
        with torch.inference_mode():
            picture = self.sketch(commission, self.size(commission), first)
        if isinstance(commission.subject, Character):
            picture = Image.fromarray(on_white(np.asarray(picture)))
        picture.save(out, "PNG")

    def close(self) -> None:
        if "pipe" in self.__dict__:
            del self.__dict__["pipe"]
            diffusing.release()
