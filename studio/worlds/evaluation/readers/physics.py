"""Physics of what was read, step by step, to be compared with the physics of real footage.

Speeds come from where the performer is seen and how the camera scrolls, not from the reader's own guess of a speed: a
guess stays in the range that it was trained on, whatever the frames show.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from studio.worlds.evaluation.readers.network import SCROLL
from studio.worlds.evaluation.readers.reading import Reading

QUANTITIES = ("gravity", "speed", "penetration", "absence")
"""What is judged, see `Physics`."""
TWO_SIDED = ("gravity",)
PAN = 240
"""Steps that a pan takes from one end of the widest level to the other."""
AIR = 5
"""Frames in the air, in a row, that a downward acceleration is measured over: the second difference over two frames
to either side, so that a place read a pixel off counts a quarter."""


@dataclass(frozen=True)
class Physics:
    """Of N clips, T steps each [N, T]; NaN where it does not apply. ``gravity``: acceleration downwards of a performer
    in the air, pixels a step²; ``speed``: pixels a step in the level; ``penetration``: share of the body in what is
    solid; ``absence``: steps for which the performer has been `lost`. ``x`` and ``y``: where it is, in pixels from the
    screen's corner at the first frame, the last place where it is not seen."""

    gravity: np.ndarray
    speed: np.ndarray
    penetration: np.ndarray
    absence: np.ndarray
    x: np.ndarray
    y: np.ndarray

    def of(self, quantity: str) -> np.ndarray:
        """One of `QUANTITIES`."""
        values: np.ndarray = getattr(self, quantity)
        return values


def physics(reading: Reading) -> Physics:
    """What ``reading`` says about physics."""
    scrolled = np.concatenate((np.zeros((len(reading.x), 1)), reading.scroll.cumsum(1)), 1)
    seen = reading.found
    x, y = reading.x + scrolled, reading.y
    both = seen[:, 1:] & seen[:, :-1]
    speed = np.where(both, np.hypot(np.diff(x, axis=1), np.diff(y, axis=1)), np.nan)
    return Physics(
        gravity=_gravity(reading, y),
        speed=speed,
        penetration=np.where(seen[:, 1:], reading.inside[:, 1:], np.nan),
        absence=_absence(lost(reading)),
        x=_held(x, seen)[:, 1:],
        y=_held(y, seen)[:, 1:],
    )


def _gravity(reading: Reading, y: np.ndarray) -> np.ndarray:
    """[N, T] from places in frames [N, T+1]; the value stands at the middle of the `AIR` frames."""
    flies = (reading.flag("on_ground") < 0.5) & (reading.flag("on_wire") < 0.5) & (reading.flag("stunned") < 0.5)
    up = reading.found[:, 1:] & flies
    y, out = y[:, 1:], np.full(up.shape, np.nan)
    if up.shape[1] < AIR:
        return out
    windows = np.lib.stride_tricks.sliding_window_view(up, AIR, 1).all(-1)
    second = (y[:, 4:] - 2 * y[:, 2:-2] + y[:, :-4]) / 4
    out[:, 2:-2] = np.where(windows, second, np.nan)
    return out


def lost(reading: Reading) -> np.ndarray:
    """bool [N, T]: the performer is not seen, and no pan explains it. After a fall the camera may pan back to where the
    ground was safe, at full speed and for as long as a level is wide; real footage then shows nobody."""
    away = ~reading.found[:, 1:]
    panned = _run(away & (np.abs(reading.scroll) == SCROLL))
    return away & ((panned == 0) | (panned > PAN))


def _absence(away: np.ndarray) -> np.ndarray:
    return _run(away).astype(float)


def _run(true: np.ndarray) -> np.ndarray:
    """For how many steps [N, T] it has been true without a break."""
    steps = np.arange(1, true.shape[1] + 1)
    return np.asarray(steps - np.maximum.accumulate(np.where(true, 0, steps), 1))


def _held(values: np.ndarray, seen: np.ndarray) -> np.ndarray:
    steps = np.arange(seen.shape[1])
    last = np.maximum.accumulate(np.where(seen, steps, 0), 1)
    return np.take_along_axis(values, last, 1)
