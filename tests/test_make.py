"""A film from end to end, with plug-ins dropped into a copy of the package: the way a user would extend Studio."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from lab import FLAT, HEARD, Studio, assert_same_production, sha256, wave


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
    assert Path(second["film"]).samefile(first["film"]), "the cut is not stitched again either"


def test_a_damaged_cut_in_the_cache_is_stitched_again(studio: Studio) -> None:
    first = studio.make()
    film = sha256(first["film"])
    (cached,) = (studio.space / "runs" / ".takes" / "cuts").glob("*.mp4")
    cached.write_bytes(cached.read_bytes()[:-1000])
    done = studio("make", "--slate", str(Path(first["film"]).parent / "slate.json"), "--json")
    assert sha256(json.loads(done.stdout)["film"]) == film


@pytest.mark.parametrize("scenes", [pytest.param("1", marks=pytest.mark.slow), "2"])
def test_two_fresh_workspaces_make_the_same_film(package: Path, tmp_path: Path, scenes: str) -> None:
    films = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        made = Studio(package, tmp_path / name).make(*wave(scenes))
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


def test_a_failing_engine_costs_an_attempt_and_is_named(studio: Studio) -> None:
    faults = {"hang": "hang", "crash": "crash", "nofile": "no file", "short": "wrong length", "oom": "out of memory"}
    made = studio.make(
        "--scenes", "3", "--set", "stage.deadline_seconds=7", "--set", "stage.workers=1", FLAT_FAULT=",,".join(faults)
    )
    takes = [t for scene in made["report"]["scenes"] for shot in scene["shots"] for t in shot["takes"]]
    failed = [take["attempts"] for take in takes if take["attempts"]]
    assert [len(attempts) for attempts in failed] == [1] * len(faults)
    for attempts, named in zip(failed, faults.values(), strict=True):
        assert named in attempts[0]


def test_a_black_clip_is_a_take_that_the_critic_rejects(studio: Studio) -> None:
    made = studio.make("--scenes", "1", FLAT_FAULT="black")
    first = made["report"]["scenes"][0]["shots"][0]["takes"][0]
    assert not first["accepted"] and any(note.startswith("black") for note in first["critic"]["notes"])


def test_damaged_clips_are_noticed_and_rendered_again(studio: Studio) -> None:
    made = studio.make()
    film = sha256(made["film"])
    takes = [shot["takes"][0]["key"] for scene in made["report"]["scenes"] for shot in scene["shots"]]
    flipped, truncated, deleted = (studio.space / "runs/.takes" / key[:2] / f"{key}.mp4" for key in takes[:3])
    data = bytearray(flipped.read_bytes())
    data[len(data) // 2] ^= 1
    flipped.write_bytes(bytes(data))
    truncated.write_bytes(truncated.read_bytes()[: len(data) // 2])
    deleted.unlink()
    before = len(studio.rendered())
    slate = Path(made["film"]).parent / "slate.json"
    done = studio("make", "--slate", str(slate), "--json")
    assert done.returncode == 0, done.stderr
    assert sha256(json.loads(done.stdout)["film"]) == film
    assert sorted(studio.rendered()[before:]) == sorted(takes[:3])
    for key in takes[:2]:
        assert any(key[:12] in text for text in json.loads(done.stdout)["report"]["warnings"])


POINTS = [
    "before-rename", "after-rename", "before-commit-take", "after-commit-take", "before-commit-circle",
    "after-commit-circle", "before-commit-memo", "after-commit-memo", "after-commit-cut",
]  # fmt: skip


QUICK = {("before-rename", "1"), ("after-commit-take", "2")}
"""A file and a row, and where scenes of one wave meet; the others are slow cases."""
KILLS = [
    pytest.param(point, scenes, marks=[] if (point, scenes) in QUICK else [pytest.mark.slow])
    for point in POINTS
    for scenes in ("1", "2")
]


@pytest.mark.parametrize(("point", "scenes"), KILLS)
def test_a_killed_production_resumes_to_the_same_film(
    package: Path, tmp_path: Path, uninterrupted: dict[str, dict[str, Any]], point: str, scenes: str
) -> None:
    count = 1 + POINTS.index(point) * 3 % 4
    width = (*wave(scenes), "--name", "film")
    (tmp_path / "killed").mkdir()
    whole = uninterrupted[scenes]
    killed = Studio(package, tmp_path / "killed")
    at = f"{point}:{1 if 'cut' in point else count + 8 * ('memo' in point or 'rename' in point)}"
    done = killed("make", "--prompt", "A keeper finds a whale", *FLAT, *HEARD, *width, STUDIO_CRASH_AT=at)
    assert done.returncode == -9, done.stderr
    done = killed("resume", "film", "--json")
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    assert_same_production(whole, made)
    events = [json.loads(line) for line in (tmp_path / "killed/runs/film/log.jsonl").read_text().splitlines()]
    committed = [e["key"] for e in events if e["event"] == "take_committed"]
    assert len(committed) == len(set(committed))
