"""Setting type in a PDF: what Bitstream Vera (which comes with ReportLab) can write is embedded text, other scripts
are pictures in OpenCV's own faces, and what neither has is counted."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from studio.edit.exports.base import plain

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

FACES = {400: "Vera", 700: "VeraBd"}
"""Weight -> typeface."""
FINE = 4
"""Pixels a point, of lines that are set as pictures."""
Colour = tuple[int, int, int]


class Type:
    """The typesetter of one document; remembers the characters that it could not set."""

    def __init__(self) -> None:
        from reportlab.pdfbase import pdfmetrics
        from reportlab.pdfbase.ttfonts import TTFont

        self.missing: set[str] = set()
        # Faces of its own: a face that another document has used would be subset otherwise.
        self._faces = {weight: TTFont(name, f"{name}.ttf") for weight, name in FACES.items()}
        for face in self._faces.values():
            pdfmetrics.registerFont(face)

    def lines(self, text: str, room: float, size: float, weight: int = 400) -> list[str]:
        """``text`` in lines of at most ``room`` points."""
        lines: list[str] = []
        for word in self._words(plain(text), room, size, weight):
            if lines and self.width(f"{lines[-1]} {word}", size, weight) <= room:
                lines[-1] += f" {word}"
            else:
                lines.append(word)
        return lines

    def _words(self, text: str, room: float, size: float, weight: int) -> Iterator[str]:
        """The words; one that is wider than a line, as scripts without blanks have them, in pieces."""
        for word in text.split():
            while self.width(word, size, weight) > room and len(word) > 1:
                most = max(n for n in range(1, len(word)) if n == 1 or self.width(word[:n], size, weight) <= room)
                yield word[:most]
                word = word[most:]
            yield word

    def width(self, text: str, size: float, weight: int = 400) -> float:
        """Points across one line."""
        if self._embeds(text, weight):
            return float(self._faces[weight].stringWidth(text, size))
        from studio.edit.burnin import width_of

        return width_of(text, round(size * FINE), weight) / FINE

    def draw(
        self, page: Canvas, text: str, x: float, baseline: float, size: float, weight: int = 400,
        colour: Colour = (30, 28, 26),
    ) -> None:  # fmt: skip
        """Write one line; points from the lower left corner of the page."""
        if self._embeds(text, weight):
            page.setFillColorRGB(*(part / 255 for part in colour))
            page.setFont(FACES[weight], size)
            page.drawString(x, baseline, text)
            return
        self.missing |= {ch for ch in text if _lacks(ch)}
        picture, drop = _picture(text, round(size * FINE), weight, colour)
        page.drawImage(picture, x, baseline - drop / FINE, *(n / FINE for n in picture.getSize()), mask=None)

    def _embeds(self, text: str, weight: int) -> bool:
        known: dict[int, Any] = self._faces[weight].face.charToGlyph
        return all(ord(ch) in known for ch in text)

    def notes(self) -> list[str]:
        """What to tell of the characters that are shown as question marks."""
        if not self.missing:
            return []
        some = " ".join(sorted(self.missing)[:12])
        count = len(self.missing)
        return [f"no typeface here has {count} character{'s' if count > 1 else ''}, shown as a question mark: {some}"]


def _picture(text: str, size: int, weight: int, colour: Colour) -> tuple[Any, int]:
    """A line as an image on white, and its pixels below the baseline."""
    import numpy as np
    from PIL import Image
    from reportlab.lib.utils import ImageReader

    from studio.edit.burnin import width_of, write

    tall, drop = round(size * 1.5), round(size * 0.4)
    out = np.full((tall, max(1, width_of(text, size, weight)) + 2, 3), 255, np.uint8)
    write(out, text, 0, tall - drop, size, colour, weight)
    data = io.BytesIO()
    Image.fromarray(out).save(data, "PNG")
    data.seek(0)
    return ImageReader(data), drop


@lru_cache(maxsize=4096)
def _lacks(letter: str) -> bool:
    """Whether OpenCV's faces have no glyph for a character: they draw a question mark for it."""
    import numpy as np

    from studio.edit.burnin import write

    def drawn(text: str) -> Any:
        out = np.zeros((64, 96, 3), np.uint8)
        write(out, text, 8, 48, 32, (255, 255, 255))
        return out

    return not letter.isspace() and letter not in "?？" and bool((drawn(letter) == drawn("?")).all())
