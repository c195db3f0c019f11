"""One clip without a crew: the user's words as they are, or for previz the first shot of a one-scene plan of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.config import Settings, Workspace
from studio.engines.base import VideoEngine
from studio.errors import BadInput
from studio.pictures import brought
from studio.plugins import load
from studio.story.brief import Brief
from studio.story.direction import Direction
from studio.story.document import Character, CreativeDocument, Location
from studio.tool import build
from studio.weights import hash_of


@dataclass(frozen=True)
class Wish:
    """What a person wants to see."""

    prompt: str
    seconds: float
    seed: int = 0
    image: Path | None = None
    """The first frame."""
    references: tuple[Path, ...] = ()
    """Pictures of who or what is to be seen, most important first."""


def brief_of(space: Workspace, settings: Settings, wish: Wish, folder: Path) -> Brief:
    """The brief of a single clip; the wish's pictures are written into ``folder`` for the engine to read.

    Raises BadInput where the engine cannot do what is wished."""
    name = settings.production.engine
    engine: VideoEngine = build("engines", name, settings, space)
    width, height = engine.capabilities.size_for(settings.production.width, settings.production.height)
    options = engine.parameters()
    brief = Brief(
        engine=name, engine_version=engine.version, weights=hash_of(engine.weights, space.runs / ".weights.json"),
        prompt=wish.prompt, seed=wish.seed, width=width, height=height,
        frames=engine.capabilities.frames_for(wish.seconds), fps=engine.capabilities.fps,
        parameters={"options": options} if options else {},
        **(_plan(settings, wish) if _draws_from_a_plan(engine) else _verbatim(wish)),
        **_pictures(name, engine, wish, folder),
    )  # fmt: skip
    engine.check(brief)
    return brief


def _draws_from_a_plan(engine: VideoEngine) -> bool:
    """previz and its like; a model has weights, and understands words."""
    return engine.prompt_family == "previz" and not engine.needs.weights


def _verbatim(wish: Wish) -> dict[str, Any]:
    """Nobody has planned anything: the prompt says it all."""
    nowhere = Location(id="clip", name="clip", kind="", description=wish.prompt)
    return {"action": wish.prompt, "location": nowhere, "characters": _subjects(wish)}


def _subjects(wish: Wish) -> list[Character]:
    """One nameless character a reference picture."""
    return [
        Character(id=f"subject-{n}", name=f"subject {n}", kind="person", description=wish.prompt)
        for n in range(1, len(wish.references) + 1)
    ]


def _plan(settings: Settings, wish: Wish) -> dict[str, Any]:
    """An engine that draws from a plan: the last shot of one scene."""
    told = {
        "prompt": wish.prompt,
        "scenes": 1,
        "max_characters": 8,
        "max_locations": 1,
        "seed": wish.seed,
        "bible": None,
    }
    messages = [{"role": "user", "content": json.dumps({"variables": told}, ensure_ascii=False)}]
    # Without a crew nobody is asked: the prompt goes to the engine as it is, and is read for those that need a plan.
    document: CreativeDocument = load("llm", "offline").Writer(settings).write(messages, CreativeDocument)
    scene = document.scenes[0]
    shot = scene.shots[-1]
    return {
        "direction": Direction(**{"shot_size": "full", **shot.direction}), "action": shot.action,
        "characters": document.in_frame(shot), "location": document.location(scene.location),
        "time_of_day": scene.time_of_day, "weather": scene.weather, "genre": document.genre, "style": document.style,
    }  # fmt: skip


def _pictures(name: str, engine: VideoEngine, wish: Wish, folder: Path) -> dict[str, Any]:
    able, files = engine.capabilities, {}
    told: dict[str, Any] = {}
    if wish.image is not None:
        if not able.first_frame:
            raise BadInput(f"engine {name} cannot start from an image; leave out --image")
        told["first_frame"], path = brought(wish.image, folder)
        files[told["first_frame"]] = path
    if wish.references:
        if not able.references:
            raise BadInput(f"engine {name} takes no reference pictures; leave out --reference")
        given = [brought(path, folder) for path in wish.references]
        told["references"] = {f"characters/subject-{n}/front": sha256 for n, (sha256, _) in enumerate(given, 1)}
        files |= dict(given)
    return {**told, "files": files}
