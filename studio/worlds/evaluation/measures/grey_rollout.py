"""One number that is reported elsewhere too: squared error of grey 84×84 frames in [0, 1], mean over all steps."""

from __future__ import annotations

import cv2
import numpy as np
from torch import Tensor

from studio.worlds.evaluation.lab import Lab
from studio.worlds.evaluation.rollouts import Rollouts, Wanted
from studio.worlds.evaluation.scores import Score

WANTS = (Wanted("recorded"),)
NEEDS = ("truth",)
SIDE = 84


def measure(rollouts: Rollouts, lab: Lab) -> list[Score]:
    """Up to the furthest horizon; ``--horizons 1,5,10,32`` for 32 steps."""
    assert rollouts.true is not None
    values = [
        np.mean([np.square(_grey(m) - _grey(t)).mean() for m, t in zip(made, true, strict=True)])
        for made, true in zip(rollouts.made, rollouts.true, strict=True)
    ]
    part = f"grey {SIDE}×{SIDE}, {rollouts.steps} steps"
    return [Score("rollout MSE", np.array(values), part=part, better="lower")]


def _grey(frame: Tensor) -> np.ndarray:
    grey = cv2.cvtColor(frame.numpy(), cv2.COLOR_RGB2GRAY)
    how = cv2.INTER_AREA if min(grey.shape) >= SIDE else cv2.INTER_LINEAR
    return cv2.resize(grey, (SIDE, SIDE), interpolation=how).astype(np.float64) / 255
