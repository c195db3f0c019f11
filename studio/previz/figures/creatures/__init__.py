"""Creatures: animals on land, in water and in the air, each a short entry of creatures.toml."""

from __future__ import annotations

from studio.previz.figure import Figure
from studio.previz.figures.creatures.base import Creature
from studio.previz.figures.creatures.boneless import Octopus, Serpent
from studio.previz.figures.creatures.fourlegged import FourLegged, Necked
from studio.previz.figures.creatures.swimming import Fish
from studio.previz.figures.creatures.winged import Bird
from studio.story.catalogue import entries
from studio.story.document import Character

FAMILIES: dict[str, type[Creature]] = {
    "four": FourLegged, "neck": Necked, "bird": Bird, "fish": Fish, "serpent": Serpent, "octopus": Octopus,
}  # fmt: skip
"""Name in the catalogue -> skeleton."""


def cast(character: Character, genre: str = "drama") -> Figure:
    """The puppet of a creature of the catalogue."""
    entry = entries("creatures")[character.kind]
    puppet: Figure = FAMILIES[entry["family"]](character, entry)
    return puppet
