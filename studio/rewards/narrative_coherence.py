"""Narrative coherence: the take against what the story has established."""

from __future__ import annotations

from typing import Any

from studio.rewards import _continuity as continuity
from studio.rewards._game import blocked
from studio.rewards.base import NOBODY, NOWHERE, Footage, Judgement, RewardTerm

SHARES = {
    "cast": 0.35,
    "hour": 0.2,
    "weather": 0.1,
    "action": 0.15,
    "prompt": 0.2,
    "blocking": 0.35,
    "story": 0.35,
    "reading": 1.0,
}
"""How much each check counts; those that do not apply leave their share to the rest."""
DAY, NIGHT = ("morning", "noon", "afternoon"), ("dusk", "dawn", "night")
SEEN = 0.5
"""Probability of the right half of the day above which the picture agrees."""


class Term(RewardTerm):
    """The share of continuity checks that hold: who is there, the hour, the weather, that somebody acts, that nothing
    in the words contradicts the log, and that the picture shows the hour that was asked for. Where a language model is
    at hand, its reading weighs about as much as these. What a person's note asked for is a warning, never a fault."""

    version = "3"

    def score(self, footage: Footage) -> Judgement:
        state = footage.scene_state
        if not state:
            return Judgement(None)
        unasked = {"cast": NOBODY, **dict.fromkeys(("hour", "weather", "prompt"), NOWHERE)} if footage.game else {}
        checks = self._played(footage) if footage.game else self._planned(footage)
        contradictions = continuity.contradictions(footage)
        checks["story"] = max(0.0, 1.0 - len(contradictions))
        faults = [] if footage.game else self._notes(footage, checks)
        if checks.get("blocking", 1.0) < 0.6:
            faults.append(f"blocking: the picture does not move as the action says ({checks['blocking']:.2f} < 0.60)")
        notes = [*faults, *(f"story: {text}" for text in contradictions)]
        if footage.reader is not None:
            checks["reading"], read = footage.reader(account(footage))
            notes += [f"story: {text}" for text in read]
        if state.get("requested"):
            asked = ("cast", "hour", "weather", "story", "reading")
            notes = [f"warning: {note} (a person asked for it)" for note in notes]
            checks = {name: 1.0 if name in asked else value for name, value in checks.items()}
        share = sum(SHARES[name] for name in checks)
        value = sum(SHARES[name] * value for name, value in checks.items()) / share
        return Judgement(value, notes, checks, unasked)

    def _planned(self, footage: Footage) -> dict[str, float]:
        """What the take is meant to show, against what the scene holds."""
        brief, state = footage.brief, footage.scene_state
        checks = {
            "cast": self._cast(footage),
            "hour": float(brief.time_of_day == state.get("time_of_day")),
            "weather": float(brief.weather == state.get("weather")),
            "action": float(bool(brief.action.strip())),
        }
        agreed = self._pictured(footage)
        return checks if agreed is None else {**checks, "prompt": agreed}

    def _played(self, footage: Footage) -> dict[str, float]:
        """Of a game's picture: that it moves the way that the action says."""
        agreed = blocked(footage)
        return {} if agreed is None else {"blocking": agreed}

    def _cast(self, footage: Footage) -> float:
        """1 less the share of those shown who are not in the scene, or who have left the story."""
        shown, away = footage.brief.characters, continuity.gone(footage.facts)
        wrong = sum(c.id not in _list(footage, "present") or c.name.lower() in away for c in shown)
        return 1.0 - wrong / max(1, len(shown))

    def _pictured(self, footage: Footage) -> float | None:
        """Whether the picture shows the half of the day that was asked for; None indoors, close and under water, and
        where the encoder does not read."""
        tight = footage.brief.direction.shot_size in ("medium-close", "close", "extreme-close")
        if footage.encoder is None or tight or footage.scene_state.get("sheltered"):
            return None
        answers = footage.encoder.answer(footage, "time_of_day")
        if answers is None:
            return None
        half = DAY if footage.brief.time_of_day in DAY else NIGHT
        return min(1.0, sum(answers[hour] for hour in half) / SEEN)

    def _notes(self, footage: Footage, checks: dict[str, float]) -> list[str]:
        brief, state = footage.brief, footage.scene_state
        absent = continuity.gone(footage.facts)
        notes = [f"cast: {c.name} has left the story" for c in brief.characters if c.name.lower() in absent]
        strangers = sorted({c.id for c in brief.characters} - set(_list(footage, "present")))
        notes += [f"cast: {name} is not in scene {state.get('number')}" for name in strangers]
        if not checks["hour"]:
            notes.append(f"hour: {brief.time_of_day} in a scene at {state.get('time_of_day')}")
        if not checks["weather"]:
            notes.append(f"weather: {brief.weather} in a scene in {state.get('weather')}")
        if checks.get("prompt", 1.0) < 0.6:
            notes.append(f"prompt: the picture does not look like {brief.time_of_day} ({checks['prompt']:.2f} < 0.60)")
        return notes


def account(footage: Footage) -> dict[str, Any]:
    """What a reader is told: continuity log, the scene with its earlier shots, the take, and what the pictures show."""
    brief, state = footage.brief, footage.scene_state
    names = continuity.names(footage)
    return {
        "continuity_log": footage.facts,
        "scene": {
            "number": state.get("number"), "location": state.get("location", brief.location.name),
            "time_of_day": state.get("time_of_day"), "weather": state.get("weather"),
            "present": [names.get(id, id) for id in _list(footage, "present")],
            "earlier_shots": continuity.earlier(footage),
        },
        "take": {
            "action": brief.action, "characters": [c.name for c in brief.characters],
            "dialogue": [f"{names.get(line.character, line.character)}: {line.text}" for line in brief.dialogue],
            "time_of_day": brief.time_of_day, "weather": brief.weather,
        },
        "seen": _seen(footage),
    }  # fmt: skip


def _seen(footage: Footage) -> dict[str, str]:
    """The encoder's likeliest answer to each question, with its probability."""
    if footage.encoder is None or footage.game or footage.scene_state.get("sheltered"):
        return {}
    found = {}
    for question in ("time_of_day", "weather"):
        answers = footage.encoder.answer(footage, question)
        if answers:
            share, best = max((share, answer) for answer, share in answers.items())
            found[question] = f"{best} ({share:.1f})"
    return found


def _list(footage: Footage, key: str) -> list[str]:
    value = footage.scene_state.get(key, [])
    return [str(v) for v in value] if isinstance(value, list) else []
