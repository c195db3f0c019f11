"""Pictures that a brief names: first and last frames, and references."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import numpy as np
from PIL import Image

from studio.errors import EngineFailed
from studio.story.brief import Brief


def picture(brief: Brief, sha256: str) -> Image.Image:
    """The image with this hash as RGB, transparency composited on white.

    Raises EngineFailed where its file is gone or holds another picture."""
    path = brief.files.get(sha256, "")
    if not path or not Path(path).is_file():
        raise EngineFailed(f"the brief's picture {sha256[:12]} is not at {path or 'any known path'}")
    data = Path(path).read_bytes()
    if hashlib.sha256(data).hexdigest() != sha256:
        raise EngineFailed(f"{path} is not the picture that the brief names ({sha256[:12]}); it has changed")
    image: Image.Image = Image.open(io.BytesIO(data))
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image.convert("RGBA"))
    return image.convert("RGB")


def filling(image: Image.Image, width: int, height: int) -> Image.Image:
    """``image`` scaled to cover ``width`` x ``height`` and cropped about its centre: nothing is squeezed."""
    from PIL import ImageOps

    if image.size == (width, height):
        return image
    return ImageOps.fit(image, (width, height), Image.Resampling.LANCZOS)


def references(brief: Brief, kind: str) -> dict[str, dict[str, str]]:
    """Id -> view -> hash of the reference images of each of ``kind`` (``characters`` or ``locations``).

    Characters come most important first; a place is shown at the brief's hour where there is such a picture."""
    found: dict[str, dict[str, str]] = {}
    hour = f"_{brief.time_of_day}"
    for label, sha256 in sorted(brief.references.items(), key=lambda item: item[0].endswith(hour)):
        family, id, view = label.split("/", 2)
        if family == kind:
            found.setdefault(id, {})[view.removesuffix(hour)] = sha256
    order = [character.id for character in brief.characters]
    return dict(sorted(found.items(), key=lambda item: order.index(item[0]) if item[0] in order else len(order)))


def opening(brief: Brief) -> Image.Image:
    """A first frame from the references alone: the place fills the frame, the first character stands in its middle.

    Raises EngineFailed where the brief has neither."""
    places, people = references(brief, "locations"), references(brief, "characters")
    place = next((views.get("wide") or next(iter(views.values())) for views in places.values()), "")
    person = next((views.get("full_body") or next(iter(views.values())) for views in people.values()), "")
    if not place and not person:
        raise EngineFailed("the brief has no picture of a place or a character to start from")
    ground = picture(brief, place) if place else Image.new("RGB", (brief.width, brief.height), "white")
    frame = filling(ground, brief.width, brief.height)
    if person:
        figure = _cut_out(picture(brief, person))
        scale = min(0.8 * brief.height / figure.height, 0.8 * brief.width / figure.width)
        figure = figure.resize((max(1, round(figure.width * scale)), max(1, round(figure.height * scale))))
        frame.paste(figure, ((brief.width - figure.width) // 2, brief.height - figure.height), figure)
    return frame


def _cut_out(image: Image.Image, near: int = 24) -> Image.Image:
    """The figure without its ground, RGBA: what a fill from the corners reaches within ``near`` levels is left out."""
    from PIL import ImageDraw

    marked, ground = image.copy(), (255, 0, 254)
    for corner in ((0, 0), (image.width - 1, 0), (0, image.height - 1), (image.width - 1, image.height - 1)):
        ImageDraw.floodfill(marked, corner, ground, thresh=near)
    seen = (np.asarray(marked) != np.array(ground, np.uint8)).any(axis=2)
    alpha = Image.fromarray(seen.astype(np.uint8) * 255)
    box = alpha.getbbox()
    figure = image.convert("RGBA")
    if box is None:  # all of it is ground: shown as it is
        return figure
    figure.putalpha(alpha)
    return figure.crop(box)
