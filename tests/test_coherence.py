"""Narrative coherence: takes that contradict the continuity log score below their repaired twins.

The language model is a scripted server with a small judge of its own, which knows only what it is sent."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chat_lab import KEY, Crew, Step, says

from studio.config import Settings, Workspace
from studio.crew import coherence, opening, screenwriting
from studio.crew.production import Production
from studio.errors import ScreenwriterFailed
from studio.llm._asking import AskingScreenwriter
from studio.rewards._continuity import contradictions, gone
from studio.rewards.base import Footage
from studio.rewards.narrative_coherence import Term
from studio.story.brief import Brief
from studio.story.document import Character, Line, Location

PAIRS = tomllib.loads((Path(__file__).parent / "data" / "contradictions.toml").read_text(encoding="utf-8"))["pair"]
OFFLINE = 16
"""Pairs that the offline rules order rightly; the rest need knowledge of the world."""


def footage(pair: dict[str, Any], twin: str) -> Footage:
    def id_of(name: str) -> str:
        return name.lower().removeprefix("the ").replace(" ", "-")

    told, people = pair[twin], [Character(id=id_of(n), name=n, kind="person", description=n) for n in pair["people"]]
    hour, weather, place = (
        pair.get("time_of_day", "noon"),
        pair.get("weather", "clear"),
        pair.get("location", "the place"),
    )
    brief = Brief(
        engine="previz", engine_version="1", prompt="", action=told["action"],
        characters=[who for who in people if who.name in told["shown"]],
        location=Location(id="place", name=place, kind="coast", description="A place."),
        time_of_day=told.get("time_of_day", hour), weather=told.get("weather", weather),
        dialogue=[Line(character=id_of(name), text=text) for name, text in told.get("says", {}).items()],
    )  # fmt: skip
    state: dict[str, object] = {
        "number": 3, "time_of_day": hour, "weather": weather, "location": place, "present": [c.id for c in people],
        "names": {c.id: c.name for c in people}, "shots": [*pair.get("earlier", []), told["action"]],
    }  # fmt: skip
    return Footage(brief, np.zeros((1, 4, 4, 3), np.uint8), facts=list(pair["log"]), scene_state=state)


CANNOT = (
    (r"(?:the )?([\w ]+?) (?:died|is dead|has died)", r"^(?:the )?{0}:|\b{0} (?!lies)\w+s\b|IN FRAME.*\b{0}\b"),
    (r"(?:the )?(\w+) has left", r"IN FRAME.*\b{0}\b"),
    (r"(?:the )?(\w+) lost h\w+ voice", r"^(?:the )?{0}:"),
    (r"(?:the )?(\w+) has gone blind", r"\b{0} (?:reads|watches|sees)"),
    (r"(?:the )?(\w+) is tied", r"\b{0} (?:runs|walks)"),
    (r"(?:the )?(\w+) is locked in the (\w+)", r"\b{0} \w+s .*\bat the (?!{1})\w+"),
    (r"lost h\w+ (sword)", r"draws her {0}"),
    (r"(letter) was burnt", r"(?:unfolds|reads) the {0}"),
    (r"(bridge) has collapsed", r"across the {0}"),
    (r"ate the last (\w+)", r"carries the {0}"),
    (r"(\w+) gave the (\w+) to", r"^TAKE: {0} .*\bthe {1}\b"),
    (r"(schooner) sank", r"steers the {0}"),
    (r"lost his left (arm)", r"both hands"),
    (r"Only \w+ knows that the (\w+) is (\w+)", r"^(?!the ida|ida)[\w ]+: .*\b{0} is {1}"),
    (r"SCENE: night", r"\b(?:noon|sunshine)\b"),
    (r"SCENE: storm", r"\bsunshine\b"),
)
"""(what the account says, what then cannot be in the take): the judge's own rules."""


def judge(told: dict[str, Any]) -> dict[str, Any]:
    """An independent judge of the account that the server was sent."""
    scene, take = told["scene"], told["take"]
    known = [*told["continuity_log"], f"SCENE: {scene['time_of_day']}", f"SCENE: {scene['weather']}"]
    shown = [f"TAKE: {take['action']}", *take["dialogue"], f"IN FRAME {', '.join(take['characters'])}"]
    found = []
    for fact in known:
        for says_, cannot in CANNOT:
            if established := re.search(says_, fact, re.IGNORECASE):
                pattern = cannot.format(*(re.escape(group.lower()) for group in established.groups()))
                found += [f"{fact} But: {s}" for s in shown if re.search(pattern, s, re.IGNORECASE)]
    found += [
        f"The scene is at {scene[key]}, the take at {take[key]}."
        for key in ("time_of_day", "weather")
        if scene[key] != take[key]
    ]
    return {"score": 0.1 if found else 1.0, "contradictions": found[:8]}


@pytest.fixture
def crew(space: Workspace, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Crew, Production]]:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setattr(AskingScreenwriter, "pause", staticmethod(lambda seconds: None))
    server = Crew(reading=lambda told: says(judge(told)))
    yield server, production(space, server)
    server.close()


def production(space: Workspace, server: Crew) -> Production:
    settings = Settings.model_validate(
        {"director": {"llm": "openai", "model": "tiny", "base_url": f"{server.url}/v1", "timeout_seconds": 5},
         "openai": {"price_in": 2.0, "price_out": 8.0}}
    )  # fmt: skip
    slate, policy = opening.write_slate(space, settings, prompt="A film", name=None)
    return opening.open_production(space, slate, policy)


def scores(pair: dict[str, Any], reader: Any = None) -> tuple[float, float]:
    values = []
    for twin in ("wrong", "right"):
        seen = footage(pair, twin)
        seen.reader = reader
        values.append(Term().score(seen).value)
    assert None not in values
    return values[0] or 0.0, values[1] or 0.0


def test_there_are_twenty_pairs_of_different_kinds() -> None:
    assert len({pair["kind"] for pair in PAIRS}) == 20


def test_with_a_language_model_every_contradiction_scores_below_its_twin(crew: tuple[Crew, Production]) -> None:
    server, made = crew
    reader = coherence.reader(made)
    for pair in PAIRS:
        wrong, right = scores(pair, reader)
        assert right - wrong > 0.25, pair["kind"]
        assert right >= 0.99, pair["kind"]
    assert len(server.roles) == 40 and set(server.roles) == {"reading"}


def test_the_offline_rules_order_sixteen_of_twenty_and_none_the_wrong_way() -> None:
    ordered = {pair["kind"]: scores(pair) for pair in PAIRS}
    assert sum(wrong < right for wrong, right in ordered.values()) >= OFFLINE, ordered
    assert all(wrong <= right for wrong, right in ordered.values()), ordered
    assert all(right == 1.0 for _, right in ordered.values()), "a repaired take is not blamed"


def test_what_the_model_says_is_in_the_notes_and_moves_the_score(crew: tuple[Crew, Production]) -> None:
    seen = footage(next(pair for pair in PAIRS if pair["kind"] == "a secret is known"), "wrong")
    plain = Term().score(seen)
    seen.reader = coherence.reader(crew[1])
    read = Term().score(seen)
    assert plain.value == 1.0 and read.value is not None and read.value < 0.6
    assert read.checks["reading"] == 0.1 and any("poisoned" in note for note in read.notes if note.startswith("story:"))


def test_what_a_person_asked_for_is_a_warning(crew: tuple[Crew, Production]) -> None:
    seen = footage(PAIRS[0], "wrong")
    seen.scene_state["requested"], seen.reader = True, coherence.reader(crew[1])
    judged = Term().score(seen)
    assert judged.value == 1.0 and judged.notes and all(note.startswith("warning:") for note in judged.notes)


def test_the_same_take_is_read_once_and_its_tokens_count_once(crew: tuple[Crew, Production], space: Workspace) -> None:
    server, made = crew
    reader, seen = coherence.reader(made), footage(PAIRS[0], "wrong")
    for _ in range(3):
        seen.reader = reader
        Term().score(seen)
    assert server.roles == ["reading"]
    assert screenwriting.spent(made) == (11, (5 * 2.0 + 6 * 8.0) / 1e6)
    other = production(space, server)
    seen.reader = coherence.reader(other)
    Term().score(seen)
    assert server.roles == ["reading"] and screenwriting.spent(other) == (0, 0.0), "what another asked is not charged"


def test_unusable_readings_stop_resumably_and_their_tokens_count(crew: tuple[Crew, Production]) -> None:
    server, made = crew
    seen = footage(PAIRS[0], "wrong")
    seen.reader = coherence.reader(made)
    bad: dict[str, Step] = {
        "above one": says({"score": 7, "contradictions": []}), "no score": says({"contradictions": []}),
        "no number": says('{"score": NaN, "contradictions": []}'),
        "a word": says({"score": "high", "contradictions": []}),
    }  # fmt: skip
    for asked, answer in enumerate(bad.values(), 1):
        server.instead["reading"] = lambda told, answer=answer: answer
        with pytest.raises(ScreenwriterFailed, match=r"no usable Reading.*resume"):
            Term().score(seen)
        assert screenwriting.spent(made)[0] == asked * 3 * 11
    server.instead.clear()
    assert Term().score(seen).value is not None


@pytest.mark.parametrize(
    ("facts", "who"),
    [
        (["The captain has died."], {"captain"}),
        (["Mira leaves."], {"mira"}),
        (["Mira leaves.", "Mira returns."], set()),
        (["Mira leaves a letter on the table."], set()),
        (["The king has gone blind."], set()),
        (["Ana has gone home."], {"ana"}),
        (["The captain has been at the bottom of the sea."], set()),
        (["The dog left for the hills."], {"dog"}),
    ],
)
def test_who_has_left_the_story(facts: list[str], who: set[str]) -> None:
    assert {name.removeprefix("the ") for name in gone(facts)} == who


@pytest.mark.parametrize(
    ("log", "action"),
    [
        (["Ana lost her sword."], "Ana searches the river for her sword."),
        (["Ana lost her sword.", "Ana finds the sword."], "Ana draws her sword."),
        (["The lamp is broken.", "The lamp is mended."], "Ana lights the lamp."),
        (["The thief is tied to the chair.", "The thief escapes."], "The thief runs away."),
        (["The wolf is dead."], "The child dreams of the wolf."),
        ([], "Ana waits until midnight."),
        ([], "Ana dreams of sunshine after the night."),
    ],
)
def test_rules_do_not_blame_what_is_mended_or_only_spoken_of(log: list[str], action: str) -> None:
    pair = {"log": log, "people": ["Ana", "the thief"], "right": {"action": action, "shown": ["Ana"]}}
    assert contradictions(footage(pair, "right")) == []
