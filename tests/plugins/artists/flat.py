"""A test artist: one colour a subject."""

import hashlib
from pathlib import Path

from PIL import Image

from studio.artists.base import Artist, Commission


class Draughtsman(Artist):
    version = "flat-1"

    def draw(self, commission: Commission, out: Path) -> None:
        colour = hashlib.sha256(commission.subject.id.encode()).digest()[:3]
        Image.new("RGB", (64, 64), tuple(colour)).save(out)
