"""A world model played as if it were a game: recording it makes footage of what it dreams, under any actions.

That is how one model is distilled into another: record the teacher, then train the pupil on the recording, alone or
beside true footage. A dream begins with frames of a data set; which ones, the level's seed decides.
"""

from __future__ import annotations

import hashlib
import random
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import torch

from studio.errors import BadInput
from studio.worlds.data.dataset import Dataset
from studio.worlds.data.manifest import LEVELS, SPLITS, Manifest, read_manifest
from studio.worlds.envs.base import check_action
from studio.worlds.models.base import weight_bytes
from studio.worlds.shelf import open_world_model

CONTEXT = 8
"""True frames that a dream begins from, where the data has so many in a row."""


class Dream(gymnasium.Env[np.ndarray, Any]):
    """``model``: a word or path as elsewhere; ``data``: the data set whose frames dreams begin from, of the same frame
    size and actions; ``steps``: sampling steps of a flow model (0: its own). Raises BadInput where they do not fit."""

    def __init__(self, model: str = "latent_flow", data: str = "", steps: int = 0) -> None:
        if not data:
            raise BadInput("a dream begins with true frames; name a data set: --data runs/.worlds/data/backlot")
        manifest = read_manifest(Path(data))
        self._data = {split: _windows(Path(data), manifest, split) for split in SPLITS}
        size = (manifest.height, manifest.width)
        self.model = open_world_model(model, size, len(manifest.action_names))
        self.model.play_game(manifest.action_names)
        config = self.model.config
        if (config.height, config.width) != size or self.model.actions != len(manifest.action_names):
            raise BadInput(
                f"{model} knows {self.model.actions} actions at {config.height}x{config.width}, but {data} has "
                f"{len(manifest.action_names)} at {size[0]}x{size[1]}"
            )
        if steps and hasattr(self.model, "sampling"):
            self.model.sampling(steps)
        weights, shards = weight_bytes(self.model), "".join(shard.sha256 for shard in manifest.shards)
        self.made_of = {"weights": _digest(weights), "footage": _digest(shards.encode())}
        self.metadata = {"render_modes": ["rgb_array"], "render_fps": manifest.fps}
        self.action_names = tuple(manifest.action_names)
        self.observation_space = gymnasium.spaces.Box(0, 255, (*size, 3), np.uint8)
        self.action_space = gymnasium.spaces.Discrete(len(self.action_names))

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Begin the dream ``seed``; its context comes from the split that the seed belongs to. Raises BadInput."""
        super().reset(seed=seed)
        level = int(seed if seed is not None else self.np_random.integers(LEVELS))
        split = SPLITS[min(level // LEVELS, len(SPLITS) - 1)]
        held = self._data[split]
        if held is None:
            raise BadInput(f"the data set has no frames of split {split} to begin a dream from")
        batch = held.batch([random.Random(level).randrange(len(held))])
        self._context = self.model.init_context(batch.frames, batch.actions)
        self._random = torch.Generator().manual_seed(level)
        return batch.frames[0, -1].numpy(), {"level": level}

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """The next frame of the dream, which never ends."""
        index = check_action(action, self.action_names)
        frame = self.model.step(self._context, torch.tensor([index]), self._random)
        return frame[0].numpy(), 0.0, False, False, {}


def _windows(data: Path, manifest: Manifest, split: str) -> Dataset | None:
    longest = max((e.frames for s in manifest.shards if s.split == split for e in s.episodes), default=0)
    return Dataset(data, split, min(CONTEXT, longest)) if longest else None


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


Environment = Dream
