"""Sampling: a few frames of a clip for the encoders, and all of them, small and grey, for the eye."""

from __future__ import annotations

import io
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from studio.errors import EngineFailed
from studio.rewards.base import Footage
from studio.story.brief import Brief

if TYPE_CHECKING:
    from av import VideoFrame

THUMB = (104, 60)
"""Width and height of the small grey frames."""
FULL_RANGE = 2
"""ffmpeg's AVCOL_RANGE_JPEG."""

SAMPLED = 5
"""Frames of a take that the critic looks at in colour, unless the settings say otherwise."""


def sampled(frames: int, count: int = SAMPLED) -> list[int]:
    """Numbers of ``count`` frames of so many, evenly spaced, without the first and the last."""
    return [round(x) for x in np.linspace(0, max(0, frames - 1), count + 2)[1:-1]]


def footage(clip: Path, brief: Brief, count: int = SAMPLED) -> Footage:
    """Decode ``clip`` once: ``count`` sampled frames in RGB and a grey thumbnail of every frame."""
    import av

    wanted = set(sampled(brief.frames, count))
    frames, thumbs = [], []
    try:
        with av.open(str(clip)) as container:
            container.streams.video[0].thread_type = "AUTO"
            for n, frame in enumerate(container.decode(video=0)):
                thumbs.append(_thumb(frame))
                if n in wanted:
                    frames.append(frame.to_ndarray(format="rgb24"))
    except av.FFmpegError as error:
        raise EngineFailed(f"{clip.name} does not decode: {error}") from None
    if not frames:
        raise EngineFailed(f"{clip.name} holds {len(thumbs)} frames, too few to sample")
    return Footage(brief, np.stack(frames), references=references(brief), thumbs=np.stack(thumbs))


def _thumb(frame: VideoFrame) -> np.ndarray:
    """A frame small and grey, ``(60, 104)`` uint8 of the full range."""
    if frame.format.name != "yuv420p" or frame.color_range == FULL_RANGE:
        return cv2.resize(frame.to_ndarray(format="gray"), THUMB, interpolation=cv2.INTER_AREA)
    # The luma plane is there already: converting every whole frame takes longer than decoding it.
    luma = np.frombuffer(bytes(frame.planes[0]), np.uint8).reshape(frame.height, -1)[:, : frame.width]
    small = cv2.resize(luma, THUMB, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.convertScaleAbs(cv2.subtract(small, 16), alpha=255 / 219))


@lru_cache(maxsize=64)
def picture(path: str, sha256: str) -> np.ndarray | None:
    """The RGB image at ``path``, None where there is none; the hash tells a newer file of the same name."""
    image = cv2.imread(path)
    return None if image is None else cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def references(brief: Brief) -> dict[str, np.ndarray]:
    """The brief's reference images, RGB, by label; those whose file is known."""
    found = {}
    for label, sha256 in brief.references.items():
        path = brief.files.get(sha256)
        image = picture(path, sha256) if path else None
        if image is not None:
            found[label] = image
    return found


def last_frame_png(clip: Path) -> bytes:
    """The last frame of a clip as PNG bytes."""
    import av
    from PIL import Image

    last = None
    with av.open(str(clip)) as container:
        for frame in container.decode(video=0):
            last = frame
    if last is None:
        raise EngineFailed(f"{clip.name} has no frames")
    data = io.BytesIO()
    Image.fromarray(last.to_ndarray(format="rgb24")).save(data, "PNG")
    return data.getvalue()
