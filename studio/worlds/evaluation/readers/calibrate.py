"""What is real to a reader: it reads true footage of the validation split's levels, which it was not fitted to, under
the keys that world models are judged under."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from studio.errors import BadInput
from studio.worlds.data.manifest import read_manifest
from studio.worlds.evaluation.futures import futures
from studio.worlds.evaluation.kept import Kept
from studio.worlds.evaluation.lab import Settings
from studio.worlds.evaluation.readers.judge import LAWS, QUANTITIES, SECOND, Gaussian, Real, ranges_of, seconds, within
from studio.worlds.evaluation.readers.physics import Physics, physics
from studio.worlds.evaluation.readers.reading import Reading, read_rollouts
from studio.worlds.evaluation.readers.shelf import load_reader
from studio.worlds.evaluation.rollouts import Rollouts, Wanted
from studio.worlds.evaluation.scratch import scratch
from studio.worlds.evaluation.simulator import Simulator, has_simulator

LONG = ("random", "held", "idle")
MORE = 3
"""Times as many recorded rollouts, which are shorter."""
Say = Callable[[str], None]


def calibrate(
    data: Path,
    folder: Path,
    rollouts: int = 24,
    steps: int = 1200,
    recorded: int = 40,
    seed: int = 0,
    say: Say = lambda line: None,
) -> Path:
    """Write ``folder/real.safetensors`` for ``folder/reader.safetensors``; gives its path.

    ``rollouts`` of ``steps`` under each kind of keys, and more of ``recorded`` steps as they were played. Raises
    BadInput where ``data`` has no validation split or no simulator, or the reader sees too little.
    """
    reader, manifest = load_reader(folder / "reader.safetensors"), read_manifest(data)
    if not has_simulator(manifest):
        raise BadInput(f"{data} was recorded in {manifest.recipe.get('env')}, which cannot play on from a frame")
    settings = Settings(rollouts=MORE * rollouts, context=16, seed=seed, split="val")
    kept = Kept(data, "val")
    simulator = Simulator(kept)
    read: dict[str, tuple[Rollouts, Reading, Physics]] = {}
    wanted = [Wanted("recorded", recorded), *(Wanted(k, steps, rollouts) for k in LONG)]  # type: ignore[arg-type]
    try:
        for each in wanted:
            with scratch(folder) as room:
                found = futures(kept, simulator, each, settings, room)
                reading = read_rollouts(reader, found)
            read[each.keys] = (_slim(found), reading, physics(reading))
            say(f"read {len(found)} true rollouts of {found.steps} steps, {each.keys} keys")
    finally:
        simulator.close()
    path = folder / "real.safetensors"
    real_of(read, {"rollouts": rollouts, "steps": steps, "seed": seed}).save(path)
    return path


def _slim(found: Rollouts) -> Rollouts:
    """Without the frames, which lie in a file that goes away."""
    from dataclasses import replace

    nothing = torch.zeros((len(found), 0), dtype=torch.uint8)
    return replace(found, samples=nothing, true=None, context=nothing)


def real_of(read: dict[str, tuple[Rollouts, Reading, Physics]], facts: dict[str, int]) -> Real:
    """From readings of true footage by keys, ``recorded`` and ``random`` among them."""
    moving = [found for keys, (_, _, found) in read.items() if keys in ("recorded", "random")]
    ranges = ranges_of(moving)
    shares = {
        name: float(np.nanmean(np.concatenate([within(m, name, ranges).ravel() for m in moving])))
        for name in QUANTITIES
    }
    flat = {keys: reading.clips.reshape(-1, reading.clips.shape[-1]) for keys, (_, reading, _) in read.items()}
    features = {keys: Gaussian.of(flat[keys]) for keys in ("recorded", "random")}
    features["all"] = Gaussian.of(np.concatenate(list(flat.values())))
    judged = [
        seconds(reading, found, futures.actions.numpy(), futures.action_names, futures.fps, ranges, features["all"])
        for keys, (futures, reading, found) in read.items()
        if keys != "recorded"
    ]
    most = {name: _most([getattr(each, name) for each in judged]) for name in ("lost", "distance")}
    outside = {name: _most([each.outside[name] for each in judged]) for name in LAWS}
    frozen = float(np.concatenate([each.frozen.ravel() for each in judged]).mean())
    return Real(
        ranges=ranges, shares=shares, features=features, facts={**facts, "frozen": frozen}, outside=outside, **most
    )


def _most(found: list[np.ndarray]) -> float:
    return float(np.percentile(np.concatenate([each.ravel() for each in found]), SECOND))
