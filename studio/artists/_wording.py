"""A commission in words, as image models want them: what matters first, for a text encoder may cut off the end."""

from __future__ import annotations

from studio.artists.base import Commission
from studio.story.document import Character

SHOWN = {
    "front": "head and shoulders portrait, facing the camera",
    "three_quarter": "head and shoulders portrait, three-quarter view, face turned to one side",
    "full_body": "full body from head to feet, standing, whole figure in frame",
    "wide": "wide establishing view of the whole place",
    "detail": "closer view of a characteristic corner of the same place",
}
GROUND = "alone on a plain white background"
EMPTY = "nobody there, even daylight"
AVOIDED = {
    "characters": "background, scenery, other people, several views, text, watermark, extra limbs, blurry",
    "locations": "people, animals, text, watermark, frame, blurry",
}
"""For models that can be told what to leave out."""


def prompt(commission: Commission) -> str:
    """One line for an image model."""
    subject = commission.subject
    who = _person(subject) if isinstance(subject, Character) else _sentence(subject.description or subject.name)
    ground = GROUND if isinstance(subject, Character) else EMPTY
    style = commission.style or f"{commission.genre} film"
    return f"{SHOWN[commission.view]}, {ground}: {who}, {style}"


def avoided(commission: Commission) -> str:
    """What the picture should not show."""
    return AVOIDED[commission.label.partition("/")[0]]


def _person(who: Character) -> str:
    """The description, and what of the look it does not say."""
    told, look = _sentence(who.description or who.name), who.look
    hair = f"{look.hair} hair" if look.hair and "hair" not in look.hair else look.hair
    unsaid = [word for word in (hair, *look.clothes, *look.props) if word and word.lower() not in told.lower()]
    kind = "" if who.kind == "person" or who.kind in told.lower() else f"{who.kind}, "
    return f"{kind}{told}{', ' if unsaid else ''}{', '.join(unsaid)}"


def _sentence(text: str) -> str:
    return " ".join(text.split()).rstrip(".")
