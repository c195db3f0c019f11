"""The story bible of a production: who and where, their reference sheets, and how well takes kept to them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from studio.story.document import Character, Location
from studio.viewer.screening import Screening, TakeView

_HEX = re.compile(r"#[0-9a-fA-F]{3,8}")


@dataclass(frozen=True)
class Kept:
    """How one take kept to a subject: the consistency term of the take."""

    take: TakeView
    value: float


@dataclass(frozen=True)
class Sheet:
    """One character or location with its references."""

    subject: Character | Location
    family: str
    references: list[tuple[int, str]]
    """Id of each reference image and its view."""
    scenes: list[int]
    kept: list[Kept]

    @property
    def traits(self) -> list[tuple[str, str]]:
        """What never changes about the subject."""
        look = self.subject.look if isinstance(self.subject.look, dict) else self.subject.look.model_dump()
        told = [(name, ", ".join(value) if isinstance(value, list) else value) for name, value in look.items()]
        return [(name, value) for name, value in told if isinstance(value, str) and value and not _HEX.fullmatch(value)]

    @property
    def colours(self) -> list[tuple[str, str]]:
        """Part -> hex colour, where the look fixes any."""
        look = self.subject.look
        told = look if isinstance(look, dict) else look.colours
        return [(part, value) for part, value in told.items() if _HEX.fullmatch(value)]


def sheets(screening: Screening) -> list[Sheet]:
    """Characters, then locations."""
    document = screening.document
    if document is None:
        return []
    people = [_sheet(screening, who, "characters") for who in document.characters]
    return people + [_sheet(screening, place, "locations") for place in document.locations]


def _sheet(screening: Screening, subject: Character | Location, family: str) -> Sheet:
    prefix = f"{family}/{subject.id}/"
    references = [
        (row.id or 0, row.label.removeprefix(prefix).replace("_", " "))
        for row in screening.record.references
        if row.label.startswith(prefix)
    ]
    assert screening.document is not None
    scenes = [
        scene.number
        for scene in screening.document.scenes
        if subject.id == scene.location
        or subject.id in scene.characters
        or any(subject.id in shot.characters for shot in scene.shots)
    ]
    term = "character_consistency" if family == "characters" else "location_consistency"
    kept = [
        Kept(take, found.value)
        for take in screening.takes()
        if _shows(take, subject.id, family)
        for found in take.terms
        if found.name == term and found.value is not None
    ]
    return Sheet(subject, family, references, scenes, kept)


def _shows(take: TakeView, id: str, family: str) -> bool:
    if family == "locations":
        return bool((take.brief.get("location") or {}).get("id") == id)
    return any(who.get("id") == id for who in take.brief.get("characters") or [])
