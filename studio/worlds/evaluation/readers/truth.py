"""What the reader learns from: real frames with what the simulator knew about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from studio.errors import BadInput
from studio.worlds.data.dataset import Dataset
from studio.worlds.envs._backlot.constants import BODY, ROWS, TILE
from studio.worlds.envs._backlot.level import generate
from studio.worlds.evaluation.readers.network import CELL, FLAGS, SCROLL

MIDDLE = 8
"""Pixels from the performer's feet up to what is called the performer's place on the screen."""
PERFORMER = 1
"""The performer's kind in boxes."""


@dataclass(frozen=True)
class Truth:
    """B clips of T frames: ``frames`` uint8 [B, T, H, W, 3]; ``place`` int64 [B, T], a pixel's number or H*W where the
    performer cannot be seen; ``solid`` float [B, T, H/4, W/4]; ``scroll`` [B, T-1] from 0 (4 to the left) to 8;
    ``actions`` [B, T-1]; ``velocity`` float [B, T-1, 2]; ``flags`` float [B, T-1, 10]; ``theme`` [B]."""

    frames: Tensor
    place: Tensor
    solid: Tensor
    scroll: Tensor
    actions: Tensor
    velocity: Tensor
    flags: Tensor
    theme: Tensor


class TrueFootage:
    """Windows of ``length`` frames of one split of recorded Backlot, with `Truth`."""

    def __init__(self, folder: Path, split: str, length: int) -> None:
        self.data = Dataset(folder, split, length)
        manifest = self.data.manifest
        if manifest.recipe.get("env") != "backlot":
            raise BadInput(f"{folder} is no footage of Backlot; the reader learns from `studio world record backlot`")
        self.size = (manifest.height, manifest.width)
        self.names = manifest.state_names
        self._levels = [[(e.start, e.level) for e in shard.episodes] for shard in self.data.shards]

    def __len__(self) -> int:
        return len(self.data)

    def level(self, window: int) -> int:
        """Seed of the level that ``window`` shows."""
        shard, start = self.data.place(window)
        return max((first, level) for first, level in self._levels[shard] if first <= start)[1]

    def batch(self, windows: Sequence[int]) -> Truth:
        """The windows of these numbers, together."""
        length, parts = self.data.length, []
        for window in windows:
            shard, start = self.data.place(window)
            read = {n: self.data.read(shard, n, start, start + length) for n in ("frames", "actions", "state", "boxes")}
            parts.append((read, self.level(window)))
        frames = np.stack([read["frames"] for read, _ in parts])
        states = np.stack([read["state"] for read, _ in parts])
        boxes = np.stack([read["boxes"] for read, _ in parts])
        column = {name: states[..., i] for i, name in enumerate(self.names)}
        cameras = column["camera"].astype(int)
        solids = [solid_cells(level, camera, *self.size) for (_, level), camera in zip(parts, cameras, strict=True)]
        return Truth(
            torch.from_numpy(frames),
            torch.from_numpy(places(column, (boxes[..., 0] == PERFORMER).any(-1), *self.size)),
            torch.from_numpy(np.stack(solids)),
            torch.from_numpy(np.diff(cameras, axis=1) + SCROLL),
            torch.from_numpy(np.stack([read["actions"] for read, _ in parts])[:, :-1].astype(np.int64)),
            torch.from_numpy(np.stack((column["vx"], column["vy"]), -1)[:, 1:]),
            torch.from_numpy(np.stack([column[name] for name in FLAGS], -1)[:, 1:]),
            torch.tensor([generated(level)[0] for _, level in parts]),
        )


def places(column: dict[str, np.ndarray], seen: np.ndarray, height: int, width: int) -> np.ndarray:
    """Pixel of the performer's middle as it is drawn: y * width + x; height * width where it is not ``seen``."""
    x = np.floor(column["x"] - BODY / 2) + BODY // 2 - column["camera"]
    y = np.floor(column["y"]) - MIDDLE
    pixel = np.clip(y, 0, height - 1) * width + np.clip(x, 0, width - 1)
    return np.where(seen, pixel, height * width).astype(np.int64)


@lru_cache(maxsize=2048)
def generated(level: int) -> tuple[int, np.ndarray]:
    """Theme, and what is solid of the level with this seed: bool [12 rows, pixels across]."""
    made = generate(level)
    tiles = np.array(made.tiles, np.uint8).T & 1
    return made.theme, np.repeat(tiles.astype(bool), TILE, 1)


def solid_cells(level: int, cameras: np.ndarray, height: int, width: int) -> np.ndarray:
    """Share of each cell that is solid, as the camera stood: float32 [T, H/4, W/4]."""
    across = generated(level)[1]
    cut = np.stack([across[: height // TILE, c : c + width] for c in cameras]).astype(np.float32)
    return cut.reshape(len(cameras), ROWS, width // CELL, CELL).mean(-1).repeat(TILE // CELL, 1)
