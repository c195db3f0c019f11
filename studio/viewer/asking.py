"""What the forms of a production are drawn from."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from studio.crew import requests, wardrobe
from studio.crew.delivery import FORMATS
from studio.plugins import names
from studio.story.direction import SLOTS
from studio.story.document import Character
from studio.viewer.screening import Screening


def choices() -> Markup:
    """A select for each slot of a direction; the same in every form, so it is written once."""
    parts = []
    for slot, values in SLOTS.items():
        options = Markup("").join(Markup('<option value="{0}">{0}</option>').format(value) for value in values)
        label = slot.replace("_", " ")
        parts.append(
            Markup('<label>{}<select name="{}"><option value="">as it comes</option>{}</select></label>').format(
                label, slot, options
            )
        )
    return Markup("").join(parts)


def asked(screening: Screening, *kinds: str) -> list[Any]:
    """Open requests of some kinds, or of all."""
    return [r for r in screening.record.requests if not r.done and (not kinds or r.kind in kinds)]


def turn(screening: Screening, kind: str, scene: int = 0, shot: int = 0, character: str = "") -> int:
    """How often this was asked so far. No random number: a live page is drawn the same while nothing changes."""
    place = (scene, shot, character)
    return sum(r.kind == kind and (r.scene, r.shot, r.character) == place for r in screening.record.requests)


def look_of(screening: Screening, character: str) -> Character:
    """A character as it was last asked to look, whether or not the graph has acted on that yet."""
    assert screening.document is not None
    data: dict[str, Any] = screening.document.model_dump(mode="json")
    for request in asked(screening, "look"):
        data = wardrobe.worn(data, request.character, request.look) or data
    return Character.model_validate(next(who for who in data["characters"] if who["id"] == character))


GLOBALS = {
    "choices": choices(), "formats": names(FORMATS), "asked": asked, "turn": turn, "look_of": look_of,
    "tell": requests.tell, "csrf": "",
}  # fmt: skip
"""Names that templates know; whoever opens the door sets ``csrf``."""
