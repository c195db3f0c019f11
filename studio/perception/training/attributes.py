"""What is true of a made-up character: colours and kinds of things that a reader of pictures should name."""

from __future__ import annotations

import numpy as np

from studio.perception.likeness import CLASSES, COLOURS
from studio.previz.figures.colours import named
from studio.previz.figures.looks import costume
from studio.story.catalogue import entries
from studio.story.document import Character

NONE = -100
"""The class of what does not apply; cross-entropy ignores it."""


def attributes(character: Character, genre: str = "drama") -> tuple[np.ndarray, np.ndarray]:
    """``(colours, 3)`` RGB in 0…1 with NaN where there is none, and ``(classes,)`` numbers."""
    colours = np.full((len(COLOURS), 3), np.nan, np.float32)
    classes = np.full(len(CLASSES), NONE, np.int64)
    classes[0] = kinds().index(character.kind)
    if character.kind not in entries("people"):
        own = {**entries("creatures")[character.kind].get("colours", {}), **character.look.colours}
        for n, part in enumerate(("body", "accent", "belly")):
            colours[n] = _rgb(own.get(part, "#808080"))
        return colours, classes
    worn = costume(character, genre)
    main = worn.garments.get("over") or worn.garments.get("whole") or worn.garments.get("top")
    bottom = worn.garments.get("bottom")
    colours[0], colours[1] = worn.skin[:3], worn.hair[:3]
    if main:
        colours[2] = main[1][:3]
    if bottom:
        colours[3] = bottom[1][:3]
    if worn.hat:
        colours[4] = worn.hat_colour[:3]
    for n, word in enumerate(
        (worn.cut, worn.hat, worn.glasses, main[0].style if main else "", " ".join(worn.props[:1])), 1
    ):
        classes[n] = _number(word, CLASSES[n][1])
    return colours, classes


def kinds() -> list[str]:
    return [*entries("people"), *entries("creatures")]


def _number(word: str, count: int) -> int:
    """A class by hash: names of things come and go with the catalogue, their number does not."""
    import zlib

    return 0 if not word else 1 + zlib.crc32(word.encode()) % (count - 1)


def _rgb(hex_: str) -> tuple[float, float, float]:
    text = hex_ if hex_.startswith("#") else named(hex_) or "#808080"
    return int(text[1:3], 16) / 255, int(text[3:5], 16) / 255, int(text[5:7], 16) / 255
