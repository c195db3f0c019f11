"""Importing: any video becomes footage without actions, at a chosen rate and size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from studio.errors import BadInput
from studio.worlds.data.manifest import Manifest, Shard, read_manifest, sha256_of
from studio.worlds.data.shards import Footage

FITS = ("crop", "pad", "stretch")
SHARD = 2048
"""Frames a shard."""


def import_clips(
    clips: list[Path],
    folder: Path,
    fps: float = 12,
    size: tuple[int, int] = (96, 128),
    fit: str = "crop",
    say: Callable[[str], None] = lambda line: None,
) -> Manifest:
    """Add ``clips`` to the data set ``folder``; ``size`` is (height, width). Clips that it has already are passed over.

    Raises BadInput for a file that is no video or is damaged, a rate below 1 or above the clip's own, an unknown
    ``fit``, a size that is not a multiple of 16, or a folder with other footage.
    """
    _check(fps, size, fit)
    recipe = {"import": True, "fps": fps, "size": list(size), "fit": fit}
    if (folder / "manifest.json").exists():
        manifest = read_manifest(folder)
        if manifest.recipe != recipe:
            raise BadInput(f"{folder} holds other footage ({manifest.recipe}); choose another --out")
    else:
        manifest = Manifest(recipe=recipe, height=size[0], width=size[1], fps=fps, action_names=[])
    for clip in clips:
        if not clip.is_file():
            raise BadInput(f"no file {clip}")
        key = sha256_of(clip)
        if key in manifest.sources:
            say(f"{clip.name}: imported before")
            continue
        shards = _import_one(clip, folder, key[:12], fps, size, fit)
        manifest.shards.extend(shards)
        manifest.sources[key] = clip.name
        manifest.save(folder)
        say(f"{clip.name}: {sum(shard.frames for shard in shards)} frames")
    return manifest


def _check(fps: float, size: tuple[int, int], fit: str) -> None:
    if fit not in FITS:
        raise BadInput(f"unknown fit {fit!r}; choose from: {', '.join(FITS)}")
    if any(side < 16 or side > 2048 or side % 16 for side in size):
        raise BadInput(f"size {size[0]}x{size[1]} cannot be used; height and width are multiples of 16 from 16 to 2048")
    if not 1 <= fps <= 120:
        raise BadInput(f"fps {fps:g} cannot be used; choose 1 to 120")


def _import_one(clip: Path, folder: Path, key: str, fps: float, size: tuple[int, int], fit: str) -> list[Shard]:
    frames = [fitted(frame, size, fit) for frame in sampled(clip, fps)]
    if len(frames) < 2:
        raise BadInput(f"{clip} has {len(frames)} frames at {fps:g} a second; at least 2 are needed")
    kept = max(1, len(frames) - max(1, len(frames) // 10))
    shards = []
    for split, part in (("train", frames[:kept]), ("val", frames[kept:])):
        for start in range(0, len(part), SHARD):
            footage = Footage()
            for frame in part[start : start + SHARD]:
                footage.append(frame)
            footage.cut(policy=clip.name)
            shards.append(footage.publish(folder, f"{split}-{key}-{start // SHARD:03d}.safetensors", split))
    return shards


def sampled(clip: Path, fps: float) -> Iterator[np.ndarray]:
    """RGB frames of ``clip``, ``fps`` a second: of each time, the frame that is shown then."""
    try:
        with av.open(str(clip)) as container:
            if not container.streams.video:
                raise BadInput(f"{clip} has no picture")
            stream = container.streams.video[0]
            rate = stream.average_rate or stream.guessed_rate
            if rate and fps > float(rate) * 1.001:
                raise BadInput(f"{clip} has {float(rate):g} frames a second; --fps {fps:g} is more than that")
            yield from _at_times(container.decode(stream), Fraction(fps).limit_denominator(1000))
    except av.FFmpegError as error:
        raise BadInput(f"{clip} cannot be read as video: {error.strerror or error}") from None


def _at_times(frames: Iterator[Any], fps: Fraction) -> Iterator[np.ndarray]:
    count, held = 0, None
    first = time = lasted = Fraction(0)
    for frame in frames:
        now = Fraction(frame.pts or 0) * frame.time_base
        if held is None:
            first = now
        else:
            lasted = now - time
            while Fraction(count) / fps < now - first:
                yield held.to_ndarray(format="rgb24")
                count += 1
        held, time = frame, now
    if (held is not None and Fraction(count) / fps < time + lasted - first) or (count == 0 and held is not None):
        yield held.to_ndarray(format="rgb24")


def fitted(frame: np.ndarray, size: tuple[int, int], fit: str) -> np.ndarray:
    """``frame`` at ``size``: middle cut out (crop), black added (pad), or pulled to shape (stretch)."""
    height, width = size
    if fit == "stretch":
        return cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA)
    scales = (height / frame.shape[0], width / frame.shape[1])
    scale = max(scales) if fit == "crop" else min(scales)
    new = (max(1, round(frame.shape[1] * scale)), max(1, round(frame.shape[0] * scale)))
    small = cv2.resize(frame, new, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    if fit == "crop":
        top, left = (small.shape[0] - height) // 2, (small.shape[1] - width) // 2
        return np.ascontiguousarray(small[top : top + height, left : left + width])
    out = np.zeros((height, width, 3), np.uint8)
    top, left = (height - small.shape[0]) // 2, (width - small.shape[1]) // 2
    out[top : top + small.shape[0], left : left + small.shape[1]] = small
    return out
