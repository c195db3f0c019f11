"""What some kinds have besides a person's papers: wings, tails, halos, sheets, screens, horns, emblems."""

from __future__ import annotations

import math

import numpy as np

from studio.previz.canvas import Colour, mix
from studio.previz.figure import Moment
from studio.previz.figures.clothes import Tailor
from studio.previz.figures.face import INK, Head
from studio.previz.figures.looks import Costume
from studio.previz.figures.paper import Scissors

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
