"""What all creature puppets share: size, colours, the face; drawn side-on and mirrored to face where they go."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import numpy as np

from studio.previz.canvas import Canvas, Colour, hex_colour
from studio.previz.figure import Marks, Moment, Shade
from studio.story.document import Character

SIZES = {"tiny": 0.45, "short": 0.8, "tall": 1.25, "giant": 1.6}
"""What a build makes of a creature's size."""
LEAST = 0.35
"""Metres of length below which no creature is drawn smaller: it could not be made out beside a person."""


class Creature:
    """What all skeletons share: size, colours, the face, and mirroring. Local x points where it faces."""

    def __init__(self, character: Character, entry: dict[str, Any]) -> None:
        young = character.look.age == "child"
        k = (0.6 if young else 1.0) * SIZES.get(character.look.build, 1.0)
        k = max(k, min(1.0, LEAST / float(entry["length"])))
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
