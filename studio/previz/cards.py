"""Title and end cards: lettering on the genre's own paper, rising out of the dark and back."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

STYLES: dict[str, tuple[str, str, str]] = {
    "noir": ("#0d0d0f", "#f2efe6", "#b3202a"),
    "fairy-tale": ("#f6e3c5", "#5a2a4a", "#d9862f"),
    "science-fiction": ("#0c1a2b", "#bfeaf5", "#2fd0c8"),
    "documentary": ("#efece4", "#2c2c2a", "#8a8a80"),
    "comedy": ("#ffd55e", "#7a1f3d", "#e4572e"),
    "horror": ("#0b120e", "#c9d6c3", "#7d1f1f"),
    "western": ("#e2b877", "#4b2a17", "#9c3f1d"),
    "romance": ("#f7d9d9", "#6b2740", "#c8506a"),
    "history": ("#e8dcc0", "#3a2c1c", "#8a5a2b"),
    "fantasy": ("#2b2350", "#f3e6c4", "#d8a83f"),
    "adventure": ("#1f4e5f", "#f8ecd4", "#f2a541"),
    "drama": ("#22303c", "#f3ead9", "#c98c52"),
}
"""Genre -> paper, ink, accent."""


def card(text: str, under: str, genre: str, width: int, height: int, share: float) -> np.ndarray:
    """The card's frame at ``share`` (0…1) of its length: ``(height, width, 3)`` uint8 RGB."""
    sheet = _sheet(text, under, genre, width, height).astype(np.float32)
    rise = np.clip(min(share / 0.22, (1 - share) / 0.15), 0, 1)
    light = rise * rise * (3 - 2 * rise)
    drift = 1 + 0.015 * share
    import cv2

    matrix = np.array([[drift, 0, width / 2 * (1 - drift)], [0, drift, height / 2 * (1 - drift)]])
    moved = cv2.warpAffine(sheet, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return (moved * (0.06 + 0.94 * light)).clip(0, 255).astype(np.uint8)


@lru_cache(maxsize=4)
def _sheet(text: str, under: str, genre: str, width: int, height: int) -> np.ndarray:
    paper, ink, accent = STYLES.get(genre, STYLES["drama"])
    image = Image.new("RGB", (width, height), paper)
    draw = ImageDraw.Draw(image)
    font, lines = _fit(draw, text, width * 0.82, height // 8, 3)
    small, notes = _fit(draw, under, width * 0.7, max(9, height // 24), 3)
    step = font.size * 1.15
    y = height * (0.46 if under else 0.5) - step * len(lines) / 2
    for line in lines:
        x = (width - draw.textlength(line, font)) / 2
        draw.text((x + font.size / 22, y + font.size / 22), line, fill=_between(paper, "#000000", 0.35), font=font)
        draw.text((x, y), line, fill=ink, font=font)
        y += step
    y += height * 0.03
    draw.rectangle((width * 0.42, y, width * 0.58, y + max(1, height // 160)), fill=accent)
    y += height * 0.05
    for line in notes:
        draw.text(((width - draw.textlength(line, small)) / 2, y), line, fill=ink, font=small)
        y += small.size * 1.3
    grain = np.random.default_rng(7).normal(0, 3.0, (height, width, 1))
    return (np.asarray(image, np.float32) + grain).clip(0, 255).astype(np.uint8)


def _between(a: str, b: str, share: float) -> tuple[int, int, int]:
    pairs = ((int(a[i : i + 2], 16), int(b[i : i + 2], 16)) for i in (1, 3, 5))
    r, g, blue = (round(x + (y - x) * share) for x, y in pairs)
    return r, g, blue


def _fit(
    draw: ImageDraw.ImageDraw, text: str, room: float, size: int, most: int
) -> tuple[ImageFont.FreeTypeFont, list[str]]:
    """The largest lettering up to ``size`` in which ``text`` takes ``most`` lines; cut short if none."""
    words = text.split()
    while True:
        font = ImageFont.load_default(size)
        assert isinstance(font, ImageFont.FreeTypeFont)
        lines: list[str] = []
        for word in words:
            if lines and draw.textlength(f"{lines[-1]} {word}", font) <= room:
                lines[-1] += f" {word}"
            else:
                lines.append(word)
        if len(lines) <= most or size <= 10:
            return font, lines if len(lines) <= most else [*lines[: most - 1], lines[most - 1] + " …"]
        size -= 2
