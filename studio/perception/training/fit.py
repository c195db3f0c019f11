"""Fitting studio-clip: its eye and its likeness share nothing, so each is fitted by a process of its own."""

from __future__ import annotations

import copy
import json
import math
import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from studio.errors import StudioError
from studio.perception.encoders import WEIGHTS
from studio.perception.studio_clip import StudioClip
from studio.perception.training.batches import Pictures
from studio.perception.training.losses import figure_losses, scene_losses
from studio.perception.training.norms import settle
from studio.perception.training.places import mapped, site_losses, sites

PARTS: dict[str, tuple[Callable[..., Any], Callable[..., dict[str, torch.Tensor]], int]] = {
    "eye": (Pictures.scenes, scene_losses, 6),
    "likeness": (Pictures.figures, figure_losses, 16),
}
"""Part -> its batches, its losses, groups a batch."""
PLACES = 20
"""Groups a batch of places, each of which is sought in every frame."""
RATE = 1.5e-3
"""Learning rate at its height, of a fit from nothing."""
DECAY, WARM_UP, SAVED = 0.05, 100, 250
EMA = 0.997


def _schedule(step: int, steps: int) -> float:
    return min(1.0, (step + 1) / WARM_UP) * (0.5 + 0.5 * math.cos(math.pi * step / steps)) + 0.01


def _averaged(average: StudioClip, model: StudioClip, step: int) -> None:
    """Exponential moving average of weights; running statistics are copied."""
    keep = min(EMA, (1 + step) / (10 + step))
    with torch.no_grad():
        for mine, new in zip(average.state_dict().values(), model.state_dict().values(), strict=True):
            if mine.dtype.is_floating_point:
                mine.mul_(keep).add_(new, alpha=1 - keep)
            else:
                mine.copy_(new)


def fit(folder: Path, steps: int, parts: Sequence[str] = tuple(PARTS), rate: float = RATE) -> None:
    """Train ``parts`` ``steps`` steps on ``folder/train``, then calibrate; writes ``folder/studio-clip.safetensors``.

    Weights that an earlier fit left in ``folder/eye.safetensors`` and ``folder/likeness.safetensors`` are where this
    one starts, as far as their shapes agree.
    """
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=fit_part, args=(folder, part, steps, rate)) for part in parts]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if any(worker.exitcode for worker in workers):
        raise StudioError("a part of studio-clip was not fitted; what it said is above")
    if all((folder / f"{part}.safetensors").is_file() for part in PARTS):
        finish(folder)


def finish(folder: Path) -> None:
    """Put the fitted parts together and calibrate them."""
    from studio.perception.training.calibrate import calibrate

    model = _assembled(folder)
    settle(model, folder / "train")
    model.save(folder / "studio-clip.safetensors", calibrate(model, folder / "calibrate"))


def _assembled(folder: Path) -> StudioClip:
    """The model of the parts that lie in ``folder``."""
    model = StudioClip(reads=True).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    for part in PARTS:
        _start_from(model, folder / f"{part}.safetensors", part)
    return model.eval()


def unpack(folder: Path) -> None:
    """Lay the parts of the shipped weights into ``folder`` so that a fit goes on from them."""
    from safetensors.torch import load_file, save

    from studio.publish import publish_bytes

    folder.mkdir(parents=True, exist_ok=True)
    told = {k: v for k, v in load_file(WEIGHTS).items() if not k.startswith("answers.")}
    for part in PARTS:
        mine = {k: v.float() if v.dtype.is_floating_point else v for k, v in told.items() if _part(k) == part}
        if mine:
            publish_bytes(folder / f"{part}.safetensors", save(mine))


def _mine(model: StudioClip, part: str) -> dict[str, torch.Tensor]:
    """The part's own weights by name."""
    return {k: v for k, v in model.state_dict().items() if _part(k) == part}


def _part(name: str) -> str:
    """The part to which a weight belongs: the eye has whatever no other part has."""
    first = name.split(".", 1)[0]
    return first if first in PARTS else "eye"


def _start_from(model: StudioClip, path: Path, part: str) -> None:
    from safetensors.torch import load_file

    mine = _mine(model, part)
    fits = {k: v.to(mine[k].dtype) for k, v in load_file(path).items() if k in mine and v.shape == mine[k].shape}
    model.load_state_dict(fits, strict=False)
    print(json.dumps({"part": part, "tensors": len(fits), "of": len(mine)}), flush=True)


def fit_part(folder: Path, part: str, steps: int, rate: float = RATE) -> None:
    """Fit a part from pictures; publishes ``folder/<part>.safetensors`` every ``SAVED`` steps."""
    batches, losses, groups = PARTS[part]
    torch.manual_seed(0)
    torch.set_num_threads(1)
    model = StudioClip(reads=True).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    path = folder / f"{part}.safetensors"
    if path.is_file():
        _start_from(model, path, part)
    trained = [p for k, p in model.named_parameters() if _part(k) == part]
    coming = _coming(Pictures(folder / "train"), batches, groups, steps)
    _learn(model, trained, coming, losses, (part, steps, rate), lambda average: _save(average, path, part))


def fit_places(folder: Path, steps: int, rate: float = RATE) -> None:
    """Fit the matcher of places alone, on maps that the eye has seen once, and calibrate everything anew.

    What is kept is halfway between the weights that were there and the fitted ones, which holds better on kinds that
    were not fitted (WiSE-FT, Wortsman et al. 2022).
    """
    torch.manual_seed(0)
    pictures, model = Pictures(folder / "train"), _assembled(folder)
    settle(model, folder / "train")
    maps = {n: mapped(model, pictures, n) for n in pictures.numbers} if steps else {}
    before, kept = {k: v.clone() for k, v in model.location.state_dict().items()}, copy.deepcopy(model)
    trained = list(model.location.parameters())
    coming = _coming(pictures, partial(sites, maps=maps), PLACES, steps)

    def save(average: StudioClip) -> None:
        kept.location.load_state_dict({k: (v + before[k]) / 2 for k, v in average.location.state_dict().items()})
        _save(kept, folder / "eye.safetensors", "eye")

    _learn(model, trained, coming, site_losses, ("places", steps, rate), save)
    finish(folder)


def _learn(
    model: StudioClip,
    trained: list[nn.Parameter],
    coming: Iterator[Any],
    losses: Callable[..., dict[str, torch.Tensor]],
    plan: tuple[str, int, float],
    save: Callable[[StudioClip], None],
) -> None:
    """Descend over the batches that are ``coming``; ``plan`` is the part's name, the steps and the rate."""
    part, steps, rate = plan
    average = copy.deepcopy(model).eval()
    optimizer = torch.optim.AdamW(trained, rate, weight_decay=DECAY, betas=(0.9, 0.98))
    started, halves = time.monotonic(), _halves()
    for step, batch in enumerate(coming):
        for group in optimizer.param_groups:
            group["lr"] = rate * _schedule(step, steps)
        with torch.autocast("cpu", torch.bfloat16, enabled=halves):
            told = losses(model, batch)
        optimizer.zero_grad(set_to_none=True)
        sum(told.values()).backward()  # type: ignore[union-attr]
        steep = torch.nn.utils.clip_grad_norm_(trained, 1.0)
        if not torch.isfinite(steep):
            raise StudioError(f"training diverged at step {step}: the gradient is not finite")
        optimizer.step()
        _averaged(average, model, step)
        if step % 25 == 0:
            said = {name: round(float(value.detach()), 4) for name, value in told.items()}
            seconds = round(time.monotonic() - started)
            print(json.dumps({"part": part, "step": step, "seconds": seconds, **said}), flush=True)
        if step % SAVED == SAVED - 1 or step == steps - 1:
            save(average)


def _halves() -> bool:
    """Whether the processor multiplies bfloat16 itself: where it does not (AVX2), that is emulated, up to 70 times
    slower than float32."""
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def _save(model: StudioClip, path: Path, part: str) -> None:
    from safetensors.torch import save

    from studio.publish import publish_bytes

    publish_bytes(path, save({k: v.contiguous() for k, v in _mine(model, part).items()}))


def _coming(pictures: Pictures, batches: Callable[..., Any], groups: int, steps: int) -> Iterator[Any]:
    """Batches of a fixed random order, each made while the one before is learned from."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(batches, pictures, np.random.default_rng([7, 0]), groups)
        for step in range(steps):
            batch = coming.result()
            coming = pool.submit(batches, pictures, np.random.default_rng([7, step + 1]), groups)
            yield batch
