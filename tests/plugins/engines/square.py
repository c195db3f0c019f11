"""A test engine of its own rate and size: a white square crosses a dark ground at 20 pixels a second of its clip."""

from pathlib import Path

import numpy as np

from studio.edit.encode import Encoder
from studio.engines.base import Capabilities, Clip, Progress, VideoEngine
from studio.story.brief import Brief

SPEED, SIDE = 20, 16
"""Pixels a second of the square's left edge, which starts at 0; and its width."""


class Engine(VideoEngine):
    version = "square-1"
    capabilities = Capabilities(fps=8.0, frame_step=8, frame_offset=1, max_frames=9, fixed_size=(144, 96), cpu=True)

    def shoot(self, brief: Brief, out: Path, progress: Progress) -> Clip:
        handles = int(brief.parameters.get("handles", 0))
        keyframes = (handles, brief.frames - handles)
        with Encoder(out, brief.width, brief.height, brief.fps, keyframes=keyframes) as encoder:
            for n in range(brief.frames):
                picture = np.full((brief.height, brief.width, 3), 40, np.uint8)
                left = round(SPEED * n / brief.fps)
                picture[32:64, left : left + SIDE] = 235
                encoder.write(picture)
                progress((n + 1) / brief.frames)
        return Clip(out, brief.frames, brief.fps, brief.width, brief.height)
