"""The one loop: AdamW, moving average of weights, clipping, logs, checks, checkpoints."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from studio.errors import StudioError
from studio.worlds.data.dataset import Batch
from studio.worlds.models.base import Trainable, WorldModel
from studio.worlds.training import checks
from studio.worlds.training.checkpoint import (
    CHECKPOINT,
    load_checkpoint,
    save_checkpoint,
    step_generator,
    step_windows,
)
from studio.worlds.training.logs import Log, curves
from studio.worlds.training.presets import Schedule

Say = Callable[[str], None]
GAP = 0.002
"""Below this share of the loss, actions are said not to matter yet."""


@dataclass
class Footage:
    """What a training reads: ``train`` and ``val`` give batches (Dataset or LatentDataset), ``shown`` clips to look at,
    whose first ``context`` frames a world model is given."""

    train: Any
    val: Any
    shown: Any
    context: int


class Diverged(StudioError):
    """The loss or its gradient is no finite number any more."""


def rate_at(schedule: Schedule, step: int) -> float:
    """Learning rate of a step: a rise, then a cosine to a tenth."""
    risen = min(1.0, (step + 1) / (schedule.warm_up + 1))
    return schedule.rate * risen * (0.55 + 0.45 * math.cos(math.pi * step / schedule.steps))


class Training:
    """One model's training in ``folder``; `run` goes on from the last checkpoint there."""

    def __init__(
        self,
        model: Trainable,
        footage: Footage,
        schedule: Schedule,
        seed: int,
        folder: Path,
        identity: str,
        further: Callable[..., dict[str, Tensor]] | None = None,
    ) -> None:
        from accelerate import Accelerator

        # Precision is set about each step: Accelerator has one for a whole process, and a codec may train in another.
        self.accelerator = Accelerator(mixed_precision="no", cpu=not torch.cuda.is_available())
        self.footage, self.schedule, self.seed = footage, schedule, seed
        self.folder, self.identity = folder, identity
        model.to(self.accelerator.device)
        self.average = copy.deepcopy(model).eval().requires_grad_(False)
        model.further = further  # not the average's: its losses on other levels compare with those of other trainings
        optimizer = torch.optim.AdamW(model.trained(), schedule.rate, betas=(0.9, 0.95), weight_decay=schedule.decay)
        self.model, self.optimizer = self.accelerator.prepare(model, optimizer)

    @property
    def checkpoint(self) -> Path:
        """The file that `run` goes on from."""
        return self.folder / CHECKPOINT

    def run(self, say: Say = lambda line: None) -> Trainable:
        """Train to the end; gives the averaged model. Raises Diverged."""
        step = 0
        if self.checkpoint.is_file():
            step = load_checkpoint(self.checkpoint, self.model, self.average, self.optimizer, self.identity)
            say(f"{self.model.name}: going on after step {step} of {self.schedule.steps}")
        writer = curves(self.folder, step)
        log, looks = Log(self.folder, "log", step, writer), Log(self.folder, "checks", step, writer)
        started, begun = time.monotonic(), step
        try:
            while step < self.schedule.steps:
                told = self._step(step)
                step += 1
                if step % self.schedule.log_every == 0 or step == self.schedule.steps:
                    told["steps_a_second"] = (step - begun) / (time.monotonic() - started)
                    log.row(step, told)
                if step % self.schedule.check_every == 0 or step == self.schedule.steps:
                    self._check(step, looks, say, told)
                if step % self.schedule.save_every == 0 or step == self.schedule.steps:
                    save_checkpoint(self.checkpoint, step, self.model, self.average, self.optimizer, self.identity)
        finally:
            writer.close()
        return self.average

    def _batch(self, source: Any, windows: list[int]) -> Batch:
        return source.batch(windows, boxes=self.model.marks).to(self.accelerator.device)

    def _step(self, step: int) -> dict[str, float]:
        schedule = self.schedule
        windows = step_windows(self.seed, step, len(self.footage.train), schedule.batch)
        for group in self.optimizer.param_groups:
            group["lr"] = rate_at(schedule, step)
        self.model.train()
        batch = self._batch(self.footage.train, windows)
        half = schedule.precision == "bf16"
        with torch.autocast(self.accelerator.device.type, torch.bfloat16, enabled=half):
            losses = self.model.losses(batch, step_generator(self.seed, step), step / schedule.steps)
        self.optimizer.zero_grad(set_to_none=True)
        self.accelerator.backward(losses["loss"])
        steep = self.accelerator.clip_grad_norm_(self.model.trained(), schedule.clip)
        told = {name: float(value.detach()) for name, value in losses.items()}
        told |= {"gradient": float(steep), "rate": rate_at(schedule, step)}
        if not math.isfinite(told["loss"]) or not math.isfinite(told["gradient"]):
            raise Diverged(
                f"{self.model.name} diverged at step {step + 1}: loss {told['loss']}, gradient {told['gradient']}; "
                f"{self._last_good()}; train in another --out with a lower --rate (now {schedule.rate:g})"
            )
        self.optimizer.step()
        _follow(self.average, self.model, min(schedule.ema, (1 + step) / (10 + step)))
        return told

    def _last_good(self) -> str:
        return f"the last checkpoint is {self.checkpoint}" if self.checkpoint.is_file() else "no checkpoint was saved"

    def _check(self, step: int, looks: Log, say: Say, told: dict[str, float]) -> None:
        shown = self.footage.shown
        windows = [i * len(shown) // 4 for i in range(4)]
        clips = shown.batch(windows).to(self.accelerator.device)
        strip = self.folder / "samples" / f"step-{step:06d}.png"
        found = checks.look(self.average, clips, self.footage.context, strip)
        val = step_windows(1, 0, len(self.footage.val), max(self.schedule.batch, 16))
        batch, progress = self._batch(self.footage.val, val), (step - 1) / self.schedule.steps
        with torch.no_grad():
            found["val_loss"] = float(self.average.losses(batch, step_generator(1, 0), progress)["loss"])
        if isinstance(self.average, WorldModel):
            found["action_gap"] = checks.action_gap(self.average, batch, progress)
            if found["action_gap"] < GAP and self.average.config.actions > 1:
                say(f"{self.model.name}: after {step} steps actions do not matter yet (gap {found['action_gap']:.4f})")
        looks.row(step, found)
        line = "  ".join(f"{k} {v:.4g}" for k, v in found.items())
        say(f"{self.model.name}: step {step} of {self.schedule.steps}  loss {told['loss']:.4g}  {line}")


@torch.no_grad()
def _follow(average: nn.Module, model: nn.Module, keep: float) -> None:
    """Exponential moving average of weights; what is not trained or no floating point number is copied."""
    trained = {name for name, each in model.named_parameters() if each.requires_grad}
    for (name, mine), new in zip(average.state_dict().items(), model.state_dict().values(), strict=True):
        if mine.dtype.is_floating_point and name in trained:
            mine.mul_(keep).add_(new, alpha=1 - keep)
        else:
            mine.copy_(new)
