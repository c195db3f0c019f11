"""How far made frames are from the true ones: MSE, PSNR and SSIM by horizon, of the frame and of parts of it.

Parts: the whole *frame*; what is *moving* (boxes of the true frame); what was *visible* at the start (the camera tells
which columns were on screen). Errors are pooled over rollouts before the logarithm. With several samples a model has
the mean over them, and beside it the best of them, chosen by the whole frame at that horizon.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from studio.worlds.evaluation.lab import Lab, Settings
from studio.worlds.evaluation.pictures import psnr_each, similarities, squared_errors
from studio.worlds.evaluation.rollouts import Rollouts, Wanted
from studio.worlds.evaluation.scores import Score, psnr, ratio

NEEDS = ("truth",)


def wants(settings: Settings) -> tuple[Wanted, ...]:
    """Recorded keys with several samples; others, where they are asked for, with one."""
    return (Wanted("recorded", samples=None), *(Wanted(keys) for keys in settings.keys))  # type: ignore[arg-type]


def measure(rollouts: Rollouts, lab: Lab) -> list[Score]:
    """Scores by part and horizon."""
    scores: list[Score] = []
    for horizon in lab.settings.horizons:
        if horizon <= rollouts.steps:
            scores += _at(rollouts, horizon)
    return scores


def _at(rollouts: Rollouts, horizon: int) -> list[Score]:
    assert rollouts.true is not None
    frame, samples = horizon - 1, rollouts.samples.shape[1]
    masks: dict[str, Tensor | None] = {"frame": None}
    for part, mask in (("moving", rollouts.moving(frame)), ("visible at the start", rollouts.visible(frame))):
        if mask is not None:
            masks[part] = mask
    true = rollouts.true[:, frame]
    errors = {part: [] for part in masks}  # type: dict[str, list[Tensor]]
    likeness = {part: [] for part in masks}  # type: dict[str, list[Tensor]]
    for sample in range(samples):
        made = rollouts.samples[:, sample, frame]
        for part, told in zip(masks, similarities(made, true, list(masks.values())), strict=True):
            errors[part].append(squared_errors(made, true, masks[part]))
            likeness[part].append(told)
    stacked = {part: torch.stack(each, 1) for part, each in errors.items()}
    whole = stacked["frame"]
    best = (whole[..., 0] / whole[..., 1]).argmin(1)
    scores = []
    for part in masks:
        label = part if rollouts.keys == "recorded" else f"{part}, {rollouts.keys} keys"
        likes = torch.stack(likeness[part], 1)
        scores += _scores("", stacked[part].mean(1), likes.mean(1), label, horizon, samples)
        each = psnr_each(stacked[part]).mean(1).numpy()
        scores.append(Score("PSNR, mean of frames", each, part=label, horizon=horizon, unit="dB", listed=False))
        if samples > 1:
            rows = torch.arange(len(best))
            scores += _scores(
                f", best of {samples}", stacked[part][rows, best], likes[rows, best], label, horizon, samples
            )
    return scores


def _scores(suffix: str, errors: Tensor, likes: Tensor, part: str, horizon: int, samples: int) -> list[Score]:
    values, detail = errors.numpy(), {"samples": samples}
    scaled = np.stack([values[:, 0] / 255**2, values[:, 1]], 1)
    return [
        Score(f"MSE{suffix}", scaled, ratio, part, horizon, better="lower", detail=detail, listed=False),
        Score(f"PSNR{suffix}", values, psnr, part, horizon, "dB", detail=detail),
        Score(f"SSIM{suffix}", likes.numpy(), ratio, part, horizon, detail=detail),
    ]
