"""Poses as numbers, and the curves by which a body moves from one to the next.

A pose is a dict of numbers; what it leaves out is 0. Lengths of feet, hips and lifts are in leg lengths, hands are in
arm lengths from the shoulder (u forward, v outward, y up). ``a`` is the limb on the viewer's left when the figure
faces the camera, ``b`` the other. Angles are radians.
"""

from __future__ import annotations

import math

Pose = dict[str, float]


REST: Pose = {
    "ah_u": 0.08, "ah_v": 0.16, "ah_y": -0.93, "bh_u": 0.08, "bh_v": 0.16, "bh_y": -0.93,
    "af_v": 0.13, "bf_v": 0.13, "af_u": 0.0, "bf_u": 0.02,
}  # fmt: skip


def pose(base: Pose | None = None, **values: float) -> Pose:
    """``base`` (the rest pose) with ``values`` laid over it."""
    return {**(REST if base is None else base), **values}


def blend(a: Pose, b: Pose, share: float) -> Pose:
    """From ``a`` to ``b``."""
    return {k: a.get(k, 0.0) + (b.get(k, 0.0) - a.get(k, 0.0)) * share for k in {**a, **b}}


def mirror(p: Pose) -> Pose:
    """The same pose with left and right exchanged."""
    swap = {"a": "b", "b": "a"}
    flip = ("sway", "tilt", "turn")
    return {
        (swap[k[0]] + k[1:] if k[:2] in ("ah", "bh", "af", "bf") else k): (-v if k in flip else v) for k, v in p.items()
    }


def ease(x: float) -> float:
    """0…1 with soft ends."""
    x = min(1.0, max(0.0, x))
    return x * x * (3 - 2 * x)


def arrive(t: float, start: float = 0.2, take: float = 0.55) -> float:
    """0 before ``start``, a small pull back, then 1 with a soft overshoot that settles."""
    x = (t - start) / take
    if x <= 0:
        return -0.10 * math.sin(math.pi * ease((t - start + 0.3) / 0.3)) if t > start - 0.3 else 0.0
    return 1 - math.exp(-4.2 * x) * math.cos(3.6 * x)


def pulse(t: float, period: float, width: float = 0.5) -> float:
    """0 → 1 → 0 once in ``period`` seconds, up for the share ``width`` of it."""
    x = (t / period) % 1.0
    return math.sin(math.pi * x / width) ** 2 if x < width else 0.0
