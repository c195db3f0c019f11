"""A loop for small networks that are no world models: AdamW, one cycle, averaged weights, checkpoints, and
bfloat16 where the CPU has it.

Resumable to the bit on a CPU with the same number of threads, as `studio.worlds.training.loop` is.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from studio.errors import BadInput
from studio.worlds.training.checkpoint import (
    check_checkpoint,
    load_checkpoint,
    save_checkpoint,
    step_generator,
    step_windows,
)
from studio.worlds.training.logs import Log, curves
from studio.worlds.training.precision import Precision, another, effective, refusal

Network = TypeVar("Network", bound=nn.Module)
Losses = Callable[[Any, Any, torch.Generator], dict[str, Tensor]]
KEEP = 0.995


@dataclass(frozen=True)
class Plan:
    """``steps`` of ``batch`` windows; ``rate`` at its height, reached after a tenth of the steps and lost by the
    end."""

    steps: int
    batch: int = 10
    rate: float = 2e-3
    seed: int = 0
    save_every: int = 100


def fit_small(
    network: Network,
    losses: Losses,
    train: Any,
    val: Any,
    folder: Path,
    identity: str,
    plan: Plan,
    say: Callable[[str], None] = lambda line: None,
) -> Network:
    """Fit ``network`` to ``train`` (``len`` and ``batch(windows)``), or go on from ``folder``'s checkpoint; gives the
    averaged one. ``losses(network, batch, generator)`` has ``loss``. Raises BadInput for no steps, or another fit's
    folder, or one that was begun in another precision."""
    if plan.steps < 1:
        raise BadInput(f"{plan.steps} steps are too few; at least 1 is needed")
    average = copy.deepcopy(network).eval().requires_grad_(False)
    optimizer = torch.optim.AdamW(network.parameters(), plan.rate, betas=(0.9, 0.95), weight_decay=0.01)
    checkpoint, step = folder / "checkpoint.safetensors", 0
    precision = effective("bf16", torch.device("cpu"), say)
    identity, other = _in(identity, precision), _in(identity, another(precision))
    if checkpoint.is_file():
        check_checkpoint(checkpoint, identity, {other: refusal(precision)})
        step = load_checkpoint(checkpoint, network, average, optimizer, identity)
        say(f"going on after step {step} of {plan.steps}")
    writer = curves(folder, step)
    log, began = Log(folder, "log", step, writer), time.monotonic()
    try:
        while step < plan.steps:
            told = _step(network, average, optimizer, losses, train, plan, step, precision)
            step += 1
            if step % 20 == 0 or step == plan.steps:
                log.row(step, told)
            if step % plan.save_every == 0 or step == plan.steps:
                save_checkpoint(checkpoint, step, network, average, optimizer, identity)
                watched = "  ".join(f"{k} {v:.3g}" for k, v in _watch(average, losses, val, plan.batch).items())
                say(f"step {step} of {plan.steps}  {time.monotonic() - began:.0f} s  val: {watched}")
    finally:
        writer.close()
    return average


def _in(identity: str, precision: Precision) -> str:
    """A fit's identity with its precision; bfloat16 goes without saying, as it did when there was no other."""
    return identity if precision == "bf16" else f"{identity}-float32"


def _step(
    network: nn.Module,
    average: nn.Module,
    optimizer: torch.optim.Optimizer,
    losses: Losses,
    train: Any,
    plan: Plan,
    step: int,
    precision: Precision,
) -> dict[str, float]:
    share = step / plan.steps
    for group in optimizer.param_groups:
        group["lr"] = plan.rate * min(1.0, (share + 1 / plan.steps) * 10, (1 - share) / 0.9)
    batch = train.batch(step_windows(plan.seed, step, len(train), plan.batch))
    with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
        found = losses(network, batch, step_generator(plan.seed, step))
    optimizer.zero_grad(set_to_none=True)
    found["loss"].backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimizer.step()
    keep = min(KEEP, (1 + step) / (10 + step))
    with torch.no_grad():
        for mine, new in zip(average.parameters(), network.parameters(), strict=True):
            mine.lerp_(new, 1 - keep)
        for held, now in zip(average.buffers(), network.buffers(), strict=True):
            held.copy_(now)
    return {name: float(value.detach()) for name, value in found.items()}


@torch.no_grad()
def _watch(network: nn.Module, losses: Losses, val: Any, count: int) -> dict[str, float]:
    windows = [i * len(val) // count for i in range(count)]
    return {name: float(v) for name, v in losses(network, val.batch(windows), step_generator(0, 0)).items()}
