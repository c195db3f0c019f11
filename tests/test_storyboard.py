"""Storyboards in prose: every shot in its order, filmed as it says, with the same people in the same clothes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from studio.errors import BadInput
from studio.llm._offline.storyboard import read_storyboard

KEEPER = (
    "Wide shot of a windswept harbour at dawn in thick fog. A 58-year-old fisherwoman named Runa, short and sturdy, with a "
    "long grey braid, wearing a mustard-yellow oilskin coat over a navy sweater and green rubber boots, stands beside a "
    "crate. Gulls sit on the pier behind her."
)
BOARD: dict[str, Any] = {
    "story_overview": "A fisherwoman mends a net and teaches a boy to sail before a storm.",
    "scenes": [
        {"scene_num": 1, "shots": [
            {"shot_id": 1, "first_frame": KEEPER,
             "video_prompt": "Low angle wide shot on a 24mm lens, slow push-in. Runa lifts the crate and carries it along the pier."},
            {"shot_id": 2, "first_frame": "Close-up of Runa (same coat) in the harbour, fog around her face.",
             "video_prompt": "Eye-level close-up, 85mm lens, static tripod. Runa looks up and smiles."},
        ]},
        {"scene_num": 2, "shots": [
            {"shot_id": 3, "first_frame": "Inside a small workshop at night, lit by one lantern. Runa sits at a bench with a net; "
             "a 9-year-old boy named Tam with messy red hair, wearing a blue hoodie and brown shorts, stands beside her.",
             "video_prompt": "High angle medium shot, handheld. Tam hands the rope to Runa, and Runa ties a knot."},
        ]},
    ],
}  # fmt: skip


def board(tmp_path: Path, data: Any = BOARD) -> Path:
    path = tmp_path / "board.json"
    path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    return path


def test_every_shot_is_kept_in_order_and_filmed_as_it_says(tmp_path: Path) -> None:
    document, _ = read_storyboard(board(tmp_path))
    shots = [shot for scene in document.scenes for shot in scene.shots]
    assert [shot.direction["shot_size"] for shot in shots] == ["wide", "close", "medium"]
    assert [shot.direction.get("camera_move") for shot in shots] == ["push-in", "locked", "handheld"]
    assert [shot.direction.get("angle") for shot in shots] == ["low", "eye", "high"]
    assert "carries it along the pier" in shots[0].action and "hands the rope" in shots[2].action
    assert all(2 <= shot.seconds <= 6 for shot in shots)


def test_people_are_recognised_and_dressed_as_described(tmp_path: Path) -> None:
    document, _ = read_storyboard(board(tmp_path))
    runa, tam = document.characters
    assert (runa.name, runa.look.age, runa.look.gender) == ("Runa", "middle-aged", "female")
    assert any("coat" in c for c in runa.look.clothes) and any("sweater" in c for c in runa.look.clothes)
    assert (tam.name, tam.look.age) == ("Tam", "child") and "red hair" in tam.look.hair
    shots = [shot for scene in document.scenes for shot in scene.shots]
    assert [shot.characters for shot in shots[:2]] == [["runa"], ["runa"]]
    assert set(shots[2].characters) == {"runa", "tam"}


def test_place_hour_and_weather_come_from_the_prose(tmp_path: Path) -> None:
    document, _ = read_storyboard(board(tmp_path))
    kinds = {place.id: place.kind for place in document.locations}
    told = [(kinds[s.location], s.time_of_day, s.weather) for s in document.scenes]
    assert told[0] == ("harbour", "dawn", "fog") and told[-1][:2] == ("workshop", "night")


def change(path: list[Any], value: Any) -> Any:
    data = json.loads(json.dumps(BOARD))
    at = data
    for step in path[:-1]:
        at = at[step]
    if value is None:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return data


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("not json", "not readable JSON"),
        ({"story_overview": "x"}, "no scenes"),
        ({"scenes": []}, "no scenes"),
        (change(["scenes", 1, "scene_num"], 1), "scene_num 1 is there twice"),
        (change(["scenes", 0, "shots", 1, "shot_id"], 1), "shot_id 1 is there twice"),
        (change(["scenes", 0, "shots", 1, "shot_id"], None), "shot_id: field required"),
        (change(["scenes", 0, "scene_num"], None), "scene_num: field required"),
        (change(["scenes", 0, "shots"], []), "shots"),
        (change(["scenes", 0, "shots", 0, "first_frame"], None), "first_frame: field required"),
    ],
    ids=[
        "prose",
        "no-scenes",
        "empty",
        "twin-scene",
        "twin-shot",
        "no-shot-id",
        "no-scene-num",
        "no-shots",
        "no-frame",
    ],
)
def test_a_faulty_board_is_named_in_one_line(tmp_path: Path, data: Any, words: str) -> None:
    with pytest.raises(BadInput) as error:
        read_storyboard(board(tmp_path, data))
    assert words in str(error.value) and "\n" not in str(error.value)


def test_a_missing_board_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such file"):
        read_storyboard(tmp_path / "none.json")
