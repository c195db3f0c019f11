"""The activities: what each one looks like on a right-handed body, as a pose over time."""

from __future__ import annotations

import math
from collections.abc import Callable

from studio.previz.figure import Moment
from studio.previz.figures.easing import Pose, arrive, blend, ease, pose, pulse


def _stand(t: float, k: float, m: Moment) -> Pose:
    return pose()


def _talk(t: float, k: float, m: Moment) -> Pose:
    w = arrive(t, 0.1, 0.5)
    beat = math.sin(t * 2.3 * k) * 0.5 + math.sin(t * 3.7 * k + 1) * 0.3
    other = math.sin(t * 1.7 * k + 2) * 0.5
    return blend(pose(), pose(ah_u=0.52, ah_v=0.20 + 0.10 * beat, ah_y=-0.42 + 0.15 * beat, bh_u=0.3 + 0.1 * other, bh_y=-0.72 + 0.12 * other,  # noqa: E501
                nod=0.05 * beat, tilt=0.05 * other, lean=0.03, sway=0.02 * other), w)  # fmt: skip


def _listen(t: float, k: float, m: Moment) -> Pose:
    nod = pulse(t, 2.9, 0.28)
    return pose(tilt=0.10, nod=0.03 + 0.13 * nod, lean=0.03, bh_u=0.18, ah_u=0.14)


def _look(t: float, k: float, m: Moment) -> Pose:
    w = arrive(t, 0.25, 0.6)
    return blend(
        pose(),
        pose(turn=0.22 * math.sin(t * 0.9), lean=0.08, nod=-0.05, ah_u=0.2, ah_v=0.1, bh_u=-0.05),
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
    return pose(hip_y=-0.52, hip_u=-0.1, seat=1, af_u=0.46, bf_u=0.46, af_v=0.16, bf_v=0.16, ah_u=0.46, ah_y=-0.62, ah_v=0.02, bh_u=0.46,  # noqa: E501
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
    return pose(roll=1.48, lift=0.12, ah_u=0.42, ah_v=-0.30, ah_y=-0.2, bh_u=0.4, bh_v=-0.2, bh_y=-0.32, af_u=0.22, af_y=0.14, bf_u=0.3,  # noqa: E501
                bf_y=0.2, shrug=0.02 * b, bend=0.1 + 0.02 * b, nod=0.12, flat=1)  # fmt: skip


def _fly(t: float, k: float, m: Moment) -> Pose:
    s = math.sin(t * 2)
    return pose(roll=-1.05, lift=0.75 + 0.05 * s, ah_u=0.35, ah_v=0.1, ah_y=0.92, bh_u=-0.05, bh_y=-0.95, nod=-0.5, af_y=0.03, bf_y=0.12,  # noqa: E501
                bf_u=-0.16 + 0.04 * s, af_u=-0.04 - 0.04 * s, air=1)  # fmt: skip


def _swim(t: float, k: float, m: Moment) -> Pose:
    x = t * 3.0 + m.travelled * 2.2
    s, c = math.sin(x), math.cos(x)
    return pose(roll=-1.15, lift=0.45 + 0.03 * s, nod=-0.5, ah_u=0.7 * c, ah_y=0.7 * s, bh_u=-0.7 * c, bh_y=-0.7 * s, ah_v=0.25, bh_v=0.25,  # noqa: E501
                af_u=0.16 * math.sin(2 * x), bf_u=-0.16 * math.sin(2 * x), af_p=-0.9, bf_p=-0.9, af_y=0.03, bf_y=0.03, air=1)  # fmt: skip  # noqa: E501


def _float(t: float, k: float, m: Moment) -> Pose:
    s, c = math.sin(t * 1.1), math.cos(t * 0.8)
    return pose(roll=0.13 * c, lift=0.22 + 0.06 * s, ah_u=0.25, ah_v=0.6 + 0.05 * s, ah_y=-0.45 + 0.06 * c, bh_u=0.2, bh_v=0.62, bh_y=-0.35 - 0.06 * c,  # noqa: E501
                af_u=0.10 + 0.05 * s, bf_u=-0.18 - 0.05 * c, bf_y=0.16, af_y=0.05, af_p=-0.5, bf_p=-0.7, air=1)  # fmt: skip  # noqa: E501


def _work(t: float, k: float, m: Moment) -> Pose:
    lift = pulse(t, 1.25 / k, 0.62)
    return pose(lean=0.24 - 0.10 * lift, bend=0.10, nod=0.20 - 0.08 * lift, hip_u=-0.06, hip_y=-0.02, ah_u=0.60 - 0.05 * lift, ah_y=-0.46 + 0.48 * lift, ah_v=0.06,  # noqa: E501
                bh_u=0.58, bh_y=-0.52, bh_v=-0.02, af_u=0.16, bf_u=-0.16)  # fmt: skip


def _dance(t: float, k: float, m: Moment) -> Pose:
    x = t * 4.2 * k
    s, c, up = math.sin(x), math.sin(x / 2), abs(math.sin(x))
    return pose(hip_v=0.10 * c, hip_y=-0.05 + 0.05 * up, sway=0.16 * c, tilt=-0.12 * c, turn=0.2 * c, ah_u=0.2, ah_v=0.55, ah_y=0.35 + 0.35 * c, bh_u=0.2,  # noqa: E501
                bh_v=0.55, bh_y=0.35 - 0.35 * c, af_y=0.20 * max(0.0, c) ** 2, bf_y=0.20 * max(0.0, -c) ** 2, af_u=0.08 * s, bf_u=-0.08 * s, af_v=0.2, bf_v=0.2)  # fmt: skip  # noqa: E501


def _fight(t: float, k: float, m: Moment) -> Pose:
    jab, parry = pulse(t, 1.15, 0.34), pulse(t + 0.6, 1.6, 0.4)
    return pose(hip_y=-0.08 - 0.02 * jab, lean=0.10 + 0.16 * jab, af_u=0.30, bf_u=-0.30, ah_u=0.45 + 0.45 * jab, ah_y=-0.10 + 0.18 * jab, ah_v=0.05,  # noqa: E501
                bh_u=0.42, bh_y=-0.12 + 0.25 * parry, bh_v=-0.05, hip_u=0.10 * jab, nod=0.05, shrug=0.06)  # fmt: skip


def _react(t: float, k: float, m: Moment) -> Pose:
    w = arrive(t, 0.35, 0.5)
    return blend(pose(), pose(lean=-0.20, bend=-0.06, shrug=0.10, nod=-0.08, ah_u=0.5, ah_v=0.30, ah_y=0.12, bh_u=0.5, bh_v=0.30, bh_y=0.08, hip_u=-0.10,  # noqa: E501
                              bf_u=-0.26, af_u=0.06), w)  # fmt: skip


def _jump(t: float, k: float, m: Moment) -> Pose:
    x = (t % 2.2) / 2.2
    crouch = ease(x / 0.22) * (1 - ease((x - 0.22) / 0.10)) + ease((x - 0.62) / 0.07) * (1 - ease((x - 0.69) / 0.25))
    u = min(1.0, max(0.0, (x - 0.27) / 0.38))
    air = 4 * u * (1 - u)
    arms = ease(air) * 0.9
    return pose(hip_y=-0.26 * crouch, lift=0.45 * air, lean=0.30 * crouch, nod=-0.1 * air, ah_u=0.2 - 0.4 * crouch + 0.1 * air, ah_v=0.25 + 0.3 * air,  # noqa: E501
                ah_y=-0.85 + arms, bh_u=0.2 - 0.5 * crouch + 0.1 * air, bh_v=0.25 + 0.3 * air, bh_y=-0.85 + arms, af_y=0.25 * air,  # noqa: E501
                bf_y=0.12 * air, af_u=0.18 * air, bf_u=-0.18 * air, af_p=-0.5 * air, bf_p=-0.7 * air)  # fmt: skip


def _fall(t: float, k: float, m: Moment) -> Pose:
    x = ease((t - 0.35) / 0.55)
    flail = math.sin(t * 13) * (1 - x) * ease(t / 0.3)
    bounce = math.exp(-5 * max(0.0, t - 0.9)) * abs(math.sin(9 * max(0.0, t - 0.9))) * 0.05
    return pose(roll=1.40 * x, lift=0.12 * x + bounce, ah_u=0.3, ah_v=0.55 + 0.1 * flail, ah_y=0.35 * (1 - x) + 0.2 * flail + 0.3 * x, bh_u=0.2,  # noqa: E501
                bh_v=0.5 - 0.4 * x, bh_y=-0.1 - 0.2 * flail - 0.6 * x, af_u=0.25 * x, af_y=0.25 * x, bf_u=-0.05, lean=-0.15 * (1 - x) * ease(t / 0.3), flat=x)  # fmt: skip  # noqa: E501


def _hug(t: float, k: float, m: Moment) -> Pose:
    w = arrive(t, 0.3, 0.6)
    return blend(pose(), pose(lean=0.16, nod=0.14, tilt=0.12, ah_u=0.62, ah_v=-0.05, ah_y=-0.12, bh_u=0.62, bh_v=-0.1, bh_y=-0.30, af_u=0.08, shrug=0.04,  # noqa: E501
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
    return pose(sway=0.05 * math.sin(t * 2.1), nod=0.08 + 0.05 * math.sin(t * 4.2), tilt=0.10, ah_u=0.38, ah_v=-0.10 + 0.08 * s, ah_y=-0.60 + 0.06 * s,  # noqa: E501
                bh_u=0.48, bh_v=0.50, bh_y=-0.22, hip_v=0.03 * math.sin(t * 2.1))  # fmt: skip


def _climb(t: float, k: float, m: Moment) -> Pose:
    x = t * 2.6 + m.travelled * 3
    s, c = math.sin(x), math.cos(x)
    return pose(lean=0.10, nod=-0.22, ah_u=0.42, ah_y=0.42 + 0.30 * s, bh_u=0.42, bh_y=0.42 - 0.30 * s, af_u=0.26, bf_u=0.26, af_y=0.26 - 0.18 * s,  # noqa: E501
                bf_y=0.26 + 0.18 * s, sway=0.05 * s, hip_y=-0.06 + 0.02 * c, lift=0.1)  # fmt: skip


def _push(t: float, k: float, m: Moment) -> Pose:
    s = math.sin(t * 2.4)
    return pose(lean=0.42 + 0.04 * s, nod=-0.1, hip_y=-0.12, hip_u=-0.16, ah_u=0.82 + 0.03 * s, ah_v=0.02, ah_y=-0.22, bh_u=0.82 + 0.03 * s, bh_v=0.02, bh_y=-0.26,  # noqa: E501
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
    return pose(hip_y=-0.18 + 0.02 * b, lift=0.35, af_u=0.20, bf_u=0.16, af_v=0.42, bf_v=0.42, lean=0.14 + 0.02 * b, ah_u=0.66, ah_y=-0.34, ah_v=0.0, bh_u=0.66,  # noqa: E501
                bh_y=-0.36, bh_v=0.0, seat=0.5, af_p=0.1, bf_p=0.1)  # fmt: skip


ACTS: dict[str, Callable[[float, float, Moment], Pose]] = {
    "stand": _stand, "walk": _stand, "run": _stand, "talk": _talk, "listen": _listen, "look": _look, "gesture": _gesture,  # noqa: E501
    "point": _point, "wave": _wave, "sit": _sit, "kneel": _kneel, "lie": _lie, "sleep": _sleep, "fly": _fly, "swim": _swim,  # noqa: E501
    "float": _float, "work": _work, "dance": _dance, "fight": _fight, "react": _react, "jump": _jump, "fall": _fall,
    "hug": _hug, "give": _give, "read": _read, "play": _play, "climb": _climb, "push": _push, "carry": _carry, "eat": _eat,  # noqa: E501
    "ride": _ride,
}  # fmt: skip
