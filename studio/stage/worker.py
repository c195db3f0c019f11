"""One worker of the stage: a process that renders parts of briefs and dies with its parent."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from studio.perception.sampling import Seen, look_through
from studio.plugins import load
from studio.story.brief import Brief


def _die_with_parent(parent: int) -> None:
    """A thread watches for the parent's death. (The kernel's PDEATHSIG goes off when the parent's *thread* ends.)"""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()


@dataclass(frozen=True)
class Errand:
    """Something else than rendering: ``work(*arguments)``, all of it picklable."""

    work: Callable[..., Any]
    arguments: tuple[Any, ...]


@dataclass(frozen=True)
class Job:
    """A part of a brief (as JSON) to be rendered into ``out``.

    ``wanted``: frames of the part to bring in colour, beside all of them small and grey; None brings nothing."""

    brief: str
    part: tuple[int, int]
    out: Path
    cache: Path
    wanted: tuple[int, ...] | None


def work(made_of: tuple[str, dict[str, Any], dict[str, Path]], pipe: Connection, parent: int) -> None:
    """Answer a `Job` with ``(progress, share)``, then ``done``, the engine's notes and what was seen, or ``failed``;
    and an `Errand` with ``done`` and what came of it, or ``raised``."""
    _die_with_parent(parent)
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
        if isinstance(job, Errand):
            pipe.send(_run(job))
            continue
        try:
            pipe.send(("done", _render(engine, job, pipe)))
        except MemoryError:
            pipe.send(("failed", "out of memory"))
        except Exception as error:  # noqa: BLE001 - whatever an engine raises fails the attempt, not the production
            kind = type(error).__name__
            memory = "OutOfMemory" in kind or "out of memory" in str(error)
            pipe.send(("failed", "out of memory" if memory else f"{kind}: {error}"))


def _run(errand: Errand) -> tuple[str, Any]:
    try:
        return "done", errand.work(*errand.arguments)
    except Exception as error:  # noqa: BLE001 - it is raised again where the errand was asked for
        return "raised", error


def _render(engine: Any, job: Job, pipe: Connection) -> tuple[tuple[str, ...], Seen | None]:
    def progress(share: float) -> None:
        pipe.send(("progress", share))

    engine.cache_folder, brief = job.cache, Brief.model_validate_json(job.brief)
    if job.part == (0, brief.frames):
        clip = engine.shoot(brief, job.out, progress)
    else:
        clip = engine.shoot_part(brief, *job.part, job.out, progress)
    # Looked through here, where the parts of a take are at the same time.
    seen = look_through(job.out, job.wanted or ()) if job.out.is_file() else None
    return tuple(clip.notes), seen if job.wanted is not None else None
