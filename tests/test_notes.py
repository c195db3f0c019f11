"""What the critic notes is answered by slots that help; what a picture does not show is no difference."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest

from studio.crew import enricher
from studio.crew.notes import ANSWERS, answer_notes
from studio.engines import previz
from studio.perception.encoders.base import ImageEncoder, Likely
from studio.plugins import load, names
from studio.rewards.base import Footage
from studio.story.brief import Brief
from studio.story.direction import SLOTS, Direction
from studio.story.document import Character, Location

LAST = {slot: values[0] for slot, values in SLOTS.items()}


class Stranger(ImageEncoder):
    """Knows nobody and no place, and reads every question as its last answer."""

    def who(self, footage: Footage, character: str) -> Likely | None:
        return Likely(0.1, 2)

    def where(self, footage: Footage) -> Likely | None:
        return Likely(0.1, 1)

    def answer(self, footage: Footage, question: str) -> dict[str, float] | None:
        from studio.perception.questions import QUESTIONS

        return {word: float(word == list(QUESTIONS[question])[-1]) for word in QUESTIONS[question]}


def dark_take() -> Footage:
    """Grey without an edge, where nothing moves, framed three times the same way."""
    direction = Direction(**{**LAST, "shot_size": "wide"})
    brief = Brief(
        engine="previz", engine_version="1", prompt="a fox", negative_prompt="", seed=1, width=64, height=48, frames=9,
        fps=24.0, direction=direction, action="The fox sleeps.", time_of_day="noon", weather="clear",
        location=Location(id="wood", name="the wood", kind="forest", description="a wood"),
        characters=[Character(id="fox", name="the fox", kind="fox", description="a red fox")],
    )  # fmt: skip
    frames = np.zeros((6, 48, 64, 3), np.uint8)
    beside = [{**direction.model_dump(), "scene": "1"}] * 2
    thumbs = np.stack([cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in np.repeat(frames, 5, 0)])
    state = {"number": 1, "time_of_day": "noon", "weather": "clear", "present": ["fox"]}
    return Footage(brief, frames, {}, thumbs, neighbours=beside, scene_state=state, encoder=Stranger())


def test_every_check_that_a_direction_can_mend_is_answered() -> None:
    """The notes are those that the terms write, under the names that they give."""
    noted: list[str] = []
    for name in ("visual_quality", "character_consistency", "location_consistency", "narrative_coherence"):
        noted += load("rewards", name).Term().score(dark_take()).notes
    heads = {note.split(":")[0] for note in noted}
    assert {"exposure", "contrast", "sharpness", "motion", "character", "place"} <= heads
    assert heads <= set(ANSWERS), "a note that nothing answers costs a take and changes nothing"


@pytest.mark.parametrize("check", ANSWERS)
def test_an_answer_is_a_slots_own_value_and_differs_from_the_last_take(check: str) -> None:
    assert all(value in SLOTS[slot] for slot, value in ANSWERS[check])
    for slot, value in answer_notes([f"{check}: low"], LAST, {}, 1).items():
        assert value != LAST[slot]


def test_what_the_plan_fixes_is_no_answer() -> None:
    assert answer_notes(["place: unlike"], {"lighting": "golden"}, {"lighting": "golden", "shot_size": "wide"}, 1) == {}


def test_every_engine_names_slots_that_exist() -> None:
    for name in names("engines"):
        assert set(load("engines", name).Engine.capabilities.shows) <= set(SLOTS)
    assert "continuity" not in previz.Engine.capabilities.shows


def test_a_retake_keeps_what_the_engine_does_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}

    class Learner:
        def __init__(self, production: Any) -> None: ...

        def state(self, *told: Any) -> str:
            return ""

        def decide(self, version: str, state: str, forced: dict[str, str], seed: int, avoid: Any) -> dict[str, Any]:
            asked.update(forced)
            return {"direction": LAST}

    take = SimpleNamespace(number=1, data={"direction": LAST, "critic": {"notes": []}})
    production: Any = SimpleNamespace(
        memory=SimpleNamespace(takes=lambda *shot: [take]), name="film", slate=SimpleNamespace(seed=0),
        engine_of=lambda scene: previz.Engine,
    )  # fmt: skip
    monkeypatch.setattr(enricher, "Learner", Learner)
    monkeypatch.setattr(enricher, "write_brief", lambda *told, **more: None)
    monkeypatch.setattr(enricher, "first_frame", lambda *told: ("", ""))
    monkeypatch.setattr(enricher.requests, "by_id", lambda *told: None)
    monkeypatch.setattr(enricher, "_answer", lambda *told: "")
    scene, shot = (
        SimpleNamespace(number=1, time_of_day="noon", weather="clear"),
        SimpleNamespace(number=1, direction={}),
    )
    enricher.prepare(production, scene, shot, 2, "version", 1)  # type: ignore[arg-type]
    assert asked == {slot: LAST[slot] for slot in ("detail", "continuity", "style")}
