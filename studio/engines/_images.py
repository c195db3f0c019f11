"""Pictures that a brief names: first and last frames, and references."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

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

    Characters come most important first."""
    found: dict[str, dict[str, str]] = {}
    for label, sha256 in brief.references.items():
        family, id, view = label.split("/", 2)
        if family == kind:
            found.setdefault(id, {})[view] = sha256
    order = [character.id for character in brief.characters]
    return dict(sorted(found.items(), key=lambda item: order.index(item[0]) if item[0] in order else len(order)))
