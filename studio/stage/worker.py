"""One worker of the stage: a process that renders parts of briefs and dies with its parent."""

from __future__ import annotations

import signal
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from studio.plugins import load
from studio.stage.processes import die_with_parent
from studio.story.brief import Brief


def work(made_of: tuple[str, dict[str, Any], dict[str, Path]], pipe: Connection) -> None:
    """Answer jobs ``(brief JSON, part, out, cache folder)`` with ``(progress, share)``, then ``done`` or ``failed``."""
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    name, options, weights = made_of
    engine: Any = load("engines", name).Engine(options, weights)
    while True:
        try:
            job = pipe.recv()
        except EOFError:
            return
        if job is None:
            return
        text, part, out, engine.cache_folder = job
        try:
            pipe.send(("done", _render(engine, Brief.model_validate_json(text), part, Path(out), pipe)))
        except MemoryError:
            pipe.send(("failed", "out of memory"))
        except Exception as error:  # noqa: BLE001 - whatever an engine raises fails the attempt, not the production
            kind = type(error).__name__
            memory = "OutOfMemory" in kind or "out of memory" in str(error)
            pipe.send(("failed", "out of memory" if memory else f"{kind}: {error}"))


def _render(engine: Any, brief: Brief, part: tuple[int, int], out: Path, pipe: Connection) -> tuple[str, ...]:
    def progress(share: float) -> None:
        pipe.send(("progress", share))

    if part == (0, brief.frames):
        clip = engine.shoot(brief, out, progress)
    else:
        clip = engine.shoot_part(brief, *part, out, progress)
    return tuple(clip.notes)
