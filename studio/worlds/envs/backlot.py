"""Backlot-v0: a platformer with ground truth. A stunt performer crosses a studio's backlot from left to right.

Everything is whole numbers and the seed decides the level, so the same actions give the same frames on every
machine. A knock throws the performer back; a fall ends on a wire that lets the performer down again: the world goes
on until the clapperboard is touched.
"""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np

from studio.worlds.envs._backlot.agent import plan
from studio.worlds.envs._backlot.camera import KINDS, Camera
from studio.worlds.envs._backlot.constants import ACTIONS, BODY, FPS, HEIGHT, PIXEL, WIDTH
from studio.worlds.envs._backlot.level import BEETLE, generate
from studio.worlds.envs._backlot.physics import Simulation
from studio.worlds.envs.base import check_action

STATE = (
    *("x", "y", "vx", "vy", "camera", "screen_x", "screen_y", "facing", "on_ground", "on_platform", "ducking"),
    *("stunned", "on_wire", "contact_ceiling", "contact_left", "contact_right", "contact_enemy"),
)
"""Names of `state_vector`'s numbers. Pixels, pixels a step, 0 or 1; ``x`` and ``y`` are the middle of the feet."""


class Backlot(gymnasium.Env[np.ndarray, Any]):
    """gymnasium environment; observations are uint8 RGB [96, 128, 3], 20 a second; 8 actions (`action_names`).

    ``reset(seed=n)`` or ``reset(options={"level": n})`` chooses the level; without either, the next random one.
    Rewards: coin 1, stomped enemy 1, knock or fall -1, goal 10.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": FPS}
    action_names = ACTIONS
    state_names = STATE
    kinds = KINDS
    favours = {"right": 2.0, "jump_right": 3.0, "run_right": 2.5}
    """How much more often a player who holds keys at random holds these; to the right there is more to see."""
    reckless = "run_right"

    def __init__(self, render_mode: str | None = "rgb_array") -> None:
        self.render_mode = render_mode
        self.observation_space = gymnasium.spaces.Box(0, 255, (HEIGHT, WIDTH, 3), np.uint8)
        self.action_space = gymnasium.spaces.Discrete(len(ACTIONS))
        self._start(0)

    def _start(self, seed: int) -> None:
        level = generate(seed)
        self.world, self.camera, self.level = Simulation(level), Camera(level), level

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Start a level. Returns the first frame and ``{"level": seed}``."""
        super().reset(seed=seed)
        chosen = (options or {}).get("level", seed)
        if chosen is None:
            chosen = int(self.np_random.integers(1 << 31))
        if chosen == self.level.seed:
            self.world = Simulation(self.level)
        else:
            self._start(int(chosen))
        return self.render(), {"level": self.level.seed}

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """One twentieth of a second. Raises BadInput for an action outside 0…7."""
        reward = self.world.step(check_action(action, ACTIONS))
        return self.camera.draw(self.world), reward, self.world.done, False, {}

    def render(self) -> np.ndarray:
        """The frame as it is now, uint8 RGB [96, 128, 3]."""
        return self.camera.draw(self.world)

    def plan(self, ahead: int) -> list[int] | None:
        """Actions that bring the performer ``ahead`` pixels on, or None where none are found quickly."""
        return plan(self.world, ahead, most=2000)

    def snapshot(self) -> tuple[Any, ...]:
        """The whole state by value, to `restore` in any Backlot environment."""
        return (self.level.seed, self.world.snapshot())

    def restore(self, snapshot: tuple[Any, ...]) -> None:
        """Go back to a snapshot, exactly."""
        seed, state = snapshot
        if seed != self.level.seed:
            self._start(seed)
        self.world.restore(state)

    def state(self) -> dict[str, Any]:
        """Ground truth: positions in pixels of the level, speeds in pixels a step, contacts."""
        world = self.world
        return {
            "player": dict(zip(STATE, self.state_vector().tolist(), strict=True)),
            "camera": world.camera,
            "platforms": [self._mover(m) for m in self.level.platforms],
            "enemies": [
                {**self._mover(m), "kind": "beetle" if m.kind == BEETLE else "bird", "alive": i not in world.squashed}
                for i, m in enumerate(self.level.enemies)
            ],
            "coins": [c for i, c in enumerate(self.level.coins) if i not in world.taken],
            "time": world.time,
            "score": world.score,
        }

    def _mover(self, mover: Any) -> dict[str, float]:
        (x, y), (x1, y1) = mover.at(self.world.time), mover.at(self.world.time + 1)
        return {"x": x / PIXEL, "y": y / PIXEL, "vx": (x1 - x) / PIXEL, "vy": (y1 - y) / PIXEL}

    def state_vector(self) -> np.ndarray:
        """The performer's part of `state` as float32, in the order of ``state_names``."""
        w = self.world
        x, y = w.x / PIXEL + BODY / 2, w.y / PIXEL
        flags = (w.facing > 0, w.ground, w.riding >= 0, w.ducking, w.stunned > 0, w.wire > 0)
        contacts = (w.contact_ceiling, w.contact_left, w.contact_right, w.contact_enemy)
        return np.array(
            (x, y, w.vx / PIXEL, w.vy / PIXEL, w.camera, x - w.camera, y, *flags, *contacts), dtype=np.float32
        )

    def boxes(self) -> list[tuple[int, int, int, int, int]]:
        """Where what moves is in the frame: (index in ``kinds`` + 1, left, top, right, bottom), pixels."""
        return self.camera.boxes(self.world)


Environment = Backlot
