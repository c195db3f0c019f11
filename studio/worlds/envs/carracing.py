"""CarRacing: gymnasium's car on a random track, with its 5 discrete actions (extra ``worlds``)."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np

from studio.errors import BadInput
from studio.worlds.envs.base import check_action

STRIDE = 2
"""Steps of the game a frame: 50 a second are more than a car needs; 25 are recorded."""
ZOOM = 60
"""Steps for which the game zooms in on the car before it can be driven; they are not shown."""


class CarRacing(gymnasium.Env[np.ndarray, Any]):
    """CarRacing-v3, uint8 RGB [96, 96, 3], each action held for two of its steps. Raises BadInput without Box2D."""

    metadata = {"render_modes": ["rgb_array"], "render_fps": 25}
    action_names = ("noop", "right", "left", "gas", "brake")

    def __init__(self) -> None:
        try:
            self._game = gymnasium.make("CarRacing-v3", continuous=False)
        except gymnasium.error.DependencyNotInstalled:
            raise BadInput("CarRacing needs Box2D; pip install 'studio-film[worlds]'") from None
        self.observation_space = gymnasium.spaces.Box(0, 255, (96, 96, 3), np.uint8)
        self.action_space = gymnasium.spaces.Discrete(len(self.action_names))

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Start on the track ``seed``, as soon as the car can be driven."""
        super().reset(seed=seed)
        level = int(seed if seed is not None else self.np_random.integers(1 << 30))
        self._game.reset(seed=level)
        for _ in range(ZOOM):
            picture = self._game.step(0)[0]
        return picture, {"level": level}

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """Two steps of the game with the same action."""
        chosen, total = check_action(action, self.action_names), 0.0
        for _ in range(STRIDE):
            picture, reward, ended, cut, _ = self._game.step(chosen)
            total += float(reward)
            if ended or cut:
                break
        return picture, total, ended, cut, {}

    def close(self) -> None:
        """Free the game."""
        self._game.close()


Environment = CarRacing
