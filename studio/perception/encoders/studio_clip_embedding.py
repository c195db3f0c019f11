"""studio-clip's image trunk as a backbone like any other: what a generic embedding reaches on previz, without a hub."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from studio.perception.backbone import Backbone, normalised
from studio.perception.encoders import WEIGHTS
from studio.perception.ranked import Ranked

if TYPE_CHECKING:
    from studio.perception.trunk import Trunk

GRID = 4
"""Cells a side into which maps are pooled: which colour is where tells more than how much of it there is (part-based
pooling of re-identification, Sun et al. 2018)."""
STAGES = (0, 1)
"""Stages of the trunk whose maps are used; the last ones know places and moods better than people."""


class Trunks(Backbone):
    """Pooled maps of two stages, ``16 · (40 + 96)`` numbers."""

    side = 128

    def __init__(self, trunk: Trunk) -> None:
        self.trunk = trunk

    def embed(self, pictures: np.ndarray) -> np.ndarray:
        import torch
        from torch.nn import functional as F

        from studio.perception.studio_clip import pixels

        with torch.no_grad():
            maps = self.trunk(pixels(pictures))
            pooled = [F.normalize(F.adaptive_avg_pool2d(maps[n], GRID).flatten(1), dim=-1) for n in STAGES]
        return normalised(torch.cat(pooled, 1).numpy())


class Encoder(Ranked):
    """It does not read: the answers that ship with studio-clip belong to its last stage."""

    usage = "studio-clip-embedding; it takes no model"
    reads = False

    @property
    def here(self) -> bool:
        return WEIGHTS.is_file()

    def load(self) -> Backbone:
        from studio.perception.studio_clip import StudioClip

        return Trunks(StudioClip.load(WEIGHTS)[0].clip.visual.trunk)
