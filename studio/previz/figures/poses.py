"""What a body does: every activity as key poses that a person eases into, holds with life, and settles from.

A pose is a dict of numbers; what it leaves out is 0. Lengths of feet, hips and lifts are in leg lengths, hands are in
arm lengths from the shoulder (u forward, v outward, y up). ``a`` is the limb on the viewer's left when the figure
faces the camera, ``b`` the other. Angles are radians.
"""

from __future__ import annotations

import math

import numpy as np

from studio.previz.figure import Moment

Pose = dict[str, float]

REST: Pose = {
    "ah_u": 0.08, "ah_v": 0.16, "ah_y": -0.93, "bh_u": 0.08, "bh_v": 0.16, "bh_y": -0.93,
    "af_v": 0.13, "bf_v": 0.13, "af_u": 0.0, "bf_u": 0.02,
}  # fmt: skip
_HAND, _OTHER = "a", "b"


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
    p = _ACTS.get(m.act.activity, _stand)(t, tempo, m)
    return _breath(p, t, seed, tempo, 0.6 if m.speed > 0.2 else 1.0)


def _stand(t: float, k: float, m: Moment) -> Pose:
    return pose()


def _talk(t: float, k: float, m: Moment) -> Pose:
    w = arrive(t, 0.1, 0.5)
    beat = math.sin(t * 2.3 * k) * 0.5 + math.sin(t * 3.7 * k + 1) * 0.3
    other = math.sin(t * 1.7 * k + 2) * 0.5
    return blend(pose(), pose(ah_u=0.52, ah_v=0.20 + 0.10 * beat, ah_y=-0.42 + 0.15 * beat, bh_u=0.3 + 0.1 * other, bh_y=-0.72 + 0.12 * other,
                nod=0.05 * beat, tilt=0.05 * other, lean=0.03, sway=0.02 * other), w)  # fmt: skip


def _listen(t: float, k: float, m: Moment) -> Pose:
    nod = pulse(t, 2.9, 0.28)
    return pose(tilt=0.10, nod=0.03 + 0.13 * nod, lean=0.03, bh_u=0.18, ah_u=0.14)


def _look(t: float, k: float, m: Moment) -> Pose:
    w = arrive(t, 0.25, 0.6)
    return blend(
        pose(),
        pose(turn=0.22 * math.sin(t * 0.9), lean=0.10, nod=-0.05, ah_u=0.62, ah_v=-0.16, ah_y=0.30, bh_u=-0.05),
        w,
    )


def _gesture(t: float, k: float, m: Moment) -> Pose:
    w, s = arrive(t), 0.12 * math.sin(t * 2.2 * k)
    return blend(
        pose(),
        pose(ah_u=0.45, ah_v=0.55 + s, ah_y=-0.22 + s, bh_u=0.45, bh_v=0.5 + s, bh_y=-0.25 - s, bend=-0.05, nod=-0.04),
        w,
    )


def _point(t: float, k: float, m: Moment) -> Pose:
    w = arrive(t, 0.3, 0.4)
    return blend(
        pose(),
        pose(ah_u=0.93, ah_v=0.30, ah_y=0.12 + 0.02 * math.sin(t * 2), lean=0.08, bh_u=-0.1, af_u=0.12, bf_u=-0.12),
        w,
    )


def _wave(t: float, k: float, m: Moment) -> Pose:
    w, swing = arrive(t, 0.2, 0.65), math.sin(t * 6.5)
    return blend(pose(), pose(ah_u=0.18, ah_v=0.52 + 0.20 * swing, ah_y=0.66, tilt=-0.05, bend=-0.05, sway=-0.04), w)


def _sit(t: float, k: float, m: Moment) -> Pose:
    return pose(hip_y=-0.52, hip_u=-0.1, seat=1, af_u=0.46, bf_u=0.46, af_v=0.16, bf_v=0.16, ah_u=0.46, ah_y=-0.62, ah_v=0.02, bh_u=0.46,
                bh_y=-0.62, bh_v=0.02, lean=-0.03)  # fmt: skip


def _kneel(t: float, k: float, m: Moment) -> Pose:
    return pose(
        hip_y=-0.47,
        hip_u=0.0,
        af_u=0.42,
        bf_u=-0.48,
        bf_y=0.03,
        bf_p=-1.1,
        af_v=0.14,
        lean=0.06,
        nod=0.08,
        ah_u=0.5,
        ah_y=-0.5,
        bh_u=0.3,
        bh_y=-0.8,
    )


def _lie(t: float, k: float, m: Moment) -> Pose:
    return pose(
        roll=1.48, lift=0.12, ah_u=0.35, ah_v=-0.12, ah_y=-0.45, bh_v=0.12, bh_y=-0.9, bf_u=0.1, bf_y=0.08, flat=1
    )


def _sleep(t: float, k: float, m: Moment) -> Pose:
    b = math.sin(t * 1.3)
    return pose(roll=1.48, lift=0.12, ah_u=0.42, ah_v=-0.30, ah_y=-0.2, bh_u=0.4, bh_v=-0.2, bh_y=-0.32, af_u=0.22, af_y=0.14, bf_u=0.3,
                bf_y=0.2, shrug=0.02 * b, bend=0.1 + 0.02 * b, nod=0.12, flat=1)  # fmt: skip


def _fly(t: float, k: float, m: Moment) -> Pose:
    s = math.sin(t * 2)
    return pose(roll=-1.05, lift=0.75 + 0.05 * s, ah_u=0.35, ah_v=0.1, ah_y=0.92, bh_u=-0.05, bh_y=-0.95, nod=-0.5, af_y=0.03, bf_y=0.12,
                bf_u=-0.16 + 0.04 * s, af_u=-0.04 - 0.04 * s, air=1)  # fmt: skip


def _swim(t: float, k: float, m: Moment) -> Pose:
    x = t * 3.0 + m.travelled * 2.2
    s, c = math.sin(x), math.cos(x)
    return pose(roll=-1.15, lift=0.45 + 0.03 * s, nod=-0.5, ah_u=0.7 * c, ah_y=0.7 * s, bh_u=-0.7 * c, bh_y=-0.7 * s, ah_v=0.25, bh_v=0.25,
                af_u=0.16 * math.sin(2 * x), bf_u=-0.16 * math.sin(2 * x), af_p=-0.9, bf_p=-0.9, af_y=0.03, bf_y=0.03, air=1)  # fmt: skip


def _float(t: float, k: float, m: Moment) -> Pose:
    s, c = math.sin(t * 1.1), math.cos(t * 0.8)
    return pose(roll=0.13 * c, lift=0.22 + 0.06 * s, ah_u=0.25, ah_v=0.6 + 0.05 * s, ah_y=-0.45 + 0.06 * c, bh_u=0.2, bh_v=0.62, bh_y=-0.35 - 0.06 * c,
                af_u=0.10 + 0.05 * s, bf_u=-0.18 - 0.05 * c, bf_y=0.16, af_y=0.05, af_p=-0.5, bf_p=-0.7, air=1)  # fmt: skip


def _work(t: float, k: float, m: Moment) -> Pose:
    lift = pulse(t, 1.25 / k, 0.62)
    return pose(lean=0.24 - 0.10 * lift, bend=0.10, nod=0.20 - 0.08 * lift, hip_u=-0.06, hip_y=-0.02, ah_u=0.60 - 0.05 * lift, ah_y=-0.46 + 0.48 * lift, ah_v=0.06,
                bh_u=0.58, bh_y=-0.52, bh_v=-0.02, af_u=0.16, bf_u=-0.16)  # fmt: skip


def _dance(t: float, k: float, m: Moment) -> Pose:
    x = t * 4.2 * k
    s, c, up = math.sin(x), math.sin(x / 2), abs(math.sin(x))
    return pose(hip_v=0.10 * c, hip_y=-0.05 + 0.05 * up, sway=0.16 * c, tilt=-0.12 * c, turn=0.2 * c, ah_u=0.2, ah_v=0.55, ah_y=0.35 + 0.35 * c, bh_u=0.2,
                bh_v=0.55, bh_y=0.35 - 0.35 * c, af_y=0.20 * max(0.0, c) ** 2, bf_y=0.20 * max(0.0, -c) ** 2, af_u=0.08 * s, bf_u=-0.08 * s, af_v=0.2, bf_v=0.2)  # fmt: skip


def _fight(t: float, k: float, m: Moment) -> Pose:
    jab, parry = pulse(t, 1.15, 0.34), pulse(t + 0.6, 1.6, 0.4)
    return pose(hip_y=-0.08 - 0.02 * jab, lean=0.10 + 0.16 * jab, af_u=0.30, bf_u=-0.30, ah_u=0.45 + 0.45 * jab, ah_y=-0.10 + 0.18 * jab, ah_v=0.05,
                bh_u=0.42, bh_y=-0.12 + 0.25 * parry, bh_v=-0.05, hip_u=0.10 * jab, nod=0.05, shrug=0.06)  # fmt: skip


def _react(t: float, k: float, m: Moment) -> Pose:
    w = arrive(t, 0.35, 0.5)
    return blend(pose(), pose(lean=-0.20, bend=-0.06, shrug=0.10, nod=-0.08, ah_u=0.5, ah_v=0.30, ah_y=0.12, bh_u=0.5, bh_v=0.30, bh_y=0.08, hip_u=-0.10,
                              bf_u=-0.26, af_u=0.06), w)  # fmt: skip


def _jump(t: float, k: float, m: Moment) -> Pose:
    x = (t % 1.7) / 1.7
    crouch = ease(x / 0.22) * (1 - ease((x - 0.22) / 0.10)) + ease((x - 0.62) / 0.07) * (1 - ease((x - 0.69) / 0.25))
    u = min(1.0, max(0.0, (x - 0.27) / 0.38))
    air = 4 * u * (1 - u)
    arms = ease(air) * 0.9
    return pose(hip_y=-0.30 * crouch, lift=0.55 * air, lean=0.30 * crouch, nod=-0.1 * air, ah_u=0.2 - 0.4 * crouch + 0.1 * air, ah_v=0.25 + 0.3 * air,
                ah_y=-0.85 + arms, bh_u=0.2 - 0.5 * crouch + 0.1 * air, bh_v=0.25 + 0.3 * air, bh_y=-0.85 + arms, af_y=0.25 * air,
                bf_y=0.12 * air, af_u=0.18 * air, bf_u=-0.18 * air, af_p=-0.5 * air, bf_p=-0.7 * air)  # fmt: skip


def _fall(t: float, k: float, m: Moment) -> Pose:
    x = ease((t - 0.35) / 0.55)
    flail = math.sin(t * 13) * (1 - x) * ease(t / 0.3)
    bounce = math.exp(-5 * max(0.0, t - 0.9)) * abs(math.sin(9 * max(0.0, t - 0.9))) * 0.05
    return pose(roll=1.40 * x, lift=0.12 * x + bounce, ah_u=0.3, ah_v=0.55 + 0.1 * flail, ah_y=0.35 * (1 - x) + 0.2 * flail + 0.3 * x, bh_u=0.2,
                bh_v=0.5, bh_y=-0.1 - 0.2 * flail, af_u=0.25 * x, af_y=0.25 * x, bf_u=-0.05, lean=-0.15 * (1 - x) * ease(t / 0.3), flat=x)  # fmt: skip


def _hug(t: float, k: float, m: Moment) -> Pose:
    w = arrive(t, 0.3, 0.6)
    return blend(pose(), pose(lean=0.16, nod=0.14, tilt=0.12, ah_u=0.62, ah_v=-0.05, ah_y=-0.12, bh_u=0.62, bh_v=-0.1, bh_y=-0.30, af_u=0.08, shrug=0.04,
                              sway=0.03 * math.sin(t * 1.5)), w)  # fmt: skip


def _give(t: float, k: float, m: Moment) -> Pose:
    w = arrive(t, 0.35, 0.6)
    return blend(
        pose(),
        pose(
            lean=0.10,
            nod=0.08,
            ah_u=0.80,
            ah_v=0.02,
            ah_y=-0.36,
            bh_u=0.72,
            bh_v=-0.02,
            bh_y=-0.42,
            af_u=0.10,
            bf_u=-0.06,
        ),
        w,
    )


def _read(t: float, k: float, m: Moment) -> Pose:
    turn = pulse(t + 0.8, 4.2, 0.14)
    return pose(
        nod=0.20,
        bend=0.05,
        ah_u=0.56,
        ah_v=-0.08 + 0.10 * turn,
        ah_y=-0.34 + 0.06 * turn,
        bh_u=0.56,
        bh_v=-0.02,
        bh_y=-0.36,
    )


def _play(t: float, k: float, m: Moment) -> Pose:
    s = math.sin(t * 6.0 * k)
    return pose(sway=0.05 * math.sin(t * 2.1), nod=0.08 + 0.05 * math.sin(t * 4.2), tilt=0.10, ah_u=0.38, ah_v=-0.10 + 0.08 * s, ah_y=-0.60 + 0.06 * s,
                bh_u=0.48, bh_v=0.50, bh_y=-0.22, hip_v=0.03 * math.sin(t * 2.1))  # fmt: skip


def _climb(t: float, k: float, m: Moment) -> Pose:
    x = t * 2.6 + m.travelled * 3
    s, c = math.sin(x), math.cos(x)
    return pose(lean=0.10, nod=-0.22, ah_u=0.42, ah_y=0.42 + 0.30 * s, bh_u=0.42, bh_y=0.42 - 0.30 * s, af_u=0.26, bf_u=0.26, af_y=0.26 - 0.18 * s,
                bf_y=0.26 + 0.18 * s, sway=0.05 * s, hip_y=-0.06 + 0.02 * c, lift=0.1)  # fmt: skip


def _push(t: float, k: float, m: Moment) -> Pose:
    s = math.sin(t * 2.4)
    return pose(lean=0.42 + 0.04 * s, nod=-0.1, hip_y=-0.12, hip_u=-0.16, ah_u=0.82 + 0.03 * s, ah_v=0.02, ah_y=-0.22, bh_u=0.82 + 0.03 * s, bh_v=0.02, bh_y=-0.26,
                af_u=0.22, bf_u=-0.52, shrug=0.06)  # fmt: skip


def _carry(t: float, k: float, m: Moment) -> Pose:
    return pose(
        lean=-0.06, ah_u=0.50, ah_v=-0.08, ah_y=-0.52, bh_u=0.52, bh_v=-0.08, bh_y=-0.56, hip_y=-0.01, shrug=-0.02
    )


def _eat(t: float, k: float, m: Moment) -> Pose:
    bite = pulse(t, 2.2, 0.55)
    return pose(
        nod=0.06 + 0.06 * bite,
        ah_u=0.50 - 0.06 * bite,
        ah_v=-0.02 - 0.26 * bite,
        ah_y=-0.42 + 0.58 * bite,
        bh_u=0.42,
        bh_v=0.0,
        bh_y=-0.5,
    )


def _ride(t: float, k: float, m: Moment) -> Pose:
    b = math.sin(t * 6 + m.travelled * 2)
    return pose(hip_y=-0.18 + 0.02 * b, lift=0.35, af_u=0.20, bf_u=0.16, af_v=0.42, bf_v=0.42, lean=0.14 + 0.02 * b, ah_u=0.66, ah_y=-0.34, ah_v=0.0, bh_u=0.66,
                bh_y=-0.36, bh_v=0.0, seat=0.5, af_p=0.1, bf_p=0.1)  # fmt: skip


_ACTS = {
    "stand": _stand, "walk": _stand, "run": _stand, "talk": _talk, "listen": _listen, "look": _look, "gesture": _gesture,
    "point": _point, "wave": _wave, "sit": _sit, "kneel": _kneel, "lie": _lie, "sleep": _sleep, "fly": _fly, "swim": _swim,
    "float": _float, "work": _work, "dance": _dance, "fight": _fight, "react": _react, "jump": _jump, "fall": _fall,
    "hug": _hug, "give": _give, "read": _read, "play": _play, "climb": _climb, "push": _push, "carry": _carry, "eat": _eat,
    "ride": _ride,
}  # fmt: skip

GROUNDED = frozenset(("sit", "kneel", "lie", "sleep", "fly", "swim", "float", "ride", "jump", "fall", "climb"))
"""Activities whose legs a gait must leave alone."""


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
    w = ease(facing / 0.3 + 0.5)
    if w >= 1:
        return p
    return mirror(p) if w <= 0 else blend(mirror(p), p, w)


def solve(m: Moment, seed: int, leg: float) -> Pose:
    """The whole pose of one moment."""
    p = handed(act(m, seed % 97 / 97), m.facing)
    p = feel(p, m.act.feeling, m.t, m.act.activity not in ("lie", "sleep", "fly", "swim", "fall"))
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
