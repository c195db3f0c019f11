"""Birds, bats and insects."""

from __future__ import annotations

import numpy as np

from studio.previz.canvas import Canvas, Colour, mix
from studio.previz.figure import Moment
from studio.previz.figures.creatures.base import Creature


class Bird(Creature):
    """Body, wing that beats in flight, beak, two legs; insects too."""

    def _air(self, m: Moment) -> bool:
        return m.act.activity in ("fly", "float") or (self.medium == "air" and m.speed > 0.01)

    def pose(self, m: Moment) -> tuple[float, float, float]:
        r = 0.2 * self.height * self.head_scale * (1.15 if "eyes-big" in self.parts else 1.0)
        bob = 0.02 * self.height * np.sin(m.t * 3)
        return (0.02 if "upright" in self.parts else 0.26) * self.width, self.height - r * 1.1 + bob, r

    def body(self, c: Canvas, m: Moment, ink: dict[str, Colour]) -> None:
        h, w = self.height, self.width
        x, y, r = self.pose(m)
        air, flap = self._air(m), float(np.sin(m.t * (14 if "insect" in self.parts else 7)))
        if not air:
            self._legs(c, m, ink)
        self._trunk(c, ink)
        c.ellipse(x, y, r, r, ink["body"])
        gape = self.mouth(m) * r * 0.3
        beak = np.array([[x + r * 0.7, y + r * 0.25], [x + r * 1.75, y - r * 0.05 + gape], [x + r * 0.7, y - r * 0.3]])
        if "insect" not in self.parts:
            c.polygon(beak, ink["accent"])
        self._crest(c, m, ink)
        rise = (0.55 * flap + 0.2) if air or "insect" in self.parts else 0.03 * np.sin(m.t * 2)
        wing = np.array(
            [
                [0.15 * w, 0.55 * h],
                [-0.05 * w, (0.55 + rise) * h],
                [-0.45 * w, (0.45 + rise * 1.2) * h],
                [-0.2 * w, 0.4 * h],
            ]
        )
        pale = "insect" in self.parts
        c.blob(wing, (*ink["belly"][:3], 0.75) if pale else mix(ink["body"], (0, 0, 0), 0.18), tension=0.4)

    def _legs(self, c: Canvas, m: Moment, ink: dict[str, Colour]) -> None:
        h = self.height
        phase = self.gait(m, 0.5 * h)
        for k in (0.0, np.pi):
            step = 0.1 * h * np.sin(phase + k) if m.travelled else 0.04 * h * (1 if k else -1)
            c.line(np.array([[0.0, 0.28 * h], [step, 0.02 * h], [step + 0.08 * h, 0.02 * h]]), ink["accent"], 0.035 * h)

    def _trunk(self, c: Canvas, ink: dict[str, Colour]) -> None:
        h, w = self.height, self.width
        if "upright" in self.parts:
            c.ellipse(0, 0.45 * h, 0.42 * w, 0.42 * h, ink["body"])
            c.ellipse(0.1 * w, 0.42 * h, 0.28 * w, 0.36 * h, ink["belly"])
        else:
            c.blob(
                np.array(
                    [
                        [-0.52 * w, 0.5 * h],
                        [-0.2 * w, 0.62 * h],
                        [0.2 * w, 0.72 * h],
                        [0.32 * w, 0.5 * h],
                        [0.1 * w, 0.25 * h],
                        [-0.2 * w, 0.28 * h],
                    ]
                ),
                ink["body"],
            )
            c.ellipse(0.08 * w, 0.4 * h, 0.2 * w, 0.14 * h, ink["belly"])
        if "insect" in self.parts:
            for k in range(3):
                c.line(
                    np.array([[(-0.3 + 0.18 * k) * w, 0.33 * h], [(-0.3 + 0.18 * k) * w, 0.58 * h]]),
                    ink["accent"],
                    0.05 * w,
                )

    def _crest(self, c: Canvas, m: Moment, ink: dict[str, Colour]) -> None:
        """Comb or tufts."""
        x, y, r = self.pose(m)
        if "comb" in self.parts:
            for k in (-0.3, 0.0, 0.3):
                c.ellipse(x + r * k, y + r * 1.05, r * 0.24, r * 0.34, ink["accent"])
        if "ears-up" in self.parts:
            for k in (-0.7, 0.3):
                c.polygon(
                    np.array(
                        [[x + r * k, y + r * 0.6], [x + r * (k + 0.45), y + r * 0.75], [x + r * (k + 0.1), y + r * 1.5]]
                    ),
                    ink["body"],
                )
