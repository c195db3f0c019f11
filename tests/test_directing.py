"""What people ask of the crew: circles, retakes, notes, looks and gates, acted on by the graph once each."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from lab import FLAT, HEARD, Studio, assert_same_production, sha256

RETAKES = ("--set", "rl.reward_threshold=0.75")


@pytest.fixture(scope="module")
def filmed(package: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A workspace whose film has shots of several takes."""
    space = tmp_path_factory.mktemp("filmed")
    return space, Studio(package, space).make("--name", "film", *RETAKES)


@pytest.fixture
def film(package: Path, filmed: tuple[Path, dict[str, Any]], tmp_path: Path) -> tuple[Studio, dict[str, Any]]:
    """A copy of that workspace, to be directed."""
    import shutil

    shutil.copytree(filmed[0], tmp_path / "space")
    return Studio(package, tmp_path / "space"), filmed[1]


def told(studio: Studio, *arguments: str, **environment: str) -> dict[str, Any]:
    done = studio(*arguments, "--json", **environment)
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def rows(studio: Studio, query: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(studio.space / "runs" / "studio.db") as connection:
        return connection.execute(query).fetchall()


def another(report: dict[str, Any]) -> tuple[str, int, int]:
    """SCENE.SHOT, its circle take and another take of it."""
    for scene in report["scenes"]:
        for shot in scene["shots"]:
            for take in shot["takes"]:
                if take["number"] != shot["circle_take"]:
                    return f"{scene['number']}.{shot['number']}", shot["circle_take"], take["number"]
    raise AssertionError("the seeds of this film give at least one retake")


def circle_of(report: dict[str, Any], name: str) -> int:
    scene, shot = (int(n) for n in name.split("."))
    found: int = report["scenes"][scene - 1]["shots"][shot - 1]["circle_take"]
    return found


def test_circling_by_hand_cuts_the_film_anew_and_renders_nothing(film: tuple[Studio, dict[str, Any]]) -> None:
    studio, made = film
    rendered, (name, old, new) = len(studio.rendered()), another(made["report"])
    done = told(studio, "circle", "film", name, "--take", str(new))
    assert circle_of(done["report"], name) == new and len(studio.rendered()) == rendered
    assert [cut["reason"] for cut in done["report"]["cuts"]] == ["first cut", "circled by hand"]
    assert sha256(done["film"]) == done["report"]["cuts"][1]["sha256"] != made["report"]["cuts"][0]["sha256"]
    back = told(studio, "circle", "film", name, "--take", str(old))
    assert sha256(back["film"]) == made["report"]["cuts"][0]["sha256"], "back to the first cut, made once"
    assert len(back["report"]["cuts"]) == 2


QUICK = ("after-commit-request:1", "after-commit-circle:1")
POINTS = (
    "before-commit-request:1", "before-commit-circle:1", "before-commit-request:2", "after-commit-request:2",
    "before-commit-cut:1", "after-commit-cut:1",
)  # fmt: skip


@pytest.mark.parametrize("point", [*QUICK, *(pytest.param(point, marks=pytest.mark.slow) for point in POINTS)])
def test_a_kill_while_a_circle_is_carried_out_neither_loses_nor_repeats_it(
    film: tuple[Studio, dict[str, Any]], point: str
) -> None:
    studio, made = film
    rendered, (name, _old, new) = len(studio.rendered()), another(made["report"])
    killed = studio("circle", "film", name, "--take", str(new), STUDIO_CRASH_AT=point)
    assert killed.returncode == -9, f"{point} was never reached: {killed.stderr}"
    asked = rows(studio, "SELECT count(*) FROM request")[0][0]
    assert asked == (0 if point == "before-commit-request:1" else 1)
    done = told(studio, "resume", "film")
    assert len(done["report"]["cuts"]) == 1 + asked and len(studio.rendered()) == rendered
    assert rows(studio, "SELECT count(*) FROM request WHERE done = 0") == [(0,)]
    assert told(studio, "resume", "film")["report"]["cuts"] == done["report"]["cuts"]


RETAKE_POINTS = (
    "after-commit-request:1", "before-commit-memo:1", "before-commit-checkpoint:3", "before-commit-take:1",
    "after-commit-take:1", "before-commit-circle:1", "after-commit-circle:1", "before-commit-request:2",
    "after-commit-request:2", "before-rename:3", "after-rename:4",
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("point", RETAKE_POINTS)
def test_a_kill_while_a_retake_is_shot_neither_loses_nor_repeats_it(
    film: tuple[Studio, dict[str, Any]], package: Path, tmp_path: Path, point: str
) -> None:
    import shutil

    studio, _made = film
    shutil.copytree(studio.space, tmp_path / "whole")
    ask = ("retake", "film", "2.1", "--note", "closer")
    whole = told(Studio(package, tmp_path / "whole"), *ask)
    killed = studio(*ask, STUDIO_CRASH_AT=point)
    assert killed.returncode == -9, f"{point} was never reached: {killed.stderr}"
    done = told(studio, "resume", "film")
    assert_same_production(whole, done)
    assert rows(studio, "SELECT count(*), sum(done) FROM request") == [(1, 1)]


# Retakes and notes


def test_a_retake_is_told_of_the_notes_on_earlier_takes_and_settles_them(film: tuple[Studio, dict[str, Any]]) -> None:
    studio, _made = film
    assert studio("note", "film", "2.1", "his hat is gone at dusk", "--take", "1", "--frame", "7").returncode == 0
    refused = studio("note", "film", "2.1", "beyond the end", "--take", "1", "--frame", "4800")
    assert refused.returncode == 2 and "frames 0 to 47" in refused.stderr
    done = told(studio, "retake", "film", "2.1", "--note", "closer")
    new = [take for take in done["report"]["scenes"][1]["shots"][0]["takes"] if "hat is gone" in take["prompt"]]
    assert new and "Note: closer" in new[0]["prompt"] and "dusk" in new[0]["prompt"]
    assert studio("note", "film", "2.1", "now it is there", "--take", "2").returncode == 0
    asked = rows(studio, "SELECT kind, done, frame FROM request ORDER BY id")
    assert asked == [("note", 1, 7), ("retake", 1, None), ("note", 0, 0)], "a later note waits for the next retake"


def test_what_is_asked_while_the_film_is_made_is_done_by_the_process_that_makes_it(studio: Studio) -> None:
    import time

    make = ["make", "--prompt", "A keeper finds a whale", *FLAT, *RETAKES, "--name", "film"]
    process = studio.start(*make)
    log, end = studio.space / "runs" / "film" / "log.jsonl", time.monotonic() + 60
    while time.monotonic() < end and not (log.exists() and "take_committed" in log.read_text()):
        time.sleep(0.02)
    asked = studio("retake", "film", "1.1", "--note", "closer", "--json")
    assert asked.returncode == 0, asked.stderr
    status = json.loads(asked.stdout)["status"]
    made = process.done(timeout=120)
    assert made.returncode == 0, made.stderr
    if status == "running":  # on a slow machine the film may be done before anybody can ask
        assert "by process" in asked.stderr
    takes = rows(studio, "SELECT data FROM take WHERE scene = 1 AND shot = 1 ORDER BY number")
    answered = [json.loads(data)["request"] for (data,) in takes]
    assert 1 in answered and answered[0] is None, "takes begun before it was asked do not answer it"
    assert rows(studio, "SELECT done FROM request") == [(1,)]
    assert rows(studio, "SELECT status FROM production") == [("finished",)]


# Looks and gates


def circled_briefs(studio: Studio) -> list[dict[str, Any]]:
    found = rows(
        studio,
        "SELECT memo.value FROM circle JOIN memo ON memo.kind = 'brief' "
        "AND json_extract(memo.inputs, '$.key') = circle.brief_key ORDER BY circle.scene, circle.shot",
    )
    return [json.loads(value) for (value,) in found]


def keepers(briefs: list[dict[str, Any]]) -> list[list[str]]:
    return [who["look"]["clothes"] for brief in briefs for who in brief["characters"] if who["id"] == "keeper"]


def test_a_changed_coat_is_shot_again_wherever_it_is_seen_and_once(film: tuple[Studio, dict[str, Any]]) -> None:
    studio, made = film
    done = told(studio, "look", "film", "keeper", "--set", "clothes=red coat")
    after = circled_briefs(studio)
    assert keepers(after) == [["red coat"]] * 4 and all("Wearing red coat." in brief["prompt"] for brief in after)
    fresh = done["report"]["totals"]["takes"] - made["report"]["totals"]["takes"]
    assert fresh >= 4
    assert told(studio, "resume", "film")["report"]["totals"]["takes"] == done["report"]["totals"]["takes"]
    assert "looks so already" in studio("look", "film", "keeper", "--set", "clothes=red coat").stdout


def waiting(studio: Studio, *arguments: str) -> str:
    done = studio(*arguments, "--json")
    assert done.returncode == 1, done.stderr
    result: dict[str, str] = json.loads(done.stdout)
    assert result["status"] == "waiting"
    return result["gate"]


def test_gates_wait_for_a_word_and_approval_repeats_nothing(
    studio: Studio, uninterrupted: dict[str, dict[str, Any]]
) -> None:
    make = ["make", "--prompt", "A keeper finds a whale", *FLAT, *HEARD, "--name", "film", "--review"]
    assert waiting(studio, *make) == "plan"
    assert not studio.rendered() and rows(studio, "SELECT status, gate FROM production") == [("waiting", "plan")]
    killed = studio("resume", "film", STUDIO_CRASH_AT="after-commit-request:2")
    assert killed.returncode == -9
    assert waiting(studio, "resume", "film") == "references"
    assert waiting(studio, "resume", "film") == "scene 1"
    rendered = studio.rendered()
    assert waiting(studio, "resume", "film") == "scene 2"
    assert studio.rendered()[: len(rendered)] == rendered and len(set(studio.rendered())) == len(studio.rendered())
    done = told(studio, "resume", "film")
    assert sha256(done["film"]) == sha256(uninterrupted["1"]["film"])
    assert studio.rendered() == uninterrupted_calls(uninterrupted)
    assert told(studio, "resume", "film")["report"]["cuts"] == done["report"]["cuts"]


def uninterrupted_calls(films: dict[str, dict[str, Any]]) -> list[str]:
    takes = [take for s in films["1"]["report"]["scenes"] for shot in s["shots"] for take in shot["takes"]]
    return [take["key"] for take in takes]


def test_sending_back_makes_it_again_and_asks_again(studio: Studio) -> None:
    make = ["make", "--prompt", "A keeper finds a whale", *FLAT, "--name", "film", "--review"]
    assert waiting(studio, *make) == "plan"
    assert waiting(studio, "resume", "film", "--send-back", "the whale is shy") == "plan"
    plan = json.loads((studio.space / "runs/film/creative_document.json").read_text())
    assert "the whale is shy" in plan["logline"], "the test screenwriter repeats what it is told"
    dressed = studio("look", "film", "keeper", "--set", "clothes=red coat")
    assert dressed.returncode == 0 and "after your word on the plan" in dressed.stderr
    assert waiting(studio, "resume", "film") == "references"
    assert waiting(studio, "resume", "film") == "scene 1"
    before = len(studio.rendered())
    assert waiting(studio, "resume", "film", "--send-back", "closer") == "scene 1"
    assert len(studio.rendered()) >= before + 2, "both shots of the scene are taken again"
    assert waiting(studio, "resume", "film") == "scene 2"
    told(studio, "resume", "film")
    assert keepers(circled_briefs(studio)) == [["red coat"]] * 4
    assert rows(studio, "SELECT count(*) FROM request WHERE done = 0") == [(0,)]
    assert studio("resume", "film", "--send-back", "again").returncode == 2
