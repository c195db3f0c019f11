"""What may be asked of a game's own picture: that its performer is there, and that it moves as the action says."""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image

from studio.rewards.base import Footage
from studio.worlds import seen
from studio.worlds.blocking import way_of
from studio.worlds.screen import Screen

RATE = 8.0
"""Pairs of frames a second: far enough apart to see a walk."""
LEAST = 0.5
"""Pixels of the small grey frames that a pair must have moved by to count as scrolling."""
SURE = 0.05
"""Response of the phase correlation below which a shift is not believed."""
ENOUGH = 0.04
"""Frame widths a second, over the whole take, that are a walk: about a fifth of Backlot's."""


CLEAR, GONE = 32.0, 50.0
"""Error of the performer's figure (`seen.performer`) at which it is surely there and surely not: true frames have 0,
the same through the shipped codec 10 to 30, frames out of which the performer was painted 51 to 61."""


def performed(footage: Footage) -> float:
    """Share of the sampled frames in which the game's performer can be made out, 0…1."""
    fill = footage.brief.parameters.get("options", {}).get("screen") == "fill"
    screen = Screen.place(seen.SIZE, footage.frames.shape[1:3], fill)
    errors = [seen.performer(screen.read(Image.fromarray(frame)))[0] for frame in footage.frames]
    return float(np.mean(np.clip((GONE - np.array(errors)) / (GONE - CLEAR), 0.0, 1.0)))


def scrolled(thumbs: np.ndarray, fps: float) -> float:
    """How fast the picture moves to the left in frame widths a second, mean over the take; negative: to the right.

    ``thumbs`` (n, h, w) uint8. By phase correlation (Kuglin & Hines 1975) of the middle, where bars do not reach.
    """
    step = max(1, round(fps / RATE))
    edge = thumbs.shape[2] // 8
    middle = np.ascontiguousarray(thumbs[:, :, edge:-edge]).astype(np.float32)
    window = cv2.createHanningWindow(middle.shape[:0:-1], cv2.CV_32F)
    pairs = range(0, len(middle) - step, step)
    total = 0.0
    for n in pairs:
        (shift, _down), response = cv2.phaseCorrelate(middle[n], middle[n + step], window)
        total -= shift if response > SURE and abs(shift) >= LEAST else 0.0
    return total / middle.shape[2] * fps / (step * max(1, len(pairs)))


def blocked(footage: Footage) -> float | None:
    """1 where the level scrolls past as the blocking goes, 0 where it stands or goes the other way; None where the
    action leads nowhere."""
    way = way_of(footage.brief.action)
    if not way or footage.thumbs is None or len(footage.thumbs) < 2:
        return None
    return float(np.clip(way * scrolled(footage.thumbs, footage.brief.fps) / ENOUGH, 0.0, 1.0))
