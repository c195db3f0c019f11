"""Places to begin from: moments of recorded footage, or of levels played on the spot; the true simulator can be brought
to each of them where the world is known."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from studio.errors import BadInput
from studio.worlds.data.manifest import LEVELS, NO_ACTION, SPLITS, Manifest, Shard, fault_of, level_of, read_manifest
from studio.worlds.data.policies import POLICIES
from studio.worlds.envs.base import open_environment

LENGTH = 16
"""Frames that a context begins with, where there are as many."""
WARM_UP = (40, 70, 100, 130)
"""Steps played before a moment that is made on the spot."""


@dataclass(frozen=True)
class Start:
    """``frames`` uint8 [T, H, W, 3]; ``actions`` [T-1], the i-th leads from frame i to i+1; ``before``: all actions
    from the level's first frame to the last of ``frames``."""

    label: str
    frames: np.ndarray
    actions: np.ndarray
    level: int = -1
    before: tuple[int, ...] = ()


@dataclass(frozen=True)
class Starts:
    """Moments of one world. ``env`` is empty where nobody knows the world (imported footage)."""

    moments: Sequence[Start]
    action_names: Sequence[str]
    fps: float
    env: str = ""
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        height, width = self.moments[0].frames.shape[1:3]
        return height, width

    def simulator(self, start: Start) -> Any:
        """The environment at the last frame of ``start``; None where there is none, or where it does not replay."""
        if not self.env or start.level < 0:
            return None
        env = open_environment(self.env, **self.options)
        frame = env.reset(seed=start.level)[0]
        for action in start.before:
            frame = env.step(action)[0]
        if not np.array_equal(frame, start.frames[-1]):
            env.close()
            return None
        return env


def made(count: int = 8, first: int = 0) -> Starts:
    """Moments of Backlot's test levels from ``first``, played by its script."""
    env = open_environment("backlot")
    moments = [_made(env, level_of("test", first + n), WARM_UP[n % len(WARM_UP)]) for n in range(count)]
    return Starts(moments, env.action_names, env.metadata["render_fps"], "backlot")


def _made(env: Any, level: int, steps: int) -> Start:
    frames, before = [env.reset(seed=level)[0]], []
    for action in islice(POLICIES["scripted"](env, random.Random(level)), steps):
        frame, _, ended, _, _ = env.step(action)
        frames.append(frame)
        before.append(action)
        if ended:
            break
    kept = frames[-LENGTH:]
    acted = np.array(before[len(before) - len(kept) + 1 :], np.int64)
    return Start(_label(level), np.stack(kept), acted, level, tuple(before))


def recorded(folder: Path, count: int = 12) -> Starts:
    """Moments of a data set, spread over its episodes: of the levels that nothing was trained on, where it has some.

    Raises BadInput where ``folder`` is no data set, a shard that is needed is damaged, or no episode is long enough.
    """
    manifest = read_manifest(folder)
    for split in reversed(SPLITS):
        episodes = [
            (shard, episode) for shard in manifest.shards if shard.split == split
            for episode in shard.episodes if episode.frames > LENGTH
        ]  # fmt: skip
        if episodes:
            break
    else:
        raise BadInput(f"{folder} has no episode of more than {LENGTH} frames; record some")
    chosen = [episodes[i * len(episodes) // min(count, len(episodes))] for i in range(min(count, len(episodes)))]
    moments = [_recorded(folder, shard, episode, n) for n, (shard, episode) in enumerate(chosen)]
    recipe = manifest.recipe
    return Starts(moments, _names(manifest), manifest.fps, recipe.get("env", ""), dict(recipe.get("options", {})))


def _recorded(folder: Path, shard: Shard, episode: Any, number: int) -> Start:
    from safetensors import safe_open

    fault = fault_of(folder, shard)
    if fault:
        raise BadInput(f"{folder}: {shard.file} {fault}; record again to repair")
    last = LENGTH + (episode.frames - LENGTH - 1) * (number % 4 + 1) // 5
    first = episode.start + last - LENGTH + 1
    with safe_open(folder / shard.file, "np") as file:
        frames = file.get_slice("frames")[first : episode.start + last + 1]
        actions = file.get_slice("actions")[episode.start : episode.start + last]
    known = not (actions == NO_ACTION).any()
    prelude = [action for action, steps in episode.prelude for _ in range(steps)]
    acted = np.where(actions == NO_ACTION, 0, actions).astype(np.int64)
    label = _label(episode.level) if episode.level >= 0 else f"clip {number + 1}"
    before = tuple([*prelude, *(int(a) for a in actions)])
    level = episode.level if known else -1
    return Start(label, np.asarray(frames), acted[1 - LENGTH :], level, before)


def _label(level: int) -> str:
    return f"{SPLITS[level // LEVELS]} level {level % LEVELS}"


def _names(manifest: Manifest) -> list[str]:
    return list(manifest.action_names) or ["noop"]
