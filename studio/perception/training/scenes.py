"""Briefs that film made-up characters in made-up places in every way the director may, with captions."""

from __future__ import annotations

import numpy as np

from studio.perception.questions import QUESTIONS
from studio.perception.training.identities import HELD_OUT_GENRES
from studio.previz.figure import ACTIVITIES, FEELINGS
from studio.story.brief import Brief
from studio.story.direction import SLOTS, Direction
from studio.story.document import GENRES, TIMES, WEATHERS, Character, Location

SIZES = (0.1, 0.15, 0.2, 0.2, 0.15, 0.13, 0.07)
"""How often each shot size is filmed: the extremes teach least."""
_VERBS = {"stand": "stands still", "look": "looks around", "listen": "listens", "lie": "lies down"}


def brief(rng: np.random.Generator, cast: list[Character], location: Location, held_out: bool, width: int) -> Brief:
    """One shot of ``cast`` (most important first) at ``location``: everything else is drawn from ``rng``."""
    slots = {slot: str(rng.choice(values)) for slot, values in SLOTS.items()}
    slots["shot_size"] = str(rng.choice(SLOTS["shot_size"], p=SIZES))
    if rng.uniform() < 0.5:
        slots["lighting"] = "natural"
    # Nobody can be told apart in silhouette: such takes are not scored for character, so few are needed.
    if slots["lighting"] == "silhouette" and rng.uniform() < 0.8:
        slots["lighting"] = "low-key"
    genres = [g for g in GENRES if held_out or g not in HELD_OUT_GENRES]
    genre = "noir" if rng.uniform() < 0.12 else str(rng.choice(genres))
    activity = str(rng.choice(ACTIVITIES))
    lead = cast[0].name if cast else "nobody"
    return Brief(
        engine="previz", engine_version="training", prompt="", seed=int(rng.integers(2**31)),
        width=width, height=round(width * 480 / 832), frames=int(rng.integers(48, 132)), direction=Direction(**slots),
        action=f"The {lead} {_VERBS.get(activity, activity + 's')}, {rng.choice(FEELINGS)}.", characters=cast,
        location=location, time_of_day=str(rng.choice(TIMES)),
        weather=str(rng.choice(WEATHERS)) if rng.uniform() < 0.5 else "clear", genre=genre,
        beat=str(rng.choice(("setup", "turn", "crisis", "resolution"))),
        parameters={"screen_side": {c.id: float(s) for c, s in zip(cast, rng.permutation([-1.0, 1.0]), strict=False)}},
    )  # fmt: skip


def phrases(shot: Brief) -> dict[str, str]:
    """What a caption may say of a shot, by question; the critic asks in the same words."""
    asked = {**shot.direction.model_dump(), **shot.model_dump(include={"time_of_day", "weather"}),
             "place": shot.location.kind}  # fmt: skip
    return {
        **{question: answers[asked[question]] for question, answers in QUESTIONS.items()},
        "genre": f"{shot.genre} film",
        "who": " and ".join(c.description for c in shot.characters) or "nobody in sight",
    }
