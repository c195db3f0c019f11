"""Fitting the reader on real frames: resumable to the bit on a CPU with the same number of threads."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import torch

from studio.worlds.envs._backlot.scenery import THEMES
from studio.worlds.evaluation.readers.losses import losses
from studio.worlds.evaluation.readers.network import CLIP, Config, Reader
from studio.worlds.evaluation.readers.shelf import save_reader
from studio.worlds.evaluation.readers.truth import TrueFootage
from studio.worlds.training.small import Plan, fit_small


def fit(
    data: Path,
    out: Path,
    steps: int = 1000,
    seed: int = 0,
    threads: int = 1,
    save_every: int = 100,
    config: Config | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> Path:
    """Fit a reader to the train split of ``data`` in folder ``out``; gives the path of its weights.

    The same call goes on from the last checkpoint. Raises BadInput where ``data`` is no footage of Backlot, or ``out``
    holds another fit.
    """
    torch.set_num_threads(threads)
    train, val = (TrueFootage(data, split, CLIP + 1) for split in ("train", "val"))
    torch.manual_seed(seed)
    height, width = train.size
    reader = Reader(config or Config(height, width, len(train.data.manifest.action_names), len(THEMES)))
    identity = _identity(reader, train, steps, seed)
    plan = Plan(steps, seed=seed, save_every=save_every)
    fitted = fit_small(reader, losses, train, val, out, identity, plan, lambda line: say(f"reader: {line}"))
    path = out / "reader.safetensors"
    save_reader(fitted, path, steps=steps, seed=seed)
    return path


def _identity(reader: Reader, train: TrueFootage, steps: int, seed: int) -> str:
    parts = [repr(reader.config), str(steps), str(seed), *(shard.sha256 for shard in train.data.shards)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
