"""Encoding: RGB frames in, an H.264 file out that is the same to the bit on every run."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import numpy as np

from studio.errors import DiskFull, EngineFailed

COLOUR = (
    "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p,"
    "setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=tv"
)
"""Convert and tag: pixels and tags must both say BT.709."""
X264 = "open-gop=0:scenecut=0:threads=1:keyint=infinite:force-cfr=1"
"""One thread (more give other files), closed GOPs, keyframes only where they are forced."""


def video_options(crf: int = 20, preset: str = "veryfast", keyframes: Sequence[float] = ()) -> dict[str, object]:
    """Output options of every file that Studio encodes; ``keyframes`` in seconds."""
    options: dict[str, object] = {
        "vcodec": "libx264", "preset": preset, "crf": crf, "profile:v": "high", "pix_fmt": "yuv420p",
        "x264-params": X264, "movflags": "+faststart", "fflags": "+bitexact", "flags:v": "+bitexact+cgop",
        "map_metadata": -1, "threads": 1, "color_primaries": "bt709", "color_trc": "bt709", "colorspace": "bt709",
        "color_range": "tv",
    }  # fmt: skip
    if keyframes:
        options["force_key_frames"] = ",".join(f"{t:.6f}" for t in keyframes)
    return options


def colour_filters() -> list[tuple[str, list[str], dict[str, str]]]:
    """COLOUR, filter by filter: (name, arguments, named arguments)."""
    found = []
    for text in COLOUR.split(","):
        name, _, rest = text.partition("=")
        pairs = [p.split("=", 1) for p in rest.split(":")]
        found.append((name, [p[0] for p in pairs if len(p) == 1], {p[0]: p[1] for p in pairs if len(p) == 2}))
    return found


def ffmpeg_exe() -> str:
    """The bundled ffmpeg."""
    import imageio_ffmpeg

    return str(imageio_ffmpeg.get_ffmpeg_exe())


class Encoder:
    """Context manager: ``write`` frames ``(height, width, 3)`` uint8 RGB; the file is whole when it closes, or gone."""

    def __init__(
        self, path: Path, width: int, height: int, fps: float, keyframes: Sequence[int] = (),
        metadata: dict[str, str] | None = None, crf: int = 20, preset: str = "veryfast",
    ) -> None:  # fmt: skip
        self.path, self.shape, self.frames = path, (height, width, 3), 0
        import ffmpeg

        times = [max(0.0, (n - 0.5) / fps) for n in sorted(set(keyframes)) if n > 0]
        options = video_options(crf, preset, times)
        for n, (key, value) in enumerate(sorted((metadata or {}).items())):
            options[f"metadata:g:{n}"] = f"{key}={value}"
        graph = (
            ffmpeg.input("pipe:", format="rawvideo", pix_fmt="rgb24", s=f"{width}x{height}", framerate=fps)
            .output(str(path), vf=COLOUR, **options)
            .global_args("-hide_banner", "-loglevel", "error", "-y")
        )
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the encoder
        command = ffmpeg.compile(graph, cmd=ffmpeg_exe())
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=self._errors)

    def write(self, frame: np.ndarray) -> None:
        """Append one frame; raises EngineFailed or DiskFull when the encoder has died."""
        if frame.shape != self.shape:
            raise EngineFailed(f"frame {self.frames} is {frame.shape}, the clip is {self.shape}")
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(np.ascontiguousarray(frame).data)
        except (BrokenPipeError, OSError):
            self._fail()
        self.frames += 1

    def _fail(self) -> None:
        self._process.kill()
        self._process.wait()
        self._errors.seek(0)
        text = self._errors.read().decode(errors="replace").strip()
        if "No space left" in text:
            raise DiskFull(f"the disk is full: could not write {self.path}; free some space and resume")
        raise EngineFailed(f"ffmpeg stopped while writing {self.path.name}: {text[-300:] or 'no message'}")

    def __enter__(self) -> Encoder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        if kind is not None:
            self._process.kill()
            self._process.wait()
            self._errors.close()
            self.path.unlink(missing_ok=True)  # half a clip is nobody's; ffmpeg may have begun it, or not yet
            return
        try:
            self._process.stdin.close()
        except OSError:
            self._fail()
        if self._process.wait() != 0:
            self._fail()
        self._errors.close()
