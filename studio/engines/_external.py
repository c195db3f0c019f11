"""Engines whose model has no pipeline here: the user's own checkout of its repository, run as a program.

A template says what is run: a list of words with placeholders, each word handed over as it is, never through a shell.
The checkout has an environment of its own; nothing of it is imported."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from typing import IO, Any, ClassVar

from pydantic import field_validator

from studio.engines import _guard, _images
from studio.engines._pulse import Pulse
from studio.engines.base import Clip, Needs, NoOptions, Progress, VideoEngine
from studio.errors import BadInput, EngineFailed
from studio.story.brief import Brief
from studio.weights import Weight

SEED_LIMIT = 2**31
"""Programs seed NumPy and C libraries too, which take no more."""
KEPT_LINES = 40
PLACEHOLDERS = (
    "prompt", "prompt_file", "negative_file", "image", "frames", "fps", "width", "height", "seed", "out", "folder",
    "checkout", "weights", "python", "mode", "config", "driver",
)  # fmt: skip
"""``mode``, ``config`` and ``driver`` are what the engine says they are; ``prompt`` is one word, whatever it holds."""
_PERCENT = re.compile(r"(\d+(?:\.\d+)?) ?%")
_COUNT = re.compile(r"\b(\d+) ?/ ?(\d+)\b")
RENDERED = 0.95


class ExternalOptions(NoOptions):
    checkout: str = ""
    """Folder of the upstream repository."""
    python: str = "python"
    """Interpreter of its environment."""
    weights: str = ""
    """Folder of its weights; empty: the repository that belongs to the engine."""
    command: tuple[str, ...] = ()
    """Template to run instead of the engine's own."""

    @field_validator("command")
    @classmethod
    def _has_known_placeholders(cls, command: tuple[str, ...]) -> tuple[str, ...]:
        for word in command:
            for _, name, _, _ in Formatter().parse(word):
                if name is not None and name not in PLACEHOLDERS:
                    raise ValueError(f"unknown placeholder {{{name}}}; choose from: {', '.join(PLACEHOLDERS)}")
        return command


@dataclass(frozen=True)
class Checkout(Weight):
    """The upstream repository's entry script, which stands for the checkout."""

    repository: str = ""

    def remedy(self, folder: str = "weights") -> str:
        """How to get it, in words for a user."""
        return f"`git clone` {self.repository} with an environment of its own, and name both: checkout = …, python = …"


class ExternalEngine(VideoEngine):
    """Subclasses set ``capabilities``, ``licence``, ``repository``, ``entry``, ``weights_from`` and ``command``."""

    Options: type[NoOptions] = ExternalOptions
    release: ClassVar[str] = "1"
    """Raise it whenever the same brief would be run otherwise; ``version`` adds the checkout's own."""
    repository: ClassVar[str] = ""
    entry: ClassVar[str] = ""
    """The script in the checkout that is run."""
    weights_from: ClassVar[str] = ""
    weights_gib: ClassVar[float] = 0.0
    vram_gib: ClassVar[float] = 0.0
    command: ClassVar[tuple[str, ...]] = ()
    environment: ClassVar[Mapping[str, str]] = {}

    def __init__(self, options: Mapping[str, Any] | None = None, weights: Mapping[str, Path] | None = None) -> None:
        super().__init__(options, weights)
        checkout = self.options.checkout or f"{self.repository.rpartition('/')[2]}-checkout"
        wanted: list[Weight] = [Checkout("checkout", f"{checkout}/{self.entry}", repository=self.repository)]
        if source := self.options.weights or self.weights_from:
            wanted.append(Weight("weights", source, self.weights_gib))
        self.needs = Needs(tuple(wanted), vram_gib=self.vram_gib)
        name = type(self).__module__.rpartition(".")[2]
        self.version = f"{name}-{self.release} {self.revision()}".strip()

    @property
    def checkout(self) -> Path:
        """The upstream repository's folder."""
        return Path(str(self.weights["checkout"]).removesuffix(self.entry))

    def revision(self) -> str:
        """The commit that the checkout is at; empty where it is no Git checkout."""
        if "checkout" not in self.weights:
            return ""
        git = self.checkout / ".git"
        try:
            head = (git / "HEAD").read_text(encoding="utf-8").strip()
            if not head.startswith("ref: "):
                return head[:12]
            reference = head.removeprefix("ref: ")
            if (git / reference).is_file():
                return (git / reference).read_text(encoding="utf-8").strip()[:12]
            packed = (git / "packed-refs").read_text(encoding="utf-8").splitlines()
        except OSError:
            return ""
        return next((line[:12] for line in packed if line.endswith(f" {reference}")), "")

    def parameters(self) -> dict[str, Any]:
        return {k: v for k, v in super().parameters().items() if k not in ("checkout", "python")}

    # What is run

    def template(self) -> tuple[str, ...]:
        """The words of the command, with placeholders."""
        return self.options.command or self.command

    def values(self, brief: Brief, folder: Path) -> dict[str, str]:
        """Placeholder -> what stands for it; writes the files that some of them name into ``folder``."""
        (folder / "prompt.txt").write_text(brief.prompt, encoding="utf-8")
        (folder / "negative.txt").write_text(brief.negative_prompt, encoding="utf-8")
        image = ""
        if brief.first_frame:
            image = str(folder / "first.png")
            first = _images.filling(_images.picture(brief, brief.first_frame), brief.width, brief.height)
            first.save(image)
        return {
            "prompt": brief.prompt.replace("\0", " "), "mode": "", "config": "", "driver": "",
            "prompt_file": str(folder / "prompt.txt"), "negative_file": str(folder / "negative.txt"), "image": image,
            "frames": str(self.rendered(brief.frames)), "fps": f"{brief.fps:g}", "width": str(brief.width),
            "height": str(brief.height), "seed": str(brief.seed % SEED_LIMIT), "out": str(folder / "out.mp4"),
            "folder": str(folder), "checkout": str(self.checkout), "weights": str(self.weights.get("weights", "")),
            "python": self.options.python,
        }  # fmt: skip

    def rendered(self, frames: int) -> int:
        """Frames to ask for: the next number that the model can give."""
        able = self.capabilities
        return able.frame_step * max(1, -(-(frames - able.frame_offset) // able.frame_step)) + able.frame_offset

    def argv(self, brief: Brief, folder: Path) -> list[str]:
        """The command's words; a word that stands for a picture which is not there is left out with its option."""
        values, words = self.values(brief, folder), list[str]()
        for word in self.template():
            if word == "{image}" and not values["image"]:
                words.pop()
                continue
            words.append(word.format_map(values))
        return words

    def shoot(self, brief: Brief, out: Path, progress: Progress) -> Clip:
        self.check(brief)
        if "checkout" not in self.weights:
            raise BadInput(f"engine {brief.engine} needs its checkout: {self.needs.weights[0].remedy()}")
        pulse = Pulse(progress)
        pulse(0.0)
        # Beside the clip: the stage clears that folder even where this process is killed.
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=".external-") as made:
            folder = Path(made).absolute()
            self._run(self.argv(brief, folder), brief.engine, pulse)
            clip = self._taken_over(_written(folder, brief.engine), brief, out)
        pulse(1.0)
        return clip

    def _run(self, argv: list[str], name: str, pulse: Pulse) -> None:
        """Run the command to its end; raises EngineFailed with the last line of its errors."""
        guarded = [sys.executable, "-I", _guard.__file__, *argv]  # isolated: nothing of the checkout is imported
        environment = {**os.environ, "PYTHONUNBUFFERED": "1", **self.environment}
        environment["PYTHONPATH"] = os.pathsep.join(
            filter(None, (str(self.checkout), self.environment.get("PYTHONPATH")))
        )
        process = subprocess.Popen(
            guarded, cwd=self.checkout, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )  # fmt: skip
        assert process.stdin and process.stdout and process.stderr
        errors: deque[str] = deque(maxlen=KEPT_LINES)
        bars = Bars(pulse)
        readers = [
            threading.Thread(target=_read, args=(process.stdout, bars, None), daemon=True),
            threading.Thread(target=_read, args=(process.stderr, bars, errors), daemon=True),
        ]
        try:
            for reader in readers:
                reader.start()
            while process.poll() is None:
                for reader in readers:
                    reader.join(0.1)
                bars.raise_if_cancelled()
            for reader in readers:
                reader.join(5)
            bars.raise_if_cancelled()
        finally:
            process.stdin.close()  # the guard kills what is left
            process.wait()
            process.stdout.close()
            process.stderr.close()
        if process.returncode != 0:
            said = next((line for line in reversed(errors) if line.strip()), "no message")
            raise EngineFailed(f"{name}'s program ended with exit code {process.returncode}: {said.strip()[:300]}")

    def _taken_over(self, made: Path, brief: Brief, out: Path) -> Clip:
        """The program's video as the brief's clip; what had to be changed is in the notes."""
        from studio.edit.conform import Format, conform, describe, length
        from studio.edit.probe import decode_strictly, probe

        decode_strictly(made)
        fact = probe(made)
        shot, wanted = Format(fact.width, fact.height, fact.fps), Format(brief.width, brief.height, brief.fps)
        if fact.fps <= 0:
            raise EngineFailed(f"{made.name} of {brief.engine} says no rate")
        frames = length(fact.frames, fact.fps, brief.fps)
        if frames < brief.frames:
            raise EngineFailed(f"wrong length: {brief.engine}'s program gave {frames} frames instead of {brief.frames}")
        notes = [describe(shot, wanted)] if shot != wanted else []
        if frames > brief.frames:
            notes.append(f"{frames} frames rendered, the last {frames - brief.frames} trimmed")
        conform(made, out, shot, wanted, brief.frames, int(brief.parameters.get("handles", 0)))
        return Clip(out, brief.frames, brief.fps, brief.width, brief.height, tuple(notes))


class Bars:
    """Reads progress out of a program's lines: percentages, and counts such as 3/50.

    Programs show one bar after the other and say nothing of how many: each takes half of what is left."""

    def __init__(self, pulse: Pulse) -> None:
        self.pulse, self._done, self._left, self._last = pulse, 0.0, 0.5, 0.0
        self._error: BaseException | None = None
        self._lock = threading.Lock()

    def read(self, line: str) -> None:
        """Every line is a heartbeat, whatever it says."""
        with self._lock:
            share = share_of(line)
            if share is not None:
                if share < self._last - 0.2:
                    self._done, self._left = self._done + self._left, self._left / 2
                self._last = share
            try:
                self.pulse(RENDERED * (self._done + self._left * self._last))
            except BaseException as error:  # noqa: BLE001 - raised again in the thread that renders
                self._error = self._error or error

    def raise_if_cancelled(self) -> None:
        """What the caller's ``progress`` raised in a reader's thread is raised here."""
        if self._error is not None:
            raise self._error


def share_of(line: str) -> float | None:
    """Share done, 0…1, that a line speaks of."""
    if found := _PERCENT.search(line):
        return min(1.0, float(found[1]) / 100)
    if (found := _COUNT.search(line)) and 0 < int(found[2]) >= int(found[1]):
        return int(found[1]) / int(found[2])
    return None


def _read(stream: IO[bytes], bars: Bars, kept: deque[str] | None) -> None:
    for line in lines(stream):
        if kept is not None and share_of(line) is None:
            kept.append(line)
        bars.read(line)


def lines(stream: IO[bytes]) -> Iterator[str]:
    """Lines as they come; progress bars end theirs with a carriage return."""
    left = b""
    while chunk := stream.read1(65536):  # type: ignore[attr-defined]
        *whole, left = re.split(rb"[\r\n]+", left + chunk)
        yield from (line.decode(errors="replace") for line in whole if line.strip())
    if left.strip():
        yield left.decode(errors="replace")


def _written(folder: Path, name: str) -> Path:
    """The video that the program wrote: ``out.mp4``, or the only one below ``folder``."""
    if (folder / "out.mp4").is_file():
        return folder / "out.mp4"
    found = sorted(folder.rglob("*.mp4"))
    if len(found) != 1:
        raise EngineFailed(f"no file: {name}'s program finished and left {len(found) or 'no'} videos in its folder")
    return found[0]
