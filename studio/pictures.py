"""Pictures that a user brings: read whole, turned upright, in plain sRGB, and without anything that a camera noted."""

from __future__ import annotations

import hashlib
import io
import warnings
from pathlib import Path

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from studio.errors import BadInput

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF")
MOST_PIXELS = 100_000_000
"""More is no photograph, but a file that was made to fill the memory."""


def read(path: Path, least: int = 1) -> Image.Image:
    """The picture at ``path`` as RGB pixels alone: EXIF orientation applied, transparency on white, colours in sRGB.

    Raises BadInput where it cannot be decoded, or where a side is shorter than ``least`` pixels."""
    if not path.is_file():
        raise BadInput(f"{path}: no such file")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path, formats=FORMATS) as opened:
                if opened.width * opened.height > MOST_PIXELS:
                    raise BadInput(
                        f"{path} has {opened.width}x{opened.height} pixels; at most {MOST_PIXELS:,} are read"
                    )
                opened.load()
                picture = _plain(ImageOps.exif_transpose(opened))
    except UnidentifiedImageError:
        raise BadInput(f"{path} is not a picture that can be read; one of: {', '.join(FORMATS)}") from None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise BadInput(f"{path} cannot be decoded: {str(error).splitlines()[0]}") from None
    if min(picture.size) < least:
        raise BadInput(f"{path} is {picture.width}x{picture.height}; each side needs at least {least} pixels")
    return picture


def _plain(picture: Image.Image) -> Image.Image:
    profile = picture.info.get("icc_profile")
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        whole = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", whole.size, "white"), whole).convert("RGB")
    if profile and picture.mode in ("RGB", "CMYK", "L"):
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            turned = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
            picture = turned or picture
        except ImageCms.PyCMSError:
            pass  # a broken profile says nothing about the colours
    rgb = picture.convert("RGB")
    # A new image: nothing that the file said beside its pixels (place, camera, thumbnail) comes along.
    plain = Image.new("RGB", rgb.size)
    plain.paste(rgb)
    return plain


def png(picture: Image.Image) -> bytes:
    """PNG bytes of the pixels alone."""
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def brought(path: Path, folder: Path) -> tuple[str, str]:
    """(sha256, path) of a user's picture, read and written again into ``folder``; raises BadInput."""
    data = png(read(path))
    sha256 = hashlib.sha256(data).hexdigest()
    copy = folder / f"{sha256}.png"
    copy.write_bytes(data)
    return sha256, str(copy)
