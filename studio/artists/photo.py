"""photo: the user's own pictures of people, pets and places, fitted into the views. Nothing is drawn."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps
from pydantic import Field

from studio import pictures
from studio.artists.base import CHARACTER_VIEWS, LOCATION_VIEWS, Artist, Commission
from studio.errors import Stopped
from studio.tool import NoOptions

LEAST = 128
"""Shortest side, in pixels, of a photograph that shows anybody well enough."""
SIZES = {
    "front": (768, 768), "three_quarter": (768, 768), "full_body": (640, 960),
    "wide": (1152, 768), "detail": (1152, 768),
}  # fmt: skip
HEADROOM = 0.2
"""Where an upright photograph is cropped square: so much of what is lost is lost above, where a head is near."""


class Options(NoOptions):
    """``pictures``: id of a character or location -> view -> file, e.g. ``[artists.photo.pictures.anna]``."""

    pictures: dict[str, dict[str, str]] = Field(default_factory=dict)


class Draughtsman(Artist):
    Options = Options
    version = "photo-1"
    lasting = True

    def parameters(self) -> dict[str, Any]:
        """What the files show counts (``made_from``), not where they lie."""
        return {}

    def _file(self, commission: Commission) -> Path | None:
        file = self.options.pictures.get(commission.subject.id, {}).get(commission.view)
        return Path(file).expanduser() if file else None

    def can_draw(self, commission: Commission) -> bool:
        return self._file(commission) is not None

    def made_from(self, commission: Commission) -> str:
        file = self._file(commission)
        return hashlib.sha256(file.read_bytes()).hexdigest() if file and file.is_file() else ""

    def draw(self, commission: Commission, out: Path) -> None:
        file = self._file(commission)
        if file is None:
            raise Stopped(f"photo has no picture {commission.label}; `studio bible import` brings in photographs")
        out.write_bytes(pictures.png(fitted(pictures.read(file, LEAST), commission.view)))

    @classmethod
    def tiny(cls, folder: Path) -> Draughtsman:
        """Photographs of ``a`` and ``b``, as characters and as locations, of one colour each."""
        found: dict[str, dict[str, str]] = {"a": {}, "b": {}}
        for m, view in enumerate((*CHARACTER_VIEWS, *LOCATION_VIEWS)):
            for n, who in enumerate(found):
                file = folder / f"{who}-{view}.jpg"
                Image.new("RGB", (160, 200), (40 + 60 * n, 40 + 40 * m, 200)).save(file)
                found[who][view] = str(file)
        return cls({"pictures": found})


def fitted(picture: Image.Image, view: str) -> Image.Image:
    """The picture at the size of a view: a whole figure is never cut off (white beside it), others are cropped."""
    if view == "full_body":
        return ImageOps.pad(picture, SIZES[view], Image.Resampling.LANCZOS, color="white")
    centre = (0.5, HEADROOM if view in CHARACTER_VIEWS else 0.5)
    return ImageOps.fit(picture, SIZES[view], Image.Resampling.LANCZOS, centering=centre)
