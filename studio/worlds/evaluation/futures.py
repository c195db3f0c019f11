"""True futures: recorded, or replayed by the simulator under other keys."""

from __future__ import annotations

import random
from itertools import islice
from typing import Any

import numpy as np
import torch
from torch import Tensor

from studio.worlds.data.manifest import Manifest
from studio.worlds.evaluation.kept import Kept, Start
from studio.worlds.evaluation.lab import LeftOut, Settings
from studio.worlds.evaluation.rollouts import Rollouts, Wanted
from studio.worlds.evaluation.scratch import Scratch
from studio.worlds.evaluation.simulator import Simulator

APART = 128
"""Branches differ where at least this part of the frame's pixels (1/128) differ, …"""
DIFFERENT = 16
"""… each by more than this in one of its 8-bit colours."""
TRIES = 4
"""Starts that are looked at for each one with enough branches."""


def futures(kept: Kept, simulator: Simulator | None, wanted: Wanted, settings: Settings, room: Scratch) -> Rollouts:
    """Rollouts of column *real* as ``wanted``; without a simulator those of other keys have no truth and no samples.

    Raises LeftOut where the data has nothing of the kind, BadInput where no episode is long enough.
    """
    steps = wanted.steps or max(settings.horizons)
    count = min(settings.rollouts, wanted.most or settings.rollouts)
    if wanted.keys == "branches":
        return _branches(kept, simulator, settings, count, room)
    known = steps if wanted.keys == "recorded" else 0
    if known > kept.furthest(settings.context):
        raise LeftOut(f"no episode has {known} frames after {settings.context} of context")
    starts = kept.starts(count, settings.context, known, settings.seed)
    if wanted.keys == "recorded":
        truth = [[kept.read(s, name, 1, steps + 1) for name in ("frames", "state", "boxes")] for s in starts]
        pressed = [kept.actions(s, 0, steps).tolist() for s in starts]
        return _gathered(kept, wanted, settings, starts, pressed, truth, room)
    pressed = [keys(wanted.keys, i, steps, kept.manifest, settings.seed) for i in range(len(starts))]
    if simulator is None:
        return _gathered(kept, wanted, settings, starts, pressed, [], room)
    truth = [list(simulator.play(simulator.stand(s), acts)) for s, acts in zip(starts, pressed, strict=True)]
    return _gathered(kept, wanted, settings, starts, pressed, truth, room)


def keys(kind: str, number: int, steps: int, manifest: Manifest, seed: int) -> list[int]:
    """Actions of rollout ``number``. *random*: any key, each held for 8 steps on average; *held*: one key for the
    whole time, each in its turn; *idle*: none."""
    actions = max(1, len(manifest.action_names))
    if kind == "idle":
        return [manifest.action_names.index("noop") if "noop" in manifest.action_names else 0] * steps
    if kind == "held":
        return [number % actions] * steps
    rng = random.Random(f"keys-{seed}-{number}")
    return list(islice(_presses(rng, actions), steps))


def _presses(rng: random.Random, actions: int) -> Any:
    while True:
        yield from [rng.randrange(actions)] * min(60, 1 + int(rng.expovariate(1 / 8)))


def _branches(kept: Kept, simulator: Simulator | None, settings: Settings, count: int, room: Scratch) -> Rollouts:
    if simulator is None:
        raise LeftOut("the environment cannot go back to a frame, so nobody knows what other actions lead to")
    actions = len(kept.manifest.action_names)
    branches = min(settings.branches, actions)
    chosen, pressed, truth = [], [], []
    for start in kept.starts(count * TRIES, settings.context, 0, settings.seed):
        snapshot = simulator.stand(start)
        order = random.Random(f"branches-{settings.seed}-{start.shard.file}-{start.at}").sample(range(actions), actions)
        found: dict[int, tuple[np.ndarray, ...]] = {}
        for action in order:
            future = simulator.play(snapshot, [action] * settings.hold)
            if len(found) < branches and all(_apart(future[0][-1], other[0][-1]) for other in found.values()):
                found[action] = future
        if len(found) == branches:
            chosen += [start] * branches
            pressed += [[action] * settings.hold for action in found]
            truth += [list(future) for future in found.values()]
        if len(chosen) == count * branches:
            break
    if not chosen:
        raise LeftOut(f"no start has {branches} actions whose frames differ enough after {settings.hold} steps")
    wanted = Wanted("branches", settings.hold)
    return _gathered(kept, wanted, settings, chosen, pressed, truth, room, branches)


def _apart(one: np.ndarray, other: np.ndarray) -> bool:
    differ = (np.abs(one.astype(np.int16) - other) > DIFFERENT).any(-1)
    return bool(differ.sum() * APART >= differ.size)


def _gathered(
    kept: Kept,
    wanted: Wanted,
    settings: Settings,
    starts: list[Start],
    pressed: list[list[int]],
    truth: list[list[Any]],
    room: Scratch,
    each: int = 1,
) -> Rollouts:
    manifest, context = kept.manifest, settings.context
    before = [kept.read(start, "frames", 1 - context, 1) for start in starts]
    acted = [kept.actions(start, 1 - context, 0) for start in starts]
    stood = [kept.read(start, "state", 1 - context, 1) for start in starts]
    steps, sides = len(pressed[0]), before[0].shape[1:]
    true = None
    if truth:
        true = room.frames(len(starts), steps, *sides)
        for row, (frames, _, _) in zip(true, truth, strict=True):
            row.copy_(torch.from_numpy(frames))
    return Rollouts(
        keys=wanted.keys,
        column="real",
        context=torch.from_numpy(np.stack(before)),
        actions_before=torch.from_numpy(np.stack(acted)),
        actions=torch.tensor(pressed),
        samples=torch.zeros((len(starts), 0, steps, *sides), dtype=torch.uint8) if true is None else true[:, None],
        starts=torch.arange(len(starts)) // each,
        fps=manifest.fps,
        action_names=tuple(manifest.action_names),
        true=true,
        states=_stacked([t[1] for t in truth], torch.float32),
        states_before=_stacked(stood, torch.float32),
        boxes=_stacked([t[2] for t in truth], torch.int64),
        state_names=tuple(manifest.state_names),
        kinds=tuple(manifest.kinds),
    )


def _stacked(rows: list[Any], kind: torch.dtype) -> Tensor | None:
    if not rows or any(row is None for row in rows):
        return None
    return torch.from_numpy(np.stack(rows)).to(kind)
