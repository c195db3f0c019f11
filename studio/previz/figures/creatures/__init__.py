"""Creatures: animals on land, in water and in the air, each a short entry of creatures.toml."""

from __future__ import annotations

from studio.previz.figure import Figure
from studio.previz.figures.creatures.creature import FAMILIES
from studio.story.catalogue import entries
from studio.story.document import Character


def cast(character: Character, genre: str = "drama") -> Figure:
    """The puppet of a creature of the catalogue."""
    entry = entries("creatures")[character.kind]
    puppet: Figure = FAMILIES[entry["family"]](character, entry)
    return puppet
