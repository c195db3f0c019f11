"""Clothes as separate papers on the bones: sleeves, torso, skirts that follow the legs, and what is cut on the front."""  # noqa: E501

from __future__ import annotations

import math

import numpy as np

from studio.previz.canvas import Colour, mix
from studio.previz.figures.looks import Costume
from studio.previz.figures.paper import Scissors, hull, limb_outline
from studio.previz.figures.skeleton import Body, Joints
from studio.previz.figures.wardrobe import Garment

DARK: Colour = (0.08, 0.05, 0.14)


class Tailor:
    """Dresses one moment of one person."""

    def __init__(self, cut: Scissors, body: Body, j: Joints, look: Costume) -> None:
        self.cut, self.body, self.j, self.look = cut, body, j, look
        self.s, self.c = j.turn
        spine = np.array([j.hip, j.waist, j.chest, j.neck])
        self.spine = spine
        along = np.gradient(spine, axis=0)
        along /= np.hypot(along[:, 0], along[:, 1])[:, None] + 1e-9
        self.across = np.stack([along[:, 1], -along[:, 0]], 1)
        b = body
        wide = np.array(
            [b.hip, b.hip * (0.84 if b.female else 0.96) * (1 + 0.35 * b.belly), b.shoulder * 0.93, b.shoulder * 0.80]
        )
        deep = np.array([b.depth, b.depth * (0.9 + 0.5 * b.belly), b.depth * 1.12, b.depth * 0.75])
        self.half = np.sqrt((wide * self.c) ** 2 + (deep * self.s) ** 2)
        self.wide, self.deep = wide, deep
        self.forward = np.array([0.0, b.belly * b.depth * 0.4, b.depth * (0.16 if b.female else 0.04), 0.0]) * self.s

    def chest_point(self, theta: float, level: float) -> np.ndarray:
        """A point on the torso's surface: ``theta`` from the breastbone, ``level`` 0 hip … 3 neck."""
        k = np.arange(4)
        w, d = np.interp(level, k, self.wide), np.interp(level, k, self.deep)
        base = np.array([np.interp(level, k, self.spine[:, 0]), np.interp(level, k, self.spine[:, 1])])
        side = np.array([np.interp(level, k, self.across[:, 0]), np.interp(level, k, self.across[:, 1])])
        depth = math.cos(theta) * self.c * d - math.sin(theta) * self.s * w
        x = math.sin(theta) * self.c * w + math.cos(theta) * self.s * d
        limit = float(np.interp(level, k, self.half))
        if depth < 0:
            x = math.copysign(limit, x)
        return base + side * (max(-limit, min(limit, x)) + float(np.interp(level, k, self.forward)))

    def surface(self, pairs: list[tuple[float, float]]) -> np.ndarray:
        """Several chest points."""
        return np.array([self.chest_point(t, y) for t, y in pairs])

    def torso(self, grow: float = 1.0, drop: float = 0.0) -> np.ndarray:
        """The outline of the trunk with its shoulders, ``drop`` metres beyond the hip."""
        half = self.half * grow
        mid = self.spine + self.across * self.forward[:, None]
        right, left = mid + self.across * half[:, None], mid - self.across * half[:, None]
        down = self.spine[0] - self.spine[1]
        down /= np.hypot(*down) + 1e-9
        low = np.array(
            [
                right[0] + down * (drop + self.body.hip * 0.42) - self.across[0] * half[0] * 0.12,
                left[0] + down * (drop + self.body.hip * 0.42) + self.across[0] * half[0] * 0.12,
            ]
        )
        neck = self.j.neck - down * self.body.head * 0.10
        w = self.body.head * 0.42
        a = self.j.shoulders
        order = (
            (a[1], a[0])
            if a[1][0] * self.across[3][0] + a[1][1] * self.across[3][1] >= a[0] @ self.across[3]
            else (a[0], a[1])
        )
        r_sh, l_sh = (
            order[0] + self.across[3] * self.body.limb * 0.75,
            order[1] - self.across[3] * self.body.limb * 0.75,
        )
        return np.array(
            [
                low[0],
                right[0],
                right[1],
                right[2],
                r_sh,
                neck + self.across[3] * w,
                neck - self.across[3] * w,
                l_sh,
                left[2],
                left[1],
                left[0],
                low[1],
            ]
        )

    def skirt(self, piece: Garment, waist: float, t: float, wind: float) -> np.ndarray:
        """A hem around both legs: the hull of waist, hips and legs down to the hem."""
        b, j = self.body, self.j
        points = [*(self.spine[0] + self.across[0] * k * self.half[0] * 1.05 for k in (-1, 1)),
                  *(self.chest_point(k, waist) for k in (-1.57, 1.57))]  # fmt: skip
        reach = piece.hem
        for leg in j.legs:
            knee = min(1.0, reach * 2)
            points.append(leg[0] + (leg[1] - leg[0]) * knee)
            if reach > 0.5:
                points.append(leg[1] + (leg[2] - leg[1]) * (reach - 0.5) * 2)
        ends = [
            leg[1] + (leg[2] - leg[1]) * (reach - 0.5) * 2 if reach > 0.5 else leg[0] + (leg[1] - leg[0]) * reach * 2
            for leg in j.legs
        ]
        centre = (ends[0] + ends[1]) / 2
        spread = self.half[0] * (0.75 + 0.25 * reach) + b.leg * 0.22 * piece.flare * max(reach, 0.35)
        sway = 0.03 * b.leg * (math.sin(t * 2.2) * (0.35 + abs(wind)) + wind)
        c, s = math.cos(j.roll), math.sin(j.roll)
        for k in (-1, 1):
            for point in (centre, ends[0], ends[1]):
                x = k * (spread if point is centre else b.limb * 1.25) + sway
                points.append(point + np.array([x * c, x * s]))
        return hull(np.array(points))

    def fabric(self, piece: Garment, colour: Colour) -> None:
        """Pattern on the torso."""
        c, light = self.cut, mix(colour, (1, 1, 1), 0.38)
        dark = mix(colour, DARK, 0.3)
        if piece.pattern == "stripes":
            for level in (0.0, 0.55, 1.1, 1.65, 2.2):
                c.stroke(
                    self.surface([(t, level) for t in (-1.4, -0.7, 0, 0.7, 1.4)]), light, 0.028 * self.body.height * 0.6
                )
        elif piece.pattern == "checks":
            for level in (0.2, 1.0, 1.8):
                c.stroke(self.surface([(t, level) for t in (-1.4, 0, 1.4)]), dark, 0.012 * self.body.height)
            for theta in (-0.75, 0.0, 0.75):
                c.stroke(self.surface([(theta, 0.0), (theta, 1.2), (theta, 2.4)]), dark, 0.009 * self.body.height)
        elif piece.pattern in ("dots", "patch"):
            spots = [(-0.7, 0.4), (0.1, 0.8), (0.8, 0.3), (-0.5, 1.5), (0.55, 1.6), (0.0, 2.2)]
            for theta, level in spots[:: 1 if piece.pattern == "dots" else 3]:
                x, y = self.chest_point(theta, level)
                r = self.body.head * (0.10 if piece.pattern == "dots" else 0.2)
                c.disc(x, y, r, r, light if piece.pattern == "dots" else dark)
        elif piece.pattern in ("knit", "fur"):
            for level in (0.5, 1.2, 1.9):
                c.stroke(
                    self.surface([(t, level + 0.1 * (k % 2)) for k, t in enumerate((-1.3, -0.8, -0.3, 0.3, 0.8, 1.3))]),
                    dark,
                    0.006 * self.body.height,
                    False,
                )

    def front(self, piece: Garment, colour: Colour, under: Colour) -> None:
        """Collar, lapels, buttons, zip, bib, plates: what tells the garments apart."""
        c, h, dark = self.cut, self.body.height, mix(colour, DARK, 0.38)
        light = mix(colour, (1, 1, 1), 0.4)
        kind = piece.front
        if kind in ("lapels", "open", "zip", "hood"):
            low = {"lapels": 1.2, "open": 0.0, "zip": 2.0, "hood": 2.2}[kind]
            w = 0.42 if kind != "open" else 0.5
            shape = [(-w, 2.95), (0, low)] if kind != "open" else [(-w, 2.95), (-0.32, 1.4), (-0.4, -0.2)]
            mirror = [(-t, y) for t, y in reversed(shape)]
            c.flat(self.surface(shape + mirror), under, 0.0)
            for k in (-1, 1):
                if kind == "lapels":
                    c.sheet(
                        self.surface([(k * 0.32, 3.0), (k * 0.85, 2.45), (k * 0.45, 2.2), (k * 0.02, low)]),
                        mix(colour, (1, 1, 1), 0.08),
                        0.0,
                        edge=0.6,
                    )
            c.stroke(self.surface([(0, low), (0, -0.3)]), dark, 0.006 * h)
            if kind in ("lapels", "open"):
                for level in (0.95, 0.45):
                    x, y = self.chest_point(0.14 if kind == "lapels" else 0.5, level)
                    c.disc(x, y, 0.009 * h, 0.009 * h, light)
            if kind == "hood":
                c.sheet(
                    self.surface([(-0.9, 3.0), (-0.5, 2.6), (0, 2.45), (0.5, 2.6), (0.9, 3.0), (0, 2.9)]),
                    dark,
                    edge=0.6,
                )
                c.sheet(
                    self.surface([(-0.8, 0.1), (-0.6, 0.8), (0.6, 0.8), (0.8, 0.1)]),
                    mix(colour, DARK, 0.14),
                    0.2,
                    edge=0.6,
                )
        self._neckline(piece, colour, dark, light)
        self._applied(piece, colour, dark, light)

    def _neckline(self, piece: Garment, colour: Colour, dark: Colour, light: Colour) -> None:
        c, h, kind = self.cut, self.body.height, piece.front
        if kind == "collar":
            for k in (-1, 1):
                c.sheet(self.surface([(0, 2.8), (k * 0.75, 3.0), (k * 0.7, 2.62)]), light, 0.0, edge=0.5)
            for level in (2.2, 1.5, 0.8):
                x, y = self.chest_point(0, level)
                c.disc(x, y, 0.007 * h, 0.007 * h, dark)
        elif kind == "roll":
            c.sheet(
                self.surface([(-0.8, 2.8), (-0.7, 3.2), (0.7, 3.2), (0.8, 2.8)]),
                mix(colour, (1, 1, 1), 0.12),
                0.3,
                edge=0.6,
            )
        elif kind == "v":
            c.flat(
                self.surface([(-0.4, 3.0), (0, 2.25), (0.4, 3.0)]),
                self.look.skin if piece.slot == "whole" and "robe" not in piece.style else mix(colour, (1, 1, 1), 0.5),
                0.0,
            )
            c.stroke(self.surface([(-0.42, 3.0), (0, 2.22), (0.42, 3.0)]), light, 0.012 * h, False)

    def _applied(self, piece: Garment, colour: Colour, dark: Colour, light: Colour) -> None:
        c, h, kind = self.cut, self.body.height, piece.front
        if kind == "bib":
            c.sheet(self.surface([(-0.75, 0.8), (-0.62, 2.0), (0.62, 2.0), (0.75, 0.8)]), colour, 0.0, edge=0.7)
            for k in (-1, 1):
                c.stroke(self.surface([(k * 0.5, 1.95), (k * 0.62, 2.98)]), colour, 0.024 * h, False)
                x, y = self.chest_point(k * 0.5, 1.9)
                c.disc(x, y, 0.010 * h, 0.010 * h, (0.9, 0.74, 0.35))
            c.sheet(
                self.surface([(-0.35, 1.2), (-0.35, 1.6), (0.35, 1.6), (0.35, 1.2)]),
                mix(colour, DARK, 0.12),
                0.0,
                edge=0.4,
            )
        elif kind == "plates":
            c.sheet(self.surface([(-1.0, 1.3), (-1.1, 2.6), (0, 2.85), (1.1, 2.6), (1.0, 1.3), (0, 1.05)]), light, 0.3)
            c.stroke(self.surface([(0, 2.8), (0, 1.1)]), dark, 0.006 * h)
        elif kind == "cross":
            gold = (0.93, 0.8, 0.45)
            c.stroke(self.surface([(0, 2.4), (0, 0.6)]), gold, 0.03 * h)
            c.stroke(self.surface([(-0.55, 1.8), (0.55, 1.8)]), gold, 0.03 * h)
        elif kind == "panel":
            c.sheet(
                self.surface([(-0.55, 1.2), (-0.55, 2.1), (0.55, 2.1), (0.55, 1.2)]), (0.62, 0.68, 0.74), 0.15, edge=0.6
            )
            for theta, colour_ in ((-0.3, (0.85, 0.3, 0.25)), (0.0, (0.95, 0.75, 0.3)), (0.3, (0.35, 0.7, 0.75))):
                x, y = self.chest_point(theta, 1.7)
                c.disc(x, y, 0.012 * h, 0.012 * h, colour_)  # type: ignore[arg-type]

    def neckwear(self, t: float, wind: float) -> None:
        """Scarf, tie, bow tie, necklace, collar, belt."""
        c, h = self.cut, self.body.height
        if "belt" in self.look.garments:
            piece, colour = self.look.garments["belt"]
            c.sheet(
                self.surface([(-1.57, 0.45), (0, 0.35), (1.57, 0.45), (1.57, 0.72), (0, 0.62), (-1.57, 0.72)]),
                colour,
                0.1,
                edge=0.6,
            )
            x, y = self.chest_point(0, 0.5)
            c.disc(x, y, 0.016 * h, 0.016 * h, (0.88, 0.7, 0.32))
        if "neck" not in self.look.garments:
            return
        piece, colour = self.look.garments["neck"]
        if piece.style == "scarf":
            end = self.chest_point(0.45, 1.3) + np.array([0.05 * h * wind + 0.008 * h * math.sin(t * 2.7), 0])
            c.sheet(
                limb_outline(
                    np.array([self.chest_point(0.3, 2.9), self.chest_point(0.42, 2.1), end]),
                    np.array([0.03, 0.028, 0.032]) * h,
                ),
                mix(colour, DARK, 0.12),
            )
            c.sheet(
                self.surface([(-1.2, 2.72), (-1.1, 3.12), (0, 3.0), (1.1, 3.12), (1.2, 2.72), (0, 2.5)]),
                colour,
                0.4,
                rim=True,
            )
        elif piece.style == "tie":
            c.sheet(self.surface([(-0.1, 2.85), (0.1, 2.85), (0.2, 1.3), (0, 1.0), (-0.2, 1.3)]), colour, 0.0, edge=0.5)
        elif piece.style == "bow tie":
            c.sheet(
                self.surface([(-0.5, 3.0), (0, 2.82), (0.5, 3.0), (0.5, 2.6), (0, 2.76), (-0.5, 2.6)]),
                colour,
                0.0,
                edge=0.5,
            )
        elif piece.style == "necklace":
            c.stroke(self.surface([(-0.8, 3.0), (-0.4, 2.5), (0, 2.3), (0.4, 2.5), (0.8, 3.0)]), colour, 0.012 * h)
            x, y = self.chest_point(0, 2.2)
            c.disc(x, y, 0.017 * h, 0.02 * h, colour)
        else:
            c.sheet(self.surface([(-0.8, 2.85), (0, 2.6), (0.8, 2.85), (0.7, 3.1), (-0.7, 3.1)]), colour, 0.2, edge=0.5)

    def cape(self, colour: Colour, t: float, wind: float, speed: float) -> None:
        """A cape from the shoulders to the calves, trailing."""
        j, b = self.j, self.body
        trail = -self.s * (0.10 + 0.16 * min(1.0, speed / 2)) + 0.25 * wind
        wave = 0.03 * math.sin(t * 2.4)
        down = (self.spine[0] - self.spine[3]) / (np.hypot(*(self.spine[0] - self.spine[3])) + 1e-9)
        side = self.across[3]
        low = j.neck + down * b.height * 0.62
        w = b.shoulder * (1.05 + 0.3 * abs(self.c))
        shape = np.array([j.neck + side * w * 0.5, j.neck + side * w - down * 0 + down * b.head * 0.35,
                          low + side * (w * 1.3 + (trail + wave) * b.height), low + side * (trail + wave) * b.height + down * 0.03,  # noqa: E501
                          low - side * (w * 1.3 - (trail + wave * 0.5) * b.height), j.neck - side * w + down * b.head * 0.35, j.neck - side * w * 0.5])  # fmt: skip  # noqa: E501
        self.cut.sheet(shape, colour, 0.35, rim=True)
