"""The storyboard: a frame a shot beside what happens in it, how it is filmed and what is heard."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from studio.edit.exports import base

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

    from studio.edit.exports._type import Colour, Type
    from studio.story.document import Scene, Shot

PAGE = (595.0, 842.0)
"""A4 upright, in points."""
MARGIN, FRAME, TALLEST, GUTTER = 42.0, 220.0, 320.0, 16.0
"""Points: around the page, across a frame, its height at most, and between a frame and its text."""
FINE = 3
"""Pixels a point, of a frame."""
INK, DIM = (30, 28, 26), (112, 106, 98)


class Export(base.Export):
    """A ``.pdf`` file, A4 upright. Text is text where a typeface that may be embedded has its letters."""

    suffix = ".pdf"

    def write(self, delivery: base.Delivery, out: Path) -> list[str]:
        from reportlab.pdfgen.canvas import Canvas

        from studio.edit.exports._type import Type

        page = Canvas(str(out), PAGE, invariant=1)  # neither date nor chance in the file
        page.setTitle(base.plain(delivery.document.title))
        page.setCreator("Studio")
        board = _Board(page, Type())
        _head(board, delivery)
        last = None
        for placed, scene, shot in delivery.shots():
            if scene.number != last:
                _scene(board, delivery, scene)
            _shot(board, delivery, placed, scene, shot)
            last = scene.number
        board.foot()
        page.save()
        return board.type.notes()


@dataclass
class _Board:
    """Where the next line goes; ``y`` is in points from the bottom."""

    page: Canvas
    type: Type
    y: float = PAGE[1] - MARGIN
    number: int = 1
    left: float = field(default=MARGIN)

    @property
    def room(self) -> float:
        """Points from here to the right margin."""
        return PAGE[0] - MARGIN - self.left

    def need(self, height: float) -> None:
        """Turn the page where ``height`` points do not fit on it."""
        if self.y - height < MARGIN + 14:
            self.foot()
            self.page.showPage()
            self.y, self.number = PAGE[1] - MARGIN, self.number + 1

    def foot(self) -> None:
        self.type.draw(self.page, str(self.number), PAGE[0] / 2, MARGIN - 14, 8, colour=DIM)

    def write(self, text: str, size: float, weight: int = 400, colour: Colour = INK, after: float = 3) -> None:
        """A paragraph from the left edge down."""
        for line in self.type.lines(text, self.room, size, weight):
            self.need(size * 1.35)
            self.y -= size * 1.35
            self.type.draw(self.page, line, self.left, self.y + size * 0.3, size, weight, colour)
        self.y -= after

    def height(self, text: str, size: float, weight: int = 400, after: float = 3) -> float:
        """Points that ``write`` would take."""
        return len(self.type.lines(text, self.room, size, weight)) * size * 1.35 + after


def _head(board: _Board, delivery: base.Delivery) -> None:
    document = delivery.document
    board.write(document.title, 22, 700, after=4)
    board.write(document.logline, 11, after=4)
    shots = len(delivery.shots())
    told = (document.genre, document.style, f"{shots} shots", f"{delivery.frames / delivery.fps:.1f} s")
    board.write("  ·  ".join(word for word in told if word), 9, colour=DIM, after=10)


def _scene(board: _Board, delivery: base.Delivery, scene: Scene) -> None:
    place = delivery.document.location(scene.location).name
    paragraphs = [
        (f"Scene {scene.number}  {scene.title}", 14.0, 700, INK),
        (f"{place}, {scene.time_of_day}, {scene.weather}", 9.0, 400, DIM),
        (f"Narrator: {scene.narration}" if scene.narration.strip() else "", 9.0, 400, INK),
    ]
    board.need(min(sum(board.height(text, size, weight) for text, size, weight, _ in paragraphs) + 150, 400))
    board.page.setStrokeColorRGB(0.75, 0.72, 0.68)
    board.page.line(MARGIN, board.y, PAGE[0] - MARGIN, board.y)
    board.y -= 4
    for text, size, weight, colour in paragraphs:
        board.write(text, size, weight, colour)
    board.y -= 6


def _shot(board: _Board, delivery: base.Delivery, placed: base.Placed, scene: Scene, shot: Shot) -> None:
    from studio.edit.burnin import timecode

    fps = delivery.fps
    heard = [f"{who}: “{text}”" for who, text in base.speech(delivery.document, shot)] or ["no dialogue"]
    span = f"{placed.frames / fps:.1f} s  ·  {timecode(placed.first, fps)} – {timecode(placed.last, fps)}"
    paragraphs = [
        (f"{scene.number}.{shot.number}  take {placed.piece.take}", 11.0, 700, INK),
        (span, 8.5, 400, DIM),
        (shot.action, 9.5, 400, INK),
        (f"Camera: {base.camera(placed.piece.direction)}", 8.5, 400, INK),
        *((f"Sound: {line}", 8.5, 400, INK) for line in heard),
    ]
    wide = min(FRAME, TALLEST * delivery.width / delivery.height)
    tall = wide * delivery.height / delivery.width
    board.left = MARGIN + FRAME + GUTTER
    text = sum(board.height(text, size, weight) for text, size, weight, _ in paragraphs)
    board.need(max(tall, min(text, PAGE[1] - 3 * MARGIN)))
    top, sheet = board.y, board.number
    _frame(board.page, placed.piece.path, top - tall, wide, tall)
    for words, size, weight, colour in paragraphs:
        board.write(words, size, weight, colour)
    board.left = MARGIN
    board.y = (min(board.y, top - tall) if board.number == sheet else board.y) - 14


def _frame(page: Canvas, clip: Path, bottom: float, wide: float, tall: float) -> None:
    """The shot's frame, with a hair line around it."""
    from PIL import Image
    from reportlab.lib.utils import ImageReader

    from studio.edit.contact_sheet import MIDDLE, frame_at

    size = (max(1, round(wide * FINE)), max(1, round(tall * FINE)))
    picture = frame_at(clip, MIDDLE).resize(size, Image.Resampling.LANCZOS)
    data = io.BytesIO()
    picture.save(data, "JPEG", quality=88)
    data.seek(0)
    page.drawImage(ImageReader(data), MARGIN, bottom, wide, tall)
    page.setStrokeColorRGB(0.6, 0.57, 0.53)
    page.setLineWidth(0.5)
    page.rect(MARGIN, bottom, wide, tall)
