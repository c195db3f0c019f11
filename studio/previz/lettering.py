"""Lettering: a genre's own hand, from the variable faces that OpenCV 5 carries (Rubik; other scripts fall back)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

SERIFED = set("ABDEFGHIKLMNPRTUVWXYZ1")
"""Capitals with a stem or an arm that ends in a serif; round ones stay round, as wood type has them."""
SMALLEST = 14
"""Pixels below which a line is cut short rather than set smaller."""


@dataclass(frozen=True)
class Hand:
    """How a genre writes. Lengths are in ems."""

    face: str = "sans"
    """sans or italic."""
    weight: int = 600
    """100 thin … 900 black."""
    capitals: bool = False
    spacing: float = 0.0
    stretch: float = 1.0
    """Width as a share of the face's own: below 1 narrow and tall."""
    serif: float = 0.0
    """How far slabs reach out from the ends of stems."""
    bob: float = 0.0
    """How far letters dance up and down, and turn."""
    initial: float = 1.0
    """Size of a title's first letter."""


@lru_cache(maxsize=4)
def _face(name: str) -> cv2.FontFace:
    return cv2.FontFace(name)


@lru_cache(maxsize=512)
def _glyph(letter: str, hand: Hand, size: int) -> tuple[np.ndarray, int]:
    """``(2.2 size, …)`` uint8 mask with the baseline at 1.5 sizes and half a size of room at the left; its advance."""
    sheet = np.zeros((round(size * 2.2), size * 4, 3), np.uint8)
    start = size // 2
    (end, _), _ = cv2.putText(
        sheet, letter, (start, round(size * 1.5)), (255, 255, 255), _face(hand.face), size, hand.weight
    )
    mask, advance = sheet[..., 0], end - start
    if hand.serif and letter in SERIFED:
        mask = _slabs(mask, max(2, round(hand.serif * size)), max(2, round(0.085 * size)))
    return mask, advance


def _slabs(mask: np.ndarray, reach: int, thick: int) -> np.ndarray:
    """The mask with its top and bottom edges drawn out sideways."""
    rows = np.flatnonzero(mask.max(axis=1) > 127)
    if not len(rows):
        return mask
    out = mask.copy()
    kernel = np.ones((1, 2 * reach + 1), np.uint8)
    for band in (slice(rows[0], rows[0] + thick), slice(rows[-1] - thick + 1, rows[-1] + 1)):
        out[band] = np.maximum(out[band], cv2.dilate(mask[band].min(axis=0, keepdims=True), kernel))
    return out


def spread(text: str, hand: Hand, size: int) -> tuple[list[tuple[str, int, int]], int]:
    """Each letter with its pen position and size in pixels, and the whole line's width."""
    placed, pen = [], 0.0
    for n, letter in enumerate(text):
        big = round(size * hand.initial) if n == 0 else size
        placed.append((letter, round(pen), big))
        pen += (_glyph(letter, hand, big)[1] + hand.spacing * size) * hand.stretch
    return placed, round(pen - hand.spacing * size * hand.stretch)


def write(text: str, hand: Hand, size: int) -> tuple[np.ndarray, list[tuple[int, int, int]]]:
    """``(2.2 size, width + size)`` uint8 mask, baseline at 1.5 sizes, half a size of room at both ends.

    Beside it where each letter lies: left, width (pixels in the mask) and its place in the line.
    """
    text = text.upper() if hand.capitals else text
    placed, width = spread(text, hand, size)
    out = np.zeros((round(size * 2.2), width + size), np.uint8)
    boxes = []
    for n, (letter, x, big) in enumerate(placed):
        if letter.isspace():
            continue
        mask, advance = _glyph(letter, hand, big)
        turn = hand.bob * (1 if n % 2 else -1) * (0.7 + 0.3 * np.sin(n * 2.4))
        centre = (big / 2 + advance / 2, round(big * 1.5) - 0.35 * big)
        matrix = cv2.getRotationMatrix2D(centre, turn * 60, 1.0)
        matrix[0] *= hand.stretch
        matrix[:, 2] += (size / 2 + x - big / 2 * hand.stretch, round(size * 1.5) - round(big * 1.5) + turn * size)
        moved = cv2.warpAffine(mask, matrix, out.shape[::-1], flags=cv2.INTER_LINEAR)
        np.maximum(out, moved, out=out)
        boxes.append((round(size / 2) + x, round(advance * hand.stretch), n))
    return out, boxes


def fit(text: str, hand: Hand, room: float, size: int, most: int) -> tuple[int, list[str]]:
    """The largest lettering up to ``size`` pixels in which ``text`` takes ``most`` lines of ``room`` pixels.

    What does not go in at the smallest size is cut short.
    """
    words = (text.upper() if hand.capitals else text).split()
    while True:
        lines = _lines(words, hand, room, size)
        fits = len(lines) <= most and all(spread(line, hand, size)[1] <= room for line in lines)
        if fits or size <= SMALLEST:
            break
        size = max(SMALLEST, round(size * 0.94) - 1)
    if len(lines) > most:
        lines = [*lines[: most - 1], lines[most - 1] + " …"]
    return size, [_shortened(line, hand, room, size) for line in _even(words, lines, hand, room, size)]


def _even(words: list[str], lines: list[str], hand: Hand, room: float, size: int) -> list[str]:
    """As many lines, but of like lengths: no word alone below a full line."""
    for share in (0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.55, 0.5) if len(lines) > 1 else ():
        narrower = _lines(words, hand, room * share, size)
        if len(narrower) != len(lines) or any(spread(line, hand, size)[1] > room for line in narrower):
            break
        lines = narrower
    return lines


def _lines(words: list[str], hand: Hand, room: float, size: int) -> list[str]:
    lines: list[str] = []
    for word in words:
        if lines and spread(f"{lines[-1]} {word}", hand, size)[1] <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _shortened(line: str, hand: Hand, room: float, size: int) -> str:
    if spread(line, hand, size)[1] <= room:
        return line
    while len(line) > 1 and spread(line + "…", hand, size)[1] > room:
        line = line[:-1]
    return line + "…"
