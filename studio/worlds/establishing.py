"""Establishing: where a shot in a game begins, in true frames of Backlot, and the keys that get its performer through.

The simulator gives the context only; every frame that is shown afterwards is dreamed. It also rehearses: among several
timings of the same blocking the one is kept that does not end in a pit, as a stunt is tried before it is filmed.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from studio.worlds import blocking
from studio.worlds.blocking import Move
from studio.worlds.envs._backlot.level import generate
from studio.worlds.envs._backlot.scenery import THEMES
from studio.worlds.envs.backlot import Backlot

LEVELS = 2_000_000, 1_000_000
"""First level and number of levels to choose from: those that no model has learned from (the split ``test``)."""
DAYLIGHT = ("morning", "desert")
LIGHT = {"night": ("night",), "dusk": ("dusk",), "dawn": ("dusk",)}
"""Hour -> themes of levels that have its light; all other hours have daylight."""
FURTHEST = 320
"""Pixels into the level that a shot may begin at most."""
REHEARSALS = 12


@dataclass(frozen=True)
class Opening:
    """``frames`` uint8 [T, H, W, 3] and the T-1 actions (names) between them; ``played``: names for the shot."""

    level: int
    frames: np.ndarray
    actions: list[str]
    played: list[str]


def level_of(number: int, hour: str = "noon") -> int:
    """The level for a place whose hash is ``number``: the first from there on whose light is that of the ``hour``."""
    level = number % LEVELS[1]
    while THEMES[generate(LEVELS[0] + level).theme].name not in LIGHT.get(hour, DAYLIGHT):
        level = (level + 1) % LEVELS[1]
    return LEVELS[0] + level


def establish(
    level: int, seed: int, planned: Sequence[Move], steps: int, context: int, size: tuple[int, int]
) -> Opening:
    """Go to a place in ``level`` that ``seed`` chooses and rehearse ``planned`` there for ``steps`` steps. The last
    ``context`` frames of the way are kept, at ``size`` (height, width)."""
    rng, env = random.Random(seed), Backlot()
    frames, actions = [env.reset(seed=level)[0]], list[str]()
    for action in _way(env, rng, context, planned):
        frames.append(env.step(action)[0])
        actions.append(env.action_names[action])
    kept = np.stack([fit(frame, size) for frame in frames[-context:]])
    return Opening(level, kept, actions[len(actions) - len(kept) + 1 :], rehearse(env, planned, steps, rng))


def fit(frame: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A frame at ``size`` (height, width)."""
    if frame.shape[:2] == size:
        return frame
    return np.asarray(cv2.resize(frame, size[::-1], interpolation=cv2.INTER_AREA))


def _way(env: Backlot, rng: random.Random, least: int, planned: Sequence[Move]) -> list[int]:
    """Actions from the start of the level to the mark, at least as many as frames are wanted; the performer comes in
    walking, or stands where the shot begins with a wait. Waiting first sets enemies and platforms elsewhere."""
    start, noop = env.snapshot(), env.action_names.index("noop")
    walked, ahead = [noop] * rng.randint(0, 40), rng.randint(0, FURTHEST)
    for action in walked:
        env.world.step(action)
    while ahead > 0 and (part := env.plan(min(ahead, 80))):
        for action in part:
            env.world.step(action)
        walked += part
        ahead -= 80
    standing = planned[0].kind in ("wait", "duck")
    walked += [noop] * max(10 if standing else 0, least - len(walked))
    env.restore(start)
    return walked


def rehearse(env: Backlot, planned: Sequence[Move], steps: int, rng: random.Random) -> list[str]:
    """The timing of ``planned`` that does least harm, and of those the one that gets furthest; where none is safe, the
    way that the level's own agent finds. ``env`` is left as it was."""
    tries = [blocking.keys(planned, steps, rng) for _ in range(REHEARSALS)]
    way = sum(move.way for move in planned)
    judged = [(*_tried(env, names, way), -n) for n, names in enumerate(tries)]
    unharmed, _far, best = max(judged)
    return _sure(env, steps) if unharmed < 0 and all(move.way == 1 for move in planned) else tries[-best]


def _tried(env: Backlot, names: Sequence[str], way: int) -> tuple[int, int]:
    """(minus the steps in which the performer is hurt, how far it gets in the direction of ``way``)."""
    start: Any = env.snapshot()
    harm, began = 0, env.world.x
    for name in names:
        env.world.step(env.action_names.index(name))
        harm += bool(env.world.stunned or env.world.wire)
    far = way * (env.world.x - began)
    env.restore(start)
    return -harm, far


def _sure(env: Backlot, steps: int) -> list[str]:
    """The way that the level's own agent finds, as long as the shot; it waits where it finds none for the moment."""
    start, found, noop = env.snapshot(), list[int](), env.action_names.index("noop")
    while len(found) < steps:
        part = env.plan(60) or env.plan(20) or [noop] * 6
        found += part
        for action in part:
            env.world.step(action)
    env.restore(start)
    return [env.action_names[action] for action in found[:steps]]
