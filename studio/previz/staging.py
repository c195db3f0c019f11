"""Staging: who stands where, who moves, and how the camera is set up to frame what the direction says."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from studio.previz.acting import MOVING, acts
from studio.previz.boats import RIDDEN
from studio.previz.camera import ANGLES, LENSES, SENSOR, SPANS, Setup, ease
from studio.previz.figure import Act, Figure, Marks, Moment
from studio.previz.figures import cast
from studio.previz.stageset import StageSet
from studio.story.brief import Brief

FIRST_ONLY = ("medium-close", "close", "extreme-close")
OUT_OF_FRAME = (*MOVING, "fall", "lie", "sleep", "kneel", "sit", "jump", "climb", "dance", "fight")
"""Activities that would carry a face out of a close frame."""
UPRIGHT = {"jump": "react", "fall": "react", "lie": "kneel", "sleep": "sit"}
"""What stands in, in a medium shot, for activities that leave nothing of a body above the waist."""
LOW_HANDS = -0.75
"""Arm lengths over the shoulder that hands may reach in a close frame: below its lower edge."""


@dataclass(frozen=True)
class Role:
    """One figure in one shot."""

    id: str
    figure: Figure
    act: Act
    x: float
    y: float
    facing: float
    travel: float
    """Metres it moves in the shot, signed."""
    talks: tuple[tuple[float, float], ...] = ()
    seed: int = 0
    aboard: bool = False
    """Whether it stands in a boat."""

    def moment(self, t: float, duration: float, wind: float) -> Moment:
        share = ease(t / max(duration, 0.1))
        before = ease((t - 1 / 12) / max(duration, 0.1))
        moved = abs(self.travel) * share
        speed = abs(self.travel) * max(0.0, share - before) * 12
        talking = any(a <= t < b for a, b in self.talks)
        return Moment(
            t,
            duration,
            self.act,
            moved,
            speed,
            self.facing,
            (0.5 * np.sign(self.facing), 0.0),
            talking,
            wind,
            self.seed,
        )

    def place(self, t: float, duration: float) -> tuple[float, float]:
        """Metres: x and height over the floor."""
        lift = 0.06 * min(1.0, self.figure.height) * np.sin(t * 1.3 + self.seed) if self.y else 0.0
        return self.x + self.travel * (ease(t / max(duration, 0.1)) - 0.5), self.y + lift


def roles(brief: Brief, stage: StageSet) -> list[Role]:
    """Everybody in frame, most important first."""
    people = list(zip(brief.characters, acts(brief), strict=True))[:6]
    figures = [cast(character, brief.genre) for character, _ in people]
    xs = _marks_on_the_floor(brief, figures)
    found = []
    talks = _lines(brief)
    for n, (character, act) in enumerate(people):
        figure = figures[n]
        if n and act.activity == "fly" and figure.medium != "air":
            act = replace(act, activity="look")  # who follows a flier stays on the ground, unless born to the air
        aboard = stage.waterline is not None and figure.medium == "land" and act.activity not in ("swim", "float")
        act = _fitting(act, brief.direction.shot_size)
        at = xs[n]
        facing = (-0.5 if at > 0.01 else 0.5) if len(people) > 1 else 0.45
        pace = MOVING.get(act.activity, 0.0) * figure.pace * brief.seconds
        room = {"extreme-wide": 5.0, "wide": 2.2, "full": 0.8}.get(brief.direction.shot_size, 0.5)
        travel = min(pace, room) * (1 if facing > 0 or len(people) > 1 else -1)
        if len(people) > 1 and pace:
            facing = 0.7
        found.append(
            Role(
                character.id,
                figure,
                replace(act, activity="stand") if aboard and act.activity in RIDDEN else act,
                at,
                float(stage.waterline or 0) if aboard else _height(figure, act, stage, n),
                facing,
                travel,
                talks.get(character.id, ()),
                n * 7,
                aboard,
            )
        )
    return found


def _marks_on_the_floor(brief: Brief, figures: list[Figure]) -> list[float]:
    """Metres: where each stands, side by side about the middle, in the order of their screen sides."""
    sides: dict[str, float] = brief.parameters.get("screen_side", {})
    order = sorted(range(len(figures)), key=lambda n: (sides.get(brief.characters[n].id, 0.0), n))
    xs, x = [0.0] * len(figures), 0.0
    for n in order:
        gap = 0.55 * (figures[n].width + 0.5)
        x += gap
        xs[n] = x
        x += gap
    return [at - x / 2 for at in xs]


def _fitting(act: Act, size: str) -> Act:
    """The act as a frame of ``size`` can show it: hands clear of the face, the face inside the frame."""
    if size in FIRST_ONLY:
        # A face fills the frame: nothing in hand may cover it, and a run would carry it out.
        return replace(act, activity="look" if act.activity in OUT_OF_FRAME else act.activity, prop="", reach=LOW_HANDS)
    if size == "medium":
        return replace(act, activity=UPRIGHT.get(act.activity, act.activity), reach=-0.35)
    return act


def _height(figure: Figure, act: Act, stage: StageSet, n: int) -> float:
    if stage.waterline is not None and (figure.medium == "water" or act.activity in ("swim", "float")):
        return stage.waterline - 0.3 * figure.height  # a swimmer lies in the water, not on it
    if stage.medium in ("water", "space", "air"):
        return 0.9 + 0.25 * (n % 2)
    if figure.medium == "air" or act.activity in ("fly", "float"):
        return 0.9 + 0.3 * (n % 2)
    return 0.0


def _lines(brief: Brief) -> dict[str, tuple[tuple[float, float], ...]]:
    """Character -> seconds in which they speak, in turn."""
    if not brief.dialogue:
        return {}
    step = brief.seconds / len(brief.dialogue)
    found: dict[str, tuple[tuple[float, float], ...]] = {}
    for n, line in enumerate(brief.dialogue):
        found[line.character] = (*found.get(line.character, ()), (n * step + 0.2, (n + 1) * step - 0.2))
    return found


def frame(brief: Brief, cast_: list[Role]) -> Setup:
    """Set up the camera so that the subject has the size that the direction names."""
    size, angle = brief.direction.shot_size, brief.direction.angle
    focal = LENSES[size] / 1000 / SENSOR * brief.width
    what = SPANS[size][0]
    if not cast_:
        return _empty(brief, focal)
    lead = cast_[0]
    marks = lead.figure.marks(lead.moment(brief.seconds / 2, brief.seconds, 0.0))
    group = cast_ if size not in FIRST_ONLY else cast_[:1]
    distance = _distance(brief, cast_, group, marks, focal)
    x = sum(_extent(group)) / 2 if size not in ("medium", *FIRST_ONLY) else lead.x
    if size == "medium" and len(cast_) == 2:  # a two-shot: both in frame, the lead on a third
        most = 0.24 * distance * brief.width / focal
        x += min(most, max(-most, (cast_[1].x - lead.x) / 2))
    head_x = marks.head[0] if what == "head" else 0.0
    if what in ("waist", "chest"):  # a whale's face is far from its middle
        away = lead.x + marks.head[0] - x
        head_x = math.copysign(max(0.0, abs(away) - 0.25 * distance * brief.width / focal), away)
    if what == "head":
        target, at = lead.y + marks.head[1], 0.47 if size == "close" else 0.5
    elif what == "body":
        target, at = lead.y, 0.9 if size == "full" else 0.8
    else:
        target, at = lead.y + marks.top, 0.1
    aside = {"extreme-wide": 0.16, "wide": 0.1}.get(size, 0.05) * (-1 if lead.facing > 0 else 1)
    height = max(0.15, lead.y + marks.top * 0.88 + ANGLES[angle] * brief.height / focal * distance)
    return Setup(
        brief.width,
        brief.height,
        focal,
        distance,
        x + head_x,
        height,
        target,
        at,
        aside if len(group) == 1 else 0.0,
        brief.direction.camera_move,
        brief.seed,
    )


def _distance(brief: Brief, cast_: list[Role], group: list[Role], marks: Marks, focal: float) -> float:
    """Metres from the camera to the stage at which the lead has the height that the shot size names."""
    lead, size = cast_[0], brief.direction.shot_size
    what, share = SPANS[size]
    low, high = {
        "body": (0.0, marks.top), "waist": (marks.waist, marks.top), "chest": (marks.chest, marks.top),
        "head": (marks.head[1] - marks.head[2], marks.head[1] + marks.head[2]),
    }[what]  # fmt: skip
    measured = max(0.05, high - low)
    if what == "body":  # nobody who stands beside the lead may lose their head
        measured = max(measured, *(0.88 * r.figure.height + r.y - lead.y for r in cast_))
    distance = focal * measured / (share * brief.height)
    if size in ("extreme-wide", "wide", "full"):
        left, right = _extent(group)
        distance = max(distance, focal * (right - left + abs(lead.travel)) * 1.12 / brief.width)
    return max(distance, 0.6)


def _extent(group: list[Role]) -> tuple[float, float]:
    """Metres of the stage between which a group stands."""
    return min(r.x - r.figure.width / 2 for r in group), max(r.x + r.figure.width / 2 for r in group)


def _empty(brief: Brief, focal: float) -> Setup:
    """A place without anybody: the size decides how near the camera comes."""
    distance = {"extreme-wide": 16.0, "wide": 11.0, "full": 8.0, "medium": 7.0}.get(brief.direction.shot_size, 6.0)
    height = max(0.3, 1.6 + ANGLES[brief.direction.angle] * brief.height / focal * distance)
    return Setup(
        brief.width, brief.height, focal, distance, 0.0, height, 0.0, 0.82, 0.0, brief.direction.camera_move, brief.seed
    )
