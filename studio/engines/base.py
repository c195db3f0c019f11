"""What a video engine is: something that renders a brief into a clip."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from studio.errors import BadInput
from studio.story.brief import Brief
from studio.story.direction import SLOTS
from studio.tool import Needs, NoOptions, Tool

__all__ = ["Capabilities", "Clip", "Needs", "NoOptions", "Progress", "VideoEngine"]

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
    notes: tuple[str, ...] = ()
    """What the engine had to do to give what was asked (frames trimmed, calls chained); goes into the log."""


@dataclass(frozen=True)
class Capabilities:
    """What an engine can render."""

    fps: float = 24.0
    any_fps: bool = False
    """Renders at any rate; others at ``fps`` alone, and the edit conforms their clips."""
    frame_step: int = 1
    frame_offset: int = 0
    """A clip has ``frame_step * k + frame_offset`` frames (Wan: 4k+1)."""
    max_frames: int = 480
    size_multiple: int = 2
    fixed_size: tuple[int, int] | None = None
    """The only (width, height) it renders, where there is but one."""
    first_frame: bool = False
    last_frame: bool = False
    references: bool = False
    needs_picture: bool = False
    """Renders nothing from text alone: a brief has a first frame or references."""
    game: str = ""
    """The game whose own picture it shows (a file in studio/worlds/envs): neither the bible's people and places nor the
    hour, the weather and the framing of a brief. What a critic would ask of those is not asked, and nothing is learnt
    from it."""
    shows: tuple[str, ...] = tuple(SLOTS)
    """Slots of a direction that reach its picture: a retake keeps the others, so that it differs in one of these."""
    cpu: bool = False
    """Runs on any laptop, in several processes at once."""

    def frames_for(self, seconds: float, fps: float | None = None) -> int:
        """Valid number of frames nearest to ``seconds``, at least one step."""
        wanted = seconds * (fps or self.fps)
        k = max(1, round((wanted - self.frame_offset) / self.frame_step))
        return min(self.max_frames, self.frame_step * k + self.frame_offset)

    def size_for(self, width: int, height: int) -> tuple[int, int]:
        """The size nearest to ``width`` x ``height`` that can be rendered; the edit conforms it to the film's."""
        if self.fixed_size:
            return self.fixed_size
        step = self.size_multiple
        return max(step, round(width / step) * step), max(step, round(height / step) * step)


class VideoEngine(Tool, ABC):
    """Subclass as ``Engine`` in ``studio/engines/<name>.py``; the file's name is the engine's name."""

    capabilities: Capabilities = Capabilities()
    cache_folder: Path | None = None
    """A folder for what can be made again and is worth keeping (embeddings of prompts); the stage names it."""
    prompt_family: str = "previz"
    """How its prompts are written: ``prompts/enricher/<family>.md``."""

    @abstractmethod
    def shoot(self, brief: Brief, out: Path, progress: Progress) -> Clip:
        """Render ``brief`` into the H.264 file ``out`` (a temporary path of the caller) and describe it.

        ``brief.parameters["options"]`` are the options it was asked with: ``parameters()`` of the engine that was
        configured. Raises EngineFailed when this attempt cannot succeed."""

    def check(self, brief: Brief) -> None:
        """Raises BadInput where ``brief`` asks for what the engine cannot do; called before anything is rendered."""
        able = self.capabilities
        what = f"engine {brief.engine}"
        if able.fixed_size and (brief.width, brief.height) != able.fixed_size:
            wide, high = able.fixed_size
            raise BadInput(f"{what} renders {wide}x{high} alone, not {brief.width}x{brief.height}")
        for name, value in (("width", brief.width), ("height", brief.height)):
            if value % able.size_multiple:
                lower = value // able.size_multiple * able.size_multiple
                near = f"{lower} or {lower + able.size_multiple}" if lower else f"{able.size_multiple}"
                raise BadInput(f"{what} renders multiples of {able.size_multiple}: {name} {value} could be {near}")
        if not 1 <= brief.frames <= able.max_frames:
            raise BadInput(f"{what} renders 1 to {able.max_frames} frames, not {brief.frames}")
        if not able.any_fps and brief.fps != able.fps:
            raise BadInput(f"{what} renders {able.fps:g} frames a second, not {brief.fps:g}")
        if brief.first_frame and not able.first_frame:
            raise BadInput(f"{what} cannot start from a picture")
        if brief.parameters.get("last_frame") and not able.last_frame:
            raise BadInput(f"{what} cannot end on a picture")

    @classmethod
    def tiny(cls, folder: Path) -> VideoEngine:
        """A random-weight miniature, its weights saved in ``folder`` and loaded from there by the production code."""
        return cls()
