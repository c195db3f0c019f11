"""The brief: everything an engine needs to render one shot once, and the key that names the result."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from studio.story.direction import Direction
from studio.story.document import Character, Line, Location


def canonical(value: Any) -> bytes:
    """JSON with sorted keys and no spaces: the same value gives the same bytes on every machine."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest(value: Any) -> str:
    """sha256 (hex) of the canonical JSON of ``value``."""
    return hashlib.sha256(canonical(value)).hexdigest()


class Brief(BaseModel):
    """One rendering job. Two briefs with equal keys give equal clips; ``files`` alone is not part of the key."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    engine: str
    engine_version: str
    weights: str = ""
    """sha256 of the engine's weights; empty where it has none."""
    prompt: str
    negative_prompt: str = ""
    seed: int = 0
    width: int = 832
    height: int = 480
    frames: int = 96
    fps: float = 24.0
    direction: Direction = Direction()
    action: str = ""
    characters: list[Character] = Field(default_factory=list)
    """Those in frame, most important first, as the story bible has them."""
    location: Location
    time_of_day: str = "noon"
    weather: str = "clear"
    genre: str = "drama"
    style: str = ""
    beat: str = "setup"
    """The arc's beat (setup, turn, crisis, resolution): sets the mood."""
    dialogue: list[Line] = Field(default_factory=list)
    references: dict[str, str] = Field(default_factory=dict)
    """Label (``characters/<id>/front`` …) -> sha256 of the reference image."""
    first_frame: str = ""
    """sha256 of the image that the clip must start from; only where the engine uses one."""
    parameters: dict[str, Any] = Field(default_factory=dict)
    """Engine-specific; previz knows ``screen_side`` per character id (-1 left … 1 right) and ``side`` of the camera."""
    files: dict[str, str] = Field(default_factory=dict)
    """sha256 -> path where that image lies now."""

    @property
    def key(self) -> str:
        """sha256 (hex) of everything except where files lie."""
        return digest(self.model_dump(mode="json", exclude={"files"}))

    @property
    def seconds(self) -> float:
        return self.frames / self.fps
