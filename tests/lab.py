"""The laboratory: Studio's command line in a copy of the package with one test plug-in in each family."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from warm import Command

ROOT = Path(__file__).parent.parent
FLAT = [
    "--engine", "flat", "--artist", "flat", "--llm", "canned", "--scenes", "2",
    "--set", "production.width=128", "--set", "production.height=96", "--set", "reward.visual_quality=0",
    "--set", "reward.character_consistency=0", "--set", "reward.location_consistency=0",
    "--set", "reward.narrative_coherence=0", "--set", "reward.seeded=1", "--set", "rl.reward_threshold=0.5",
    "--set", "sound.score=false", "--set", "sound.ambience=false", "--set", "sound.effects=false",
    "--set", "stage.workers=1",
]  # fmt: skip
"""A film of two scenes in a few seconds: silent, since sound is a quarter of the work, and shot by one worker."""


def wave(scenes: str) -> tuple[str, ...]:
    """After `FLAT`: so many scenes at once, each shot by a worker of its own."""
    return "--set", f"production.parallel_scenes={scenes}", "--set", f"stage.workers={scenes}"


HEARD = ["--set", "sound.score=true", "--set", "sound.ambience=true", "--set", "sound.effects=true"]
"""After `FLAT`: with sound after all."""


def slow(*cases: Any) -> list[Any]:
    """Parameters of a test that only `make test-all` tries: more of the same kind."""
    return [pytest.param(case, marks=pytest.mark.slow) for case in cases]


def copy_package(home: Path) -> Path:
    """A copy of the package with one new file in each family, and nothing else changed."""
    for name in ("studio", "graphs", "prompts"):
        shutil.copytree(ROOT / name, home / name, ignore=shutil.ignore_patterns("__pycache__"))
    for plugin in (ROOT / "tests" / "plugins").rglob("*.py"):
        shutil.copy(plugin, home / "studio" / plugin.parent.name / plugin.name)
    return home


class Studio:
    """The command line of the copied package in a workspace."""

    def __init__(self, package: Path, space: Path) -> None:
        self.package, self.space = package, space
        self.calls = space / "calls.txt"

    def environment(self, **more: str) -> dict[str, str]:
        """What the copied package's processes are told."""
        return {**os.environ, "PYTHONPATH": str(self.package), "STUDIO_WORKSPACE": str(self.space),
                "FLAT_CALLS": str(self.calls), **more}  # fmt: skip

    def __call__(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return self.start(*arguments, **environment).done()

    def start(self, *arguments: str, **environment: str) -> Command:
        """The same, not waited for."""
        return Command(arguments, self.environment(**environment), self.space)

    def make(self, *arguments: str, prompt: str = "A keeper finds a whale", **environment: str) -> dict[str, Any]:
        done = self("make", "--prompt", prompt, *FLAT, *arguments, "--json", **environment)
        assert done.returncode == 0, done.stderr
        result: dict[str, Any] = json.loads(done.stdout)
        return result

    def rendered(self) -> list[str]:
        return self.calls.read_text().split() if self.calls.exists() else []


@dataclass(frozen=True)
class Said:
    """What a command came to."""

    returncode: int
    stdout: str
    stderr: str


def here(*arguments: str) -> Said:
    """The command line in this very process, without the laboratory's plug-ins: quick, where many cases are tried."""
    from studio.cli import main

    out, err, argv = io.StringIO(), io.StringIO(), sys.argv
    sys.argv = ["studio", *arguments]
    try:
        with redirect_stdout(out), redirect_stderr(err):
            main()
    except SystemExit as done:
        return Said(int(done.code or 0), out.getvalue(), err.getvalue())
    finally:
        sys.argv = argv
    raise AssertionError("main always exits")


def sha256(path: str | Path) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


STABLE = ("key", "sha256", "reward", "policy_update", "direction", "accepted")
"""What a resumed production's report must say of each take, as if nothing had happened."""


def killed_after(studio: Studio, seconds: float, *arguments: str) -> bool:
    """Start the command line, kill -9 it after ``seconds``; False where it was done before."""
    process = studio.start(*arguments)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            return False
        time.sleep(0.01)
    process.kill()
    process.wait()
    return True


def assert_same_production(whole: dict[str, Any], made: dict[str, Any]) -> None:
    """Both reports tell of the same takes and circle takes, and both films are the same to the bit."""
    assert sha256(made["film"]) == sha256(whole["film"])
    for a, b in zip(whole["report"]["scenes"], made["report"]["scenes"], strict=True):
        for x, y in zip(a["shots"], b["shots"], strict=True):
            assert x["circle_take"] == y["circle_take"]
            assert [{k: t[k] for k in STABLE} for t in x["takes"]] == [{k: t[k] for k in STABLE} for t in y["takes"]]


def assert_sound(space: Path, name: str) -> None:
    """Databases are whole, no take was committed twice, and each committed key was rendered once or came from cache."""
    for database in (space / "runs" / "studio.db", space / "runs" / name / "checkpoints.db"):
        with sqlite3.connect(database) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    with sqlite3.connect(space / "runs" / "studio.db") as connection:
        rows = connection.execute("SELECT key FROM take WHERE production = ?", (name,)).fetchall()
    events = [json.loads(line) for line in (space / "runs" / name / "log.jsonl").read_text().splitlines()]
    committed = [e["key"] for e in events if e["event"] == "take_committed"]
    rendered = [e["key"] for e in events if e["event"] == "take_rendered"]
    assert sorted(committed) == sorted(key for (key,) in rows), "each committed take is logged once"
    assert sorted(rendered) == sorted(set(committed)), "one take_rendered for each key that was committed"
