"""A film from end to end, with plug-ins dropped into a copy of the package: the way a user would extend Studio."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
FLAT = [
    "--engine", "flat", "--artist", "flat", "--llm", "canned", "--scenes", "2",
    "--set", "production.width=128", "--set", "production.height=96", "--set", "reward.visual_quality=0",
    "--set", "reward.character_consistency=0", "--set", "reward.location_consistency=0",
    "--set", "reward.narrative_coherence=0", "--set", "reward.seeded=1", "--set", "rl.reward_threshold=0.5",
]  # fmt: skip


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package with one new file in each family, and nothing else changed."""
    home = tmp_path_factory.mktemp("package")
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

    def __call__(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        env = {
            **os.environ, "PYTHONPATH": str(self.package), "STUDIO_WORKSPACE": str(self.space),
            "FLAT_CALLS": str(self.calls), **environment,
        }  # fmt: skip
        return subprocess.run(
            [sys.executable, "-m", "studio", *arguments], env=env, cwd=self.space, capture_output=True, text=True
        )

    def make(self, *arguments: str, prompt: str = "A keeper finds a whale", **environment: str) -> dict[str, Any]:
        done = self("make", "--prompt", prompt, *FLAT, *arguments, "--json", **environment)
        assert done.returncode == 0, done.stderr
        result: dict[str, Any] = json.loads(done.stdout)
        return result

    def rendered(self) -> list[str]:
        return self.calls.read_text().split() if self.calls.exists() else []


def sha256(path: str | Path) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


@pytest.fixture
def studio(package: Path, tmp_path: Path) -> Studio:
    return Studio(package, tmp_path)


def test_one_new_file_in_each_family_is_all_it_takes_to_make_a_film(studio: Studio) -> None:
    made = studio.make()
    report = made["report"]
    assert Path(made["film"]).is_file()
    assert [len(scene["shots"]) for scene in report["scenes"]] == [2, 2]
    assert "'canned' is a test" in report["fallbacks"]
    takes = [take for scene in report["scenes"] for shot in scene["shots"] for take in shot["takes"]]
    assert all(take["policy_update"] and take["reward"]["terms"].keys() == {"seeded"} for take in takes)
    assert all(shot["circle_take"] for scene in report["scenes"] for shot in scene["shots"])
    assert len(studio.rendered()) == len({take["key"] for take in takes})


def test_a_take_below_the_bar_is_shot_again_and_differs(studio: Studio) -> None:
    report = studio.make("--set", "rl.reward_threshold=0.75")["report"]
    shots = [shot for scene in report["scenes"] for shot in scene["shots"]]
    again = [shot for shot in shots if len(shot["takes"]) > 1]
    assert again, "the seeds of this test give at least one retake"
    for shot in again:
        keys = [take["key"] for take in shot["takes"]]
        directions = [json.dumps(take["direction"]) for take in shot["takes"]]
        assert len(set(keys)) == len(keys) and len(set(directions)) == len(directions)
        assert not shot["takes"][0]["accepted"]


def test_the_same_slate_gives_the_same_film_and_renders_nothing_again(studio: Studio) -> None:
    first = studio.make()
    rendered = len(studio.rendered())
    slate = Path(first["film"]).parent / "slate.json"
    done = studio("make", "--slate", str(slate), "--json")
    assert done.returncode == 0, done.stderr
    second = json.loads(done.stdout)
    assert second["name"] != first["name"]
    assert sha256(second["film"]) == sha256(first["film"])
    assert len(studio.rendered()) == rendered


@pytest.mark.parametrize("scenes", ["1", "2"])
def test_two_fresh_workspaces_make_the_same_film(package: Path, tmp_path: Path, scenes: str) -> None:
    films = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        made = Studio(package, tmp_path / name).make("--set", f"production.parallel_scenes={scenes}")
        films.append((sha256(made["film"]), [p["reward"] for p in made["report"]["reward_curve"]]))
    assert films[0] == films[1]


def test_another_seed_makes_another_film(studio: Studio) -> None:
    assert sha256(studio.make()["film"]) != sha256(studio.make("--seed", "1")["film"])


def test_a_retake_renders_that_shot_alone_and_makes_the_next_cut(studio: Studio) -> None:
    made = studio.make()
    before = studio.rendered()
    done = studio("retake", made["name"], "2.1", "--note", "closer, at night", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)["report"]
    assert [cut["number"] for cut in report["cuts"]] == [1, 2]
    assert report["cuts"][0]["sha256"] != report["cuts"][1]["sha256"]
    shot = report["scenes"][1]["shots"][0]
    new = [take for take in shot["takes"] if take["key"] not in before]
    assert new and len(studio.rendered()) == len(before) + len(new)
    assert shot["circle_take"] in [take["number"] for take in new]
    assert "night" in new[0]["prompt"]


@pytest.mark.parametrize("fault", ["hang", "crash", "nofile", "short", "oom"])
def test_a_failing_engine_costs_an_attempt_and_is_named(studio: Studio, fault: str) -> None:
    made = studio.make("--scenes", "1", "--set", "stage.deadline_seconds=12", FLAT_FAULT=fault)
    attempts = [
        attempt for scene in made["report"]["scenes"] for shot in scene["shots"] for take in shot["takes"]
        for attempt in take["attempts"]
    ]  # fmt: skip
    named = {"hang": "hang", "crash": "crash", "nofile": "no file", "short": "wrong length", "oom": "out of memory"}
    assert len(attempts) == 1 and named[fault] in attempts[0]


def test_a_black_clip_is_a_take_that_the_critic_rejects(studio: Studio) -> None:
    made = studio.make("--scenes", "1", FLAT_FAULT="black")
    first = made["report"]["scenes"][0]["shots"][0]["takes"][0]
    assert not first["accepted"] and any(note.startswith("black") for note in first["critic"]["notes"])


@pytest.mark.parametrize("damage", ["flip", "truncate", "delete"])
def test_a_damaged_clip_is_noticed_and_rendered_again(studio: Studio, damage: str) -> None:
    made = studio.make()
    film = sha256(made["film"])
    take = made["report"]["scenes"][0]["shots"][0]["takes"][0]
    clip = studio.space / "runs" / ".takes" / take["key"][:2] / f"{take['key']}.mp4"
    data = bytearray(clip.read_bytes())
    if damage == "flip":
        data[len(data) // 2] ^= 1
        clip.write_bytes(bytes(data))
    elif damage == "truncate":
        clip.write_bytes(bytes(data[: len(data) // 2]))
    else:
        clip.unlink()
    before = len(studio.rendered())
    slate = Path(made["film"]).parent / "slate.json"
    done = studio("make", "--slate", str(slate), "--json")
    assert done.returncode == 0, done.stderr
    assert sha256(json.loads(done.stdout)["film"]) == film
    assert len(studio.rendered()) == before + 1
    if damage != "delete":
        assert any(take["key"][:12] in text for text in json.loads(done.stdout)["report"]["warnings"])


POINTS = [
    "before-rename", "after-rename", "before-commit-take", "after-commit-take", "before-commit-circle",
    "after-commit-circle", "before-commit-memo", "after-commit-memo", "after-commit-cut",
]  # fmt: skip


@pytest.fixture(scope="session")
def uninterrupted(package: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The film as it is made when nobody kills anything, by width of the wave."""
    films = {}
    for scenes in ("1", "2"):
        space = tmp_path_factory.mktemp(f"whole-{scenes}")
        films[scenes] = Studio(package, space).make("--set", f"production.parallel_scenes={scenes}", "--name", "film")
    return films


@pytest.mark.parametrize("scenes", ["1", "2"])
@pytest.mark.parametrize("point", POINTS)
def test_a_killed_production_resumes_to_the_same_film(
    package: Path, tmp_path: Path, uninterrupted: dict[str, dict[str, Any]], point: str, scenes: str
) -> None:
    count = 1 + POINTS.index(point) * 3 % 4
    wave = ("--set", f"production.parallel_scenes={scenes}", "--name", "film")
    (tmp_path / "killed").mkdir()
    whole = uninterrupted[scenes]
    killed = Studio(package, tmp_path / "killed")
    at = f"{point}:{1 if 'cut' in point else count + 8 * ('memo' in point or 'rename' in point)}"
    done = killed("make", "--prompt", "A keeper finds a whale", *FLAT, *wave, STUDIO_CRASH_AT=at)
    assert done.returncode == -9, done.stderr
    done = killed("resume", "film", "--json")
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    assert sha256(made["film"]) == sha256(whole["film"])
    stable = ("key", "sha256", "reward", "policy_update", "direction", "accepted")
    for a, b in zip(whole["report"]["scenes"], made["report"]["scenes"], strict=True):
        for x, y in zip(a["shots"], b["shots"], strict=True):
            assert x["circle_take"] == y["circle_take"]
            assert [{k: t[k] for k in stable} for t in x["takes"]] == [{k: t[k] for k in stable} for t in y["takes"]]
    events = [json.loads(line) for line in (tmp_path / "killed/runs/film/log.jsonl").read_text().splitlines()]
    committed = [e["key"] for e in events if e["event"] == "take_committed"]
    assert len(committed) == len(set(committed))
