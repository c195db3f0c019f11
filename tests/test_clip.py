"""`studio clip`: one clip from text, or from text and pictures."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from lab import Studio, here, sha256
from PIL import Image
from test_licences import accepting, rented

from studio.config import Workspace
from studio.edit.probe import probe
from studio.errors import BadInput
from studio.pictures import read

SMALL = ("--engine", "flat", "--size", "128x96", "--seconds", "1", "--out", "clip.mp4")
RENTED = (
    "--engine", "rented", "--size", "128x96", "--seconds", "1", "--out", "clip.mp4",
    *accepting("Rented-1.0", "Rented-Derivatives-1.0"),
)  # fmt: skip
PROMPT = "a fox;  FILM GRAIN, 35mm -- (verbatim)"


def clip(studio: Studio, *arguments: str) -> subprocess.CompletedProcess[str]:
    return studio("clip", "--prompt", PROMPT, *arguments, RENTED_BRIEF=str(studio.space / "brief.json"))


def picture(path: Path, colour: str = "red") -> str:
    Image.new("RGB", (64, 48), colour).save(path)
    return str(path)


def test_a_clip_is_written_where_it_says_with_its_facts(studio: Studio) -> None:
    done = clip(studio, *SMALL)
    assert done.returncode == 0, done.stderr
    assert (
        done.stdout.strip() == "clip.mp4" and re.search(r"\d+%", done.stderr) and "24 frames at 24 fps" in done.stderr
    )
    made = probe(studio.space / "clip.mp4")
    assert (made.frames, made.width, made.height) == (24, 128, 96)


def test_the_same_wish_is_rendered_once_and_another_seed_is_another_clip(studio: Studio) -> None:
    first = json.loads(clip(studio, *SMALL, "--json").stdout)
    bytes_ = sha256(studio.space / "clip.mp4")
    again = json.loads(clip(studio, *SMALL, "--json", "--force").stdout)
    assert not first["cached"] and again["cached"] and len(studio.rendered()) == 1
    assert sha256(studio.space / "clip.mp4") == bytes_
    clip(studio, *SMALL, "--force", "--seed", "7")
    assert sha256(studio.space / "clip.mp4") != bytes_


def test_a_model_is_told_the_words_as_they_are(studio: Studio) -> None:
    done = clip(rented(studio), *RENTED, "--set", "engines.rented.lora=", "--seed", "5")
    assert done.returncode == 0, done.stderr
    brief = json.loads((studio.space / "brief.json").read_text())
    assert brief["prompt"] == PROMPT and brief["seed"] == 5 and brief["characters"] == []
    assert (brief["frames"], brief["fps"], brief["width"], brief["height"]) == (17, 16.0, 128, 96)


def test_pictures_reach_the_engine_upright_and_as_pixels_alone(studio: Studio) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    Image.new("RGB", (64, 48), "red").save(studio.space / "turned.jpg", exif=exif)
    blue = picture(studio.space / "blue.png", "blue")
    done = clip(rented(studio), *RENTED, "--image", "turned.jpg", "--reference", blue, "--reference", "turned.jpg")
    assert done.returncode == 0, done.stderr
    brief = json.loads((studio.space / "brief.json").read_text())
    assert list(brief["references"]) == ["characters/subject-1/front", "characters/subject-2/front"]
    assert brief["first_frame"] == brief["references"]["characters/subject-2/front"]
    assert set(brief["files"]) == {brief["first_frame"], brief["references"]["characters/subject-1/front"]}
    assert [who["id"] for who in brief["characters"]] == ["subject-1", "subject-2"]


def test_a_file_is_overwritten_only_when_told(studio: Studio) -> None:
    (studio.space / "clip.mp4").write_text("mine")
    done = clip(studio, *SMALL)
    assert done.returncode == 2 and "--force" in done.stderr and len(done.stderr.splitlines()) == 1
    assert (studio.space / "clip.mp4").read_text() == "mine" and not (studio.space / "runs").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--size", "wide"), "WxH"), (("--size", "833x480"), "832"), (("--image", "blue.png"), "start from an image"),
        (("--reference", "blue.png"), "no reference"), (("--engine", "betamax"), "previz"), (("--prompt", " "), "mpty"),
        (("--accept-licence", "WTFPL"), "WTFPL"), (("--out", "clip.avi"), ".mp4"),
        (("--out", "no/clip.mp4"), "no folder"),
    ],
)  # fmt: skip
def test_bad_wishes_are_one_line_and_render_nothing(space: Workspace, arguments: tuple[str, ...], said: str) -> None:
    blue = picture(space.root / "blue.png")
    words = [word.replace("blue.png", blue) for word in arguments]
    done = here("clip", "--prompt", PROMPT, "--out", str(space.root / "clip.mp4"), *words)
    assert done.returncode == 2 and said in done.stderr and len(done.stderr.strip().splitlines()) == 1
    assert sorted(path.name for path in space.root.iterdir()) == ["blue.png"]


@pytest.mark.parametrize("data", [b"", b"no picture at all", b"\x89PNG\r\n\x1a\n" + b"\0" * 40, None])
def test_a_picture_that_is_none_is_refused(tmp_path: Path, data: bytes | None) -> None:
    if data is not None:
        (tmp_path / "bad.png").write_bytes(data)
    with pytest.raises(BadInput, match=r"bad\.png"):
        read(tmp_path / "bad.png")


def test_a_failing_engine_is_told_and_leaves_nothing_behind(studio: Studio) -> None:
    done = studio("clip", "--prompt", PROMPT, *SMALL, FLAT_FAULT="nofile", FLAT_FAULTS="9")
    assert done.returncode == 1 and done.stderr.count("attempt failed: no file") == 3
    assert not list(studio.space.rglob("*.mp4"))
