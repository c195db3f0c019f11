"""The truth about other actions: the environment itself, brought to any recorded frame by its manifest."""

from __future__ import annotations

from typing import Any

import numpy as np

from studio.errors import BadInput
from studio.plugins import load, names
from studio.worlds.data.manifest import Manifest
from studio.worlds.data.shards import Footage
from studio.worlds.envs.base import open_environment
from studio.worlds.evaluation.kept import Kept, Start


def has_simulator(manifest: Manifest) -> bool:
    """Whether the environment that was recorded can be brought back to where it was."""
    name = str(manifest.recipe.get("env", ""))
    if name not in names("worlds.envs"):
        return False
    environment = load("worlds.envs", name).Environment
    return hasattr(environment, "snapshot") and hasattr(environment, "restore")


class Simulator:
    """Plays on from recorded frames. Close it after use."""

    def __init__(self, kept: Kept) -> None:
        recipe = kept.manifest.recipe
        self._kept = kept
        self._env = open_environment(str(recipe["env"]), **recipe.get("options", {}))

    def stand(self, start: Start) -> Any:
        """Go to ``start``; its snapshot. Raises BadInput where the environment does not show what was recorded."""
        env, episode = self._env, start.episode
        picture = env.reset(seed=episode.level)[0]
        for action, count in episode.prelude:
            for _ in range(count):
                picture = env.step(action)[0]
        for action in self._kept.actions(start, -start.at, 0):
            picture = env.step(int(action))[0]
        recorded = self._kept.read(start, "frames", 0, 1)[0]
        if not np.array_equal(picture, recorded):
            raise BadInput(
                f"{self._kept.folder / start.shard.file}: frame {start.episode.start + start.at} is not what "
                f"{self._kept.manifest.recipe['env']} shows there now; record the data again"
            )
        return env.snapshot()

    def play(self, snapshot: Any, actions: list[int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What follows ``snapshot``: frames uint8 [T, H, W, 3], states float32 [T, K], boxes int16 [T, 16, 5]."""
        self._env.restore(snapshot)
        footage = Footage()
        for action in actions:
            footage.append(self._env.step(action)[0])
            footage.truth(self._env.state_vector(), self._env.boxes())
        return np.stack(footage.frames), np.stack(footage.states), np.stack(footage.boxes)

    def close(self) -> None:
        """Free the environment."""
        self._env.close()
