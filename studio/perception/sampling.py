"""Sampling: a few frames of a clip for the encoders, and all of them, small and grey, for the eye."""

from __future__ import annotations

import io
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from studio.edit.probe import decode_strictly
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


@dataclass(frozen=True)
class Seen:
    """What a look through a clip brings: ``frames`` ``(k, h, w, 3)`` uint8 RGB, ``thumbs`` ``(n, 60, 104)`` uint8."""

    frames: np.ndarray
    thumbs: np.ndarray

    @classmethod
    def of_parts(cls, parts: Sequence[Seen]) -> Seen:
        """Of a clip whose parts were looked through one by one."""
        frames = [part.frames for part in parts if len(part.frames)]
        return cls(np.concatenate(frames or [parts[0].frames]), np.concatenate([part.thumbs for part in parts]))


def look_through(clip: Path, wanted: Collection[int]) -> Seen:
    """Decode every frame, strictly (opening or counting sees no bit flip): those that are ``wanted`` in RGB, and a grey
    thumbnail of each. Raises EngineFailed at the first error."""
    import av

    frames, thumbs = [], []
    try:
        with av.open(str(clip)) as container:
            if container.streams.audio:
                decode_strictly(clip, "a")
            context = container.streams.video[0].codec_context
            context.thread_type, context.options = "AUTO", {"err_detect": "explode"}
            for n, frame in enumerate(container.decode(video=0)):
                if frame.is_corrupt:
                    raise EngineFailed(f"{clip.name} does not decode: frame {n} is corrupt")
                thumbs.append(_thumb(frame))
                if n in wanted:
                    frames.append(frame.to_ndarray(format="rgb24"))
    except (av.FFmpegError, IndexError) as error:
        raise EngineFailed(f"{clip.name} does not decode: {error}") from None
    if not thumbs:
        raise EngineFailed(f"{clip.name} does not decode: it holds no frames")
    return Seen(np.stack(frames) if frames else np.empty((0, 1, 1, 3), np.uint8), np.stack(thumbs))


def footage(clip: Path, brief: Brief, count: int = SAMPLED, seen: Seen | None = None) -> Footage:
    """``count`` sampled frames of ``clip`` in RGB and a grey thumbnail of every frame; ``seen`` where somebody has
    looked through it before."""
    seen = seen or look_through(clip, sampled(brief.frames, count))
    if not len(seen.frames):
        raise EngineFailed(f"{clip.name} holds {len(seen.thumbs)} frames, too few to sample")
    return Footage(brief, seen.frames, references=references(brief), thumbs=seen.thumbs)


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
