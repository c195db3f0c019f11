"""What a video engine is: something that renders a brief into a clip."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from studio.story.brief import Brief

Progress = Callable[[float], None]
"""Called with the share done, 0…1; every call is also the worker's heartbeat."""


@dataclass(frozen=True)
class Clip:
    """A rendered video file and what it holds."""

    path: Path
    frames: int
    fps: float
    width: int
    height: int


@dataclass(frozen=True)
class Capabilities:
    """What an engine can render."""

    fps: float = 24.0
    frame_step: int = 1
    frame_offset: int = 0
    """A clip has ``frame_step * k + frame_offset`` frames (Wan: 4k+1)."""
    max_frames: int = 480
    size_multiple: int = 2
    first_frame: bool = False
    last_frame: bool = False
    references: bool = False
    cpu: bool = False
    """Runs on any laptop, in several processes at once."""

    def frames_for(self, seconds: float, fps: float | None = None) -> int:
        """Valid number of frames nearest to ``seconds``, at least one step."""
        wanted = seconds * (fps or self.fps)
        k = max(1, round((wanted - self.frame_offset) / self.frame_step))
        return min(self.max_frames, self.frame_step * k + self.frame_offset)


@dataclass(frozen=True)
class Needs:
    """What must be there before an engine can start."""

    weights: tuple[str, ...] = ()
    vram_gib: float = 0.0
    packages: tuple[str, ...] = ()


class VideoEngine(ABC):
    """Subclass as ``Engine`` in ``studio/engines/<name>.py``; the file's name is the engine's name."""

    version: str = "1"
    """Raise it whenever the same brief would give other pixels."""
    licence: str = "Apache-2.0"
    capabilities: Capabilities = Capabilities()
    needs: Needs = Needs()

    @abstractmethod
    def shoot(self, brief: Brief, out: Path, progress: Progress) -> Clip:
        """Render ``brief`` into the H.264 file ``out`` (a temporary path of the caller) and describe it.

        Raises EngineFailed when this attempt cannot succeed."""

    @classmethod
    def weights_hash(cls) -> str:
        """sha256 of the weights; empty for an engine without any."""
        return ""

    @classmethod
    def tiny(cls) -> VideoEngine:
        """A random-weight miniature for tests; engines without weights return themselves."""
        return cls()
