"""Dailies: every take once, in order, under a slate a scene and above a burn-in that tells the truth."""

from __future__ import annotations

import json
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from lab import Studio, sha256

from studio.config import Workspace
from studio.crew.played import Roll as PlayedRoll
from studio.crew.played import keep
from studio.edit import burnin
from studio.edit.preview import Roll, Screened, dailies
from studio.edit.probe import decode_strictly, probe
from studio.errors import EngineFailed

SLATE = 48
"""Frames of a slate: two seconds at 24 frames a second."""

TWICE = ("--set", "rl.takes_per_shot=2", "--set", "rl.reward_threshold=1")


@pytest.fixture(scope="module")
def film(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Studio:
    """A workspace with the production ``film``: two scenes of two shots, each taken twice: no take can pass."""
    studio = Studio(package, tmp_path_factory.mktemp("dailies"))
    studio.make("--name", "film", "--set", "rl.learn=false", *TWICE)
    return studio


@pytest.fixture(scope="module")
def told(film: Studio) -> dict[str, Any]:
    """What `studio dailies film --json` says."""
    done = film("dailies", "film", "--json")
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said


@pytest.fixture(scope="module")
def shown(told: dict[str, Any]) -> np.ndarray:
    """Every frame of the dailies."""
    return frames_of(Path(told["dailies"]))


def frames_of(path: Path) -> np.ndarray:
    with av.open(str(path)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


def marked(frames: np.ndarray) -> np.ndarray:
    """How many pixels of each frame's strip have the circle mark's colour."""
    strips = frames[:, -burnin.STRIP :].astype(int)
    return ((strips[..., 0] - strips[..., 2]) > 100).sum(axis=(1, 2))


def closest(picture: np.ndarray, candidates: list[np.ndarray]) -> int:
    return int(np.argmin([np.abs(picture.astype(int) - candidate).mean() for candidate in candidates]))


def test_every_take_is_shown_once_in_order_and_a_slate_stands_before_each_scene(
    film: Studio, told: dict[str, Any]
) -> None:
    takes = json.loads(film("show", "film", "--json").stdout)["takes"]
    assert [t["file"] for t in told["takes"]] == [t["file"] for t in takes]
    assert [t["take"] for t in told["takes"]] == [1, 2] * 4
    at, scene = 0, 0
    for take in told["takes"]:
        at += SLATE if take["scene"] != scene else 0
        assert (take["first_frame"], take["frames"]) == (at, probe(film.space / "runs" / "film" / take["file"]).frames)
        at, scene = at + take["frames"], take["scene"]
    assert told["frames"] == at and told["fps"] == 24


def test_the_file_holds_those_frames_and_decodes_strictly(told: dict[str, Any], shown: np.ndarray) -> None:
    path = Path(told["dailies"])
    decode_strictly(path)
    assert probe(path).frames == len(shown) == told["frames"]
    assert shown.shape[1:] == (told["height"], told["width"], 3) and told["width"] == 416
    assert [p.name for p in path.parent.glob(".*mp4")] == [], "no temporary file is left"


def test_each_frame_carries_its_own_timecode(told: dict[str, Any], shown: np.ndarray) -> None:
    take = told["takes"][1]
    clocks = [burnin.clock(n, told["fps"]) for n in range(take["frames"])]
    tall, wide = clocks[0].shape[:2]
    top = told["height"] - burnin.STRIP + 3
    left = told["width"] - burnin.MARGIN - wide
    for n in range(take["frames"]):
        burnt = shown[take["first_frame"] + n, top : top + tall, left : left + wide]
        assert closest(burnt, clocks) == n


def test_the_picture_above_a_timecode_is_that_very_frame_of_the_take(
    film: Studio, told: dict[str, Any], shown: np.ndarray
) -> None:
    import cv2

    take = told["takes"][-1]
    tall = told["height"] - burnin.STRIP
    clip = frames_of(film.space / "runs" / "film" / take["file"])
    scaled = [cv2.resize(frame, (told["width"], tall), interpolation=cv2.INTER_CUBIC) for frame in clip]
    for n in (0, 1, len(clip) // 2, len(clip) - 1):
        assert closest(shown[take["first_frame"] + n, :tall], scaled) == n


def test_the_circle_take_alone_is_marked_in_every_frame(told: dict[str, Any], shown: np.ndarray) -> None:
    marks = marked(shown)
    circled = np.zeros(len(shown), bool)
    for take in told["takes"]:
        circled[take["first_frame"] : take["first_frame"] + take["frames"]] = take["circled"]
    assert sum(take["circled"] for take in told["takes"]) == 4, "one take of each shot"
    assert (marks[circled] > 20).all() and (marks[~circled] == 0).all()


def test_one_scenes_circle_takes_alone(film: Studio, tmp_path: Path) -> None:
    done = film("dailies", "film", "--scene", "2", "--circled", "--out", str(tmp_path / "two.mp4"), "--json")
    told = json.loads(done.stdout)
    assert [(t["scene"], t["shot"], t["circled"]) for t in told["takes"]] == [(2, 1, True), (2, 2, True)]
    assert probe(tmp_path / "two.mp4").frames == SLATE + sum(t["frames"] for t in told["takes"])


def test_a_damaged_take_is_rendered_again_and_said(film: Studio, told: dict[str, Any], tmp_path: Path) -> None:
    take = film.space / "runs" / "film" / told["takes"][-1]["file"]
    whole = take.read_bytes()
    with take.open("r+b") as file:
        file.write(whole[: len(whole) // 2] + bytes(16))
    done = film("dailies", "film", "--scene", "2", "--out", str(tmp_path / "two.mp4"))
    assert done.returncode == 0 and "was damaged or gone; rendered again" in done.stderr
    assert take.read_bytes() == whole


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["ghost"], "there are: film"),
        (["film", "--scene", "3"], "there are: 1, 2"),
        (["film", "--out", "nowhere/d.mp4"], "no folder nowhere"),
        (["film", "--out", "runs"], "is a folder"),
        (["film", "--out", "n" * 300 + ".mp4"], "name too long"),
        (["film", "--out", "dailies.avi"], "dailies.mp4"),
        (["film", "--out", "/proc/d.mp4"], "cannot write to /proc"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(film: Studio, arguments: list[str], said: str) -> None:
    before = sorted(film.space.rglob("*.mp4"))
    done = film("dailies", *arguments)
    assert done.returncode == 2 and said in done.stderr and len(done.stderr.strip().splitlines()) == 1
    assert sorted(film.space.rglob("*.mp4")) == before


def test_without_takes_there_is_nothing_to_screen(film: Studio, tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "bare"
    folder.mkdir(parents=True)
    runs = film.space / "runs"
    (folder / "slate.json").write_bytes((runs / "film" / "slate.json").read_bytes())
    with sqlite3.connect(runs / "studio.db") as source, sqlite3.connect(tmp_path / "runs" / "studio.db") as copy:
        source.backup(copy)
    done = film("--workspace", str(tmp_path), "dailies", "bare")
    assert done.returncode == 2 and "no takes yet" in done.stderr and len(done.stderr.strip().splitlines()) == 1
    assert [p.name for p in folder.glob("*.mp4")] == []


def roll(film: Studio, told: dict[str, Any]) -> Roll:
    """A scene of one take, which nobody scored."""
    path = film.space / "runs" / "film" / told["takes"][0]["file"]
    return Roll(1, "Am Ufer", "", [Screened("sc01_sh01_tk1", path, 48, 24.0, "wide", None, False)])


def test_the_same_takes_give_the_same_file(film: Studio, told: dict[str, Any], tmp_path: Path) -> None:
    for name in ("one.mp4", "two.mp4"):
        dailies([roll(film, told)], tmp_path / name, "film", fps=24.0)
    assert sha256(tmp_path / "one.mp4") == sha256(tmp_path / "two.mp4")


def test_takes_of_another_rate_are_conformed_to_the_films(film: Studio, told: dict[str, Any], tmp_path: Path) -> None:
    made = dailies([roll(film, told)], tmp_path / "slow.mp4", "film", fps=12.0)
    assert made.frames == probe(tmp_path / "slow.mp4").frames == SLATE // 2 + 24
    decode_strictly(tmp_path / "slow.mp4")


def test_a_take_shorter_than_its_brief_says_stops_the_screening(
    film: Studio, told: dict[str, Any], tmp_path: Path
) -> None:
    short = replace(roll(film, told).takes[0], frames=60)
    with pytest.raises(EngineFailed, match="sc01_sh01_tk1"):
        dailies([Roll(1, "Am Ufer", "", [short])], tmp_path / "short.mp4", "film", fps=24.0)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("frame", "fps", "said"),
    [
        (0, 24, "00:00:00:00"), (23, 24, "00:00:00:23"), (24, 24, "00:00:01:00"), (16 * 61, 16, "00:01:01:00"),
        (24 * 3600, 23.976, "01:00:00:00"), (119, 120, "00:00:00:119"),
    ],
)  # fmt: skip
def test_a_timecode_counts_frames_within_the_second(frame: int, fps: float, said: str) -> None:
    assert burnin.timecode(frame, fps) == said


def test_what_does_not_fit_on_a_strip_or_slate_is_cut_short() -> None:
    for weight in (400, 700):
        lines = burnin.wrapped("the keeper and the whale " * 20, 200, 12, 3, weight)
        assert len(lines) == 3 and lines[-1].endswith("…")
        assert all(burnin.width_of(line, 12, weight) <= 200 for line in lines)
    assert burnin.wrapped("", 200, 12, 3) == []


def test_what_was_played_in_a_world_model_comes_last_and_a_damaged_clip_is_named(film: Studio, tmp_path: Path) -> None:
    space = Workspace(film.space)
    frame = np.zeros((96, 128, 3), np.uint8)
    with PlayedRoll(frame) as roll:
        for _ in range(9):
            roll.append(2, frame)
        take = keep(space, "film", roll, 20.0, {"model": "latent_flow", "place": "test level 3"})
    try:
        done = film("dailies", "film", "--scene", "1", "--json", "--out", str(tmp_path / "scene.mp4"))
        assert json.loads(done.stdout)["played"] == [], "a scene's dailies are its own"
        done = film("dailies", "film", "--json", "--out", str(tmp_path / "all.mp4"))
        said = json.loads(done.stdout)
        (told,) = said["played"]
        assert told["name"] == "played_tk1" and told["file"] == "played/take-1.mp4"
        assert told["frames"] == 12, "ten frames at 20 a second are twelve at 24"
        assert told["first_frame"] + told["frames"] == said["frames"]
        take.path.write_bytes(take.path.read_bytes()[:-1])
        done = film("dailies", "film", "--out", str(tmp_path / "all.mp4"))
        assert done.returncode != 0 and "take-1.mp4 is damaged" in done.stderr
    finally:
        shutil.rmtree(take.path.parent)
