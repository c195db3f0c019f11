"""The stage: worker processes with deadlines. A hang, a crash or a full memory fails an attempt, not the production."""

from __future__ import annotations

import multiprocessing
import os
import queue
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from studio.edit.join import join
from studio.engines.base import Clip, VideoEngine
from studio.errors import EngineFailed, Stopped
from studio.perception.sampling import Seen, sampled
from studio.stage.disk import require_space
from studio.stage.store import TakeStore
from studio.stage.worker import Errand, Job, work
from studio.story.brief import Brief

ATTEMPTS = 3
CACHE = "cache"
"""Folder in the take store for what engines can make again (embeddings of prompts)."""
OnEvent = Callable[..., None]
T = TypeVar("T")


@dataclass(frozen=True)
class Shot:
    """What shooting a brief came to."""

    clip: Clip
    cached: bool
    render_seconds: float = 0.0
    attempts: list[str] = field(default_factory=list)
    """What went wrong in the attempts before the one that worked."""
    seen: Seen | None = None
    """What the workers saw who looked through it, where the stage samples frames."""


class _Worker:
    """A process and the pipe to it."""

    def __init__(self, name: str, engine: VideoEngine, heard: Callable[[Any, float], None]) -> None:
        self._heard = heard
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        made_of = (name, engine.options.model_dump(), engine.weights)
        self.process = context.Process(target=work, args=(made_of, theirs, os.getpid()), daemon=True)
        self.process.start()
        theirs.close()

    def render(self, job: Job, deadline: float) -> tuple[tuple[str, ...], Seen | None]:
        """Do one job and return the engine's notes and what was seen.

        Raises EngineFailed when it fails, dies, or is silent or busy beyond ``deadline`` (monotonic)."""
        try:
            self.pipe.send(job)
            while True:
                if not self.pipe.poll(max(0.0, deadline - time.monotonic())):
                    raise EngineFailed("hang: the deadline passed without a clip")
                kind, value = self.pipe.recv()
                if kind == "progress":
                    self._heard(job, float(value))
                if kind == "done":
                    return value[0], value[1]
                if kind == "failed":
                    raise EngineFailed(str(value))
        except (EOFError, OSError):  # OSError: the stage closed the pipe meanwhile
            raise self._died() from None

    def run(self, errand: Errand) -> Any:
        """Do something else; raises what it raised, and EngineFailed when the process dies."""
        try:
            self.pipe.send(errand)
            kind, value = self.pipe.recv()
        except (EOFError, OSError):
            raise self._died() from None
        if kind == "raised":
            raise value
        return value

    def _died(self) -> EngineFailed:
        self.process.join(2)
        return EngineFailed(f"crash: the worker died with exit code {self.process.exitcode}")

    def kill(self) -> None:
        """End the process; whoever waits for it in ``render`` is told by the end of its pipe."""
        self.process.kill()
        self.process.join()

    def stop(self) -> None:
        self.kill()
        self.pipe.close()


class Stage:
    """Renders briefs in ``workers`` processes (0: one a core), which start when they are first needed."""

    def __init__(
        self, name: str, engine: VideoEngine, workers: int = 0, deadline_seconds: float = 1800,
        on_progress: Callable[[float], None] | None = None, samples: int = 0,
    ) -> None:  # fmt: skip
        """``on_progress`` is told the share done, 0…1, of the take that moved last. ``samples``: frames of each take
        that `Shot.seen` brings in colour; 0 brings nothing."""
        self.engine_name, self.deadline_seconds = name, deadline_seconds
        self._on_progress, self.samples = on_progress, samples
        self._frames: dict[Path, dict[int, float]] = {}
        """Folder of an attempt -> first frame of each part -> share of all frames that this part has done."""
        self._engine: Any = engine
        one_per_core = os.cpu_count() or 1
        self.size = workers or (one_per_core if self._engine.capabilities.cpu else 1)
        self._idle: queue.Queue[_Worker] = queue.Queue()
        self._closed = False
        self._lock = threading.Lock()
        self._all: list[_Worker] = []
        self._opened = False
        self._pool = ThreadPoolExecutor(self.size)

    def _heard(self, job: Job, share: float) -> None:
        if self._on_progress is None:
            return
        (start, stop), done = job.part, self._frames.setdefault(job.out.parent, {})
        frames = Brief.model_validate_json(job.brief).frames
        done[start] = max(done.get(start, 0.0), share * (stop - start) / frames)
        self._on_progress(min(1.0, sum(done.values())))

    @property
    def opened(self) -> bool:
        """Whether the workers were started: something had to be rendered, or will have to be."""
        return self._opened

    def open(self) -> None:
        """Start the workers, in the background: worth doing as soon as it is known that something will be rendered."""
        with self._lock:
            first, self._opened = not self._opened, True
        for _ in range(self.size if first else 0):
            self._hire()

    def _hire(self) -> None:
        worker = _Worker(self.engine_name, self._engine, self._heard)
        with self._lock:
            self._all.append(worker)
        self._idle.put(worker)

    def _render_part(
        self, brief: Brief, part: tuple[int, int], out: Path, cache: Path, deadline: float
    ) -> tuple[tuple[str, ...], Seen | None]:
        wanted = None
        if self.samples:
            wanted = tuple(n - part[0] for n in sampled(brief.frames, self.samples) if part[0] <= n < part[1])
        with self._worker() as worker:
            return worker.render(Job(brief.model_dump_json(), part, out, cache, wanted), deadline)

    @contextmanager
    def _worker(self) -> Iterator[_Worker]:
        """The next idle one; one that failed is replaced."""
        worker = self._idle.get()
        try:
            yield worker
        except EngineFailed:
            worker.stop()
            if not self._closed:
                with self._lock:
                    self._all.remove(worker)
                self._hire()
            raise
        except BaseException:
            self._idle.put(worker)
            raise
        self._idle.put(worker)

    def lend(self, work: Callable[..., T], *arguments: Any) -> Future[T]:
        """Have an idle worker do ``work(*arguments)`` (picklable, like its result) while this process goes on; where
        none was hired, a thread of this process does it.

        The future raises what the work raised, and EngineFailed where the worker died."""
        if not self._opened:
            return self._pool.submit(work, *arguments)
        return self._pool.submit(self._run, Errand(work, arguments))

    def _run(self, errand: Errand) -> Any:
        with self._worker() as worker:
            return worker.run(errand)

    def shoot(self, brief: Brief, store: TakeStore, on_event: OnEvent) -> Shot:
        """Find the brief's clip in the store, or render and publish it.

        Raises BadInput where the engine cannot do what is asked, Stopped after three failed attempts or ``close``."""
        key = brief.key
        found = store.find(key, on_event)
        if found is not None:
            return Shot(found, cached=True)
        self._engine.check(brief)
        attempts: list[str] = []
        store.path(key).parent.mkdir(parents=True, exist_ok=True)
        while len(attempts) < ATTEMPTS:
            require_space(store.root, brief.width, brief.height, brief.frames)
            start = time.monotonic()
            try:
                clip, seen = self._attempt(brief, store)
                for note in clip.notes:
                    on_event("engine_note", key=key, text=note)
                return Shot(clip, False, time.monotonic() - start, attempts, seen)
            except (EngineFailed, CancelledError) as error:
                if self._closed:
                    raise Stopped("the stage was closed in the middle of a take; `studio resume` goes on") from error
                attempts.append(str(error))
                on_event("attempt_failed", key=key, error=str(error))
        raise Stopped(f"engine {self.engine_name} failed {ATTEMPTS} times on one take: {attempts[-1]}")

    def _attempt(self, brief: Brief, store: TakeStore) -> tuple[Clip, Seen | None]:
        self.open()
        key = brief.key
        parts = getattr(self._engine, "parts", lambda b: [(0, b.frames)])(brief)
        deadline = time.monotonic() + self.deadline_seconds
        with tempfile.TemporaryDirectory(dir=store.path(key).parent, prefix=f".{key[:12]}-") as folder:
            files = [Path(folder) / f"part-{n}.mp4" for n in range(len(parts))]
            jobs = [
                self._pool.submit(self._render_part, brief, part, file, store.root / CACHE, deadline)
                for part, file in zip(parts, files, strict=True)
            ]
            errors = [error for job in jobs if (error := job.exception()) is not None]
            if errors:
                raise errors[0]
            if missing := [file.name for file in files if not file.is_file()]:
                raise EngineFailed(f"no file: the engine finished without writing {missing[0]}")
            whole = files[0]
            if len(files) > 1:
                whole = Path(folder) / "whole.mp4"
                join(files, whole)
            results = [job.result() for job in jobs]
            notes = dict.fromkeys(note for said, _ in results for note in said)
            looks = [seen for _, seen in results if seen is not None]
            clip = replace(store.publish(key, whole, brief), notes=tuple(notes))
            return clip, Seen.of_parts(looks) if looks else None

    def processes(self) -> list[int]:
        """Process ids of the workers that were started."""
        with self._lock:
            return [worker.process.pid or 0 for worker in self._all]

    def close(self) -> None:
        """Stop all workers; a take in the middle is given up."""
        self._closed = True
        self._pool.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            for worker in self._all:
                worker.kill()
            self._all.clear()

    def __enter__(self) -> Stage:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()
