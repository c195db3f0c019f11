"""On the stage: have a brief rendered, keep what happened, and put the take where people look for it."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from studio.crew import steadfast
from studio.crew.enricher import recall_brief
from studio.crew.production import Production
from studio.publish import publish_bytes
from studio.story.brief import digest
from studio.story.document import Scene, Shot


def keep(production: Production, kind: str, value: Any) -> str:
    """Store a result; returns its hash, which is all that the graph carries."""
    key = digest(value)
    production.memory.memoise(kind, {"key": key}, value)
    return key


def kept(production: Production, kind: str, key: str) -> Any:
    """A result stored by ``keep``."""
    return production.memory.recall(kind, {"key": key})


def shoot(production: Production, scene: Scene, shot: Shot, number: int, key: str) -> str:
    """Render the brief ``key``, or find it in the take store; link it as take ``number``; returns the result's hash."""
    brief = recall_brief(production, key)
    where = {"scene": scene.number, "shot": shot.number, "take": number}

    def on_event(event: str, **facts: Any) -> None:
        if event == "warning":
            production.remark("warning", facts["text"])
        else:
            production.log(event, **where, **facts)

    # Written before the rendering: a kill between the clip's publication and its log line must not make it a find.
    mine = {"production": production.name, "key": key}
    if production.store.find(key, on_event) is None:
        steadfast.require_engine(production, brief.engine)
        production.memory.memoise("rendering", mine, True)
    own = production.memory.recall("rendering", mine) is not None
    with production.clocked("render"):
        shot_ = production.stage_of(brief.engine).shoot(brief, production.store, on_event)
    if shot_.seen:
        production.seen[key] = shot_.seen
    target = production.take_file(scene.number, shot.number, number)
    production.link(shot_.clip.path, target)
    if own and not _told(production, key):
        _thumbnail(target)
        production.log("take_rendered", **where, key=key, seconds=round(shot_.render_seconds, 2))
    elif not own:
        production.log.once("take_cached", **where, key=key)
    result = {
        "cached": not own,
        "render_seconds": round(shot_.render_seconds, 3),
        "attempts": shot_.attempts,
        "sha256": production.store.sha256(key),
        "frames": shot_.clip.frames,
    }
    return keep(production, "shooting", result)


def _told(production: Production, key: str) -> bool:
    """Whether the log says already that this key was rendered."""
    return any(e["event"] == "take_rendered" and e.get("key") == key for e in production.log.entries())


def _thumbnail(clip: Path) -> None:
    """Write ``take-N.jpg`` beside the clip: the picture that progress points at."""
    from studio.edit.contact_sheet import MIDDLE, frame_at

    picture, data = frame_at(clip, MIDDLE), io.BytesIO()
    picture.resize((416, round(416 * picture.height / picture.width))).save(data, "JPEG", quality=85)
    publish_bytes(clip.with_suffix(".jpg"), data.getvalue())
