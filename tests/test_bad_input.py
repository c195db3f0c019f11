"""Bad input: one clear line, exit code 2, nothing written."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from lab import ROOT, Studio
from warm import Command

OK = ["--prompt", "A cat"]


def run(space: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return Command(["--workspace", str(space), *arguments], {**os.environ, "PYTHONPATH": str(ROOT)}, ROOT).done()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--prompt", "   "], "empty"),
        ([*OK, "--scenes", "0"], "scenes"),
        ([*OK, "--scenes", "13"], "scenes"),
        ([*OK, "--scenes", "abc"], "abc"),
        ([*OK, "--engine", "betamax"], "previz"),
        ([*OK, "--llm", "shakespeare"], "offline"),
        ([*OK, "--set", "production.bogus=1"], "bogus"),
        ([*OK, "--set", "production.width=833"], "832"),
        ([*OK, "--name", "../x"], "--name"),
        ([*OK, "--name", "a/b"], "--name"),
        ([*OK, "--bible", "nobody"], "nobody"),
        (["--storyboard", "missing.json"], "no such file"),
        ([*OK, "--slate", "x.json"], "one of"),
        (["--slate", "missing.json"], "no slate"),
        ([*OK, "--set", "production.height=481"], "480"),
        ([*OK, "--set", "nonsense"], "section.key=value"),
        ([*OK, "--seed", "x"], "x"),
        ([*OK, "--artist", "vermeer"], "previz"),
        ([*OK, "--config", "none.toml"], "none.toml"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(tmp_path: Path, arguments: list[str], said: str) -> None:
    done = run(tmp_path, "make", *arguments)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr and len(done.stderr.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["nonsense", "[]", "{}", '{"scenes": []}'])
def test_a_storyboard_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    board = tmp_path / "board.json"
    board.write_text(text)
    done = run(tmp_path, "make", "--storyboard", str(board))
    assert done.returncode == 2 and len(done.stderr.strip().splitlines()) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["board.json"]


def test_listings_of_an_empty_workspace_are_empty_json(tmp_path: Path) -> None:
    for listing in (["runs"], ["bible", "list"]):
        done = run(tmp_path, *listing, "--json")
        assert done.returncode == 0 and json.loads(done.stdout) == []


def test_a_production_that_is_not_there_is_named(tmp_path: Path) -> None:
    done = run(tmp_path, "resume", "ghost")
    assert done.returncode == 2 and "ghost" in done.stderr


def test_a_directory_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("a file where the productions should go")
    done = run(tmp_path, "make", *OK)
    assert done.returncode == 2 and str(tmp_path / "runs") in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["runs"]


def test_a_taken_name_shows_how_to_go_on_and_a_free_one(tmp_path: Path) -> None:
    (tmp_path / "runs" / "film").mkdir(parents=True)
    done = run(tmp_path, "make", *OK, "--name", "film")
    assert done.returncode == 2 and "resume film" in done.stderr and "film-2" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_direction_that_is_not_known_shows_the_choices(studio: Studio) -> None:
    studio.make("--scenes", "1", "--name", "film")
    before = sorted(p for p in studio.space.rglob("*") if p.is_file() and p.suffix not in (".db", ".db-wal", ".db-shm"))
    for setting, said in (("angle=sideways", "overhead"), ("colour=red", "shot_size"), ("angle", "slot=value")):
        done = studio("retake", "film", "1.1", "--set-direction", setting)
        assert done.returncode == 2 and said in done.stderr and len(done.stderr.strip().splitlines()) == 1
    for shot in ("9.9", "x", "1"):
        done = studio("retake", "film", shot, "--note", "closer")
        assert done.returncode == 2 and len(done.stderr.strip().splitlines()) == 1
    after = sorted(p for p in studio.space.rglob("*") if p.is_file() and p.suffix not in (".db", ".db-wal", ".db-shm"))
    assert after == before


def test_ten_thousand_characters_are_a_prompt_like_any_other(studio: Studio) -> None:
    prompt = ("A keeper finds a whale, and the whale sings. " * 250)[:10_000]
    assert Path(studio.make("--scenes", "1", prompt=prompt)["film"]).is_file()
