"""A person of cut paper: the puppet behind every character that stands on two legs."""

from __future__ import annotations

import hashlib
import math

import numpy as np

from studio.previz.canvas import Canvas, Colour, mix
from studio.previz.figure import Marks, Moment, Shade
from studio.previz.figures import extras, hair, props
from studio.previz.figures.clothes import Tailor
from studio.previz.figures.face import FEATURES, Head, draw_beard, draw_ears, draw_face, draw_glasses, skull
from studio.previz.figures.looks import Costume, costume
from studio.previz.figures.paper import Scissors, limb_outline
from studio.previz.figures.skeleton import Joints, joints, measure
from studio.previz.figures.wardrobe import Garment
from studio.story.catalogue import entries
from studio.story.document import Character

_IRIS: tuple[Colour, ...] = ((0.33, 0.22, 0.14), (0.24, 0.38, 0.34), (0.25, 0.38, 0.52), (0.40, 0.30, 0.16))
_TWO_HANDED = frozenset(("flat", "strap"))
_BARE = Garment("top", "bare", 0.0)


class Person:
    """Implements ``Figure``: one declared costume on one skeleton."""

    def __init__(self, character: Character, genre: str) -> None:
        kind = entries("people")[character.kind]
        self.look: Costume = costume(character, genre)
        self.seed = int.from_bytes(hashlib.sha256(character.id.encode()).digest()[:4], "big")
        self.body = measure(
            self.look.age,
            self.look.build,
            self.look.female,
            kind.get("height"),
            kind.get("head", 1.0),
            kind.get("slim", 1.0),
        )
        self.medium: str = kind.get("medium", "land")
        self.height = self.body.height
        self.width = self.body.shoulder * 3.1
        self.pace = 0.82 * self.body.leg / 0.8 * 1.5 * (0.7 if self.look.age == "old" else 1.0)
        self.cut = hair.CUTS[self.look.cut]
        self._style: dict[str, object] = {
            "parts": self.look.parts,
            "female": self.look.female,
            "accent": self.look.accent,
            "iris": _IRIS[self.seed % 4],
        }

    def _moment(self, moment: Moment) -> Moment:
        """Those who fly or swim by nature float where others would stand or walk."""
        if "no-legs" in self.look.parts or "smoke-tail" in self.look.parts or "fish-tail" in self.look.parts:
            return Moment(**{**moment.__dict__, "speed": 0.0})
        return moment

    def _head(self, j: Joints) -> Head:
        return Head(float(j.head[0]), float(j.head[1]), self.body.head, j.tilt, j.face * math.pi / 2)

    def marks(self, moment: Moment) -> Marks:
        """Where the camera finds eyes, head, chest, waist and the outermost points."""
        j = joints(self.body, self._moment(moment), self.seed)
        head = self._head(j)
        r = self.body.head
        ex, ey = head.at(np.array([[0.35 * head.s, 0.0]]))[0]
        points = np.vstack([*j.arms, *j.legs, j.head[None], j.hip[None]])
        crown = r * {"top": 2.0, "witch": 2.55, "chef": 1.9, "helm": 1.7}.get(self.look.hat, 1.3)
        room = r * 0.75 + (r * 1.5 if moment.act.prop or self.look.props else 0)
        lying = abs(j.roll) > 0.8
        return Marks(
            eyes=(float(ex), float(ey)), head=(head.x, head.y, r), chest=float(j.chest[1]), waist=float(j.waist[1]),
            top=max(float(points[:, 1].max()), float(j.head[1]) + (r * 1.2 if lying else crown)),
            left=min(float(points[:, 0].min()) - room * 0.6, head.x - r * 1.3), right=max(float(points[:, 0].max()) + room * 0.6, head.x + r * 1.3),
        )  # fmt: skip

    def draw(self, canvas: Canvas, moment: Moment, shade: Shade) -> None:
        """Lay every paper from back to front."""
        m = self._moment(moment)
        look, body = self.look, self.body
        j = joints(body, m, self.seed)
        cut = Scissors(canvas, shade, body.head, 0.82 if look.material == "sheet" else 1.0)
        head = self._head(j)
        tailor = Tailor(cut, body, j, look)
        swing = (
            0.35 * m.wind
            + 0.07 * math.sin(m.t * 1.8)
            - 0.10 * min(1.5, m.speed) * (1 if m.facing > 0 else -1 if m.facing < 0 else 0)
        )
        far, near = 1 - j.near, j.near
        prop = m.act.prop or (look.props[0] if look.props and m.act.activity not in _EMPTY_HANDED else "")
        extras.behind(cut, tailor, head, look, m)
        if "back" in look.garments:
            self._back(tailor, m)
        if not (look.hat in hair.COVERS_HAIR and self.cut.length < 1.5):
            hair.draw_back(cut, head, self.cut, look.hair, swing, self.seed)
        aside = abs(j.turn[0]) > 0.45
        if aside:
            self._arm(cut, tailor, far)
        if not extras.body(cut, tailor, head, look, m):
            self._legs(cut, tailor, (far, near), m)
            self._trunk(cut, tailor, m)
        self._head_papers(cut, head, m)
        if prop and props.find(prop)[1] in _TWO_HANDED:
            self._prop(cut, j, prop, near, m)
        for k in (near,) if aside else (far, near):
            self._arm(cut, tailor, k)
            if prop and k == near and props.find(prop)[1] not in _TWO_HANDED:
                self._prop(cut, j, prop, near, m)
                self._hand(cut, j.arms[k], self.look.skin)
        extras.before(cut, tailor, look)

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
            cut.disc(*chain[1], b.limb * 0.7, b.limb * 0.7, mix(self.look.skin, (0.1, 0.1, 0.2), 0.35))
        self._hand(cut, chain, skin)

    def _hand(self, cut: Scissors, chain: np.ndarray, skin: Colour) -> None:
        if "hands" in self.look.garments:
            skin = self.look.garments["hands"][1]
        way = chain[2] - chain[1]
        way = way / (np.hypot(*way) + 1e-9)
        side = np.array([-way[1], way[0]])
        r = self.body.head * (0.27 if "hands" in self.look.garments else 0.235)
        p = chain[2] + way * r * 0.35
        mitten = [p - way * r * 0.9 - side * r * 0.6, p + side * r * -0.78, p + way * r * 0.95 - side * r * 0.35, p + way * r + side * r * 0.3, p + side * r * 0.72,
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
        piece, colour = self.look.garments["apron"]
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

    def _head_papers(self, cut: Scissors, head: Head, m: Moment) -> None:
        look = self.look
        hatted = bool(look.hat) and look.hat not in ("tiara", "crown", "headband", "mask", "earmuffs")
        if extras.head(cut, head, look, m, self._style, self.seed):
            if look.hat:
                hair.draw_hat(cut, head, look.hat, look.hat_colour, look.accent, m.t, m.wind)
            return
        covered = not self.cut.ears or look.hat in hair.COVERS_HAIR
        draw_ears(cut, head, look.skin, look.parts, covered, near=False)
        cut.sheet(head.at(skull(head)), look.skin, rim=True)
        extras.face_under(cut, head, look)
        draw_face(cut, head, m, self._style, look.skin, look.hair, self.seed)
        if look.beard or look.moustache:
            gape = FEATURES.get(m.act.feeling, FEATURES["neutral"])[4]
            draw_beard(cut, head, look.beard, look.moustache, look.hair, max(gape, 0.15 if m.talking else 0.0))
        extras.face_over(cut, head, look)
        if look.hat not in hair.COVERS_HAIR or look.hat in ("space", "hood"):
            hair.draw_cap(cut, head, self.cut, look.hair, self.seed, hatted)
            if not hatted:
                hair.draw_crest(cut, head, self.cut, look.hair)
        draw_ears(cut, head, look.skin, look.parts, covered, near=True)
        if look.glasses:
            draw_glasses(cut, head, look.glasses)
        if look.hat:
            hair.draw_hat(cut, head, look.hat, look.hat_colour, look.accent, m.t, m.wind)

    def _prop(self, cut: Scissors, j: Joints, prop: str, k: int, m: Moment) -> None:
        _, hold, shapes = props.find(prop)
        flip = 1.0 if m.facing >= 0 else -1.0
        scale = 0.55 + 0.45 * min(1.25, self.height / 1.7)
        hand = j.arms[k][2]
        angle = 0.04 * math.sin(m.t * 1.6)
        if hold in _TWO_HANDED:
            both = (j.arms[0][2] + j.arms[1][2]) / 2
            raised = m.act.activity in (
                "read",
                "play",
                "give",
                "carry",
                "work",
                "sit",
                "eat",
                "talk",
                "look",
                "gesture",
            )
            anchor = both if raised and hold == "flat" else (j.chest + j.waist) / 2 if hold == "strap" else hand
            x, y = anchor
            props.draw(
                cut,
                shapes,
                float(x),
                float(y) + (0.05 if raised else 0.0) * scale,
                angle + j.roll + (0.25 * flip if hold == "strap" else 0.0),
                flip,
                scale,
            )
            return
        way = hand - j.arms[k][1]
        if hold == "along":
            angle = math.atan2(way[1], way[0] * flip) * flip
        elif hold == "hang":
            angle = 0.10 * math.sin(m.t * 2.1) + (0.08 * math.sin(m.travelled * 4) if m.speed > 0.1 else 0.0)
        else:
            # Upright things lean a little with the arm that holds them.
            angle += -0.25 * flip * max(-1.0, min(1.0, way[0] * flip / (np.hypot(*way) + 1e-9))) + j.roll
        grip = hand + way / (np.hypot(*way) + 1e-9) * self.body.head * 0.12
        props.draw(cut, shapes, float(grip[0]), float(grip[1]), angle, flip, scale)


_EMPTY_HANDED = frozenset(
    ("wave", "point", "hug", "climb", "push", "swim", "fly", "lie", "sleep", "fall", "react", "dance", "run", "jump")
)
