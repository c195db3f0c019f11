"""Fitting the reader on real frames: resumable to the bit on a CPU with the same number of threads."""

from __future__ import annotations

import copy
import hashlib
import time
from collections.abc import Callable
from pathlib import Path

import torch

from studio.errors import BadInput
from studio.worlds.envs._backlot.scenery import THEMES
from studio.worlds.evaluation.readers.losses import losses
from studio.worlds.evaluation.readers.network import CLIP, Config, Reader
from studio.worlds.evaluation.readers.shelf import save_reader
from studio.worlds.evaluation.readers.truth import TrueFootage
from studio.worlds.training.checkpoint import load_checkpoint, save_checkpoint, step_generator, step_windows
from studio.worlds.training.logs import Log, curves

Say = Callable[[str], None]
BATCH, RATE, DECAY, KEEP = 10, 2e-3, 0.01, 0.995


def fit(
    data: Path,
    out: Path,
    steps: int = 1000,
    seed: int = 0,
    threads: int = 1,
    save_every: int = 100,
    say: Say = lambda line: None,
) -> Path:
    """Fit a reader to the train split of ``data`` in folder ``out``; gives the path of its weights.

    The same call goes on from the last checkpoint. Raises BadInput where ``data`` is no footage of Backlot, or ``out``
    holds another fit.
    """
    if steps < 1:
        raise BadInput(f"--steps {steps} is too few; at least 1 is needed")
    torch.set_num_threads(threads)
    sets = {split: TrueFootage(data, split, CLIP + 1) for split in ("train", "val")}
    torch.manual_seed(seed)
    height, width = sets["train"].size
    reader = Reader(Config(height, width, len(sets["train"].data.manifest.action_names), len(THEMES)))
    average = copy.deepcopy(reader).eval().requires_grad_(False)
    optimizer = torch.optim.AdamW(reader.parameters(), RATE, betas=(0.9, 0.95), weight_decay=DECAY)
    identity = _identity(reader, sets["train"], steps, seed)
    checkpoint, step = out / "checkpoint.safetensors", 0
    if checkpoint.is_file():
        step = load_checkpoint(checkpoint, reader, average, optimizer, identity)
        say(f"reader: going on after step {step} of {steps}")
    writer = curves(out, step)
    log = Log(out, "log", step, writer)
    began = time.monotonic()
    try:
        while step < steps:
            told = _step(reader, average, optimizer, sets["train"], step, steps, seed)
            step += 1
            if step % 20 == 0 or step == steps:
                log.row(step, told)
            if step % save_every == 0 or step == steps:
                save_checkpoint(checkpoint, step, reader, average, optimizer, identity)
                watched = "  ".join(f"{k} {v:.3g}" for k, v in _watch(average, sets["val"]).items())
                say(f"reader: step {step} of {steps}  {time.monotonic() - began:.0f} s  val: {watched}")
    finally:
        writer.close()
    path = out / "reader.safetensors"
    save_reader(average, path, steps=steps, seed=seed)
    return path


def _step(
    reader: Reader,
    average: Reader,
    optimizer: torch.optim.Optimizer,
    train: TrueFootage,
    step: int,
    steps: int,
    seed: int,
) -> dict[str, float]:
    # One cycle: up over a tenth of the steps, down as a line to nothing.
    share = step / steps
    for group in optimizer.param_groups:
        group["lr"] = RATE * min(1.0, (share + 1 / steps) * 10, (1 - share) / 0.9)
    batch = train.batch(step_windows(seed, step, len(train), BATCH))
    with torch.autocast("cpu", torch.bfloat16):
        found = losses(reader, batch, step_generator(seed, step))
    optimizer.zero_grad(set_to_none=True)
    found["loss"].backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(reader.parameters(), 1.0)
    optimizer.step()
    keep = min(KEEP, (1 + step) / (10 + step))
    with torch.no_grad():
        for mine, new in zip(average.parameters(), reader.parameters(), strict=True):
            mine.lerp_(new, 1 - keep)
    return {name: float(value.detach()) for name, value in found.items()}


@torch.no_grad()
def _watch(reader: Reader, val: TrueFootage) -> dict[str, float]:
    windows = [i * len(val) // 16 for i in range(16)]
    return {name: float(v) for name, v in losses(reader, val.batch(windows), step_generator(0, 0)).items()}


def _identity(reader: Reader, train: TrueFootage, steps: int, seed: int) -> str:
    parts = [repr(reader.config), str(steps), str(seed), *(shard.sha256 for shard in train.data.shards)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
