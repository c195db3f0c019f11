"""What a body does: an activity with breath, feeling in weight and shoulders, and legs that carry it."""

from __future__ import annotations

import math

import numpy as np

from studio.previz.figure import Moment
from studio.previz.figures.activities import ACTS
from studio.previz.figures.easing import Pose, blend, ease, mirror


def _breath(p: Pose, t: float, seed: float, tempo: float, size: float = 1.0) -> Pose:
    """The life of a held pose: breath, a slow shift of weight, a drift of the head."""
    b = math.sin(t * 1.9 * tempo + seed * 6)
    slow = math.sin(t * 0.55 * tempo + seed * 17)
    out = dict(p)
    for key, amount in (
        ("shrug", 0.012 * b), ("bend", 0.012 * b), ("hip_v", 0.018 * slow), ("sway", 0.018 * slow),
        ("tilt", 0.03 * math.sin(t * 0.8 + seed * 9)), ("nod", 0.02 * math.sin(t * 1.1 + seed * 4)),
        ("ah_y", 0.012 * b), ("bh_y", 0.012 * b),
    ):  # fmt: skip
        out[key] = out.get(key, 0.0) + amount * size
    return out


FEELING: dict[str, Pose] = {
    "neutral": {},
    "happy": {"bend": -0.06, "nod": -0.06, "shrug": 0.02, "hands": 0.06, "tempo": 0.25},
    "sad": {"lean": 0.07, "bend": 0.16, "nod": 0.22, "shrug": -0.05, "hip_y": -0.012, "tempo": -0.4},
    "angry": {"lean": 0.10, "bend": 0.03, "nod": 0.05, "shrug": 0.05, "fists": 0.16, "tempo": 0.5},
    "afraid": {"lean": -0.10, "bend": 0.12, "shrug": 0.10, "hip_y": -0.05, "guard": 0.55, "tempo": 0.8},
    "surprised": {"lean": -0.09, "bend": -0.06, "shrug": 0.06, "nod": -0.08, "guard": 0.3, "tempo": 0.2},
    "tired": {"lean": 0.06, "bend": 0.20, "nod": 0.26, "shrug": -0.07, "hip_y": -0.02, "tempo": -0.5},
    "determined": {"lean": 0.05, "bend": -0.05, "shrug": 0.0, "nod": -0.02, "fists": 0.10, "tempo": 0.1},
    "tender": {"tilt": 0.13, "nod": 0.08, "bend": 0.04, "shrug": 0.01, "hands": 0.08, "tempo": -0.2},
}


def feel(p: Pose, feeling: str, t: float, standing: bool) -> Pose:
    """The feeling in weight, shoulders and hands, laid over an activity."""
    f = FEELING.get(feeling, {})
    out = dict(p)
    for k in ("lean", "bend", "nod", "shrug", "tilt", "hip_y"):
        out[k] = out.get(k, 0.0) + f.get(k, 0.0) * (1.0 if standing or k != "hip_y" else 0.0)
    if feeling == "afraid":
        out["hip_v"] = out.get("hip_v", 0.0) + 0.006 * math.sin(t * 19)
    if standing:
        guard, fists, hands = f.get("guard", 0.0), f.get("fists", 0.0), f.get("hands", 0.0)
        for s in "ab":
            low = out[s + "h_y"] < -0.75
            if low:
                out[s + "h_u"] += 0.45 * guard + 0.5 * fists + 0.5 * hands
                out[s + "h_y"] += 0.75 * guard + 0.55 * fists + 0.35 * hands
                out[s + "h_v"] += -0.15 * guard + 1.0 * fists
    return out


def act(m: Moment, seed: float) -> Pose:
    """The pose of a right-handed person (hand ``a``) at one moment, before gait."""
    t = m.t
    tempo = 1 + FEELING.get(m.act.feeling, {}).get("tempo", 0.0)
    p = ACTS.get(m.act.activity, ACTS["stand"])(t, tempo, m)
    return _breath(p, t, seed, tempo, 0.6 if m.speed > 0.2 else 1.0)


GROUNDED = frozenset(("sit", "kneel", "lie", "sleep", "fly", "swim", "float", "ride", "jump", "fall", "climb"))


def gait(p: Pose, m: Moment, leg: float) -> Pose:
    """Legs and swinging arms from the metres travelled: a planted foot stays where it stands.

    ``leg`` is the leg's length in metres. Walking blends into running between 1.9 and 3 m/s for an adult.
    """
    amount = ease(abs(m.speed) / 0.35)
    if amount <= 0 or m.act.activity in GROUNDED:
        return p
    run = 1.0 if m.act.activity == "run" else 0.0
    stride, stance = (1.5, 0.60) if run == 0 else (2.5, 0.36)
    phase = abs(m.travelled) / (stride * leg)
    free = m.act.activity in ("walk", "run", "stand", "listen")
    out = dict(p)
    for side, offset in (("a", 0.0), ("b", 0.5)):
        x = (phase + offset) % 1.0
        reach = stance * stride / 2
        if x < stance:
            u, y, pitch = reach * (1 - 2 * x / stance), 0.0, -0.5 * ease((x / stance - 0.72) / 0.28)
            y = 0.11 * ease((x / stance - 0.75) / 0.25)
        else:
            s = (x - stance) / (1 - stance)
            u = -reach * math.cos(math.pi * s)
            y = (0.13 + 0.22 * run) * math.sin(math.pi * s) ** 1.0 + 0.11 * (1 - ease(s / 0.3))
            pitch = -0.5 * (1 - ease(s / 0.6)) + 0.22 * math.sin(math.pi * s)
        out[side + "f_u"] = u * amount
        out[side + "f_y"] = y * amount
        out[side + "f_p"] = pitch * amount
        out[side + "f_v"] = out.get(side + "f_v", 0.13) * (1 - 0.4 * amount)
        if free:
            swing = -math.cos(2 * math.pi * (x - 0.02))
            elbow = 0.5 * run
            size = 0.40 + 0.16 * run
            out[side + "h_u"] = out[side + "h_u"] + amount * (size * swing + 0.06 + 0.1 * run)
            out[side + "h_y"] = out[side + "h_y"] + amount * (0.10 * abs(swing) + elbow)
    beat = math.cos(4 * math.pi * phase)
    out["hip_y"] = out.get("hip_y", 0.0) + amount * (-0.055 - 0.025 * beat * (1 - run))
    out["hip_y"] += amount * run * (-0.10 + 0.06 * math.cos(4 * math.pi * (phase - 0.43)))
    out["lean"] = out.get("lean", 0.0) + amount * (0.05 + 0.16 * run)
    out["nod"] = out.get("nod", 0.0) - amount * (0.02 + 0.1 * run) + 0.015 * beat * amount
    out["sway"] = out.get("sway", 0.0) + amount * 0.03 * math.sin(2 * math.pi * phase)
    return out


def handed(p: Pose, facing: float) -> Pose:
    """The busy hand is the one nearer to the camera, changing softly as the figure turns through the front."""
    w = ease(facing / 0.3 + 1.0)
    if w >= 1:
        return p
    return mirror(p) if w <= 0 else blend(mirror(p), p, w)


def solve(m: Moment, seed: int, leg: float) -> Pose:
    """The whole pose of one moment."""
    p = handed(act(m, seed % 97 / 97), m.facing)
    p = feel(p, m.act.feeling, m.t, m.act.activity not in ("lie", "sleep", "fly", "swim", "fall"))
    p = {**p, **{hand: min(p[hand], m.act.reach) for hand in ("ah_y", "bh_y")}}
    return gait(p, m, leg)


def ik(
    root: np.ndarray, goal: np.ndarray, upper: float, lower: float, pole: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Middle joint and reached end of a two-bone limb from ``root`` towards ``goal``, bending towards ``pole``."""
    span = goal - root
    d = float(np.sqrt(span @ span)) + 1e-9
    axis = span / d
    d = min(max(d, abs(upper - lower) + 1e-4), (upper + lower) * 0.999)
    along = (upper**2 - lower**2 + d**2) / (2 * d)
    high = math.sqrt(max(0.0, upper**2 - along**2))
    out = pole - axis * float(pole @ axis)
    out = out / (float(np.sqrt(out @ out)) + 1e-9)
    return root + axis * along + out * high, root + axis * d
