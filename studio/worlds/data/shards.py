"""Shards: safetensors files of some thousand frames, uncompressed, read by memory mapping.

Measured on 2,000 Backlot frames, windows of 17 frames a second: safetensors 20,000, npy 13,000, zlib a frame 600, PNG
170. The price is disk: 36.9 kB a frame instead of 3.7 (zlib).

Arrays of a shard, N frames: ``frames`` uint8 [N, height, width, 3]; ``actions`` uint8 [N], done at the frame and
leading to the next one (255: none); ``rewards`` float32 [N], what the action brought. Where the environment knows the
truth: ``state`` float32 [N, S] and ``boxes`` int16 [N, 16, 5] as (kind + 1, left, top, right, bottom), 0 for none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

import numpy as np
from safetensors.numpy import save

from studio.publish import publish_bytes
from studio.worlds.data.manifest import NO_ACTION, Episode, Shard, sha256_of

BOXES = 16


@dataclass
class Footage:
    """Frames gathered for one shard. ``append`` for each frame, ``cut`` after each episode."""

    frames: list[np.ndarray] = field(default_factory=list)
    actions: list[int] = field(default_factory=list)
    rewards: list[float] = field(default_factory=list)
    states: list[np.ndarray] = field(default_factory=list)
    boxes: list[np.ndarray] = field(default_factory=list)
    episodes: list[Episode] = field(default_factory=list)

    def append(self, frame: np.ndarray) -> None:
        """The next frame, with no action yet."""
        self.frames.append(frame)
        self.actions.append(NO_ACTION)
        self.rewards.append(0.0)

    def truth(self, state: np.ndarray, boxes: list[tuple[int, int, int, int, int]]) -> None:
        """What is true at the frame that was appended last; boxes beyond 16 are dropped from the back."""
        table = np.zeros((BOXES, 5), np.int16)
        for row, box in zip(table, boxes[-BOXES:], strict=False):
            row[:] = box
        self.states.append(state)
        self.boxes.append(table)

    def acted(self, action: int, reward: float) -> None:
        """What was done at the frame that was appended last."""
        self.actions[-1], self.rewards[-1] = action, reward

    def cut(self, level: int = -1, policy: str = "", prelude: Sequence[int] = ()) -> None:
        """The episode ends here; ``prelude``: actions before its first frame."""
        start = sum(episode.frames for episode in self.episodes)
        if len(self.frames) > start:
            frames = len(self.frames) - start
            runs = [(action, len(list(run))) for action, run in groupby(prelude)]
            self.episodes.append(Episode(start=start, frames=frames, level=level, policy=policy, prelude=runs))

    def publish(self, folder: Path, name: str, split: str) -> Shard:
        """Write ``folder/name``, whole or not at all."""
        arrays = {
            "frames": np.stack(self.frames),
            "actions": np.array(self.actions, np.uint8),
            "rewards": np.array(self.rewards, np.float32),
        }
        if self.states:
            arrays |= {"state": np.stack(self.states), "boxes": np.stack(self.boxes)}
        path = folder / name
        publish_bytes(path, save(arrays))
        return Shard(
            file=name,
            split=split,  # type: ignore[arg-type]
            frames=len(self.frames),
            bytes=path.stat().st_size,
            sha256=sha256_of(path),
            episodes=self.episodes,
        )
