"""Bodies and heads that are not a person's: snow, sheets, tails, screens."""

from __future__ import annotations

import math

import numpy as np

from studio.previz.canvas import Colour, mix
from studio.previz.figure import Moment
from studio.previz.figures.clothes import Tailor
from studio.previz.figures.face import FEATURES, INK, Head, blink, skull, speech
from studio.previz.figures.looks import Costume
from studio.previz.figures.paper import Scissors, limb_outline


def body(cut: Scissors, tailor: Tailor, head: Head, look: Costume, m: Moment) -> bool:
    """Bodies that are not legs and a trunk; True when drawn here."""
    if "snow-body" in look.parts:
        _snow(cut, tailor, look, m)
        return True
    if "sheet" in look.parts:
        _sheet(cut, tailor, head, look, m)
        return True
    tails = {
        "fish-tail": look.garments["bottom"][1] if "bottom" in look.garments else (0.18, 0.64, 0.6),
        "smoke-tail": mix(look.skin, (1, 1, 1), 0.25),
    }
    for name, colour in tails.items():
        if name in look.parts:
            _tail(cut, tailor, look, m, name, colour)  # type: ignore[arg-type]
            return True
    return False


def _snow(cut: Scissors, tailor: Tailor, look: Costume, m: Moment) -> None:
    b, j = tailor.body, tailor.j
    t = np.linspace(0, 2 * np.pi, 14, endpoint=False)
    ring = np.stack([np.cos(t), np.sin(t)], 1)
    foot = np.array([(j.legs[0][2][0] + j.legs[1][2][0]) / 2, b.leg * 0.46])
    for centre, r in ((foot, 0.52), ((j.waist + j.chest) / 2, 0.40)):
        cut.sheet(centre + ring * b.leg * r * [1.05, 0.92], look.skin, rim=True)
    for level in (0.6, 1.2, 1.9):
        x, y = tailor.chest_point(0, level)
        cut.disc(x, y, b.head * 0.09, b.head * 0.09, INK)
    tailor.neckwear(m.t, m.wind)


def _sheet(cut: Scissors, tailor: Tailor, head: Head, look: Costume, m: Moment) -> None:
    b, j = tailor.body, tailor.j
    low = b.leg * 0.12 + j.pose.get("lift", 0.0) * b.leg
    drift = -tailor.s * 0.18 + 0.15 * m.wind
    k = np.linspace(1, -1, 9)
    wave = 0.045 * np.sin(m.t * 2.4 + np.arange(9) * 1.4)
    w = b.shoulder * 1.75
    hem = np.stack([j.hip[0] + k * w + drift, low + 0.07 * (np.arange(9) % 2) + wave], 1)
    crown = skull(head, 1.2, np.linspace(np.pi * 1.06, -np.pi * 0.06, 9))
    side_l = np.array([j.shoulders[0] - [b.limb * 2, 0.02], (j.hip - [w * 0.85, 0]) + [drift * 0.4, 0]])
    side_r = np.array([j.shoulders[1] + [b.limb * 2, 0.02], (j.hip + [w * 0.85, 0]) + [drift * 0.4, 0]])
    if side_l[0, 0] > side_r[0, 0]:
        side_l[0], side_r[0] = side_r[0] - [b.limb * 4, 0], side_l[0] + [b.limb * 4, 0]
    cut.sheet(np.vstack([head.at(crown), side_r, hem, side_l[::-1]]), look.skin, 0.45, rim=True)


def _tail(cut: Scissors, tailor: Tailor, look: Costume, m: Moment, name: str, colour: Colour) -> None:
    b, j = tailor.body, tailor.j
    x = m.t * 2.4 + m.travelled * 2
    c, s = math.cos(j.roll), math.sin(j.roll)
    down = np.array([s, -c])
    side = np.array([c, s])
    curl = tailor.s if abs(tailor.s) > 0.2 else 0.4
    chain = [j.hip]
    for k in range(1, 6):
        chain.append(
            j.hip
            + down * b.leg * 0.185 * k
            + side * b.leg * (0.05 * math.sin(x - k * 0.7) * k * 0.6 - 0.035 * curl * max(0, k - 2) ** 2)
        )
    chain_ = np.array(chain)
    w = np.array([1.0, 0.98, 0.8, 0.58, 0.38, 0.16]) * tailor.half[0] * 1.12
    skin_torso = tailor.torso()
    cut.sheet(skin_torso, look.skin, 0.3, rim=True)
    cut.sheet(limb_outline(chain_, w, 2), colour, rim=True)
    if name == "fish-tail":
        end, way = chain_[-1], chain_[-1] - chain_[-2]
        way = way / (np.hypot(*way) + 1e-9)
        across = np.array([-way[1], way[0]])
        f = b.leg * 0.3
        fin = np.array(
            [end - way * 0.04, end + way * f * 0.7 + across * f, end + way * f * 0.45, end + way * f * 0.7 - across * f]
        )
        cut.sheet(fin, mix(colour, (1, 1, 1), 0.2), 0.35, rim=True)
        for k in (1, 2, 3):
            cut.stroke(
                np.array([chain_[k] - side * w[k] * 0.6, chain_[k] + down * 0.03, chain_[k] + side * w[k] * 0.6]),
                mix(colour, (1, 1, 1), 0.3),
                0.014,
            )
    neck = np.array([j.neck, (j.neck + j.head) / 2, j.head])
    cut.sheet(limb_outline(neck, np.full(3, b.head * 0.34)), mix(look.skin, (0.3, 0.1, 0.15), 0.14))
    top = look.garments.get("over") or look.garments.get("top")
    if top and name == "fish-tail":
        for k in (-1, 1):
            x0, y0 = tailor.chest_point(k * 0.5, 2.0)
            cut.disc(x0, y0, b.head * 0.32, b.head * 0.28, top[1])
    elif top:
        tailor.front(top[0], top[1], look.skin)
    tailor.neckwear(m.t, m.wind)


def head(cut: Scissors, h: Head, look: Costume, m: Moment, style: dict[str, object], seed: int) -> bool:
    """Heads that are not a person's; True when drawn here."""
    if "sheet" in look.parts:
        dim: Colour = (0.22, 0.24, 0.36)
        shut = blink(m.t, seed)
        for k in (-0.42, 0.42):
            if math.cos(k + h.yaw) > 0.1:
                x, y = h.at(h.on(k, 0.05))[0]
                cut.disc(
                    x + 0.03 * m.gaze[0] * h.size,
                    y,
                    0.16 * h.size * math.cos(k + h.yaw),
                    0.24 * h.size * max(0.12, 1 - shut),
                    dim,
                    h.angle,
                )
        open_ = 0.10 + 0.22 * (speech(m.t, seed) if m.talking else FEATURES.get(m.act.feeling, FEATURES["neutral"])[4])
        x, y = h.at(h.on(0.0, -0.45))[0]
        cut.disc(x, y, 0.14 * h.size, open_ * h.size, dim, h.angle)
        return True
    if "screen-face" in look.parts:
        _robot(cut, h, look, m, seed)
        return True
    return False


def _robot(cut: Scissors, h: Head, look: Costume, m: Moment, seed: int) -> None:
    w = 0.98 - 0.12 * abs(h.s)
    box = np.array(
        [
            [-w, -0.82],
            [-w * 1.04, 0.0],
            [-w, 0.82],
            [-w * 0.6, 0.98],
            [w * 0.6, 0.98],
            [w, 0.82],
            [w * 1.04, 0.0],
            [w, -0.82],
            [w * 0.6, -0.94],
            [-w * 0.6, -0.94],
        ]
    )
    for k in (-1, 1):
        if k * h.s > -0.6 or abs(h.s) < 0.6:
            x, y = h.at(np.array([[k * w * (1 - 0.9 * abs(h.s)) * 1.05, 0.0]]))[0]
            if abs(h.s) < 0.8:
                cut.disc(x, y, 0.2 * h.size, 0.26 * h.size, mix(look.skin, INK, 0.35), h.angle)
    cut.sheet(h.at(box), look.skin, 0.22, rim=True)
    screen = h.on(np.array([-0.95, -0.95, 0.95, 0.95]), np.array([-0.55, 0.55, 0.55, -0.55]), 0.98)
    cut.sheet(h.at(screen), (0.13, 0.17, 0.23), 0.25, edge=0.7)
    _, slope, opening, curve, gape = FEATURES.get(m.act.feeling, FEATURES["neutral"])
    shut = blink(m.t, seed) if m.act.activity != "sleep" else 1.0
    for k in (-1, 1):
        if math.cos(k * 0.45 + h.yaw) > 0.1:
            c = h.on(k * 0.45, 0.12)[0] + [m.gaze[0] * 0.08, m.gaze[1] * 0.06]
            e = 0.19 * math.cos(k * 0.45 + h.yaw)
            tall = 0.2 * max(0.12, min(1.2, opening) * (1 - shut))
            p = (
                np.array([[-e, -tall], [-e, tall + slope * 0.2 * k * -1], [e, tall + slope * 0.2 * k], [e, -tall]])
                * [1, 1]
                + c
            )
            cut.light(h.at(p), look.accent, 0.3)
    theta = np.array([-0.36, 0, 0.36])
    y = -0.3 + curve * 0.3 * np.array([0.5, -0.5, 0.5])
    talk = speech(m.t, seed) if m.talking else gape
    cut.canvas.line(h.at(h.on(theta, y)), (*look.accent[:3], 1.0), (0.07 + 0.12 * talk) * h.size, True)
