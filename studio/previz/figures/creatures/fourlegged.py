"""Animals on four legs, long-necked ones too."""

from __future__ import annotations

import numpy as np

from studio.previz.canvas import Canvas, Colour, mix
from studio.previz.figure import Moment
from studio.previz.figures.creatures.base import Creature


class FourLegged(Creature):
    """Spine, four legs, neck, head, tail."""

    neck = 0.0

    def pose(self, m: Moment) -> tuple[float, float, float]:
        h, w = self.height, self.width
        r = 0.19 * min(h, w * 0.9) * self.head_scale
        nod = 0.03 * h * np.sin(m.t * 1.6)
        drop = {"eat": 0.45, "sleep": 0.5, "kneel": 0.25, "sad": 0.1}.get(m.act.activity, 0.0) * h
        y = h - r * (1.1 if self.neck else 1.25) + nod - drop
        return w * 0.40, max(r, y), r

    def body(self, c: Canvas, m: Moment, ink: dict[str, Colour]) -> None:
        h, w = self.height, self.width
        leg = h * (0.3 if not self.neck else 0.36)
        low = 0.55 if m.act.activity in ("sit", "sleep", "lie", "kneel") else 1.0
        hop = 0.12 * h * abs(np.sin(m.t * 5)) if m.act.activity in ("jump", "dance", "play") else 0.0
        breath = 0.01 * h * np.sin(m.t * 2.2)
        back = leg * low + h * (0.4 if not self.neck else 0.2) + breath + hop
        self._legs(c, m, ink, back, leg, (low, hop))
        self._tail(c, m, ink, back)
        hip, chest = h * 0.25, h * 0.28
        if "wings" in self.parts:
            self._wing(c, m, ink, back)
        outline = np.array(
            [
                [-0.42 * w, back],
                [-0.2 * w, back + hip * 0.55],
                [0.15 * w, back + chest * 0.5],
                [0.4 * w, back + chest * 0.3],
                [0.4 * w, back - chest * 0.6],
                [0.1 * w, back - chest * 0.95],
                [-0.25 * w, back - hip * 0.85],
                [-0.42 * w, back - hip * 0.5],
            ]
        )
        c.blob(outline, ink["accent"] if "spikes" in self.parts and self.height < 0.5 else ink["body"], tension=0.5)
        c.ellipse(0.02 * w, back - chest * 0.62, 0.26 * w, chest * 0.28, ink["belly"])
        self._pattern(c, ink, back)
        self._head(c, m, ink, back)

    def _legs(
        self, c: Canvas, m: Moment, ink: dict[str, Colour], back: float, leg: float, bent: tuple[float, float]
    ) -> None:
        """Legs of length ``leg`` under a back at height ``back``, bent to a share of it and off the floor by metres."""
        (low, hop), h, w = bent, self.height, self.width
        phase = self.gait(m, w * 0.9)
        for n, (x, k) in enumerate(((-0.3, np.pi), (0.26, 0.0), (-0.24, 0.0), (0.32, np.pi))):
            swing = 0.2 * leg * np.sin(phase + k) if m.travelled else 0.0
            lift = 0.12 * leg * max(0.0, np.cos(phase + k)) if m.travelled and m.speed > 0.01 else 0.0
            colour = mix(ink["body"], (0, 0, 0), 0.22 if n < 2 else 0.08)
            foot = [x * w + swing, lift + hop]
            c.line(
                np.array([[x * w, back - h * 0.14], [x * w + swing * 0.4, leg * low * 0.5 + hop], foot]),
                colour,
                0.085 * h + 0.02,
                smooth=True,
            )

    def _wing(self, c: Canvas, m: Moment, ink: dict[str, Colour], back: float) -> None:
        h, w = self.height, self.width
        flap = np.sin(m.t * 5)
        wing = np.array(
            [
                [0.1 * w, back],
                [-0.15 * w, back + h * (0.5 + 0.35 * flap)],
                [-0.55 * w, back + h * (0.4 + 0.3 * flap)],
                [-0.3 * w, back + 0.05 * h],
            ]
        )
        c.blob(wing, ink["belly"], mix(ink["accent"], (0, 0, 0), 0.2), 0.02 * h, tension=0.3)

    def _tail(self, c: Canvas, m: Moment, ink: dict[str, Colour], back: float) -> None:
        h, w = self.height, self.width
        wag = np.sin(m.t * (7 if m.act.feeling == "happy" else 2.2))
        x = -0.4 * w
        if "tail-bushy" in self.parts:
            c.blob(
                np.array(
                    [
                        [x, back],
                        [x - 0.25 * w, back + 0.1 * h + 0.06 * h * wag],
                        [x - 0.42 * w, back + 0.25 * h + 0.1 * h * wag],
                        [x - 0.26 * w, back - 0.08 * h],
                    ]
                ),
                ink["body"],
            )
            c.ellipse(x - 0.36 * w, back + 0.18 * h + 0.09 * h * wag, 0.07 * w, 0.06 * h, ink["belly"])
        elif "tail-thick" in self.parts:
            c.blob(
                np.array(
                    [
                        [x + 0.1 * w, back + 0.1 * h],
                        [x - 0.25 * w, back - 0.1 * h],
                        [x - 0.6 * w, back - 0.22 * h + 0.06 * h * wag],
                        [x - 0.2 * w, back - 0.22 * h],
                    ]
                ),
                ink["body"],
                tension=0.4,
            )
        else:
            tip = [x - 0.16 * w, back + (0.3 if "tail-up" in self.parts else -0.2) * h + 0.05 * h * wag]
            width = 0.1 if "tail-hair" in self.parts else 0.045
            c.line(
                np.array([[x, back], [x - 0.12 * w, back + 0.02 * h], tip]),
                ink["accent"] if "tail-hair" in self.parts else ink["body"],
                width * h,
                smooth=True,
            )

    def _pattern(self, c: Canvas, ink: dict[str, Colour], back: float) -> None:
        h, w = self.height, self.width
        if "spots" in self.parts:
            for x, y, r in ((-0.25, 0.02, 0.09), (0.02, 0.05, 0.11), (0.24, 0.0, 0.07)):
                c.ellipse(x * w, back + y * h, r * w, r * 0.8 * h * 0.7, ink["accent"])
        if "stripes" in self.parts:
            for k in range(6):
                x = (-0.32 + 0.12 * k) * w
                c.line(np.array([[x, back + 0.1 * h], [x + 0.02 * w, back - 0.06 * h]]), ink["accent"], 0.03 * w)
        if "spikes" in self.parts:
            for k in range(8):
                x = (-0.42 + 0.1 * k) * w
                c.polygon(
                    np.array([[x, back + 0.06 * h], [x + 0.08 * w, back + 0.06 * h], [x + 0.02 * w, back + 0.22 * h]]),
                    ink["accent"],
                )
        if "woolly" in self.parts:
            for k in range(7):
                c.ellipse((-0.36 + 0.11 * k) * w, back + 0.06 * h * (k % 2), 0.11 * w, 0.13 * h, ink["body"])
        if "shell" in self.parts:
            c.ellipse(-0.05 * w, back + 0.02 * h, 0.42 * w, 0.34 * h, ink["accent"])
            c.ellipse(-0.05 * w, back + 0.08 * h, 0.3 * w, 0.2 * h, mix(ink["accent"], (1, 1, 1), 0.15))

    def _head(self, c: Canvas, m: Moment, ink: dict[str, Colour], back: float) -> None:
        w = self.width
        x, y, r = self.pose(m)
        c.line(np.array([[0.3 * w, back], [x * 0.92, y]]), ink["body"], r * 1.15)
        if "mane-big" in self.parts:
            c.ellipse(x - r * 0.15, y, r * 1.55, r * 1.6, ink["accent"])
        if "mane" in self.parts:
            c.line(np.array([[0.24 * w, back + 0.1 * self.height], [x - r * 0.6, y + r * 0.5]]), ink["accent"], r * 0.7)
        self._far_ears(c, m, ink)
        c.ellipse(x, y, r * 1.05, r, ink["body"])
        self._muzzle(c, m, ink)
        self._near_ears(c, m, ink)
        self._arms(c, m, ink)

    def _muzzle(self, c: Canvas, m: Moment, ink: dict[str, Colour]) -> None:
        """Jaw, cheeks and nose: long as a dog's, or a cat's, short and with whiskers."""
        (x, y, r), gape, feline = self.pose(m), self.mouth(m), "whiskers" in self.parts
        x, long = (x + r * 0.12, 0.6) if feline else (x, 1.0)
        c.ellipse(
            x + r * 0.75 * long,
            y - r * 0.3 - r * 0.2 * gape,
            r * 0.55 * long,
            r * 0.3,
            mix(ink["belly"], (0, 0, 0), 0.12),
        )
        c.ellipse(x + r * 0.8 * long, y - r * 0.18, r * 0.58 * long, r * (0.3 if feline else 0.36), ink["belly"])
        nose = (0.78, 0.45, 0.45) if feline else (0.12, 0.1, 0.1)
        c.ellipse(
            x + r * 1.28 * long, y - r * 0.05, r * (0.1 if feline else 0.14), r * (0.08 if feline else 0.12), nose
        )
        for tip in (0.12, -0.16, -0.44) if feline else ():
            hair = np.array([[x + r * 0.55, y - r * 0.2], [x + r * 1.45, y + r * (tip - 0.05)]])
            c.line(hair, mix(ink["belly"], (1, 1, 1), 0.5), r * 0.035)

    def _ears(self, m: Moment) -> tuple[str, float]:
        """Which ears it has, and how far they flick (radians)."""
        return next((p for p in sorted(self.parts) if p.startswith("ears")), ""), 0.1 * float(np.sin(m.t * 2.7))

    def _far_ears(self, c: Canvas, m: Moment, ink: dict[str, Colour]) -> None:
        (x, y, r), (ears, flick) = self.pose(m), self._ears(m)
        if ears == "ears-long":
            for k in (-0.35, 0.05):
                c.ellipse(x + r * k, y + r * 1.5, r * 0.22, r * 0.95, ink["body"], angle=0.15 + flick)
        elif ears == "ears-up":
            for k in (-0.6, -0.05):
                c.polygon(
                    np.array(
                        [
                            [x + r * k, y + r * 0.6],
                            [x + r * (k + 0.5), y + r * 0.75],
                            [x + r * (k + 0.15 + flick), y + r * 1.55],
                        ]
                    ),
                    ink["body"],
                )
        elif ears in ("ears-round", "ears-big-round"):
            size = 0.6 if "big" in ears else 0.36
            for k in (-0.55, 0.15):
                c.ellipse(x + r * k, y + r * 0.9, r * size, r * size, ink["body"])

    def _near_ears(self, c: Canvas, m: Moment, ink: dict[str, Colour]) -> None:
        """Ears that hang over the head."""
        (x, y, r), (ears, flick) = self.pose(m), self._ears(m)
        if ears == "ears-big":
            c.ellipse(x - r * 0.7, y - r * 0.1, r * 0.8, r * 1.05, mix(ink["body"], (0, 0, 0), 0.1), angle=0.2 + flick)
        elif ears == "ears-down":
            c.ellipse(
                x - r * 0.55, y + r * 0.05, r * 0.3, r * 0.7, mix(ink["body"], (0, 0, 0), 0.25), angle=0.2 + flick
            )

    def _arms(self, c: Canvas, m: Moment, ink: dict[str, Colour]) -> None:
        """Trunk, tusks, antlers, horns."""
        x, y, r = self.pose(m)
        if "trunk" in self.parts:
            s = 0.3 * np.sin(m.t * 1.3)
            c.line(
                np.array(
                    [[x + r * 0.9, y - r * 0.2], [x + r * (1.7 + s), y - r * 1.4], [x + r * (1.5 + 2 * s), y - r * 2.9]]
                ),
                ink["body"],
                r * 0.5,
                smooth=True,
            )
        if "tusks" in self.parts:
            c.line(np.array([[x + r * 0.7, y - r * 0.5], [x + r * 1.5, y - r * 0.9]]), (0.96, 0.93, 0.85), r * 0.18)
        if "antlers" in self.parts or "horns" in self.parts:
            for k in (-0.4, 0.1):
                tip = [x + r * (k - 0.3), y + r * (2.4 if "antlers" in self.parts else 1.6)]
                c.line(
                    np.array([[x + r * k, y + r * 0.8], [x + r * (k - 0.35), y + r * 1.4], tip]),
                    ink["accent"],
                    r * 0.18,
                    smooth=True,
                )
        if "horn" in self.parts:
            c.polygon(
                np.array([[x + r * 0.2, y + r * 0.8], [x + r * 0.5, y + r * 0.7], [x + r * 0.9, y + r * 2.2]]),
                (0.95, 0.82, 0.4),
            )


class Necked(FourLegged):
    """A four-legged animal whose neck is most of it."""

    neck = 1.0
