"""Footage for trainings that take a second: a square that the action moves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from studio.worlds.data.manifest import Manifest
from studio.worlds.data.shards import Footage

SMALL = {"batch": 2, "steps": 4, "save_every": 2, "check_every": 4, "log_every": 1}


def squares(folder: Path, names: Sequence[str] = ("stay", *"lrud"), size: tuple[int, int] = (32, 48)) -> Path:
    """Three episodes of 30 steps in train and in val; the first five of the actions ``names`` stay or move."""
    rng, (height, width) = np.random.default_rng(0), size
    manifest = Manifest(recipe={"square": 1}, height=height, width=width, fps=10, action_names=list(names))
    for split in ("train", "val"):
        footage = Footage()
        for level in range(3):
            x, y = 16, 12
            for action in rng.integers(0, len(names), 30).tolist():
                frame = np.full((height, width, 3), 90, np.uint8)
                frame[y : y + 8, x : x + 8] = (220, 60, 50)
                footage.append(frame)
                footage.acted(action, 0.0)
                x = min(width - 8, max(0, x + 4 * ((action == 2) - (action == 1))))
                y = min(height - 8, max(0, y + 4 * ((action == 4) - (action == 3))))
            footage.cut(level)
        manifest.shards.append(footage.publish(folder, f"{split}-00000.safetensors", split))
    manifest.save(folder)
    return folder
