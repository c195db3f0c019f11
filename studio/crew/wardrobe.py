"""Wardrobe: what a person changes about a character's look, in the plan and so in every shot."""

from __future__ import annotations

import re
from typing import Any

from pydantic import ValidationError

from studio.errors import BadInput
from studio.story.document import Character, CreativeDocument, Look

FIELDS = (*Look.model_fields, "description")
LISTS = ("clothes", "props")
_HEX = re.compile(r"#[0-9a-fA-F]{6}")
_WORN = ("top", "bottom", "shoes", "hat")
"""Colours that belong to garments: a new garment brings its own."""


def check_look(document: CreativeDocument, character: str, look: dict[str, Any]) -> dict[str, Any]:
    """What of ``look`` really changes, as plain data; raises BadInput in one line."""
    known = {who.id: who for who in document.characters}
    if character not in known:
        raise BadInput(f"no character {character!r}; there are: {', '.join(known) or 'none'}")
    now = {**known[character].look.model_dump(), "description": known[character].description}
    changed = {}
    for name, value in look.items():
        if name not in FIELDS:
            raise BadInput(f"unknown look {name!r}; choose from: {', '.join(FIELDS)}")
        if name in LISTS and isinstance(value, str):
            value = [part.strip() for part in value.split(",") if part.strip()]
        if name == "colours":
            value = {**now["colours"], **_colours(value)}
        if value != now[name]:
            changed[name] = value
    if changed.get("description", "?").strip() == "":
        raise BadInput(f"the description of {character} is empty; say in a sentence what an artist should draw")
    worn(document.model_dump(mode="json"), character, changed)
    return changed


def _colours(given: dict[str, str]) -> dict[str, str]:
    for part, value in given.items():
        if not _HEX.fullmatch(value):
            raise BadInput(f"colour of {part} is {value!r}; it must be of the form #a1b2c3")
    return given


def worn(plan: dict[str, Any], character: str, look: dict[str, Any]) -> dict[str, Any] | None:
    """The plan with ``character`` dressed so; None where the plan has no such character. The same twice is the same."""
    people = plan["characters"]
    place = next((n for n, who in enumerate(people) if who["id"] == character), None)
    if place is None:
        return None
    who = people[place]
    fresh = {**who["look"], **{name: value for name, value in look.items() if name != "description"}}
    if "clothes" in look and "colours" not in look:
        fresh["colours"] = {part: value for part, value in fresh["colours"].items() if part not in _WORN}
    described = look.get("description") or _described(who["description"], who["look"]["clothes"], fresh["clothes"])
    try:
        dressed = Character.model_validate({**who, "look": fresh, "description": described}).model_dump(mode="json")
    except ValidationError as error:
        fault = error.errors()[0]
        raise BadInput(f"{character}: {'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}") from None
    return {**plan, "characters": [*people[:place], dressed, *people[place + 1 :]]}


def _described(text: str, before: list[str], now: list[str]) -> str:
    """The description with garments exchanged one for one: engines that draw from words must hear of the new ones."""
    gone, new = [g for g in before if g not in now], [g for g in now if g not in before]
    for old, fresh in zip(gone, new, strict=False):
        text = text.replace(old, fresh)
    unsaid = [garment for garment in new if garment.lower() not in text.lower()]
    return f"{text.rstrip()} Wearing {', '.join(unsaid)}." if unsaid else text
