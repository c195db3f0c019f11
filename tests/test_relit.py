"""Places are drawn once more at each hour that shows them in another light, and a shot is told of its own hour's."""

from __future__ import annotations

import json

from lab import Studio
from test_director_offline import planned

from studio.crew.references import labels

NIGHT = "A baker finds a ghost in the kitchen at night"


def test_a_place_has_pictures_of_the_hours_at_which_scenes_play_there() -> None:
    document, _ = planned(NIGHT)
    dark = {scene.location for scene in document.scenes if scene.time_of_day == "night"}
    assert dark
    told = labels(document, relit=True)
    assert {label for label in told if label.endswith("_night")} == {
        f"locations/{place}/{view}_night" for place in dark for view in ("wide", "detail")
    }
    assert labels(document) == [label for label in told if not label.endswith(("_night", "_dusk", "_dawn"))]


def test_a_shot_is_told_of_its_place_by_day_and_at_its_own_hour(studio: Studio) -> None:
    drawn = ("--llm", "offline", "--artist", "previz", "--set", "rl.learn=false")
    studio.make(*drawn, "--name", "film", "--scenes", "3", prompt=NIGHT)
    folder = studio.space / "runs" / "film"
    plan = json.loads((folder / "creative_document.json").read_text())
    hours = {scene["time_of_day"] for scene in plan["scenes"]}
    assert "night" in hours
    for take in folder.rglob("take-1.json"):
        brief = json.loads(take.read_text())["brief"]
        views = {label.rpartition("/")[2] for label in brief["references"] if label.startswith("locations/")}
        assert views == {"wide", "detail"} | {
            f"{view}_{brief['time_of_day']}"
            for view in ("wide", "detail")
            if brief["time_of_day"] in ("dawn", "dusk", "night")
        }
        assert all(label.split("/")[1] == brief["location"]["id"] for label in brief["references"] if "wide" in label)


def test_a_retake_at_another_hour_is_shown_its_place_at_that_hour(studio: Studio) -> None:
    drawn = ("--llm", "offline", "--artist", "previz", "--set", "rl.learn=false")
    studio.make(*drawn, "--name", "film", "--scenes", "1", prompt="A baker walks in the forest at noon")
    pictures = studio.space / "story_bible/film/references/locations"
    assert not list(pictures.rglob("*_night.png"))
    done = studio("retake", "film", "1.1", "--note", "at night", "--json")
    assert done.returncode == 0, done.stderr
    shot = json.loads(done.stdout)["report"]["scenes"][0]["shots"][0]
    folder = studio.space / "runs/film/scenes/01/shot-01"
    brief = json.loads((folder / f"take-{shot['circle_take']}.json").read_text())["brief"]
    assert brief["time_of_day"] == "night"
    assert any(label.endswith("wide_night") for label in brief["references"])
