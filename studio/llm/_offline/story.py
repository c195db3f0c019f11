"""Story: sentences for each beat, made of who, where and what the prompt itself says."""

from __future__ import annotations

from typing import Any

from studio.llm._offline.reading import Reading

BEATS = ("setup", "turn", "crisis", "resolution")
ELSEWHERE = {
    "lighthouse": ("coast", "sea"), "coast": ("sea", "village"), "sea": ("coast", "underwater"), "forest": ("river", "village"),
    "rooftop": ("street", "room"), "street": ("rooftop", "cafe"), "village": ("field", "forest"), "castle": ("forest", "hall"),
    "spaceship": ("space", "planet"), "space": ("spaceship", "planet"), "planet": ("spaceship", "cave"),
    "kitchen": ("market", "room"), "room": ("street", "garden"), "school": ("park", "room"), "desert": ("mountain", "cave"),
    "mountain": ("forest", "cave"), "farm": ("field", "market"), "garden": ("room", "field"), "ship": ("sea", "island"),
    "underwater": ("sea", "cave"), "snowfield": ("mountain", "cave"), "laboratory": ("street", "room"),
    "library": ("street", "room"), "station": ("street", "field"), "harbour": ("sea", "street"), "market": ("street", "kitchen"),
    "graveyard": ("forest", "village"), "park": ("street", "room"), "river": ("forest", "field"), "island": ("sea", "cave"),
}  # fmt: skip
"""Where a story goes from a place."""

TWO = {
    "setup": ("{a} walks across {p}.", "{a} looks out over {p} and {goal}.", "{a} works at {p}, alone."),
    "turn": ("{a} finds {b} at {p}.", "{a} talks to {b}, who listens closely.", "{b} walks towards {a} at {p}."),
    "crisis": ("{b} runs away across {p}, and {a} follows.", "{a} searches {p} for {b}, afraid to be too late.", "{a} stumbles at {p} while {b} looks on."),
    "resolution": ("{a} hugs {b} at {p}.", "{a} and {b} sit side by side at {p} and smile.", "{b} dances at {p}, and {a} laughs."),
}  # fmt: skip
ONE = {
    "setup": ("{a} walks across {p}.", "{a} looks around {p} and {goal}."),
    "turn": ("{a} discovers something new at {p}.", "{a} kneels down at {p} and looks closer."),
    "crisis": ("{a} runs across {p} as everything goes wrong.", "{a} stands alone at {p}, afraid and tired."),
    "resolution": ("{a} smiles at {p}, for the work is done.", "{a} waves goodbye to {p}."),
}  # fmt: skip
NONE = {
    "setup": ("{P} lies quiet and waits.", "The light moves slowly over {p}."),
    "turn": ("The air changes at {p}.", "Shadows cross {p}."),
    "crisis": ("The wind takes hold of {p}.", "Nothing at {p} stands still."),
    "resolution": ("{P} comes to rest again.", "A new day begins over {p}."),
}  # fmt: skip


def sentence(
    beat: str, k: int, n: int, total: int, reading: Reading, cast: list[dict[str, Any]], place: dict[str, Any],
    used: list[str],
) -> str:  # fmt: skip
    """The action of shot ``k`` of scene ``n`` as a whole sentence; the prompt's own words open and carry the story."""
    names = [c["name"] for c in cast]
    first = names[0] if names else ""
    if reading.predicate and first and beat in ("setup", "turn") and k == 1 and n < total / 2 and n > 0:
        text = f"{first} {reading.predicate.rstrip('.')}."
        return text[0].upper() + text[1:]
    bank = TWO if len(names) > 1 else ONE if names else NONE
    options = bank[beat]
    goal = "wonders what the day will bring" if not reading.predicate else "dreams of what is to come"
    name = place["name"]
    values = {
        "a": first,
        "b": names[1] if len(names) > 1 else "",
        "p": name,
        "P": name[0].upper() + name[1:],
        "goal": goal,
    }
    sentences = [option.format(**values) for option in options]
    sentences = [text[0].upper() + text[1:] for text in sentences]
    fresh = [text for text in sentences if text not in used]
    return fresh[n % len(fresh)] if fresh else sentences[0]
