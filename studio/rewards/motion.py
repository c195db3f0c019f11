"""Motion: how much of what is filmed moves, by optical flow.

Scorers of stills (ImageReward, PickScore, HPS) like a take best in which nothing happens. `visual_quality` asks whether
anything changes at all and whether it flickers; this term asks how fast the fastest things move, as VBench's dynamic
degree does (Huang et al. 2024: the largest twentieth of the flow), and takes the camera's own move off: a still that is
panned over is still a still. Off until it is given a weight.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from studio.rewards.base import Footage, Judgement, RewardTerm

SIZE = (208, 120)
"""Width and height at which flow is computed."""
RATE = 6.0
"""Pairs of frames a second: far enough apart that slow motion is more than noise."""
PAIRS = 12
"""Pairs at most, evenly spaced over the take."""
FASTEST = 0.05
"""Share of the picture whose speed counts: what moves may be small."""
STILL, LIVELY = 0.004, 0.06
"""Speeds in frame widths a second that are worth 0 and 1; between, by their logarithm."""
LOST = 0.05
"""Share of its squared length, and pixels squared, by which flow may miss where it began (Sundaram et al. 2010)."""
WHOLE = 4.0
"""Blur in pixels over which things move as a whole."""
LOW = 0.3


def speeds(thumbs: np.ndarray, fps: float) -> tuple[float, float]:
    """Speed of the fastest part of the picture in frame widths a second, with the camera's move and without it; the
    median over pairs of frames. ``thumbs (n, h, w)`` uint8, at least one."""
    step = max(1, round(fps / RATE))
    last = len(thumbs) - 1 - step
    if last < 0:
        return 0.0, 0.0
    both = []
    for start in sorted({round(n) for n in np.linspace(0, last, PAIRS)}):
        one, other = (cv2.resize(thumbs[n], SIZE, interpolation=cv2.INTER_CUBIC) for n in (start, start + step))
        flow, found = _flow(one, other)
        both.append((_fastest(flow * found), _fastest((flow - _camera(flow)) * found)))
    whole, own = np.median(both, 0) * fps / step / SIZE[0]
    return float(whole), float(own)


def _flow(one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """``(h, w, 2)`` in pixels, and ``(h, w, 1)``: 0 where the flow back does not return, as on grain."""
    estimator: Any = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    there, back = estimator.calc(one, other, None), estimator.calc(other, one, None)
    y, x = np.mgrid[: SIZE[1], : SIZE[0]].astype(np.float32)
    returned = cv2.remap(back, x + there[..., 0], y + there[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    lost = np.square(there + returned).sum(-1) > LOST * (np.square(there).sum(-1) + np.square(returned).sum(-1)) + LOST
    return np.asarray(there), (~lost[..., None]).astype(np.float32)


def _fastest(flow: np.ndarray) -> float:
    # Things move as a whole; what is left of grain moves every way and cancels.
    smooth = cv2.GaussianBlur(flow, (0, 0), WHOLE)
    lengths = np.sort(np.hypot(smooth[..., 0], smooth[..., 1]).ravel())
    return float(lengths[-max(1, round(len(lengths) * FASTEST)) :].mean())


def _camera(flow: np.ndarray) -> np.ndarray:
    """The move of most of the picture: shift, turn and zoom that fit its flow best (RANSAC)."""
    rows, columns = np.mgrid[4 : SIZE[1] : 8, 4 : SIZE[0] : 8]
    at = np.stack([columns, rows], -1).reshape(-1, 2).astype(np.float32)
    cv2.setRNGSeed(0)
    matrix, _ = cv2.estimateAffinePartial2D(at, at + flow[rows, columns].reshape(-1, 2), ransacReprojThreshold=0.5)
    if matrix is None:
        return np.zeros_like(flow)
    y, x = np.mgrid[: SIZE[1], : SIZE[0]].astype(np.float32)
    move = np.stack([x, y, np.ones_like(x)], -1) @ matrix.T.astype(np.float32)
    moved: np.ndarray = move - np.stack([x, y], -1)
    return moved


def lively(speed: float) -> float:
    """0…1 of a speed in frame widths a second."""
    ratio = np.log(max(speed, 1e-6) / STILL) / np.log(LIVELY / STILL)
    return float(np.clip(ratio, 0.0, 1.0))


class Term(RewardTerm):
    """What moves by itself counts three quarters and whatever moves at all one; without anybody in the shot, the
    camera's move counts as much as any."""

    version = "1"

    def score(self, footage: Footage) -> Judgement:
        assert footage.thumbs is not None
        whole, own = speeds(footage.thumbs, footage.brief.fps)
        value = 0.25 * lively(whole) + 0.75 * lively(own if footage.brief.characters else whole)
        low = f"motion: {value:.2f} < {LOW:.2f} over the whole take, hardly anything moves"
        return Judgement(value, [low] if value < LOW else [], {"speed": whole, "own speed": own})
