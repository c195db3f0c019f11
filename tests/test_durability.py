"""Anything may be killed at any moment: what resumes is the same film, and nothing is done twice."""

from __future__ import annotations

import json
import random
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from lab import FLAT, HEARD, Studio, assert_same_production, assert_sound, killed_after, sha256, wave

PROMPT = ("--prompt", "A keeper finds a whale")
FILM = [*FLAT, *HEARD]


def assert_kills_leave_the_same_film(
    package: Path, space: Path, whole: dict[str, Any], scenes: str, moments: list[float], engine: list[str]
) -> None:
    """Make, die at each of ``moments`` (seconds after the start of the process), resume to the end, compare."""
    studio = Studio(package, space)
    first = ["make", *PROMPT, *engine, *wave(scenes), "--name", "film"]
    for seconds in moments:
        begun = (space / "runs" / "film" / "slate.json").exists()
        killed_after(studio, seconds, *(["resume", "film"] if begun else first))
    begun = (space / "runs" / "film" / "slate.json").exists()
    done = studio(*(["resume", "film"] if begun else first), "--json")
    assert done.returncode == 0, done.stderr
    assert_same_production(whole, json.loads(done.stdout))
    assert_sound(space, "film")


def test_three_kills_at_random_moments_leave_the_same_film(
    package: Path, tmp_path: Path, uninterrupted: dict[str, dict[str, Any]]
) -> None:
    dice = random.Random(11)
    moments = [dice.uniform(0.1, 2.5) for _ in range(3)]
    assert_kills_leave_the_same_film(package, tmp_path, uninterrupted["2"], "2", moments, FILM)


@pytest.mark.slow
@pytest.mark.parametrize("series", range(10))
def test_fifty_kills_at_random_moments_leave_the_same_film(
    package: Path, tmp_path: Path, uninterrupted: dict[str, dict[str, Any]], series: int
) -> None:
    dice = random.Random(100 + series)
    scenes = "12"[series % 2]
    moments = [dice.uniform(0.1, 3.0) for _ in range(5)]
    assert_kills_leave_the_same_film(package, tmp_path, uninterrupted[scenes], scenes, moments, FILM)


@pytest.mark.slow
def test_kills_during_real_previz_leave_the_same_film(package: Path, tmp_path: Path) -> None:
    engine = ["--scenes", "2", "--set", "production.width=416", "--set", "production.height=240"]
    (tmp_path / "whole").mkdir()
    done = Studio(package, tmp_path / "whole")("make", *PROMPT, *engine, "--name", "film", "--json")
    assert done.returncode == 0, done.stderr
    (tmp_path / "killed").mkdir()
    dice = random.Random(5)
    moments = [dice.uniform(0.5, 10.0) for _ in range(5)]
    assert_kills_leave_the_same_film(package, tmp_path / "killed", json.loads(done.stdout), "1", moments, engine)


def test_a_second_resume_says_who_holds_the_lock(studio: Studio) -> None:
    begun = studio.start("make", *PROMPT, *FILM, "--name", "film")
    while begun.poll() is None and not (studio.space / "runs" / "film" / "slate.json").exists():
        time.sleep(0.01)
    begun.kill()
    begun.wait()
    first = studio.start("resume", "film")
    lock = studio.space / "runs" / "film" / ".lock"
    end = time.monotonic() + 20
    while (
        time.monotonic() < end
        and first.poll() is None
        and str(first.pid) not in (lock.read_text() if lock.exists() else "")
    ):
        time.sleep(0.02)
    second = studio("resume", "film")
    busy = first.poll() is None or str(first.pid) in second.stderr
    assert first.wait() == 0
    if busy and second.returncode != 0:
        assert str(first.pid) in second.stderr and len(second.stderr.strip().splitlines()) == 1
    else:
        assert second.returncode == 0


def test_a_deleted_reference_image_is_drawn_again_and_nothing_is_rendered_again(studio: Studio) -> None:
    made = studio.make("--name", "film")
    whole = sha256(made["film"])
    image = next((studio.space / "story_bible").rglob("front.png"))
    before = image.read_bytes()
    image.unlink()
    rendered = len(studio.rendered())
    slate = Path(made["film"]).parent / "slate.json"
    done = studio("retake", "film", "1.1", "--note", "closer", "--json")
    assert done.returncode == 0, done.stderr
    assert image.read_bytes() == before
    assert len(studio.rendered()) > rendered
    again = studio("make", "--slate", str(slate), "--json")
    assert again.returncode == 0 and sha256(json.loads(again.stdout)["film"]) == whole


@pytest.mark.parametrize(
    "size", [pytest.param("3m", marks=pytest.mark.slow), "5m", pytest.param("8m", marks=pytest.mark.slow)]
)
def test_a_full_disk_stops_cleanly_and_resumes(
    package: Path, tmp_path: Path, uninterrupted: dict[str, dict[str, Any]], size: str
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o"]
    if subprocess.run([*mount, f"size={size}", "tmpfs", str(disk)], capture_output=True).returncode != 0:
        pytest.skip("mounting a small disk is not permitted here")
    try:
        studio = Studio(package, disk)
        studio.calls = tmp_path / "calls.txt"
        done = studio("make", *PROMPT, *FILM, "--name", "film", "--json")
        assert done.returncode in (1, 2) and len(done.stderr.strip().splitlines()[-1:]) == 1, done.stderr
        assert "disk" in done.stderr or "space" in done.stderr
        assert "Traceback" not in done.stderr
        subprocess.run(["mount", "-o", "remount,size=200m", str(disk)], check=True)
        begun = (disk / "runs" / "film" / "slate.json").exists()
        again = studio(*(["resume", "film"] if begun else ["make", *PROMPT, *FILM, "--name", "film"]), "--json")
        assert again.returncode == 0, again.stderr
        assert_same_production(uninterrupted["1"], json.loads(again.stdout))
    finally:
        subprocess.run(["umount", str(disk)], check=False)


OPENING = ["before-rename:1", "after-rename:2", "after-commit-forget:1", "after-commit-production:1", "before-rename:3"]


def test_a_kill_while_a_production_is_opened_leaves_its_name_free(
    studio: Studio, uninterrupted: dict[str, dict[str, Any]]
) -> None:
    make = ["make", *PROMPT, *FILM, "--name", "film"]
    for point in OPENING:
        assert studio(*make, STUDIO_CRASH_AT=point).returncode == -9, point
        assert json.loads(studio("runs", "--json").stdout) == []
    assert studio(*make, STUDIO_CRASH_AT="after-rename:3").returncode == -9
    assert [row["name"] for row in json.loads(studio("runs", "--json").stdout)] == ["film"]
    done = studio("resume", "film", "--json")
    assert done.returncode == 0, done.stderr
    assert_same_production(uninterrupted["1"], json.loads(done.stdout))
    assert not list((studio.space / "runs").glob(".unopened-*"))


def assert_a_kill_leaves_the_same_film(studio: Studio, whole: dict[str, Any], scenes: str, point: str) -> None:
    """Make a film that is killed at ``point``; resumed, it is the film that nobody killed."""
    done = studio("make", *PROMPT, *FILM, *wave(scenes), "--name", "film", STUDIO_CRASH_AT=point)
    assert done.returncode == -9, f"{point} was never reached: {done.stderr}"
    again = studio("resume", "film", "--json")
    assert again.returncode == 0, again.stderr
    assert_same_production(whole, json.loads(again.stdout))
    assert_sound(studio.space, "film")


@pytest.mark.slow
@pytest.mark.parametrize("scenes", ["1", "2"])
@pytest.mark.parametrize("step", range(1, 42, 3))
def test_a_kill_at_any_checkpoint_of_any_node_leaves_the_same_film(
    studio: Studio, uninterrupted: dict[str, dict[str, Any]], step: int, scenes: str
) -> None:
    side = "after" if step % 2 else "before"
    assert_a_kill_leaves_the_same_film(studio, uninterrupted[scenes], scenes, f"{side}-commit-checkpoint:{step}")


PUBLICATIONS = [
    "commit-reference:2", "commit-fact:3", "commit-remark:1", "commit-cut:1", "commit-production:2",
    "rename:5", "rename:12", "rename:20", "rename:30",
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize("point", PUBLICATIONS)
def test_a_kill_on_either_side_of_any_publication_leaves_the_same_film(
    studio: Studio, uninterrupted: dict[str, dict[str, Any]], point: str, side: str
) -> None:
    assert_a_kill_leaves_the_same_film(studio, uninterrupted["1"], "1", f"{side}-{point}")


def test_a_production_made_under_the_name_of_a_removed_one_says_what_came_from_the_cache(studio: Studio) -> None:
    studio.make("--scenes", "1", "--name", "film")
    rendered = len(studio.rendered())
    assert studio("rm", "film").returncode == 0
    assert studio("director", "reset").returncode == 0
    report = studio.make("--scenes", "1", "--name", "film")["report"]
    assert len(studio.rendered()) == rendered
    takes = [take for scene in report["scenes"] for shot in scene["shots"] for take in shot["takes"]]
    assert all(take["cached"] for take in takes)


def test_an_engine_that_never_works_stops_the_production_and_a_resume_finishes_it(
    studio: Studio, uninterrupted: dict[str, dict[str, Any]]
) -> None:
    done = studio("make", *PROMPT, *FILM, "--name", "film", FLAT_FAULT="crash", FLAT_FAULTS="99")
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert "flat failed 3 times" in last and "crash" in last and "studio resume film" in last
    again = studio("resume", "film", "--json")
    assert again.returncode == 0, again.stderr
    assert sha256(json.loads(again.stdout)["film"]) == sha256(uninterrupted["1"]["film"])
