"""Twenty prompts of different kinds: each becomes a film that plays from end to end (slow; small pictures)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from studio.edit.probe import decode_strictly, probe

ROOT = Path(__file__).parent.parent
PROMPTS = tomllib.loads((Path(__file__).parent / "data" / "prompts.toml").read_text(encoding="utf-8"))["prompt"]
TRIED = [*[p for p in PROMPTS if p["seen"]][:10], *[p for p in PROMPTS if not p["seen"]][:10]]
SMALL = ["--set", "production.width=416", "--set", "production.height=240"]


def made(space: Path, *arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "studio", "make", *arguments, "--json"]
    env = {**os.environ, "STUDIO_WORKSPACE": str(space), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=env, cwd=space, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


@pytest.mark.slow
@pytest.mark.parametrize("row", TRIED, ids=[f"{n}-{p['kind']}" for n, p in enumerate(TRIED)])
def test_any_prompt_becomes_a_film_of_half_a_minute_or_more(row: dict[str, Any], tmp_path: Path) -> None:
    film = Path(made(tmp_path, "--prompt", row["text"], *SMALL)["film"])
    decode_strictly(film)
    clip = probe(film)
    assert 25 <= clip.frames / clip.fps <= 70
    assert (film.parent / "contact_sheet.png").is_file()


@pytest.mark.slow
def test_the_same_slate_is_the_same_film_anywhere_and_another_seed_another(tmp_path: Path) -> None:
    """With real previz, one scene at a time and two, in fresh workspaces and from the slate itself."""
    prompt = ["--prompt", PROMPTS[0]["text"], "--scenes", "3", *SMALL]
    for scenes in ("1", "2"):
        wave = ["--set", f"production.parallel_scenes={scenes}"]
        films = []
        for name in ("a", "b"):
            (tmp_path / (name + scenes)).mkdir()
            films.append(Path(made(tmp_path / (name + scenes), *prompt, *wave)["film"]))
        again = Path(made(tmp_path / ("a" + scenes), "--slate", str(films[0].parent / "slate.json"))["film"])
        other = Path(made(tmp_path / ("b" + scenes), *prompt, *wave, "--seed", "99")["film"])
        first = films[0].read_bytes()
        assert films[1].read_bytes() == first and again.read_bytes() == first and other.read_bytes() != first
