"""Title and end cards: each genre's own lettering on its own paper, rising out of the dark and back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import cv2
import numpy as np

from studio.previz.canvas import Canvas, hex_colour
from studio.previz.cardpaper import GROUNDS
from studio.previz.lettering import Hand, fit, write
from studio.previz.sheet import over


@dataclass(frozen=True)
class Style:
    """Colours and hand of a genre's cards."""

    paper: str
    ink: str
    accent: str
    hand: Hand
    size: float = 0.125
    """The largest title, as a share of the card's height."""
    left: float = 0.0
    """Where the lettering is set from, as a share of the width; 0 centres it."""
    slips: tuple[str, ...] = ()
    """Colours of the slips of paper that each letter is cut on."""
    shadow: tuple[float, float, float] = (0.03, 0.04, 0.35)
    """Of the title, in ems: right, down; and how dark."""
    glow: bool = False


STYLES: dict[str, Style] = {
    "noir": Style(
        "#101013", "#f2efe6", "#b3202a", Hand(weight=900, capitals=True, stretch=0.74, spacing=0.03), 0.17,
        shadow=(0.16, 0.2, 0.85),
    ),
    "fairy-tale": Style(
        "#f6e3c5", "#5a2a4a", "#d9862f", Hand(weight=700, bob=0.05, initial=1.5, spacing=0.01), 0.125
    ),
    "science-fiction": Style(
        "#0c1a2b", "#c9f3fb", "#2fd0c8", Hand(weight=300, capitals=True, spacing=0.28, stretch=1.12), 0.095, glow=True
    ),
    "documentary": Style("#efece4", "#2c2c2a", "#5f6f73", Hand(weight=500), 0.085, left=0.12, shadow=(0, 0, 0)),
    "comedy": Style(
        "#ffd55e", "#7a1f3d", "#e4572e", Hand(weight=900, capitals=True, bob=0.13, spacing=0.17), 0.115,
        slips=("#fff6dd", "#f7a13c", "#f08a6a", "#8fcbd4"),
    ),
    "horror": Style(
        "#18241e", "#d3dccb", "#7d1f1f", Hand(weight=500, capitals=True, stretch=0.5, spacing=0.16, bob=0.03), 0.19,
        shadow=(0, 0.06, 0.8),
    ),
    "western": Style(
        "#e6bf80", "#4b2a17", "#b5542a", Hand(weight=700, capitals=True, serif=0.11, spacing=0.15, stretch=0.86), 0.14
    ),
    "romance": Style(
        "#f7d9d9", "#6b2740", "#d0607c", Hand("italic", 400, spacing=0.01), 0.13, shadow=(0.02, 0.03, 0.15)
    ),
    "history": Style(
        "#e8dcc0", "#3a2c1c", "#8a5a2b", Hand(weight=400, capitals=True, serif=0.07, spacing=0.17, initial=1.3), 0.1,
        shadow=(0, 0, 0),
    ),
    "fantasy": Style(
        "#2b2350", "#f3e6c4", "#d8a83f", Hand("italic", 600, capitals=True, spacing=0.06, initial=1.45), 0.12
    ),
    "adventure": Style(
        "#1f4e5f", "#f8ecd4", "#f2a541", Hand("italic", 900, capitals=True, spacing=0.02, stretch=0.95), 0.15,
        shadow=(0.06, 0.07, 0.6),
    ),
    "drama": Style("#22303c", "#f3ead9", "#c98c52", Hand(weight=400, spacing=0.05), 0.115),
}  # fmt: skip


def card(text: str, under: str, genre: str, width: int, height: int, share: float) -> np.ndarray:
    """The card's frame at ``share`` (0…1) of its length: ``(height, width, 3)`` uint8 RGB."""
    sheet = _sheet(text, under, genre, width, height)
    rise = np.clip(min(share / 0.22, (1 - share) / 0.15), 0, 1)
    light = rise * rise * (3 - 2 * rise)
    drift = 1 + 0.015 * share
    matrix = np.array([[drift, 0, width / 2 * (1 - drift)], [0, drift, height / 2 * (1 - drift)]])
    moved = cv2.warpAffine(sheet, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    shown: np.ndarray = cv2.convertScaleAbs(moved, alpha=0.06 + 0.94 * float(light))
    return shown


@lru_cache(maxsize=4)
def _sheet(text: str, under: str, genre: str, width: int, height: int) -> np.ndarray:
    """The whole card, drawn at twice its size for clean edges."""
    style = STYLES.get(genre, STYLES["drama"])
    big = _ground(style, genre if genre in GROUNDS else "drama", width * 2, height * 2)
    _set(big, text, under, style)
    small = cv2.resize(big, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32)
    grain = np.random.default_rng(7).normal(0, 3.0, (height, width, 1)).astype(np.float32)
    return (small + cv2.GaussianBlur(grain, (0, 0), 0.6)[..., None]).clip(0, 255).astype(np.uint8)


def _ground(style: Style, genre: str, width: int, height: int) -> np.ndarray:
    colours = [hex_colour(v) for v in (style.paper, style.ink, style.accent)]
    base = np.full((height, width, 4), 255, np.uint8)
    base[..., :3] = np.array(colours[0][:3]) * 255
    for paint in GROUNDS[genre](width / height, *colours):
        canvas = Canvas(width, height)
        canvas.view = np.array([[float(height), 0, 0], [0, float(height), 0]])
        paint(canvas)
        base = over(base, canvas.pixels(), 0.3)
    return np.ascontiguousarray(base[..., :3])


def _set(out: np.ndarray, text: str, under: str, style: Style) -> None:
    """Set title, rule and line below into ``out`` as one block about the card's middle."""
    height, width = out.shape[:2]
    room = width * (0.74 if not style.left else 0.8)
    size, lines = fit(text, style.hand, room, round(height * style.size), 3)
    plain = Hand("italic" if style.hand.face == "italic" else "sans", 400, spacing=0.02)
    small, notes = fit(under, plain, width * 0.62, round(height * 0.042), 3) if under else (0, [])
    step = round(size * (1.16 + 2 * style.hand.bob + (0.25 if style.hand.initial > 1 else 0)))
    tall = step * len(lines) + (height * 0.07 + small * 1.35 * len(notes) if notes else 0)
    y = (height - tall) / 2 + size * 0.9
    hand = style.hand
    for line in lines:
        _title(out, line, replace(style, hand=hand), size, round(y))
        hand = replace(hand, initial=1.0)
        y += step
    if not notes:
        return
    y += height * 0.02 - step + size * 0.35
    x0 = style.left or 0.44
    cv2.rectangle(out, (round(width * x0), round(y)), (round(width * (x0 + 0.12)), round(y + height * 0.006)),
                  _rgb(style.accent), -1)  # fmt: skip
    y += height * 0.03 + small
    for note in notes:
        mask, _ = write(note, plain, small)
        _ink(out, mask, _left(mask, small, style, width), round(y) - round(small * 1.5), _rgb(style.ink))
        y += small * 1.35


def _title(out: np.ndarray, line: str, style: Style, size: int, baseline: int) -> None:
    mask, boxes = write(line, style.hand, size)
    x, y = _left(mask, size, style, out.shape[1]), baseline - round(size * 1.5)
    if style.slips:
        _slips(out, [(x + left, wide, n) for left, wide, n in boxes], baseline - 0.36 * size, size, style)
    right, down, dark = style.shadow
    if dark and not style.slips:
        soft = cv2.GaussianBlur(mask, (0, 0), max(0.5, size * 0.012))
        _ink(out, soft, x + round(right * size), y + round(down * size), (0, 0, 0), dark)
    if style.glow:
        _ink(out, cv2.GaussianBlur(mask, (0, 0), size * 0.16), x, y, _rgb(style.accent), 0.8)
    _ink(out, mask, x, y, _rgb(style.ink))


def _slips(out: np.ndarray, boxes: list[tuple[int, int, int]], y: float, size: int, style: Style) -> None:
    """A slip of coloured paper behind each letter of a line, a little askew, all in one soft shadow."""
    shade = np.zeros(out.shape[:2], np.uint8)
    cut = []
    for left, wide, n in boxes:
        turn, hop = float((6 if n % 2 else -5) + 3 * np.sin(n * 2.4)), (0.065 if n % 2 else -0.065) * size
        corners = cv2.boxPoints(((left + wide / 2, y + hop), (wide + 0.2 * size, 1.08 * size), turn))
        cut.append((corners.astype(np.int32), _rgb(style.slips[n % len(style.slips)])))
        cv2.fillPoly(shade, [(corners + 0.05 * size).astype(np.int32)], 255)
    _ink(out, cv2.GaussianBlur(shade, (0, 0), size * 0.04), 0, 0, (0, 0, 0), 0.35)
    for corners, colour in cut:
        cv2.fillPoly(out, [corners], colour, cv2.LINE_AA)


def _left(mask: np.ndarray, size: int, style: Style, width: int) -> int:
    return round(style.left * width - size / 2) if style.left else (width - mask.shape[1]) // 2


def _ink(
    out: np.ndarray, mask: np.ndarray, x: int, y: int, colour: tuple[int, int, int], strength: float = 1.0
) -> None:
    """Lay ``colour`` over ``out`` where ``mask`` (uint8), placed at ``x``, ``y``, covers it; in place."""
    x0, y0 = max(0, x), max(0, y)
    x1, y1 = min(out.shape[1], x + mask.shape[1]), min(out.shape[0], y + mask.shape[0])
    if x0 >= x1 or y0 >= y1:
        return
    share = mask[y0 - y : y1 - y, x0 - x : x1 - x, None].astype(np.float32) * (strength / 255)
    part = out[y0:y1, x0:x1]
    part[:] = (part * (1 - share) + np.array(colour, np.float32) * share).astype(np.uint8)


def _rgb(text: str) -> tuple[int, int, int]:
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)
