"""One clip without a crew: the first shot of a one-scene plan of the prompt."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from studio.config import Settings, Workspace
from studio.errors import BadInput
from studio.plugins import load
from studio.story.brief import Brief
from studio.story.direction import Direction
from studio.story.document import CreativeDocument
from studio.tool import build
from studio.weights import hash_of


def brief_of(space: Workspace, settings: Settings, prompt: str, seconds: float, seed: int, image: Path | None) -> Brief:
    """The brief of a single clip; raises BadInput where the engine cannot start from ``image``."""
    engine = build("engines", settings.production.engine, settings, space)
    width, height = engine.capabilities.size_for(settings.production.width, settings.production.height)
    first, files = "", {}
    if image is not None:
        if not engine.capabilities.first_frame:
            raise BadInput(f"engine {settings.production.engine} cannot start from an image; leave out --image")
        if not image.is_file():
            raise BadInput(f"--image {image}: no such file")
        first = hashlib.sha256(image.read_bytes()).hexdigest()
        files = {first: str(image.absolute())}
    told = {"prompt": prompt, "scenes": 1, "max_characters": 8, "max_locations": 1, "seed": seed, "bible": None}
    messages = [{"role": "user", "content": json.dumps({"variables": told}, ensure_ascii=False)}]
    # Without a crew nobody is asked: the prompt goes to the engine as it is, and is read for those that need a plan.
    document: CreativeDocument = load("llm", "offline").Writer(settings).write(messages, CreativeDocument)
    scene = document.scenes[0]
    shot = scene.shots[-1]
    hashed = hash_of(engine.weights, space.runs / ".weights.json")
    options = engine.parameters()
    return Brief(
        engine=settings.production.engine, engine_version=engine.version, weights=hashed,
        prompt=prompt, seed=seed, width=width, height=height,
        frames=engine.capabilities.frames_for(seconds), fps=engine.capabilities.fps,
        direction=Direction(**{"shot_size": "full", **shot.direction}), action=shot.action,
        characters=document.in_frame(shot), location=document.location(scene.location),
        time_of_day=scene.time_of_day, weather=scene.weather, genre=document.genre, style=document.style,
        first_frame=first, files=files, parameters={"options": options} if options else {},
    )  # fmt: skip
