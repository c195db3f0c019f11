"""What a codec loses: PSNR and SSIM of true frames through it, of what moves in them, and its codes in use."""

from __future__ import annotations

import numpy as np
import torch

from studio.worlds.evaluation.dreaming import device_of
from studio.worlds.evaluation.lab import Lab
from studio.worlds.evaluation.pictures import psnr_each, similarities, squared_errors
from studio.worlds.evaluation.rollouts import Rollouts, Wanted
from studio.worlds.evaluation.scores import Score, psnr, ratio

WANTS = (Wanted("recorded"),)
MEASURES = "codec"


def measure(rollouts: Rollouts, lab: Lab) -> list[Score]:
    """Over all frames of each rollout."""
    assert rollouts.true is not None
    whole, likes, moving = [], [], []
    for frame in range(rollouts.steps):
        made, true = rollouts.made[:, frame], rollouts.true[:, frame]
        whole.append(squared_errors(made, true))
        likes.append(similarities(made, true, [None])[0])
        mask = rollouts.moving(frame)
        if mask is not None:
            moving.append(squared_errors(made, true, mask))
    scores = [*_psnr(whole, "frame"), Score("SSIM", torch.stack(likes).sum(0).numpy(), ratio, "frame")]
    if moving:
        scores += _psnr(moving, "moving")
    if lab.model is not None and hasattr(lab.model, "codes"):
        scores.append(_codes_in_use(rollouts, lab))
    return scores


def _psnr(errors: list[torch.Tensor], part: str) -> list[Score]:
    """Errors of each frame [N, 2]."""
    every = torch.stack(errors)
    return [
        Score("PSNR", every.sum(0).numpy(), psnr, part, unit="dB"),
        Score("PSNR, mean of frames", psnr_each(every).nanmean(0).numpy(), part=part, unit="dB"),
    ]


@torch.no_grad()
def _codes_in_use(rollouts: Rollouts, lab: Lab) -> Score:
    """One row: the codes of fewer rollouts are fewer, so that an interval over rollouts would lie below the share."""
    assert rollouts.true is not None
    model, size = lab.model, int(lab.model.quantiser.size)
    counts = torch.zeros(size, dtype=torch.long)
    for clip in rollouts.true:
        for part in clip.split(16):
            counts += torch.bincount(model.codes(part.to(device_of(model))).flatten().cpu(), minlength=size)
    shares = counts.double() / counts.sum()
    perplexity = float(torch.exp(-(shares[shares > 0] * shares[shares > 0].log()).sum()))
    detail = {"codes": size, "perplexity": perplexity, "counted": int(counts.sum())}
    return Score("codes in use", np.array([float((counts > 0).double().mean())]), detail=detail)
