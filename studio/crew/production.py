"""A production in the making: what every member of the crew needs at hand."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import IO, Any, TypeVar

from studio.artists.base import Artist
from studio.config import Settings, Workspace
from studio.crew.log import Log
from studio.crew.slate import Slate, read_slate
from studio.engines.base import VideoEngine
from studio.errors import BadInput, Held, Stopped
from studio.llm.base import Screenwriter
from studio.memory.store import Memory
from studio.perception.sampling import Seen
from studio.plugins import load
from studio.publish import publish_path
from studio.stage.store import TakeStore
from studio.stage.workers import Stage
from studio.story.document import CreativeDocument, Scene
from studio.tool import build

T = TypeVar("T")
Listener = Callable[[dict[str, Any]], None]


@dataclass
class Production:
    """One film and the tools to make it. Heavy tools (stage, models) start when they are first used."""

    space: Workspace
    name: str
    slate: Slate
    memory: Memory
    log: Log
    review: bool = False
    started: float = field(default_factory=time.monotonic)
    thinking: threading.RLock = field(default_factory=threading.RLock)
    """Held while a torch model runs: one at a time, whatever the number of scenes."""
    footage: dict[str, Any] = field(default_factory=dict)
    """Decoded samples of the clips now being judged, by key."""
    seen: dict[str, Seen] = field(default_factory=dict)
    """What workers saw in clips that they have just rendered, by key, until they are judged."""
    lent: dict[Any, Future[Any]] = field(default_factory=dict)
    """What idle workers make, or have made, beside the takes."""
    seconds: dict[str, float] = field(default_factory=dict)
    """Wall seconds by stage."""

    @property
    def settings(self) -> Settings:
        return self.slate.settings

    @property
    def folder(self) -> Path:
        return self.space.runs / self.name

    @cached_property
    def engine(self) -> VideoEngine:
        engine: VideoEngine = build("engines", self.settings.production.engine, self.settings, self.space)
        return engine

    def engine_named(self, name: str) -> VideoEngine:
        """One of the production's engines."""
        if name == self.settings.production.engine:
            return self.engine
        made: dict[str, VideoEngine] = self.__dict__.setdefault("_engines", {})
        if name not in made:
            made[name] = build("engines", name, self.settings, self.space)
        return made[name]

    def engine_name(self, scene: Scene) -> str:
        """The engine that shoots ``scene``: that for its kind, or the production's own."""
        settings = self.settings.production
        return settings.engine_for.get(scene.kind, settings.engine)

    def engine_of(self, scene: Scene) -> VideoEngine:
        """`engine_name`, built."""
        return self.engine_named(self.engine_name(scene))

    @cached_property
    def artist(self) -> Artist:
        artist: Artist = build("artists", self.settings.production.artist, self.settings, self.space)
        return artist

    @property
    def writer(self) -> Screenwriter:
        """A screenwriter for one question: what it counts belongs to that question alone."""
        writer: Screenwriter = load("llm", self.settings.director.llm).Writer(self.settings)
        return writer

    @cached_property
    def store(self) -> TakeStore:
        return TakeStore(self.space.runs / ".takes")

    @cached_property
    def stage(self) -> Stage:
        return Stage(
            name=self.settings.production.engine,
            engine=self.engine,
            workers=self.settings.stage.workers,
            deadline_seconds=self.settings.stage.deadline_seconds,
            samples=self.settings.reward.frames,
        )

    def lend(self, name: Any, work: Callable[..., T], *arguments: Any) -> Future[T]:
        """Have the stage's idle workers do ``work``, which ``name`` tells from other work, once; again if it failed."""
        before = self.lent.get(name)
        if before is None or (before.done() and (before.cancelled() or before.exception())):
            self.lent[name] = self.stage.lend(work, *arguments)
        return self.lent[name]

    def stage_of(self, engine: str) -> Stage:
        """The stage on which ``engine`` works; each has workers of its own, which start when they are first needed."""
        settings = self.settings
        if engine == settings.production.engine:
            return self.stage
        stages: dict[str, Stage] = self.__dict__.setdefault("_stages", {})
        with self.thinking:
            if engine not in stages:
                stages[engine] = Stage(
                    name=engine, engine=self.engine_named(engine), workers=settings.stage.workers,
                    deadline_seconds=settings.stage.deadline_seconds, samples=settings.reward.frames,
                )  # fmt: skip
        return stages[engine]

    @property
    def document(self) -> CreativeDocument:
        """The plan; raises Stopped while there is none."""
        plan = self.memory.recall("plan", {"production": self.name})
        if plan is None:
            raise Stopped(f"{self.name} has no plan yet; `studio resume {self.name}` makes it")
        return self._parsed(plan)

    def _parsed(self, plan: dict[str, Any]) -> CreativeDocument:
        cached = self.__dict__.get("_document")
        if cached is None or cached[0] != plan:
            cached = (plan, CreativeDocument.model_validate(plan))
            self.__dict__["_document"] = cached
        document: CreativeDocument = cached[1]
        return document

    def scene(self, number: int) -> Scene:
        return next(s for s in self.document.scenes if s.number == number)

    def take_file(self, scene: int, shot: int, number: int, suffix: str = ".mp4") -> Path:
        return self.folder / f"scenes/{scene:02d}/shot-{shot:02d}/take-{number}{suffix}"

    def link(self, source: Path, target: Path) -> None:
        """Make ``target`` the same file as ``source`` (a hard link, or a copy across file systems)."""
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f".{target.name}.{os.getpid()}.{threading.get_ident()}.tmp")
        temporary.unlink(missing_ok=True)
        try:
            os.link(source, temporary)
        except OSError:
            import shutil

            shutil.copyfile(source, temporary)
        publish_path(temporary, target)

    def remark(self, kind: str, text: str) -> None:
        """Record a ``fallback`` or ``warning`` once: in the report, the log and on the terminal."""
        if text not in self.memory.remarks(self.name, kind):
            self.memory.remark(self.name, kind, text)
            self.log(kind, text=text)

    @contextmanager
    def clocked(self, stage: str) -> Iterator[None]:
        """Add the time spent inside to ``seconds[stage]``."""
        start = time.monotonic()
        try:
            yield
        finally:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + time.monotonic() - start

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the production's lock; raises Held that says which process has it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with open(self.folder / ".lock", "a+", encoding="utf-8") as lock:
            if not _locked(lock):
                lock.seek(0)
                holder = lock.read().strip() or "unknown"
                raise Held(
                    f"{self.name} is being made by process {holder} (it holds the lock); wait for it, or stop it first"
                )
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            yield

    def maker(self) -> str:
        """Number of the process that is making this production now; empty where nobody is."""
        try:
            with open(self.folder / ".lock", encoding="utf-8") as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
                return ""
        except FileNotFoundError:
            return ""
        except BlockingIOError:
            return (self.folder / ".lock").read_text(encoding="utf-8").strip() or "unknown"

    def close(self) -> None:
        """Send the stages' workers home."""
        if "stage" in self.__dict__:
            self.__dict__.pop("stage").close()
        for stage in self.__dict__.pop("_stages", {}).values():
            stage.close()


def _locked(lock: IO[str]) -> bool:
    """Take the lock within a moment: those who only look whether it is held hold it too, for an instant."""
    for _attempt in range(10):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            time.sleep(0.03)
    return False


def reopen(space: Workspace, name: str, listener: Listener | None = None) -> Production:
    """A production that exists; raises BadInput that lists those there are."""
    memory = open_memory(space)
    path = space.runs / name / "slate.json"
    if memory is None or "/" in name or not path.is_file():
        known = [row.name for row in memory.productions()] if memory else []
        raise BadInput(f"no production {name!r}; there are: {', '.join(known[-10:]) or 'none yet'}")
    review = bool(memory.recall("review", {"production": name}))
    log = Log(space.runs / name / "log.jsonl", listener)
    return Production(space, name, read_slate(path), memory, log, review=review)


def open_memory(space: Workspace) -> Memory | None:
    """The workspace's memory, or None where nothing was ever made."""
    path = space.runs / "studio.db"
    return Memory(path) if path.is_file() else None
