"""Narrative coherence: the take against what the story has established."""

from __future__ import annotations

import re

from studio.rewards.base import Footage, Judgement, RewardTerm

SHARES = {"cast": 0.35, "hour": 0.2, "weather": 0.1, "action": 0.15, "prompt": 0.2}
"""How much each check counts; those that do not apply leave their share to the rest."""
DAY, NIGHT = ("morning", "noon", "afternoon"), ("dusk", "dawn", "night")
SEEN = 0.5
"""Probability of the right half of the day above which the picture agrees."""
_GONE = re.compile(r"^(?:The |the )?(.+?) (?:has left|leaves|is gone|has gone|has died|dies|is dead)\b", re.I)
_BACK = re.compile(r"^(?:The |the )?(.+?) (?:is back|returns|has returned|comes back)\b", re.I)


class Term(RewardTerm):
    """The share of continuity checks that hold: who is there, the hour, the weather, that somebody acts, and that the
    picture shows the hour that was asked for. What a person's note asked for is a warning, never a fault."""

    version = "2"

    def score(self, footage: Footage) -> Judgement:
        brief, state = footage.brief, footage.scene_state
        if not state:
            return Judgement(None)
        checks = {
            "cast": self._cast(footage),
            "hour": float(brief.time_of_day == state.get("time_of_day")),
            "weather": float(brief.weather == state.get("weather")),
            "action": float(bool(brief.action.strip())),
        }
        agreed = self._pictured(footage)
        if agreed is not None:
            checks["prompt"] = agreed
        notes = self._notes(footage, checks)
        if state.get("requested"):
            notes = [f"warning: {note} (a person asked for it)" for note in notes]
            checks = {name: 1.0 if name in ("cast", "hour", "weather") else value for name, value in checks.items()}
        share = sum(SHARES[name] for name in checks)
        return Judgement(sum(SHARES[name] * value for name, value in checks.items()) / share, notes, checks)

    def _cast(self, footage: Footage) -> float:
        """1 less the share of those shown who are not in the scene, or who have left the story."""
        shown = footage.brief.characters
        wrong = sum(c.id not in _list(footage, "present") or c.name.lower() in gone(footage.facts) for c in shown)
        return 1.0 - wrong / max(1, len(shown))

    def _pictured(self, footage: Footage) -> float | None:
        """Whether the picture shows the half of the day that was asked for; None indoors, close and under water."""
        tight = footage.brief.direction.shot_size in ("medium-close", "close", "extreme-close")
        if footage.encoder is None or tight or footage.scene_state.get("sheltered"):
            return None
        answers = footage.encoder.answer(footage, "time_of_day")
        half = DAY if footage.brief.time_of_day in DAY else NIGHT
        return min(1.0, sum(answers[hour] for hour in half) / SEEN)

    def _notes(self, footage: Footage, checks: dict[str, float]) -> list[str]:
        brief, state = footage.brief, footage.scene_state
        absent = gone(footage.facts)
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


def gone(facts: list[str]) -> set[str]:
    """Lower-case names of those who, by the continuity log, have left and not returned."""
    away: set[str] = set()
    for fact in facts:
        if left := _GONE.match(fact):
            away |= {left.group(1).lower(), f"the {left.group(1).lower()}"}
        if back := _BACK.match(fact):
            away -= {back.group(1).lower(), f"the {back.group(1).lower()}"}
    return away


def _list(footage: Footage, key: str) -> list[str]:
    value = footage.scene_state.get(key, [])
    return [str(v) for v in value] if isinstance(value, list) else []
