"""A dressed body: limbs, trunk, shoes and overgarments of one person, laid paper by paper."""

from __future__ import annotations

import math

import numpy as np

from studio.previz.canvas import Colour, mix
from studio.previz.figure import Moment
from studio.previz.figures import extras
from studio.previz.figures.clothes import Tailor
from studio.previz.figures.looks import Costume
from studio.previz.figures.paper import Scissors, limb_outline
from studio.previz.figures.skeleton import Body
from studio.previz.figures.wardrobe import Garment

_BARE = Garment("top", "bare", 0.0)


class Dressed:
    """The part of a person below the chin."""

    look: Costume
    body: Body
    height: float

    def _sleeve(self) -> tuple[Garment, Colour]:
        for slot in ("over", "whole", "top"):
            if slot in self.look.garments and self.look.garments[slot][0].sleeve > 0.05:
                return self.look.garments[slot]
        return _BARE, self.look.skin

    def _arm(self, cut: Scissors, tailor: Tailor, k: int) -> None:
        chain, b = tailor.j.arms[k], self.body
        piece, colour = self._sleeve()
        skin = self.look.skin
        if "metal-arm" in self.look.parts and k == 1:
            skin, piece = (0.66, 0.71, 0.76), _BARE
        if "twig-arms" in self.look.parts:
            cut.stroke(chain, (0.4, 0.27, 0.17), b.limb * 0.5)
            return
        thin = 0.55 if self.look.material == "bone" else 1.0
        w = np.array([b.limb * 1.02, b.limb * 0.86, b.limb * 0.66]) * thin
        if piece.sleeve < 0.9:
            cut.sheet(limb_outline(chain, w), skin, rim=True)
        if piece.sleeve >= 0.9:
            loose = 1.22 + 0.3 * (piece.front in ("v", "panel"))
            cut.sheet(
                limb_outline(chain, w * [loose, loose, loose * (1.05 + 0.35 * (piece.front == "v"))]), colour, rim=True
            )
        elif piece.sleeve > 0.05:
            mid = chain[0] + (chain[1] - chain[0]) * min(1.0, piece.sleeve * 2.2)
            cut.sheet(
                limb_outline(np.array([chain[0], (chain[0] + mid) / 2, mid]), np.array([1.35, 1.4, 1.4]) * b.limb),
                colour,
            )
        if "joints" in self.look.parts:
            cut.disc(chain[1][0], chain[1][1], b.limb * 0.7, b.limb * 0.7, mix(self.look.skin, (0.1, 0.1, 0.2), 0.35))
        self._hand(cut, chain, skin)

    def _hand(self, cut: Scissors, chain: np.ndarray, skin: Colour) -> None:
        if "hands" in self.look.garments:
            skin = self.look.garments["hands"][1]
        way = chain[2] - chain[1]
        way = way / (np.hypot(*way) + 1e-9)
        side = np.array([-way[1], way[0]])
        r = self.body.head * (0.27 if "hands" in self.look.garments else 0.235)
        p = chain[2] + way * r * 0.35
        mitten = [p - way * r * 0.9 - side * r * 0.6, p + side * r * -0.78, p + way * r * 0.95 - side * r * 0.35, p + way * r + side * r * 0.3, p + side * r * 0.72,  # noqa: E501
                  p - way * r * 0.9 + side * r * 0.6]  # fmt: skip
        cut.sheet(np.array(mitten), skin, edge=0.7)

    def _legs(self, cut: Scissors, tailor: Tailor, order: tuple[int, int], m: Moment) -> None:
        j, b, look = tailor.j, self.body, self.look
        piece, colour = look.garments.get("bottom") or look.garments.get("whole") or (_BARE, look.skin)
        trousers = piece.slot == "bottom" and piece.hem > 0.95 and "skirt" not in piece.style
        suit = piece.slot == "whole" and piece.hem < 0.2 and piece.style != "tutu"
        cover = trousers or suit
        if look.bare:
            cover, colour = (
                True,
                look.garments["bottom"][1] if "bottom" in look.garments else mix(look.skin, (0.1, 0.1, 0.2), 0.12),
            )
        skin = (
            colour
            if cover
            else look.skin
            if (piece.style == "shorts" or look.age == "child" or "skirt" in piece.style)
            else mix(look.skin, (0.25, 0.18, 0.25), 0.25)
        )
        thin = 0.5 if look.material == "bone" else 1.0
        for i, k in enumerate(order):
            chain = j.legs[k]
            w = (
                np.array([b.limb * 1.55, b.limb * 1.15, b.limb * (0.95 if cover else 0.74)])
                * thin
                * (1 + 0.25 * piece.flare * cover)
            )
            tint = mix(skin, (0.08, 0.05, 0.16), 0.16) if i == 0 and abs(tailor.s) > 0.4 else skin
            if piece.style == "trunks":
                tint = skin
            cut.sheet(limb_outline(chain, w), tint, rim=True)
            if piece.style in ("shorts", "trunks"):
                mid = chain[0] + (chain[1] - chain[0]) * 0.84
                cut.sheet(
                    limb_outline(np.array([chain[0], (chain[0] + mid) / 2, mid]), np.array([1.6, 1.65, 1.6]) * b.limb),
                    colour,
                )
            self._foot(cut, tailor, k, chain)

    def _foot(self, cut: Scissors, tailor: Tailor, k: int, chain: np.ndarray) -> None:
        b, colour = self.body, self.look.shoes
        boots = "feet" in self.look.garments and self.look.garments["feet"][0].style == "boots"
        if boots:
            top = chain[2] + (chain[1] - chain[2]) * 0.62
            cut.sheet(
                limb_outline(np.array([top, (top + chain[2]) / 2, chain[2]]), np.array([1.25, 1.15, 1.15]) * b.limb),
                colour,
                edge=0.8,
            )
        s = tailor.s
        length = b.leg * 0.215
        base = b.limb * 1.18
        high = b.leg * 0.07
        shape = np.array(
            [
                [-base * 0.95, -high],
                [-base * 1.02, high * 0.45],
                [0, high * 1.15],
                [base * 0.95, high * 0.6],
                [base * 1.05, -high * 0.35],
                [base * 0.9, -high],
            ]
        )
        reach = (
            np.array([-0.12, -0.16, 0.0, 0.45, 0.98, 0.92])
            if s >= 0
            else -np.array([0.92, 0.98, 0.45, 0.0, -0.16, -0.12])
        )
        if s < 0:
            shape = np.array(
                [
                    [-base * 0.9, -high],
                    [-base * 1.05, -high * 0.35],
                    [-base * 0.95, high * 0.6],
                    [0, high * 1.15],
                    [base * 1.02, high * 0.45],
                    [base * 0.95, -high],
                ]
            )
            reach = np.array([-0.92, -0.98, -0.45, 0.0, 0.16, 0.12])
        shape[:, 0] = (
            shape[:, 0] * (1 - 0.35 * abs(s)) + reach * length * abs(s) + (1 if k else -1) * base * 0.2 * (1 - abs(s))
        )
        angle = tailor.j.feet_pitch[k] * s + tailor.j.roll
        c, sn = math.cos(angle), math.sin(angle)
        cut.sheet(shape @ np.array([[c, sn], [-sn, c]]) + chain[2], colour, 0.4, edge=0.8)

    def _trunk(self, cut: Scissors, tailor: Tailor, m: Moment) -> None:
        look, b = self.look, self.body
        worn = look.garments
        neck = np.array([tailor.j.neck - (tailor.j.chest - tailor.j.neck) * -0.15, tailor.j.head])
        cut.sheet(
            limb_outline(np.array([neck[0], (neck[0] + neck[1]) / 2, neck[1]]), np.full(3, b.head * 0.34)),
            mix(look.skin, (0.3, 0.1, 0.15), 0.14),
        )
        if "bottom" in worn and "skirt" in worn["bottom"][0].style:
            cut.sheet(tailor.skirt(worn["bottom"][0], 0.6, m.t, m.wind), worn["bottom"][1], 0.12, rim=True)
        main = next((s for s in ("over", "whole", "top") if s in worn), "")
        piece, colour = (
            worn[main]
            if main
            else (_BARE, look.skin if look.material != "metal" else mix(look.skin, look.accent, 0.12))
        )
        under = worn["top"][1] if "top" in worn and main != "top" else mix(colour, (1, 1, 1), 0.6)
        if piece.hem > 0.14:
            cut.sheet(tailor.skirt(piece, 0.5, m.t, m.wind), colour, 0.12, rim=True)
        sleeveless = piece.sleeve == 0 and "top" in worn and main != "top"
        fill = under if piece.front == "bib" else colour
        cut.sheet(tailor.torso(1.04 if main == "over" else 1.0, b.leg * min(0.1, piece.hem)), fill, 0.30, rim=True)
        if sleeveless and piece.front != "bib":
            for k in (-1, 1):
                cut.flat(tailor.surface([(k * 1.2, 1.9), (k * 0.95, 2.9), (k * 1.5, 3.0), (k * 1.57, 1.9)]), under, 0.2)
        if piece.front == "bib":
            low = tailor.torso(1.03)
            cut.sheet(np.vstack([low[[0, 1]], tailor.surface([(1.57, 0.9), (-1.57, 0.9)]), low[[10, 11]]]), colour, 0.1)
        tailor.fabric(piece, colour)
        tailor.front(piece, colour, under)
        extras.chest(cut, tailor, look)
        if "apron" in worn:
            self._apron(cut, tailor, m)
        tailor.neckwear(m.t, m.wind)

    def _apron(self, cut: Scissors, tailor: Tailor, m: Moment) -> None:
        _piece, colour = self.look.garments["apron"]
        hem = (tailor.j.legs[0][1] + tailor.j.legs[1][1]) / 2
        base = tailor.chest_point(0.0, 0.2)
        low = base + (hem - base) * 0.86
        half = tailor.half[0] * 0.95
        side = tailor.across[0]
        shape = [
            *tailor.surface([(-0.5, 2.3), (-0.85, 0.9)]),
            low - side * half,
            low + side * half,
            *tailor.surface([(0.85, 0.9), (0.5, 2.3)]),
        ]
        cut.sheet(np.array(shape), colour, 0.12)
        cut.stroke(
            tailor.surface([(-1.5, 0.85), (0, 0.78), (1.5, 0.85)]),
            mix(colour, (0.1, 0.05, 0.1), 0.25),
            0.012 * self.height,
        )
        for k in (-1, 1):
            cut.stroke(tailor.surface([(k * 0.48, 2.3), (k * 0.5, 3.0)]), colour, 0.012 * self.height)

    def _back(self, tailor: Tailor, m: Moment) -> None:
        piece, colour = self.look.garments["back"]
        if piece.style == "cape":
            tailor.cape(colour, m.t, m.wind, m.speed)
            return
        j, b = tailor.j, self.body
        centre = (j.chest + j.neck) / 2 - np.array([tailor.s * b.depth * 1.5, b.head * 0.3])
        w, h = b.shoulder * (0.95 if abs(tailor.s) < 0.5 else 0.62), b.head * 1.35
        box = np.array([[-w, -h], [-w * 1.05, h * 0.7], [0, h], [w * 1.05, h * 0.7], [w, -h]])
        tailor.cut.sheet(box + centre, colour, 0.3, rim=True)
