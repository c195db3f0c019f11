"""Serpents, and those of many arms."""

from __future__ import annotations

import numpy as np

from studio.previz.canvas import Canvas, Colour, mix
from studio.previz.figure import Moment
from studio.previz.figures.creatures.base import Creature


class Serpent(Creature):
    """One long wave with a head."""

    def pose(self, m: Moment) -> tuple[float, float, float]:
        r = 0.26 * self.height
        return 0.46 * self.width, self.height - r * 1.05 + 0.02 * np.sin(m.t * 2), r

    def body(self, c: Canvas, m: Moment, ink: dict[str, Colour]) -> None:
        h, w = self.height, self.width
        hx, hy, r = self.pose(m)
        x = np.linspace(-0.5, 0.3, 14)
        y = 0.16 * h + 0.12 * h * (1 + np.sin(x * 16 - self.gait(m, w * 0.5) - m.t * 1.5)) * (x + 0.55)
        spine = np.vstack([np.stack([x * w, y], 1), [[0.42 * w, 0.5 * h], [hx, hy]]])
        c.line(spine, ink["body"], 0.26 * h, smooth=True)
        c.line(spine - [0, 0.05 * h], ink["belly"], 0.07 * h, smooth=True)
        c.ellipse(hx, hy, r * 1.25, r, ink["body"])
        if (m.t * 0.8) % 1 < 0.3:
            c.line(np.array([[hx + r * 1.1, hy - r * 0.2], [hx + r * 1.9, hy - r * 0.3]]), (0.8, 0.2, 0.25), r * 0.12)


class Octopus(Creature):
    """A big head and many arms; spiders and crabs too."""

    def pose(self, m: Moment) -> tuple[float, float, float]:
        r = 0.3 * self.height
        return 0.0, self.height - r * 1.05 + 0.03 * self.height * np.sin(m.t * 1.8), r

    def body(self, c: Canvas, m: Moment, ink: dict[str, Colour]) -> None:
        h, w = self.height, self.width
        x, y, r = self.pose(m)
        for k in range(8):
            a = (k - 3.5) / 3.5
            wave = 0.06 * w * np.sin(m.t * 2.4 + k * 1.1 + self.gait(m, w))
            colour = mix(ink["body"], (0, 0, 0), 0.15 * (k % 2))
            c.line(
                np.array(
                    [
                        [x + a * r * 0.6, y - r * 0.4],
                        [a * w * 0.42 + wave, y * 0.55],
                        [a * w * 0.48 - wave, 0.04 * h + 0.03 * h * (k % 3)],
                    ]
                ),
                colour,
                0.1 * h,
                smooth=True,
            )
        c.ellipse(x, y, r * 1.05, r * 1.1, ink["body"])
        c.ellipse(x, y - r * 0.45, r * 0.7, r * 0.3, ink["belly"])
