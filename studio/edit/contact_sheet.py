"""The contact sheet: one frame a shot, on one page, so that a film can be told at a glance."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from studio.publish import publish_bytes

if TYPE_CHECKING:
    from PIL.Image import Image

COLUMNS = 4
MIDDLE = 0.5
"""Where in a clip the picture that stands for it is taken."""
CELL = 320
MARGIN = 14
CAPTION = 22
PAPER = (244, 240, 232)
INK = (40, 36, 32)


def frame_at(path: Path, share: float) -> Image:
    """The frame at ``share`` (0…1) of a clip; decoded from the key frame before it."""
    import av

    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        wanted = round((stream.duration or 0) * share)
        container.seek(wanted, stream=stream)
        frame = None
        for frame in container.decode(stream):
            if frame.pts is not None and frame.pts >= wanted:
                break
        if frame is None:
            raise ValueError(f"{path} has no frames")
        return frame.to_image()


def contact_sheet(cells: Sequence[tuple[Path, str]], out: Path, title: str = "") -> None:
    """Draw ``(clip, label)`` cells, four a row, under the film's title, into the PNG ``out``."""
    from PIL import Image, ImageDraw, ImageFont

    pictures = [frame_at(path, MIDDLE) for path, _ in cells]
    width, height = pictures[0].size
    tall = round(CELL * height / width)
    rows = -(-len(cells) // COLUMNS)
    head = 48 if title else MARGIN
    page = (COLUMNS * (CELL + MARGIN) + MARGIN, head + rows * (tall + CAPTION + MARGIN) + MARGIN)
    sheet = Image.new("RGB", page, PAPER)
    draw = ImageDraw.Draw(sheet)
    draw.text((MARGIN, 12), title, fill=INK, font=ImageFont.load_default(24))
    small = ImageFont.load_default(13)
    for n, (picture, (_, label)) in enumerate(zip(pictures, cells, strict=True)):
        x = MARGIN + n % COLUMNS * (CELL + MARGIN)
        y = head + n // COLUMNS * (tall + CAPTION + MARGIN)
        sheet.paste(picture.resize((CELL, tall), Image.Resampling.LANCZOS), (x, y))
        draw.text((x, y + tall + 3), label, fill=INK, font=small)
    data = io.BytesIO()
    sheet.save(data, "PNG")
    publish_bytes(out, data.getvalue())
