"""Real models on the stage, as miniatures of the very classes: Wan shoots, SDXL draws, a language model writes."""

from __future__ import annotations

import json
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chat_lab import KEY, Crew
from lab import Studio, assert_same_production, assert_sound

from studio.plugins import load

ACCEPTED = ("--accept-licence", "OpenRAIL++-M")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What names the miniatures on the command line."""
    home = tmp_path_factory.mktemp("models")
    load("engines", "wan").Engine.tiny(home / "wan")
    sdxl = load("artists", "sdxl").Draughtsman.tiny(home / "sdxl")
    drawn = {f"artists.sdxl.{key}": getattr(sdxl.options, key) for key in sdxl.options.model_fields_set}
    shot = {"engines.wan.vace": home / "wan" / "vace", "engines.wan.steps": 2}
    named = {**shot, **drawn, "artists.sdxl.candidates": 2}
    return [word for key, value in named.items() for word in ("--set", f"{key}={json.dumps(value, default=str)}")]


@pytest.fixture
def crew() -> Iterator[Crew]:
    server = Crew()
    yield server
    server.close()


def command(crew: Crew, models: list[str]) -> list[str]:
    return [
        "make", "--prompt", "A keeper finds a whale", "--name", "film", "--engine", "wan", "--artist", "sdxl",
        "--llm", "openai", "--scenes", "3", *ACCEPTED, *models, "--set", f"director.base_url={crew.url}/v1",
        "--set", "director.model=tiny", "--set", "production.width=96", "--set", "production.height=64",
        "--set", "rl.takes_per_shot=1", "--set", "rl.learn=false", "--set", "sound.score=false",
        "--set", "sound.ambience=false", "--set", "sound.effects=false",
    ]  # fmt: skip


def film(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    made: dict[str, Any] = json.loads(done.stdout)
    return made


def killed_after_takes(studio: Studio, takes: int, arguments: list[str]) -> None:
    """Start the command line, and kill -9 it as soon as so many takes are rendered."""
    log = studio.space / "runs" / "film" / "log.jsonl"
    process = studio.start(*arguments, OPENAI_API_KEY=KEY)
    while not log.is_file() or log.read_text().count('"take_rendered"') < takes:
        assert process.poll() is None, process.done().stderr
        time.sleep(0.01)
    process.kill()
    process.wait()


def test_wan_sdxl_and_a_language_model_make_a_film(studio: Studio, crew: Crew, models: list[str]) -> None:
    made = film(studio(*command(crew, models), "--scenes", "1", "--json", OPENAI_API_KEY=KEY))
    report = made["report"]
    assert [len(scene["shots"]) for scene in report["scenes"]] == [1]
    assert (report["production"]["engine"], report["production"]["artist"]) == ("wan", "sdxl")
    assert report["licences"]["accepted"] and report["totals"]["tokens"] > 0
    assert_sound(studio.space, "film")


@pytest.mark.slow
def test_wan_sdxl_and_a_language_model_make_a_film_that_a_kill_changes_nothing_of(
    package: Path, tmp_path_factory: pytest.TempPathFactory, crew: Crew, models: list[str]
) -> None:
    arguments = command(crew, models)
    studio = Studio(package, tmp_path_factory.mktemp("killed"))
    killed_after_takes(studio, 2, arguments)
    settings = Path(json.loads(models[1].partition("=")[2])) / "model_index.json"
    written = settings.read_text()
    settings.write_text(written + "\n")
    other = studio("resume", "film", OPENAI_API_KEY=KEY)
    assert other.returncode == 1 and "engine wan: its weights are not those that film was begun with" in other.stderr
    settings.write_text(written)
    made = film(studio("resume", "film", "--json", OPENAI_API_KEY=KEY))
    questions = Counter(json.dumps(told, sort_keys=True) for told in crew.told())
    in_flight = sum(questions.values()) - len(questions)
    assert in_flight <= 1, "only the question that was open when it was killed may be asked again"
    assert_sound(studio.space, "film")

    whole = Studio(package, tmp_path_factory.mktemp("whole"))
    assert_same_production(film(whole(*arguments, "--json", OPENAI_API_KEY=KEY)), made)

    report = made["report"]
    assert [len(scene["shots"]) for scene in report["scenes"]] == [1, 1, 1]
    assert (report["production"]["engine"], report["production"]["artist"]) == ("wan", "sdxl")
    assert report["licences"]["accepted"] and report["totals"]["tokens"] > 0
    drawn = list((studio.space / "story_bible" / "film" / "references").rglob("*.png"))
    assert len([path for path in drawn if not path.name.startswith(".")]) == 2 * 3 + 2
    for path in studio.space.rglob("*"):
        assert not path.is_file() or KEY.encode() not in path.read_bytes(), path


def test_a_production_whose_licence_is_not_accepted_does_not_start(
    studio: Studio, crew: Crew, models: list[str]
) -> None:
    arguments = [word for word in command(crew, models) if word not in ACCEPTED]
    done = studio(*arguments, "--json", OPENAI_API_KEY=KEY)
    assert done.returncode == 2 and "--accept-licence OpenRAIL++-M" in done.stderr
    assert crew.asked == [] and not (studio.space / "runs" / "film").exists()
