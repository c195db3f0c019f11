"""Hair as cut paper: a cap with a true hairline that turns with the head, a mass behind, and tails that swing."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from studio.previz.canvas import Colour, mix
from studio.previz.figures.face import Head, skull
from studio.previz.figures.paper import Scissors, limb_outline


@dataclass(frozen=True)
class Cut:
    """One hair style, in head units (half the height of the head)."""

    line: tuple[float, ...] = (0.60, 0.57, 0.46, 0.26, -0.05, -0.50, -0.62)
    """Hairline height at 0, 30, 55, 75, 95, 130 and 180 degrees from the nose."""
    volume: float = 1.10
    bumps: float = 0.0
    spikes: float = 0.0
    part: float = 0.0
    """Lifts the hairline on one side."""
    length: float = 0.0
    """How far the mass behind hangs below the head's centre; 0 is none."""
    width: float = 1.0
    wave: float = 0.0
    tail: str = ""
    ears: bool = True


CUTS: dict[str, Cut] = {
    "short": Cut(part=0.10), "slick": Cut(part=0.22, volume=1.07, line=(0.66, 0.60, 0.40, 0.05, -0.1, -0.5, -0.6)),
    "messy": Cut(volume=1.15, spikes=0.10, part=0.05), "spiky": Cut(volume=1.22, spikes=0.22),
    "curly": Cut(volume=1.22, bumps=0.10, length=0.75, width=1.12, ears=False, line=(0.50, 0.44, 0.22, -0.2, -0.4, -0.6, -0.7)),  # noqa: E501
    "afro": Cut(volume=1.48, bumps=0.05, length=0.8, width=1.42, ears=False, line=(0.55, 0.48, 0.25, -0.1, -0.3, -0.6, -0.7)),  # noqa: E501
    "long": Cut(volume=1.12, length=2.35, width=1.08, part=0.12, ears=False, line=(0.60, 0.50, 0.16, -0.45, -0.8, -0.9, -0.9)),  # noqa: E501
    "wavy": Cut(volume=1.16, length=2.0, width=1.2, wave=0.13, part=0.2, ears=False, line=(0.58, 0.48, 0.15, -0.4, -0.75, -0.9, -0.9)),  # noqa: E501
    "bob": Cut(volume=1.14, length=1.02, width=1.14, ears=False, line=(0.30, 0.30, 0.18, -0.55, -0.8, -0.85, -0.85)),
    "pixie": Cut(volume=1.10, part=0.25, spikes=0.05, line=(0.42, 0.36, 0.22, -0.1, -0.2, -0.5, -0.6)),
    "bun": Cut(volume=1.08, tail="bun", part=0.05, line=(0.62, 0.55, 0.36, 0.0, -0.14, -0.45, -0.55)),
    "topknot": Cut(volume=1.06, tail="topknot", line=(0.66, 0.58, 0.38, 0.05, -0.1, -0.45, -0.55)),
    "ponytail": Cut(volume=1.08, tail="ponytail", part=0.08, line=(0.60, 0.54, 0.34, 0.0, -0.14, -0.45, -0.55)),
    "pigtails": Cut(volume=1.10, tail="pigtails", line=(0.45, 0.42, 0.30, 0.0, -0.16, -0.5, -0.6)),
    "braids": Cut(volume=1.10, tail="braids", part=0.0, line=(0.58, 0.5, 0.26, -0.15, -0.35, -0.6, -0.65), ears=False),
    "side": Cut(volume=1.07, line=(1.3, 1.3, 0.9, 0.12, 0.0, -0.45, -0.6), bumps=0.04),
    "mohawk": Cut(volume=1.0, tail="mohawk", line=(1.3, 1.3, 1.3, 1.3, 1.3, 1.3, 1.3)),
    "tuft": Cut(tail="tuft", line=(1.3, 1.3, 1.3, 1.3, 1.3, 1.3, 1.3)), "bald": Cut(line=(1.3,) * 7),
}  # fmt: skip


_AT = np.radians([0, 30, 55, 75, 95, 130, 180])


def _hairline(cut: Cut, theta: np.ndarray) -> np.ndarray:
    theta = (theta + np.pi) % (2 * np.pi) - np.pi
    y = np.interp(np.abs(theta), _AT, cut.line)
    return y + cut.part * np.sin(np.clip(theta, -1.2, 1.2) * 1.3) * (np.abs(theta) < 1.3)


def draw_cap(cut: Scissors, head: Head, style: Cut, colour: Colour, seed: int, hatted: bool = False) -> None:
    """The hair on the skull: crown outline above, hairline below."""
    if style.line[3] >= 1.0:
        return
    turn = np.linspace(-np.pi / 2, np.pi / 2, 11)
    y = np.minimum(0.96, _hairline(style, turn - head.yaw))
    line = np.stack([0.87 * np.sqrt(np.maximum(0.03, 1 - 0.8 * y * y)) * np.sin(turn) * 1.02, y], 1)
    right, left = math.asin(max(-0.9, min(0.94, y[-1]))), math.pi - math.asin(max(-0.9, min(0.94, y[0])))
    n = 25 if style.bumps or style.spikes else 13
    angles = np.linspace(right, left, n)
    k = np.arange(n)
    grow = np.full(n, style.volume if not hatted else min(style.volume, 1.12))
    rng = np.random.default_rng(seed)
    if not hatted:
        grow = (
            grow
            + style.bumps * np.cos(np.pi * k)
            + style.spikes * (0.5 + 0.5 * np.cos(np.pi * k)) * rng.uniform(0.4, 1.0, n)
        )
    grow = grow + rng.uniform(-0.012, 0.012, n)
    if style.line[1] >= 1.0:  # a bald crown with hair at the sides
        grow = np.where(np.sin(angles) > 0.6, 0.97, grow)
    grow[[0, -1]] = 1.03
    top = skull(head, 1.0, angles) * grow[:, None]
    cut.sheet(head.at(np.vstack([line, top])), colour, 0.12 if style.spikes else 0.45, rim=True)
    if n == 13 and not hatted and style.line[0] < 1:
        strand = skull(head, 1.0, angles[3:9]) * 0.86
        cut.stroke(head.at(strand), mix(colour, (1, 1, 1), 0.16), 0.05 * head.size)


def draw_back(cut: Scissors, head: Head, style: Cut, colour: Colour, swing: float, seed: int) -> None:
    """The mass behind head and neck. ``swing`` (head units) moves its lower end: wind and motion."""
    dark = mix(colour, (0.05, 0.02, 0.1), 0.20)
    if style.length > 0:
        s = head.s
        right = 1 + (0.10 - 1) * max(0.0, s) + 0.12 * max(0.0, -s)
        left = 1 + (0.10 - 1) * max(0.0, -s) + 0.12 * max(0.0, s)
        levels = np.array([0.75, 0.2, -0.35, -0.75, -1.1, -1.6, -2.1, -2.6])
        levels = np.append(levels[levels > -style.length], -style.length)
        shape = (
            np.interp(levels, [-style.length, -style.length + 0.4, 0.2, 0.75], [0.80, 1.04, 0.98, 0.72]) * style.width
        )
        shift = swing * np.clip((0.2 - levels) / 2, 0, 1.2) ** 1.5 + style.wave * np.sin(levels * 4.2)
        bump = style.bumps * 1.2 * np.cos(np.pi * np.arange(len(levels)))
        right_side = np.stack([shape * right + shift + bump, levels], 1)
        left_side = np.stack([-shape * left + shift - bump, levels], 1)
        bottom = np.array([[(right_side[-1, 0] + left_side[-1, 0]) / 2, -style.length - 0.12]])
        cut.sheet(head.at(np.vstack([left_side, bottom, right_side[::-1]])), dark, 0.5, rim=True)
    _tails(cut, head, style, colour, dark, swing)


def _tails(cut: Scissors, head: Head, style: Cut, colour: Colour, dark: Colour, swing: float) -> None:
    s = head.s
    if style.tail in ("bun", "topknot"):
        high = style.tail == "topknot"
        x, y = (-0.30 * s, 1.12) if high else (-0.92 * s, 0.62 if abs(s) > 0.5 else 0.88)
        y = y if high else 0.95 - 0.5 * abs(s)
        t = np.linspace(0, 2 * np.pi, 11, endpoint=False)
        r = 0.34 if high else 0.46
        cut.sheet(head.at(np.stack([x + r * np.cos(t), y + r * 0.92 * np.sin(t)], 1)), mix(colour, dark, 0.3), rim=True)
    elif style.tail == "ponytail":
        x = -0.95 * s + 0.12 * (1 - abs(s))
        chain = np.array([[x, 0.45], [x - 0.38 * s + 0.5 * (1 - abs(s)), 0.30], [x - 0.42 * s + 0.55 * (1 - abs(s)) + swing * 0.5, -0.5],  # noqa: E501
                          [x - 0.25 * s + 0.5 * (1 - abs(s)) + swing, -1.35]])  # fmt: skip
        cut.sheet(head.at(limb_outline(chain, np.array([0.14, 0.26, 0.28, 0.06]))), dark, rim=True)
    elif style.tail in ("pigtails", "braids"):
        for side in (-1, 1):
            turn = side * 1.75 + head.yaw
            x = 1.0 * math.sin(turn)
            if style.tail == "pigtails":
                chain = np.array(
                    [[x, 0.38], [x + side * 0.34 * head.c, 0.30], [x + side * 0.46 * head.c + swing * 0.5, -0.45]]
                )
                cut.sheet(head.at(limb_outline(chain, np.array([0.12, 0.28, 0.10]))), dark, rim=True)
            else:
                y = -0.45 - 0.27 * np.arange(6)
                chain = np.stack([x * 0.92 + swing * 0.12 * np.arange(6), y], 1)
                cut.sheet(
                    head.at(limb_outline(chain, np.array([0.20, 0.17, 0.2, 0.15, 0.17, 0.09]), 2)), dark, rim=True
                )


def draw_crest(cut: Scissors, head: Head, style: Cut, colour: Colour) -> None:
    """What stands on the crown: mohawk or a single tuft."""
    s = head.s
    if style.tail == "mohawk":
        a = np.linspace(
            np.pi * 0.5 - 0.28 - 0.55 * max(0, s), np.pi * 0.5 + 0.28 + 0.55 * max(0, -s) + 0.6 * max(0, s), 9
        )
        if s < 0:
            a = np.linspace(np.pi * 0.5 - 0.28 - 0.6 * -s, np.pi * 0.5 + 0.28 + 0.55 * -s, 9)
        r = np.where(np.arange(9) % 2 == 1, 1.62, 1.36)
        outer = np.stack([np.cos(a), np.sin(a)], 1) * r[:, None]
        cut.sheet(head.at(np.vstack([outer, skull(head, 0.93, a[::-1])])), colour, 0.1, rim=True)
    elif style.tail == "tuft":
        p = np.array([[-0.16, 0.93], [-0.05, 1.32], [0.28, 1.36], [0.10, 1.2], [0.15, 0.95]])
        cut.sheet(head.at(p), colour, 0.4)
