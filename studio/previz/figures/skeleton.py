"""Bones: proportions from age, build and kind, and the joints of one moment, projected to the paper's plane."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from studio.previz.figure import Moment
from studio.previz.figures.easing import Pose
from studio.previz.figures.poses import ik, solve

Vec = np.ndarray


@dataclass(frozen=True)
class Body:
    """Measures of one person in metres."""

    height: float
    head: float
    """Half the height of the head."""
    leg: float
    arm: float
    shoulder: float
    """Half the width."""
    hip: float
    depth: float
    limb: float
    """Half the thickness of a limb at its root."""
    stoop: float = 0.0
    belly: float = 0.0
    female: bool = False


# age: height, head share (half head / height), leg share, width factor, stoop
AGES = {
    "baby": (0.72, 0.150, 0.30, 1.20, 0.0), "child": (1.16, 0.122, 0.40, 1.02, 0.0), "teen": (1.55, 0.101, 0.46, 0.92, 0.0),  # noqa: E501
    "young": (1.70, 0.094, 0.475, 0.98, 0.0), "adult": (1.72, 0.093, 0.47, 1.0, 0.0),
    "middle-aged": (1.71, 0.094, 0.465, 1.08, 0.02), "old": (1.62, 0.099, 0.45, 1.04, 0.13),
}  # fmt: skip
# build: height factor, width factor, belly
BUILDS = {
    "slim": (1.0, 0.85, 0.0), "average": (1.0, 1.0, 0.0), "sturdy": (1.0, 1.2, 0.12), "heavy": (0.97, 1.3, 0.6),
    "tall": (1.1, 0.96, 0.0), "short": (0.89, 1.06, 0.1), "tiny": (0.55, 1.0, 0.0), "giant": (1.5, 1.1, 0.1),
}  # fmt: skip


def measure(age: str, build: str, female: bool, height: float | None, head: float, slim: float) -> Body:
    """The measures of an age and build; ``height`` and ``head`` (factor) come from the kind."""
    tall, head_share, leg_share, wide, stoop = AGES.get(age, AGES["adult"])
    tall_by, wide_by, belly = BUILDS.get(build, BUILDS["average"])
    h = (height * tall / AGES["adult"][0] if height else tall) * tall_by * (0.965 if female and age != "child" else 1.0)
    w = wide * wide_by * h * slim
    return Body(
        height=h, head=h * head_share * head, leg=h * leg_share, arm=h * 0.335 * (0.92 if h < 1.3 else 1.0),
        shoulder=w * (0.098 if female else 0.112), hip=w * (0.083 if female else 0.078), depth=w * 0.070 * (1 + 0.4 * belly),  # noqa: E501
        limb=w * 0.034, stoop=stoop, belly=belly, female=female,
    )  # fmt: skip


@dataclass
class Joints:
    """Where everything is, in metres on the paper, for one moment."""

    hip: Vec
    waist: Vec
    chest: Vec
    neck: Vec
    head: Vec
    shoulders: tuple[Vec, Vec]
    hips: tuple[Vec, Vec]
    arms: tuple[Vec, Vec]
    legs: tuple[Vec, Vec]
    feet_pitch: tuple[float, float]
    near: int
    """Which side (0 or 1) is nearer to the camera."""
    face: float
    """Yaw of the head, -1…1 as ``facing``."""
    tilt: float
    """Screen angle of the head."""
    turn: tuple[float, float]
    """sin and cos of the body's yaw."""
    pose: Pose = field(default_factory=dict)
    roll: float = 0.0


def joints(body: Body, m: Moment, seed: int) -> Joints:
    """Solve the pose and the limbs in space, then lay them on the paper."""
    p = solve(m, seed, body.leg)
    get = p.get
    facing = m.facing * (1 - 0.55 * get("flat", 0.0)) if get("flat", 0.0) else m.facing
    quick = min(1.0, max(-1.0, facing * 2)) * math.pi / 2
    s, c = math.sin(quick), math.cos(facing * math.pi / 2)
    toward = math.cos(quick)

    def flat(q: Vec) -> Vec:
        return np.array([q[0] * s + q[1] * c, q[2] - 0.10 * q[0] * toward])

    leg, arm = body.leg, body.arm
    torso = body.height - leg - body.head * 2.12
    hip = np.array([get("hip_u", 0.0) * leg, get("hip_v", 0.0) * leg, leg * (1.0 + get("hip_y", 0.0))])
    lean, bend = get("lean", 0.0) + body.stoop * 0.5, get("bend", 0.0) + body.stoop
    sway = get("sway", 0.0)

    def along(base: Vec, angle: float, side: float, length: float) -> Vec:
        return base + length * np.array([math.sin(angle), math.sin(side), math.cos(angle) * math.cos(side)])

    waist = along(hip, lean, sway * 0.5, torso * 0.32)
    chest = along(waist, lean + bend * 0.5, sway, torso * 0.36)
    neck = along(chest, lean + bend, sway, torso * 0.30)
    nod = get("nod", 0.0)
    head = along(neck, (lean + bend) * 0.55 + nod * 0.6, sway + get("tilt", 0.0) * 0.6, body.head * 1.05)
    side_v = np.array([0.0, 1.0, 0.0])
    shrug = np.array([0.0, 0.0, get("shrug", 0.0) * arm - body.head * 0.10])
    arms, legs, shoulders, hips = [], [], [], []
    for name, sign in (("a", -1.0), ("b", 1.0)):
        shoulder = neck + shrug + side_v * sign * (body.shoulder - body.limb * 0.5)
        hand = shoulder + arm * np.array(
            [get(name + "h_u", 0.0), sign * get(name + "h_v", 0.0), get(name + "h_y", 0.0)]
        )
        pole = np.array([-0.75, sign * 0.55, -0.35])
        elbow, wrist = ik(shoulder, hand, arm * 0.52, arm * 0.48, pole)
        root = hip + side_v * sign * body.hip * 0.55
        foot = np.array([get(name + "f_u", 0.0) * leg + (hip[0] if get("seat", 0.0) > 0.9 else 0.0),
                         sign * get(name + "f_v", 0.13) * leg * (body.hip / (0.135 * leg) * 0.5 + 0.5),
                         leg * (0.07 + get(name + "f_y", 0.0))])  # fmt: skip
        knee, ankle = ik(root, foot, leg * 0.471, leg * 0.471, np.array([1.0, sign * 0.12, 0.1]))
        arms.append(np.array([flat(shoulder), flat(elbow), flat(wrist)]))
        legs.append(np.array([flat(root), flat(knee), flat(ankle)]))
        shoulders.append(flat(shoulder))
        hips.append(flat(root))
    tilt = -(get("tilt", 0.0) * c + (nod * 0.75 + (lean + bend) * 0.25) * s)
    out = Joints(flat(hip), flat(waist), flat(chest), flat(neck), flat(head), (shoulders[0], shoulders[1]), (hips[0], hips[1]),  # noqa: E501
                 (arms[0], arms[1]), (legs[0], legs[1]), (get("af_p", 0.0), get("bf_p", 0.0)), 0 if facing >= -0.15 else 1,  # noqa: E501
                 min(1.0, max(-1.0, facing + get("turn", 0.0) * (1 - abs(facing) * 0.7))), tilt, (s, c), p)  # fmt: skip
    return _placed(out, p, leg, 1.0 if facing >= 0 else -1.0, min(1.0, abs(facing) * 3))


def _placed(j: Joints, p: Pose, leg: float, sign: float, turned: float) -> Joints:
    """Roll the whole figure (lying, flying, swimming) about its hip and lift it off the ground."""
    roll, lift = p.get("roll", 0.0), p.get("lift", 0.0) * leg
    if roll:
        angle = roll * sign * (turned if p.get("air", 0.0) else 1.0)
        c, s = math.cos(angle), math.sin(angle)
        turn = np.array([[c, s], [-s, c]])
        share = min(1.0, abs(angle) / 1.4)
        # Lying down, the hip comes to the ground; flying, the hip stays where it was.
        centre = np.array([0.0, leg])
        target = centre if p.get("air", 0.0) else np.array([0.0, leg * (1 - share)])

        def move(q: Vec) -> Vec:
            return (q - centre) @ turn + target

        j.roll = angle
        j.tilt += angle
        for name in ("hip", "waist", "chest", "neck", "head"):
            setattr(j, name, move(getattr(j, name)))
        j.shoulders = (move(j.shoulders[0]), move(j.shoulders[1]))
        j.hips = (move(j.hips[0]), move(j.hips[1]))
        j.arms = (move(j.arms[0]), move(j.arms[1]))
        j.legs = (move(j.legs[0]), move(j.legs[1]))
    if lift:
        up = np.array([0.0, lift])
        for name in ("hip", "waist", "chest", "neck", "head"):
            setattr(j, name, getattr(j, name) + up)
        j.shoulders = (j.shoulders[0] + up, j.shoulders[1] + up)
        j.hips = (j.hips[0] + up, j.hips[1] + up)
        j.arms = (j.arms[0] + up, j.arms[1] + up)
        j.legs = (j.legs[0] + up, j.legs[1] + up)
    return j
