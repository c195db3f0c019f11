"""What some kinds have besides a person's papers: wings, tails, halos, sheets, screens, horns, emblems."""

from __future__ import annotations

import math

import numpy as np

from studio.previz.canvas import Colour, mix
from studio.previz.figure import Moment
from studio.previz.figures.clothes import Tailor
from studio.previz.figures.face import FEATURES, INK, Head, blink, skull, speech
from studio.previz.figures.looks import Costume
from studio.previz.figures.paper import Scissors, limb_outline

BONE: Colour = (0.94, 0.90, 0.80)


def behind(cut: Scissors, tailor: Tailor, head: Head, look: Costume, m: Moment) -> None:
    """Wings, tails, halo and strings: the papers behind everything."""
    parts, j, b = look.parts, tailor.j, tailor.body
    flap = math.sin(m.t * (14 if "wings-insect" in parts else 4.2))
    for name, colour in (
        ("wings-feather", (0.97, 0.95, 0.90)),
        ("wings-bat", (0.36, 0.18, 0.25)),
        ("wings-insect", (0.78, 0.93, 0.95, 0.72)),
    ):
        if name in parts:
            _wings(cut, tailor, name, colour, flap)  # type: ignore[arg-type]
    if "halo" in parts:
        x, y = head.at(np.array([[-0.1 * head.s, 1.5]]))[0]
        cut.canvas.ellipse(
            x, y, b.head * 0.8, b.head * 0.22, None, cut.tone((0.98, 0.85, 0.42)), b.head * 0.13, head.angle
        )
    if "devil-tail" in parts:
        way = -1 if tailor.s >= 0 else 1
        base = j.hip
        wave = 0.06 * math.sin(m.t * 2)
        chain = np.array(
            [base, base + [way * 0.22, -0.12], base + [way * 0.45, 0.05 + wave], base + [way * 0.5, 0.28 + wave]]
        )
        cut.stroke(chain, look.skin, b.limb * 0.55)
        tip = chain[-1]
        cut.sheet(tip + np.array([[-0.08, -0.02], [0.0, 0.14], [0.08, -0.02]]), look.skin, 0.0)
    if "strings" in parts:
        for end in (j.arms[0][2], j.arms[1][2], j.head):
            cut.stroke(np.array([end, [end[0] * 0.6, b.height * 1.9]]), (0.85, 0.82, 0.75, 0.7), 0.007)
    if "two-antennae" in parts or "antenna" in parts:
        for k in (-0.4, 0.4) if "two-antennae" in parts else (0.0,):
            sway = 0.05 * math.sin(m.t * 3 + k)
            line = head.at(np.array([[k, 0.9], [k * 1.2, 1.3], [k * 1.5 + sway, 1.55]]))
            cut.stroke(line, mix(look.skin, INK, 0.25), 0.07 * head.size)
            cut.disc(line[-1][0], line[-1][1], 0.13 * head.size, 0.13 * head.size, look.accent)


def _wings(cut: Scissors, tailor: Tailor, name: str, colour: Colour, flap: float) -> None:
    b, base = tailor.body, (tailor.j.chest + tailor.j.neck) / 2
    shapes = {
        "wings-feather": [
            (0, 0),
            (0.25, 0.42),
            (0.62, 0.55),
            (0.72, 0.25),
            (0.62, 0.05),
            (0.52, -0.18),
            (0.38, -0.32),
            (0.2, -0.42),
        ],
        "wings-bat": [
            (0, 0.05),
            (0.3, 0.5),
            (0.75, 0.6),
            (0.66, 0.15),
            (0.5, 0.2),
            (0.42, -0.1),
            (0.27, 0.0),
            (0.18, -0.25),
        ],
        "wings-insect": [
            (0, 0),
            (0.3, 0.46),
            (0.62, 0.48),
            (0.58, 0.16),
            (0.36, -0.02),
            (0.46, -0.28),
            (0.3, -0.42),
            (0.1, -0.2),
        ],
    }[name]
    p = np.array(shapes) * b.height * 0.62
    for k in (-1, 1):
        reach = (
            (0.55 + 0.45 * abs(tailor.c))
            * (1 - 0.18 * flap)
            * (1 if k * tailor.s <= 0 else 0.55 * abs(tailor.c) + 0.05)
        )
        shape = base + p * [k * reach, 1.0 + 0.12 * flap] - [tailor.s * b.depth, 0]
        cut.sheet(shape, colour, 0.05 if name == "wings-bat" else 0.4, rim=True)
        if name == "wings-feather":
            cut.stroke(
                base + p[[1, 2, 4]] * [k * reach * 0.8, 0.85] - [tailor.s * b.depth, 0.02], (0.82, 0.80, 0.78), 0.012
            )


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


def face_under(cut: Scissors, h: Head, look: Costume) -> None:
    """Marks on the skin below eyes and mouth."""
    parts = look.parts
    if "domino-mask" in parts or "ninja-mask" in parts:
        if "ninja-mask" in parts:
            for low, high in ((-0.95, -0.2), (0.28, 0.95)):
                th = np.linspace(-1.5, 1.5, 7)
                cut.flat(
                    h.at(np.vstack([h.on(th, low if low > 0 else -0.98, 1.04), h.on(th[::-1], high, 1.04)])),
                    (0.16, 0.15, 0.2),
                    0.2,
                )
        else:
            th = np.linspace(-0.95, 0.95, 7)
            wob = 0.05 * np.cos(th * 4)
            cut.flat(
                h.at(np.vstack([h.on(th, -0.22 + wob, 1.01), h.on(th[::-1], 0.25 - wob, 1.01)])),
                mix(look.accent, INK, 0.55),
                0.3,
            )
    if "ruff" in parts:
        k = np.linspace(0, 2 * np.pi, 24, endpoint=False)
        r = 1.0 + 0.14 * (np.arange(24) % 2)
        cut.sheet(h.at(np.stack([np.cos(k) * r * 1.15, -1.05 + np.sin(k) * r * 0.3], 1)), (0.97, 0.95, 0.9), 0.4)
    if "bandages" in parts:
        for y in (-0.6, -0.3, 0.35, 0.65):
            cut.stroke(
                h.at(h.on(np.linspace(-1.5, 1.5, 5), y + 0.06 * np.array([1, -1, 1, -1, 1]))),
                (0.66, 0.58, 0.42),
                0.035 * h.size,
            )
    if "cracks" in parts:
        cut.stroke(
            h.at(np.vstack([h.on(0.5, 0.9), h.on(0.35, 0.6), h.on(0.6, 0.4)])),
            mix(look.skin, INK, 0.5),
            0.045 * h.size,
            False,
        )
    if "snout" in parts:
        x, y = h.at(np.array([[0.8 * h.s, -0.38]]))[0]
        cut.disc(x, y, 0.46 * h.size, 0.36 * h.size, mix(look.skin, (1, 0.95, 0.85), 0.35), h.angle)
    if "icing" in parts:
        cut.stroke(
            h.at(h.on(np.linspace(-1.3, 1.3, 9), 0.62 + 0.07 * np.array([1, -1, 1, -1, 1, -1, 1, -1, 1]))),
            (1, 0.96, 0.9),
            0.07 * h.size,
        )


def face_over(cut: Scissors, h: Head, look: Costume) -> None:
    """Horns, scars and a cyborg's eye: over the face."""
    parts = look.parts
    if "horns" in parts:
        for k in (-1, 1):
            x = 0.55 * k * max(0.35, h.c) - 0.1 * h.s
            cut.sheet(
                h.at(np.array([[x - 0.15, 0.72], [x + k * 0.22, 1.35], [x + 0.17, 0.7]])), (0.93, 0.87, 0.72), 0.25
            )
    if "scar" in parts:
        cut.stroke(
            h.at(h.on(np.array([0.55, 0.7, 0.62]), np.array([0.5, 0.1, -0.3]))), (0.45, 0.25, 0.28), 0.04 * h.size
        )
    if "cyber-eye" in parts and math.cos(0.44 + h.yaw) > 0.12:
        x, y = h.at(h.on(0.44, 0.0))[0]
        cut.disc(x, y, 0.27 * h.size, 0.27 * h.size, (0.6, 0.66, 0.72), h.angle)
        cut.light(
            np.array([[x - 0.1 * h.size, y], [x, y + 0.1 * h.size], [x + 0.1 * h.size, y], [x, y - 0.1 * h.size]]),
            (1.0, 0.35, 0.3),
        )
    if "jaw-lines" in parts:
        for k in (-0.38, 0.38):
            if math.cos(k + h.yaw) > 0.2:
                cut.stroke(h.at(np.vstack([h.on(k, -0.5), h.on(k, -0.9)])), mix(look.skin, INK, 0.5), 0.04 * h.size)


def chest(cut: Scissors, tailor: Tailor, look: Costume) -> None:
    """Emblem, panel, ribs, light, bandages on the trunk."""
    parts, b = look.parts, tailor.body
    if "emblem" in parts:
        gold = (0.95, 0.76, 0.28)
        cut.sheet(tailor.surface([(0, 1.35), (-0.6, 2.0), (-0.4, 2.5), (0.4, 2.5), (0.6, 2.0)]), gold, 0.0, edge=0.6)
    if "chest-panel" in parts:
        cut.sheet(
            tailor.surface([(-0.6, 0.9), (-0.6, 2.2), (0.6, 2.2), (0.6, 0.9)]),
            mix(look.skin, (1, 1, 1), 0.4),
            0.15,
            edge=0.6,
        )
        for theta, colour in ((-0.3, look.accent), (0.05, (0.36, 0.72, 0.75)), (0.38, (0.85, 0.36, 0.3))):
            x, y = tailor.chest_point(theta, 1.85)
            cut.disc(x, y, 0.011 * b.height, 0.011 * b.height, colour)  # type: ignore[arg-type]
        cut.stroke(tailor.surface([(-0.4, 1.3), (0, 1.25), (0.4, 1.3)]), mix(look.skin, INK, 0.4), 0.009 * b.height)
    if "chest-light" in parts:
        x, y = tailor.chest_point(0, 2.0)
        cut.disc(x, y, b.head * 0.16, b.head * 0.16, (0.5, 0.9, 1.0))
    if "ribs" in parts:
        for level in (0.9, 1.35, 1.8, 2.25):
            cut.stroke(
                tailor.surface([(t, level - 0.1 * math.cos(t)) for t in (-1.1, -0.5, 0, 0.5, 1.1)]),
                BONE,
                0.016 * b.height,
            )
        cut.stroke(tailor.surface([(0, 0.2), (0, 2.6)]), BONE, 0.016 * b.height)
    if "bandages" in parts:
        for level in (0.3, 0.9, 1.5, 2.1):
            cut.stroke(
                tailor.surface([(-1.5, level), (0, level + 0.25), (1.5, level)]), (0.66, 0.58, 0.42), 0.006 * b.height
            )
    if "icing" in parts:
        for level in (0.8, 1.5, 2.2):
            x, y = tailor.chest_point(0, level)
            cut.disc(x, y, b.head * 0.1, b.head * 0.1, look.accent)
    if "fur" in parts:
        cut.sheet(
            tailor.surface(
                [(-0.6, 2.6), (-0.5, 1.2), (0, 0.7), (0.5, 1.2), (0.6, 2.6), (0.2, 2.3), (0, 2.7), (-0.2, 2.3)]
            ),
            mix(look.skin, (1, 0.95, 0.85), 0.3),
            0.1,
        )


def before(cut: Scissors, tailor: Tailor, look: Costume) -> None:
    """Papers over everything: straw at the cuffs."""
    if "straw-cuffs" in look.parts:
        for chain in (*tailor.j.arms, *tailor.j.legs):
            way = chain[2] - chain[1]
            way = way / (np.hypot(*way) + 1e-9) * tailor.body.head * 0.4
            side = np.array([-way[1], way[0]])
            for k in (-0.6, 0.0, 0.6):
                cut.stroke(np.array([chain[2] - way * 0.4, chain[2] + way * 0.5 + side * k]), (0.9, 0.76, 0.36), 0.016)
