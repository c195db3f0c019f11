"""Creature puppets: one class a skeleton, all drawn side-on and mirrored to face where they go."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import numpy as np

from studio.previz.canvas import Canvas, Colour, hex_colour, mix
from studio.previz.figure import Marks, Moment, Shade
from studio.story.document import Character


class Creature:
    """What all skeletons share: size, colours, the face, and mirroring. Local x points where it faces."""

    def __init__(self, character: Character, entry: dict[str, Any]) -> None:
        young = character.look.age == "child"
        k = 0.6 if young else 1.0
        self.height, self.width = float(entry["height"]) * k, float(entry["length"]) * k
        self.medium, self.pace, self.parts = str(entry["medium"]), float(entry["pace"]), set(entry["parts"])
        self.head_scale = 1.3 if young else 1.0
        shift = np.frombuffer(hashlib.sha256(character.id.encode()).digest()[:3], np.uint8) / 255 * 0.14 - 0.07
        self.inks: dict[str, Colour] = {}
        for name, value in entry["colours"].items():
            own = character.look.colours.get(name, "")
            if re.fullmatch(r"#[0-9a-fA-F]{6}", own):
                self.inks[name] = hex_colour(own)
            else:
                r, g, b = (float(np.clip(v + d, 0.02, 0.98)) for v, d in zip(hex_colour(value)[:3], shift, strict=True))
                self.inks[name] = (r, g, b)

    def pose(self, m: Moment) -> tuple[float, float, float]:
        """Head centre x, y (local, metres) and radius."""
        raise NotImplementedError

    def body(self, c: Canvas, m: Moment, ink: dict[str, Colour]) -> None:
        raise NotImplementedError

    def _side(self, m: Moment) -> float:
        return -1.0 if m.facing < 0 else 1.0

    def marks(self, moment: Moment) -> Marks:
        x, y, r = self.pose(moment)
        s = self._side(moment)
        half = self.width / 2
        top = max(self.height, y + r)
        return Marks(
            (s * (x + r * 0.3), y + r * 0.2), (s * x, y, r), y - 1.6 * r, max(0.0, y - 2.8 * r), top, -half, half
        )

    def draw(self, canvas: Canvas, moment: Moment, shade: Shade) -> None:
        view = canvas.view
        canvas.view = view @ np.array([[self._side(moment), 0, 0], [0, 1.0, 0], [0, 0, 1.0]])
        ink = {name: shade(colour) for name, colour in self.inks.items()}
        self.body(canvas, moment, ink)
        x, y, r = self.pose(moment)
        self.face(canvas, x, y, r, moment, shade)
        canvas.view = view

    def face(self, c: Canvas, x: float, y: float, r: float, m: Moment, shade: Shade) -> None:
        """An eye that blinks and looks, and a brow for the feeling."""
        big = 1.5 if "eyes-big" in self.parts else 1.0
        ex, ey, er = x + r * 0.28, y + r * 0.22, r * 0.24 * big
        blink = abs(((m.t + m.seed * 0.37) % 3.1) - 0.1) < 0.09 or m.act.activity == "sleep"
        if blink:
            c.line(np.array([[ex - er, ey], [ex + er, ey - er * 0.2]]), (0.1, 0.08, 0.08), er * 0.35)
        else:
            c.ellipse(ex, ey, er, er, shade((0.98, 0.97, 0.94)))
            c.ellipse(
                ex + er * 0.35 * abs(m.gaze[0]) + er * 0.1,
                ey + er * 0.3 * m.gaze[1],
                er * 0.55,
                er * 0.6,
                (0.08, 0.07, 0.08),
            )
        tilt = {"angry": -0.4, "determined": -0.25, "sad": 0.35, "afraid": 0.4, "surprised": 0.15}.get(
            m.act.feeling, 0.0
        )
        if tilt:
            c.line(
                np.array([[ex - er, ey + er * (1.4 - tilt)], [ex + er, ey + er * (1.4 + tilt)]]),
                shade(self.inks["accent"]),
                er * 0.3,
            )

    def gait(self, m: Moment, stride: float) -> float:
        """Phase of the steps in radians."""
        return 2 * np.pi * m.travelled / max(0.05, stride)

    def mouth(self, m: Moment) -> float:
        """How far it opens, 0…1."""
        return 0.5 + 0.5 * float(np.sin(m.t * 11)) if m.talking or m.act.activity in ("eat", "talk") else 0.0


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
        self._tail(c, m, ink, back)
        hip, chest = h * 0.25, h * 0.28
        if "wings" in self.parts:
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
        ears = next((p for p in sorted(self.parts) if p.startswith("ears")), "")
        flick = 0.1 * np.sin(m.t * 2.7)
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
        c.ellipse(x, y, r * 1.05, r, ink["body"])
        gape = self.mouth(m)
        c.ellipse(x + r * 0.75, y - r * 0.3 - r * 0.2 * gape, r * 0.55, r * 0.3, mix(ink["belly"], (0, 0, 0), 0.12))
        c.ellipse(x + r * 0.8, y - r * 0.18, r * 0.58, r * 0.36, ink["belly"])
        c.ellipse(x + r * 1.28, y - r * 0.05, r * 0.14, r * 0.12, (0.12, 0.1, 0.1))
        if ears == "ears-big":
            c.ellipse(x - r * 0.7, y - r * 0.1, r * 0.8, r * 1.05, mix(ink["body"], (0, 0, 0), 0.1), angle=0.2 + flick)
        elif ears == "ears-down":
            c.ellipse(
                x - r * 0.55, y + r * 0.05, r * 0.3, r * 0.7, mix(ink["body"], (0, 0, 0), 0.25), angle=0.2 + flick
            )
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
            phase = self.gait(m, 0.5 * h)
            for k in (0.0, np.pi):
                step = 0.1 * h * np.sin(phase + k) if m.travelled else 0.04 * h * (1 if k else -1)
                c.line(
                    np.array([[0.0, 0.28 * h], [step, 0.02 * h], [step + 0.08 * h, 0.02 * h]]), ink["accent"], 0.035 * h
                )
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
        c.ellipse(x, y, r, r, ink["body"])
        gape = self.mouth(m) * r * 0.3
        beak = np.array([[x + r * 0.7, y + r * 0.25], [x + r * 1.75, y - r * 0.05 + gape], [x + r * 0.7, y - r * 0.3]])
        if "insect" not in self.parts:
            c.polygon(beak, ink["accent"])
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
        if "spout" in self.parts:
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


FAMILIES: dict[str, type[Creature]] = {
    "four": FourLegged, "neck": Necked, "bird": Bird, "fish": Fish, "serpent": Serpent, "octopus": Octopus,
}  # fmt: skip
