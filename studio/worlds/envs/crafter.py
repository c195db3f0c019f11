"""Crafter: an open world seen from above, with 17 actions (extra ``worlds``)."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np

from studio.errors import BadInput
from studio.worlds.envs.base import check_action


class Crafter(gymnasium.Env[np.ndarray, Any]):
    """Crafter as a gymnasium environment, uint8 RGB [64, 64, 3]. Raises BadInput where it is not installed.

    The game does not always replay: a recording of it is not the same to the byte twice.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 10}

    def __init__(self) -> None:
        try:
            import crafter
        except ImportError:
            raise BadInput("crafter is not installed; pip install 'studio-film[worlds]'") from None
        self._library = crafter
        self._game = crafter.Env()
        self.action_names = tuple(self._game.action_names)
        self.observation_space = gymnasium.spaces.Box(0, 255, (64, 64, 3), np.uint8)
        self.action_space = gymnasium.spaces.Discrete(len(self.action_names))

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Start the world ``seed``."""
        super().reset(seed=seed)
        level = int(seed if seed is not None else self.np_random.integers(1 << 30))
        self._game = self._library.Env(seed=level)
        return self._game.reset(), {"level": level}

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """One step."""
        picture, reward, done, info = self._game.step(check_action(action, self.action_names))
        dead = info["discount"] == 0
        return picture, float(reward), dead, bool(done and not dead), {}


Environment = Crafter
