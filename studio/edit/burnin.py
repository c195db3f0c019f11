"""Burn-ins: what a screening copy says of itself, drawn once a take; only the timecode is drawn for every frame.

The lettering is OpenCV's own (Rubik, and other scripts where Rubik has none): Pillow's face has no ü and no Cyrillic.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

GROUND, INK, DIM = (18, 18, 20), (238, 236, 230), (168, 166, 160)
MARK = (255, 196, 0)
"""The colour of the circle take's mark, and of nothing else on a strip."""
STRIP = 40
"""Height in pixels of the strip below the picture."""
MARGIN, NAME, SMALL = 8, 14, 12


def timecode(frame: int, fps: float) -> str:
    """HH:MM:SS:FF of a frame, counted from 0. Without dropped frames: 23.976 fps count 24 to the second."""
    rate = max(1, round(fps))
    seconds, frames = divmod(frame, rate)
    digits = len(str(rate - 1))
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}:{frames:0{max(2, digits)}d}"


def width_of(text: str, size: int, weight: int = 400) -> int:
    """Pixels from the line's start to its end."""
    if not text:
        return 0
    # The box of the ink alone leaves out blanks at the end; the pen's way does not.
    (end, _), _ = cv2.putText(np.zeros((1, 1, 3), np.uint8), text, (0, 0), INK, _face(), size, weight)
    return int(end)


def write(
    out: np.ndarray, text: str, x: int, baseline: int, size: int, colour: tuple[int, int, int] = INK, weight: int = 400
) -> None:
    """Write one line into ``out``, in place; pixels."""
    cv2.putText(out, text, (x, baseline), colour, _face(), size, weight)


def shortened(text: str, room: int, size: int, weight: int = 400) -> str:
    """``text``, or as much of it as fits into ``room`` pixels, with an ellipsis."""
    if width_of(text, size, weight) <= room:
        return text
    while text and width_of(text + "…", size, weight) > room:
        text = text[:-1].rstrip()
    return text + "…"


def wrapped(text: str, room: int, size: int, most: int, weight: int = 400) -> list[str]:
    """``text`` in at most ``most`` lines of ``room`` pixels; what does not go in is cut short."""
    lines: list[str] = []
    words = text.split()
    for n, word in enumerate(words):
        if lines and width_of(f"{lines[-1]} {word}", size, weight) <= room:
            lines[-1] += f" {word}"
        elif len(lines) == most:
            lines[-1] = shortened(" ".join([lines[-1], *words[n:]]), room, size, weight)
            return lines
        else:
            lines.append(shortened(word, room, size, weight))
    return lines


def strip(width: int, name: str, direction: str, reward: float | None, circled: bool) -> np.ndarray:
    """``(STRIP, width, 3)`` uint8 RGB: everything that stands still while a take runs."""
    out = np.full((STRIP, width, 3), GROUND, np.uint8)
    x = MARGIN
    if circled:
        cv2.circle(out, (x + 6, 13), 6, MARK, 1, cv2.LINE_AA)
        cv2.circle(out, (x + 6, 13), 2, MARK, -1, cv2.LINE_AA)
        x += 20
    write(out, shortened(name, width - x - clock_width(120) - 2 * MARGIN, NAME, 500), x, 18, NAME, weight=500)
    judged = "unscored" if reward is None else f"reward {reward:.2f}"
    end = width - MARGIN - width_of(judged, SMALL)
    write(out, shortened(direction, end - 2 * MARGIN, SMALL), MARGIN, 34, SMALL, DIM)
    write(out, judged, end, 34, SMALL, DIM)
    return out


def clock(frame: int, fps: float) -> np.ndarray:
    """``(20, clock_width, 3)`` uint8 RGB: the timecode of a take's frame, each digit in a cell of one width."""
    return np.concatenate([_cell(letter) for letter in timecode(frame, fps)], axis=1)


def clock_width(fps: float) -> int:
    """Pixels across the timecode."""
    return sum(_cell(letter).shape[1] for letter in timecode(0, fps))


@lru_cache(maxsize=1)
def _face() -> cv2.FontFace:
    return cv2.FontFace("sans")


@lru_cache(maxsize=16)
def _cell(letter: str) -> np.ndarray:
    wide = 5 if letter == ":" else max(width_of(digit, NAME, 500) for digit in "0123456789")
    out = np.full((20, wide, 3), GROUND, np.uint8)
    write(out, letter, (wide - width_of(letter, NAME, 500)) // 2, 15, NAME, weight=500)
    return out


def clapper(width: int, height: int) -> np.ndarray:
    """``(height, width, 3)`` uint8 RGB: the sticks on top of a slate, slanted light and dark."""
    y, x = np.mgrid[:height, :width]
    across = np.where(y < height // 2, x + y, x - y + height)
    out = np.where((across // 26 % 2)[..., None] == 0, INK, GROUND).astype(np.uint8)
    out[height // 2] = out[-1] = GROUND
    return out


def lettering(
    text: str, room: int, size: int, most: int = 1, colour: tuple[int, int, int] = INK, weight: int = 400
) -> np.ndarray:
    """``(lines · 1.35 · size, room, 3)`` uint8 RGB: a block of lines set from the left."""
    lines = wrapped(text, room, size, most, weight) or [""]
    step = round(size * 1.35)
    out = np.full((step * len(lines), room, 3), GROUND, np.uint8)
    for n, line in enumerate(lines):
        write(out, line, 0, n * step + size, size, colour, weight)
    return out
