"""Fish and whales."""

from __future__ import annotations

import numpy as np

from studio.previz.canvas import Canvas, Colour, mix
from studio.previz.figure import Moment
from studio.previz.figures.creatures.base import Creature


class Fish(Creature):
    """A body that bends, a tail that beats; whales spout."""

    def pose(self, m: Moment) -> tuple[float, float, float]:
        r = 0.26 * self.height
        return 0.3 * self.width, 0.52 * self.height + 0.02 * self.height * np.sin(m.t * 2), r

    def body(self, c: Canvas, m: Moment, ink: dict[str, Colour]) -> None:
        h, w = self.height, self.width
        x = np.linspace(0.5, -0.36, 9)
        bend = 0.06 * h * np.sin(m.t * 4 - (0.5 - x) * 4) * (0.5 - x)
        half = 0.42 * h * np.sqrt(np.clip(1 - ((x - 0.08) / 0.46) ** 2, 0.02, 1))
        top = np.stack([x * w, 0.5 * h + bend + half], 1)
        low = np.stack([x * w, 0.5 * h + bend - half], 1)[::-1]
        beat = 0.16 * h * np.sin(m.t * 4 - 3.2)
        root = np.array([-0.34 * w, 0.5 * h + bend[-1]])
        c.blob(
            np.array(
                [
                    root,
                    root + [-0.16 * w, 0.34 * h + beat],
                    root + [-0.1 * w, beat * 0.5],
                    root + [-0.16 * w, -0.3 * h + beat],
                ]
            ),
            ink["accent"],
            tension=0.3,
        )
        if "fin-high" in self.parts:
            c.polygon(np.array([[0.1 * w, 0.8 * h], [-0.12 * w, 0.82 * h], [-0.06 * w, 1.08 * h]]), ink["body"])
        c.blob(np.vstack([top, low]), ink["body"], tension=0.5)
        c.blob(np.vstack([low[1:8] + [0, 0.02 * h], (low[1:8] + [0, 0.2 * h])[::-1]]), ink["belly"], tension=0.4)
        self._fin_and_mouth(c, m, ink)
        if "spout" in self.parts:
            self._spout(c, m)

    def _fin_and_mouth(self, c: Canvas, m: Moment, ink: dict[str, Colour]) -> None:
        h, w = self.height, self.width
        fin = 0.1 * h * np.sin(m.t * 2.4)
        c.blob(
            np.array([[0.12 * w, 0.34 * h], [-0.06 * w, 0.06 * h + fin], [-0.02 * w, 0.32 * h]]),
            mix(ink["body"], (0, 0, 0), 0.2),
            tension=0.3,
        )
        gape = self.mouth(m) * 0.05 * h
        c.line(
            np.array([[0.49 * w, 0.4 * h - gape], [0.38 * w, 0.34 * h], [0.3 * w, 0.37 * h]]),
            mix(ink["accent"], (0, 0, 0), 0.3),
            0.02 * h + 0.005,
            smooth=True,
        )

    def _spout(self, c: Canvas, m: Moment) -> None:
        h, w = self.height, self.width
        for k in (-1, 0, 1):
            up = 0.3 * h + 0.05 * h * np.sin(m.t * 3 + k)
            c.line(
                np.array(
                    [
                        [0.2 * w, 0.9 * h],
                        [0.2 * w + k * 0.03 * w, 0.9 * h + up * 0.7],
                        [0.2 * w + k * 0.08 * w, 0.9 * h + up * 0.6],
                    ]
                ),
                (0.85, 0.94, 0.97, 0.8),
                0.04 * h,
                smooth=True,
            )
