"""A production from a cold start: its wall time against its running time, where the time goes, memory, and the replay.

    python benchmarks/make_film.py
    python benchmarks/make_film.py --prompt "A fox and a hedgehog share a den" --scenes 2

Each step is a process of its own in a fresh workspace. Memory is the proportional set size (PSS) of the process and all
its workers, sampled four times a second. The figures are ratios to the film's own running time on this machine.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Run:
    """One process and its children, watched to its end."""

    wall: float
    """Seconds."""
    cpu: float
    memory: float
    """MiB at the peak, all processes together."""
    answer: dict[str, Any]


def watched(space: Path, *arguments: str) -> Run:
    """Run the command line in ``space`` and watch it."""
    started, before = time.monotonic(), os.times()
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen([sys.executable, "-m", "studio", "--workspace", str(space), *arguments],
                                   stdout=out, stderr=subprocess.DEVNULL)  # fmt: skip
        peak = 0.0
        while process.poll() is None:
            peak = max(peak, _memory(process.pid))
            time.sleep(0.25)
        wall, after = time.monotonic() - started, os.times()
        out.seek(0)
        text = out.read()
    if process.returncode != 0:
        raise SystemExit(f"studio {' '.join(arguments)} ended with {process.returncode}")
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Run(wall, cpu, peak, json.loads(text) if text.startswith("{") else {})


def _memory(pid: int) -> float:
    try:
        family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0.0
    total = 0
    for process in family:
        try:
            total += process.memory_full_info().pss
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return total / 2**20


def _quickest(space: Path, *arguments: str) -> float:
    return min(watched(space, *arguments).wall for _ in range(3))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--prompt", default="A retired astronaut teaches a shy robot to garden on a rooftop while the city sleeps"
    )
    parser.add_argument("--scenes", type=int, default=6)
    chosen = parser.parse_args()
    console = Console()
    with tempfile.TemporaryDirectory() as name:
        space = Path(name)
        cold = watched(
            space, "make", "--prompt", chosen.prompt, "--scenes", str(chosen.scenes), "--name", "film", "--json"
        )
        report = cold.answer["report"]
        slate = space / "runs" / "film" / "slate.json"
        replay = watched(space, "make", "--slate", str(slate), "--name", "again", "--json")
        length = report["production"]["film_seconds"]
        shots = [shot for scene in report["scenes"] for shot in scene["shots"]]
        takes = sum(len(shot["takes"]) for shot in shots)
        table = Table("what", "figure", "bar")
        table.add_row("running time", f"{length:.1f} s, {len(shots)} shots", "")
        table.add_row("cold start", f"{cold.wall:.1f} s = {cold.wall / length:.2f} × ({cold.cpu:.0f} s of CPU)", "≤ 1")
        table.add_row("peak memory", f"{cold.memory:.0f} MiB", "≤ 2500")
        table.add_row("takes a shot", f"{takes / len(shots):.2f}", "1.1 … 2")
        table.add_row("replay", f"{replay.wall:.1f} s = {replay.wall / length:.2f} ×", "≤ 0.2")
        again = replay.answer["report"]
        same_film = (space / "runs/film/film.mp4").read_bytes() == (space / "runs/again/film.mp4").read_bytes()
        table.add_row("replay's film", "the same to the bit" if same_film else "ANOTHER FILM", "")
        table.add_row("replay rendered", str(again["totals"]["rendered"]), "0")
        table.add_row("studio --help", f"{_quickest(space, '--help'):.2f} s", "< 0.5")
        table.add_row("studio runs", f"{_quickest(space, 'runs'):.2f} s", "< 1")
        console.print(table)
        stages = Table("stage (seconds, all threads)", "cold", "replay")
        for stage, seconds in sorted(report["totals"]["seconds_by_stage"].items(), key=lambda pair: -pair[1]):
            stages.add_row(stage, f"{seconds:.1f}", f"{again['totals']['seconds_by_stage'].get(stage, 0):.1f}")
        console.print(stages)


if __name__ == "__main__":
    main()
