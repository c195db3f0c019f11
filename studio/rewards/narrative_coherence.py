"""Narrative coherence: the take against what the story has established."""

from __future__ import annotations

from studio.rewards.base import Footage, Judgement, RewardTerm

SHARES = {"cast": 0.4, "hour": 0.25, "weather": 0.15, "action": 0.2}
"""How much each check counts."""


class Term(RewardTerm):
    """The share of continuity checks that hold: who is in frame, the hour, the weather, that somebody acts."""

    version = "1"

    def score(self, footage: Footage) -> Judgement:
        brief, state = footage.brief, footage.scene_state
        if not state:
            return Judgement(None)
        present, absent = set(_list(state, "present")), set(_list(state, "absent"))
        shown = {character.id for character in brief.characters}
        strangers = sorted(shown & absent)
        checks = {
            "cast": 1.0 - len(shown - present) / max(1, len(shown)),
            "hour": 1.0 if brief.time_of_day == state.get("time_of_day") else 0.0,
            "weather": 1.0 if brief.weather == state.get("weather") else 0.0,
            "action": 1.0 if brief.action.strip() else 0.0,
        }
        notes = [f"cast: {name} is not in scene {state.get('number')}" for name in strangers]
        if not checks["hour"]:
            notes.append(f"hour: {brief.time_of_day} in a scene at {state.get('time_of_day')}")
        if not checks["weather"]:
            notes.append(f"weather: {brief.weather} in a scene in {state.get('weather')}")
        return Judgement(
            0.4 * checks["cast"] + 0.25 * checks["hour"] + 0.15 * checks["weather"] + 0.2 * checks["action"],
            notes,
            checks,
        )


def _list(state: dict[str, object], key: str) -> list[str]:
    value = state.get(key, [])
    return [str(v) for v in value] if isinstance(value, list) else []
