"""Looking at clips: what a file holds, and whether every frame of it decodes."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from studio.edit.encode import ffmpeg_exe
from studio.errors import EngineFailed


@dataclass(frozen=True)
class Facts:
    """What a video file holds."""

    frames: int
    fps: float
    width: int
    height: int
    extradata: bytes
    """SPS and PPS; packets of two files can be joined where these are equal."""


def probe(path: Path) -> Facts:
    """Count packets without decoding; raises EngineFailed for a file that is no video."""
    import av

    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            frames = sum(1 for packet in container.demux(stream) if packet.size)
            codec = stream.codec_context
            rate = float(stream.average_rate or stream.base_rate or 0)
            return Facts(frames, rate, codec.width, codec.height, bytes(codec.extradata or b""))
    except (av.FFmpegError, IndexError, OSError) as error:
        raise EngineFailed(f"{path.name} is not a readable video: {error}") from None


def decode_strictly(path: Path, streams: str = "va") -> None:
    """Decode every frame and stop at the first error; raises EngineFailed. (Opening or counting sees no bit flip.)

    ``streams``: ``v`` the pictures, ``a`` the sound where there is any.
    """
    mapped = [word for kind, name in (("v", "0:v"), ("a", "0:a?")) if kind in streams for word in ("-map", name)]
    command = [ffmpeg_exe(), "-hide_banner", "-nostdin", "-loglevel", "error", "-xerror", "-err_detect", "explode",
               "-threads", "1", "-i", str(path), *mapped, "-f", "null", "-"]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    if done.returncode != 0 or done.stderr.strip():
        raise EngineFailed(f"{path.name} does not decode: {done.stderr.strip()[-200:] or done.returncode}")
