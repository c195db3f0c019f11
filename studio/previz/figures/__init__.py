"""The puppet workshop: ``cast`` turns a character into the paper figure that plays it in every shot."""

from __future__ import annotations

from functools import lru_cache

from studio.errors import BadInput
from studio.previz.figure import Figure
from studio.story.catalogue import entries
from studio.story.document import Character


def cast(character: Character, genre: str = "drama") -> Figure:
    """The puppet of ``character``, the same object for the same declaration.

    Raises BadInput when the kind is in neither catalogue.
    """
    return _cast(character.model_dump_json(), genre)


@lru_cache(maxsize=256)
def _cast(canonical: str, genre: str) -> Figure:
    character = Character.model_validate_json(canonical)
    if character.kind in entries("people"):
        from studio.previz.figures.people import Person

        return Person(character, genre)
    if character.kind in entries("creatures"):
        from importlib import import_module

        puppet: Figure = import_module("studio.previz.figures.creatures").cast(character, genre)
        return puppet
    known = ", ".join(sorted({*entries("people"), *entries("creatures")}))
    raise BadInput(f"character {character.id!r}: no figure of kind {character.kind!r}; known kinds: {known}")
