"""Bad input: one clear line, exit code 2, nothing written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

OK = ["--prompt", "A cat"]


def run(space: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "studio", "--workspace", str(space), *arguments], capture_output=True, text=True,
        env={**os.environ},
    )  # fmt: skip


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
