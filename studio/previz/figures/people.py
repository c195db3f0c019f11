"""A person of cut paper: the puppet behind every character that stands on two legs."""

from __future__ import annotations

import hashlib
import math

import numpy as np

from studio.previz.canvas import Canvas, Colour
from studio.previz.figure import Marks, Moment, Shade
from studio.previz.figures import bodies, extras, hair, props
from studio.previz.figures.clothes import Tailor
from studio.previz.figures.dressed import Dressed
from studio.previz.figures.face import FEATURES, Head, draw_face, skull
from studio.previz.figures.features import draw_beard, draw_ears, draw_glasses
from studio.previz.figures.hats import COVERS_HAIR, LIGHT_HATS, draw_hat
from studio.previz.figures.looks import Costume, costume
from studio.previz.figures.paper import Scissors
from studio.previz.figures.skeleton import Joints, joints, measure
from studio.story.catalogue import entries
from studio.story.document import Character

_IRIS: tuple[Colour, ...] = ((0.33, 0.22, 0.14), (0.24, 0.38, 0.34), (0.25, 0.38, 0.52), (0.40, 0.30, 0.16))
_TWO_HANDED = frozenset(("flat", "strap"))


class Person(Dressed):
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
            left=min(float(points[:, 0].min()) - room * 0.6, head.x - r * 1.3), right=max(float(points[:, 0].max()) + room * 0.6, head.x + r * 1.3),  # noqa: E501
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
        if prop and m.act.reach < _LOWERED and props.extent(props.find(prop)[2])[3] > _FACE_HIGH:
            prop = ""  # an umbrella's stick or a staff would stand across a close face
        extras.behind(cut, tailor, head, look, m)
        if "back" in look.garments:
            self._back(tailor, m)
        if not (look.hat in COVERS_HAIR and self.cut.length < 1.5):
            hair.draw_back(cut, head, self.cut, look.hair, swing, self.seed)
        aside = abs(j.turn[0]) > 0.45
        if aside:
            self._arm(cut, tailor, far)
        if not bodies.body(cut, tailor, head, look, m):
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

    def _head_papers(self, cut: Scissors, head: Head, m: Moment) -> None:
        look = self.look
        hatted = bool(look.hat) and look.hat not in LIGHT_HATS
        if bodies.head(cut, head, look, m, self._style, self.seed):
            if look.hat:
                draw_hat(cut, head, look.hat, look.hat_colour, look.accent)
            return
        covered = not self.cut.ears or look.hat in COVERS_HAIR
        draw_ears(cut, head, look.skin, look.parts, covered, near=False)
        cut.sheet(head.at(skull(head)), look.skin, rim=True)
        extras.face_under(cut, head, look)
        draw_face(cut, head, m, self._style, look.skin, look.hair, self.seed)
        if look.beard or look.moustache:
            gape = FEATURES.get(m.act.feeling, FEATURES["neutral"])[4]
            draw_beard(cut, head, look.beard, look.moustache, look.hair, max(gape, 0.15 if m.talking else 0.0))
        extras.face_over(cut, head, look)
        if look.hat not in COVERS_HAIR or look.hat in ("space", "hood"):
            hair.draw_cap(cut, head, self.cut, look.hair, self.seed, hatted)
            if not hatted:
                hair.draw_crest(cut, head, self.cut, look.hair)
        draw_ears(cut, head, look.skin, look.parts, covered, near=True)
        if look.glasses:
            draw_glasses(cut, head, look.glasses)
        if look.hat:
            draw_hat(cut, head, look.hat, look.hat_colour, look.accent)

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


_LOWERED = -0.5
"""Arm lengths over the shoulder: hands that may not rise so far are below a close frame."""
_FACE_HIGH = 0.5
"""Metres over the grip from which a thing in a lowered hand is as high as the face."""
_EMPTY_HANDED = frozenset(
    ("wave", "point", "hug", "climb", "push", "swim", "fly", "lie", "sleep", "fall", "react", "dance", "run", "jump")
)
