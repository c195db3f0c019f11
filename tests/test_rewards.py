"""Each reward term puts a good clip above one that is degraded in what the term measures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest

from studio.artists.base import at_hour
from studio.perception.encoders import WEIGHTS, installed
from studio.perception.sampling import THUMB
from studio.perception.training import identities, scenes
from studio.plugins import load
from studio.previz.film import Film
from studio.previz.sheets import character_sheet, location_sheet
from studio.rewards.base import Footage
from studio.story.brief import Brief
from studio.story.document import LIT_HOURS

SIZES = ("wide", "full", "medium", "medium-close", "close")
OPEN = ("forest", "field", "coast", "mountain", "village", "desert", "park", "farm")
VIEWS = ("front", "three_quarter", "full_body")


def shot(seed: int, **direction: str) -> Brief:
    """A right take of one person outdoors, in a varied direction."""
    rng = np.random.default_rng([seed, 77])
    who = identities.character(rng)
    where = identities.place(rng).model_copy(update={"kind": OPEN[seed % len(OPEN)]})
    brief = scenes.brief(rng, [who], where, False, 832)
    slots = {
        **brief.direction.model_dump(),
        "shot_size": SIZES[seed % 5],
        "angle": "eye",
        "lighting": "natural",
        **direction,
    }
    return brief.model_copy(update={
        "direction": type(brief.direction)(**slots), "frames": 24, "weather": "clear",
        "time_of_day": ("morning", "noon", "night")[seed % 3], "genre": ("drama", "noir", "fairy-tale", "adventure")[seed % 4],
    })  # fmt: skip


def filmed(brief: Brief, asked: Brief | None = None) -> Footage:
    """What the critic sees of ``brief``'s pictures where ``asked`` (or itself) was to be filmed."""
    asked, film = asked or brief, Film(brief)
    frames = [film.frame(n) for n in range(brief.frames)]
    thumbs = [cv2.resize(cv2.cvtColor(f, cv2.COLOR_RGB2GRAY), THUMB, interpolation=cv2.INTER_AREA) for f in frames]
    references = {f"characters/{c.id}/{v}": character_sheet(c, v, asked.genre) for c in asked.characters for v in VIEWS}
    references |= {
        f"locations/{asked.location.id}/{at_hour(v, hour)}": location_sheet(asked.location, v, asked.genre, hour=hour)
        for v in ("wide", "detail")
        for hour in ("", *(h for h in LIT_HOURS if h == asked.time_of_day))
    }
    state = {"number": 1, "time_of_day": asked.time_of_day, "weather": asked.weather,
             "present": [c.id for c in asked.characters], "absent": []}  # fmt: skip
    sampled = np.stack([frames[n] for n in np.linspace(0, brief.frames - 1, 7).round().astype(int)[1:-1]])
    return Footage(asked, sampled, references, np.stack(thumbs), scene_state=state, encoder=installed())


def each_frame(good: Footage, change: Callable[[np.ndarray], np.ndarray]) -> Footage:
    assert good.thumbs is not None
    return replace(
        good, frames=np.stack([change(f) for f in good.frames]), thumbs=np.stack([change(t) for t in good.thumbs])
    )


def spoiled(good: Footage, seed: int) -> Footage:
    """The same pictures too dark, flat, blurred, frozen, flickering, or burnt out."""
    assert good.thumbs is not None
    kind = seed % 6
    if kind == 0:
        return each_frame(good, lambda f: (f * 0.1).astype(np.uint8))
    if kind == 1:
        return each_frame(good, lambda f: (110 + (f.astype(float) - 110) * 0.08).astype(np.uint8))
    if kind == 2:
        return each_frame(good, lambda f: cv2.GaussianBlur(f, (0, 0), 9))
    if kind == 3:
        return replace(good, thumbs=np.repeat(good.thumbs[:1], len(good.thumbs), 0))
    if kind == 4:
        swing = 1 + 0.35 * (np.arange(len(good.thumbs)) % 2)
        return replace(good, thumbs=np.clip(good.thumbs * swing[:, None, None], 0, 255).astype(np.uint8))
    return each_frame(good, lambda f: np.clip(f.astype(float) * 1.2 + 150, 0, 255).astype(np.uint8))


def somebody_else(seed: int) -> tuple[Footage, Footage]:
    brief = shot(seed)
    other = identities.character(np.random.default_rng([seed, 78])).model_copy(update={"id": brief.characters[0].id})
    return filmed(brief), filmed(brief.model_copy(update={"characters": [other]}), brief)


def somewhere_else(seed: int) -> tuple[Footage, Footage]:
    brief = shot(seed, shot_size=("wide", "full", "medium")[seed % 3])
    other = brief.location.model_copy(update={"kind": OPEN[(seed + 3) % len(OPEN)], "id": "elsewhere"})
    return filmed(brief), filmed(brief.model_copy(update={"location": other}), brief)


def another_hour(seed: int) -> tuple[Footage, Footage]:
    brief = shot(seed, shot_size=("wide", "full", "medium")[seed % 3]).model_copy(
        update={"time_of_day": "noon", "genre": "drama"}
    )
    return filmed(brief), filmed(brief.model_copy(update={"time_of_day": "night"}), brief)


def picture(seed: int) -> tuple[Footage, Footage]:
    good = filmed(shot(seed))
    return good, spoiled(good, seed)


PAIRS: dict[str, Callable[[int], tuple[Footage, Footage]]] = {
    "visual_quality": picture, "character_consistency": somebody_else, "location_consistency": somewhere_else,
    "narrative_coherence": another_hour,
}  # fmt: skip


def ordered(term: str, count: int) -> float:
    """Share of ``count`` pairs of which the good one scores higher."""
    judge: Any = load("rewards", term).Term()
    better = 0
    for seed in range(count):
        good, bad = (judge.score(footage).value for footage in PAIRS[term](seed))
        assert good is not None and bad is not None
        better += good > bad
    return better / count


@pytest.mark.skipif(not WEIGHTS.is_file(), reason="studio-clip is not trained")
@pytest.mark.parametrize("term", PAIRS)
def test_a_good_clip_scores_above_a_degraded_one(term: str) -> None:
    assert ordered(term, 2) == 1


@pytest.mark.slow
@pytest.mark.skipif(not WEIGHTS.is_file(), reason="studio-clip is not trained")
@pytest.mark.parametrize("term", PAIRS)
def test_nineteen_of_twenty_pairs_are_ordered(term: str) -> None:
    assert ordered(term, 50) >= 0.95


def test_the_weights_are_small_and_hold_their_calibration() -> None:
    assert WEIGHTS.stat().st_size <= 25 * 2**20
    from studio.perception.studio_clip import StudioClip

    _, calibration = StudioClip.load(WEIGHTS)
    assert {"character", "place"} <= set(calibration) and "all" in calibration["character"]


def test_who_has_left_the_story_is_not_in_the_next_scene_without_a_return() -> None:
    from studio.rewards._continuity import gone

    assert "the fox" in gone(["The fox has left."])
    assert not gone(["The fox has left.", "The fox is back."])


def test_what_a_person_asked_for_is_a_warning_and_costs_nothing() -> None:
    brief = shot(0)
    state = {"number": 1, "time_of_day": "dusk", "weather": "clear", "present": [brief.characters[0].id]}
    judge = load("rewards", "narrative_coherence").Term()
    plain = judge.score(Footage(brief, np.zeros((1, 4, 4, 3), np.uint8), scene_state=state))
    asked = judge.score(Footage(brief, np.zeros((1, 4, 4, 3), np.uint8), scene_state={**state, "requested": True}))
    assert plain.value < asked.value == 1.0 and asked.notes[0].startswith("warning")
