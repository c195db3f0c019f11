"""A test engine: a coloured square crosses a plain ground. ``FLAT_FAULT=kind`` makes one shot fail, several with commas
between them one attempt each, in their order (nothing between commas: one that succeeds)."""

import os
import time
from pathlib import Path

import numpy as np

from studio.edit.encode import Encoder
from studio.engines.base import Capabilities, Clip, Progress, VideoEngine
from studio.story.brief import Brief

CALLS = Path(os.environ.get("FLAT_CALLS", "/dev/null"))


def fault() -> str:
    """The fault due now; all happen ``FLAT_FAULTS`` times (1), whatever the number of workers: a file counts."""
    wanted = os.environ.get("FLAT_FAULT", "").split(",") * int(os.environ.get("FLAT_FAULTS", "1"))
    done = CALLS.with_suffix(".faulted")
    count = done.stat().st_size if done.exists() else 0
    if wanted == [""] or count >= len(wanted):
        return ""
    with done.open("a") as file:
        file.write("x")
    return wanted[count]


class Engine(VideoEngine):
    version = "flat-1"
    capabilities = Capabilities(fps=24.0, any_fps=True, cpu=True)

    def shoot(self, brief: Brief, out: Path, progress: Progress) -> Clip:
        with CALLS.open("a") as file:
            file.write(brief.key + "\n")
        kind = fault()
        if kind == "hang":
            time.sleep(60)
        if kind == "crash":
            os._exit(139)
        if kind == "nofile":
            return Clip(out, brief.frames, brief.fps, brief.width, brief.height)
        if kind == "oom":
            raise MemoryError
        frames = brief.frames // 2 if kind == "short" else brief.frames
        rng = np.random.default_rng(brief.seed % 2**32)
        ground, square = rng.integers(60, 200, 3), rng.integers(0, 255, 3)
        with Encoder(out, brief.width, brief.height, brief.fps, keyframes=(12, brief.frames - 12)) as encoder:
            for n in range(frames):
                picture = np.empty((brief.height, brief.width, 3), np.uint8)
                picture[:] = 0 if kind == "black" else ground
                if kind != "black":
                    x = int((brief.width - 40) * n / max(1, frames - 1))
                    picture[20:60, x : x + 40] = square
                encoder.write(picture)
                progress(n / frames)
        return Clip(out, frames, brief.fps, brief.width, brief.height)
