"""The assistant editor: clips that an engine gave at another rate or size than the film's are conformed, once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from studio.crew.production import Production
from studio.edit.conform import VERSION, Format, conform, describe, length
from studio.memory.tables import Take
from studio.story.brief import digest
from studio.story.document import Scene, Shot

FOLDER = "conformed"
"""Below the take store; what lies in it can be made again in seconds."""


def film_rate(settings: Mapping[str, Any], brief: Mapping[str, Any]) -> float:
    """Frames a second of the film, from ``[production]`` and a brief of it: the engine's own where fps is native."""
    wanted = settings.get("fps", "native")
    return float(brief["fps"]) if wanted == "native" else float(wanted)


def native_rate(production: Production) -> float:
    """Frames a second of the film: the production's own engine's where fps is native, whoever shoots some scenes."""
    settings = production.settings.production
    return production.engine.capabilities.fps if settings.fps == "native" else float(settings.fps)


def shot_rate(production: Production, scene: Scene) -> float:
    """Frames a second at which the scene's engine shoots: the film's, unless it has one of its own."""
    able = production.engine_of(scene).capabilities
    return native_rate(production) if able.any_fps else able.fps


def planned_frames(production: Production, scene: Scene, shot: Shot, fps: float) -> int:
    """Frames of a film at ``fps`` that a planned shot fills, dissolves included."""
    rate = shot_rate(production, scene)
    return length(production.engine_of(scene).capabilities.frames_for(shot.seconds, rate), rate, fps)


def film_format(production: Production, brief: Mapping[str, Any]) -> Format:
    """Size and rate of the film."""
    settings = production.settings.production
    own = brief["engine"] == settings.engine
    rate = film_rate(settings.model_dump(), brief) if own else native_rate(production)
    return Format(settings.width, settings.height, rate)


def clip_format(brief: Mapping[str, Any]) -> Format:
    """Size and rate of the clip that ``brief`` asks for."""
    return Format(int(brief["width"]), int(brief["height"]), float(brief["fps"]))


def film_frames(production: Production, brief: Mapping[str, Any]) -> int:
    """Frames of the film that the clip of ``brief`` fills, dissolves included."""
    return length(int(brief["frames"]), float(brief["fps"]), film_format(production, brief).fps)


def for_film(production: Production, take: Take, clip: Path) -> tuple[Path, int]:
    """(file, frames) of a take's clip as the film shows it: the clip itself, or the same conformed to the film."""
    brief = production.memory.recall("brief", {"key": take.key})
    shot, film = clip_format(brief), film_format(production, brief)
    frames = film_frames(production, brief)
    if shot == film:
        return clip, frames
    production.remark("warning", describe(shot, film))
    return _conformed(production, take, clip, shot, film, frames), frames


def _conformed(production: Production, take: Take, clip: Path, shot: Format, film: Format, frames: int) -> Path:
    """The conformed clip that was made before where it is intact, or a new one."""
    handles = round(production.settings.production.crossfade_seconds * film.fps)
    key = digest([VERSION, take.sha256, film.width, film.height, film.fps, frames, handles])
    path = production.store.root / FOLDER / key[:2] / f"{key}.mp4"
    known = production.memory.recall("conformed", {"key": key})
    if known and path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == known["sha256"]:
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    conform(clip, path, shot, film, frames, handles)
    production.memory.memoise("conformed", {"key": key}, {"sha256": hashlib.sha256(path.read_bytes()).hexdigest()})
    return path
