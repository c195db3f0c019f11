"""A sheet of a sample: the clip's last frames above, then every continuation, a row each, the chosen one marked."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from studio.worlds.sampling import Sample
from studio.worlds.screen import enlarged

COLUMNS, GAP, LABEL, WIDTH = 8, 4, 22, 192
INK, DIM, CHOSEN, GROUND = (232, 230, 224), (150, 148, 144), (250, 204, 84), (22, 22, 24)


def sheet(sample: Sample, fps: float) -> Image.Image:
    """COLUMNS frames of each, evenly spaced, with their times: 0 is where the clip ends."""
    order = sorted(sample.candidates, key=lambda each: each.disagreement)
    rows = [("the clip, real", INK, sample.context, -len(sample.context))]
    for place, each in enumerate(order):
        label = f"continuation {each.number}: disagreement {each.disagreement:.2f}{', chosen' if not place else ''}"
        rows.append((label, CHOSEN if not place else DIM, sample.dreams[each.number], 0))
    high = max(1, round(WIDTH * sample.context.shape[1] / sample.context.shape[2]))
    step = high + LABEL + GAP
    page = Image.new("RGB", (COLUMNS * (WIDTH + GAP) + GAP, len(rows) * step + GAP), GROUND)
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(13)
    for row, (label, colour, frames, first) in enumerate(rows):
        top = GAP + row * step
        pen.text((GAP + 2, top + 2), label, colour, font)
        for column, n in enumerate(np.linspace(0, len(frames) - 1, COLUMNS).round().astype(int)):
            left = GAP + column * (WIDTH + GAP)
            page.paste(Image.fromarray(enlarged(frames[n], high, WIDTH)), (left, top + LABEL))
            if column > 2:
                pen.text((left + WIDTH - 48, top + 2), f"{(first + n + 1) / fps:+.2f} s", DIM, font)
    return page
