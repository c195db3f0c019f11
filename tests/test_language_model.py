"""Productions whose words come from a language model behind a server, through the command line."""

from __future__ import annotations

import json
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from chat_lab import KEY, Crew, Step, cut, fails, garbage, plan, says, send
from lab import FLAT, Studio, assert_same_production

PROSE = [
    *FLAT, "--engine", "prose", "--llm", "openai", "--scenes", "1", "--set", "reward.narrative_coherence=0.5",
    "--set", "rl.learn=false", "--set", "director.model=tiny", "--set", "director.timeout_seconds=5",
    "--set", "openai.price_in=2.0", "--set", "openai.price_out=8.0",
]  # fmt: skip


@pytest.fixture
def crew() -> Iterator[Crew]:
    server = Crew()
    yield server
    server.close()


def make(
    studio: Studio, crew: Crew, *more: str, prompt: str = "A keeper finds a whale"
) -> subprocess.CompletedProcess[str]:
    return studio("make", "--prompt", prompt, "--name", "film", *PROSE, "--set", f"director.base_url={crew.url}/v1",
                  *more, "--json", OPENAI_API_KEY=KEY)  # fmt: skip


def films(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def stopped(done: subprocess.CompletedProcess[str]) -> str:
    """The one line of a resumable stop."""
    told = [line for line in done.stderr.splitlines() if line.startswith("studio: ")]
    assert done.returncode == 1 and len(told) == 1 and "Traceback" not in done.stderr, done.stderr
    assert "studio resume film" in told[0]
    return told[0]


def assert_untold(studio: Studio, *outputs: subprocess.CompletedProcess[str]) -> None:
    """The key is in no file of the workspace (databases too) and in nothing that was printed."""
    files = [path for path in studio.space.rglob("*") if path.is_file()]
    assert any(path.name == "studio.db" for path in files) and any(path.name == "log.jsonl" for path in files)
    for path in files:
        assert KEY.encode() not in path.read_bytes(), path
        assert KEY[:14].encode() not in path.read_bytes(), f"a part of the key in {path}"
    for done in outputs:
        assert KEY[:14] not in done.stdout + done.stderr


@pytest.fixture(scope="module")
def whole(package: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The film as it is made when every answer is good at once, with its studio and server."""
    studio, server = Studio(package, tmp_path_factory.mktemp("whole")), Crew()
    done = make(studio, server)
    server.close()
    return {**films(done), "studio": studio, "server": server, "done": done}


def takes(made: dict[str, Any]) -> list[dict[str, Any]]:
    return [take for scene in made["report"]["scenes"] for shot in scene["shots"] for take in shot["takes"]]


def test_the_crew_asks_each_question_once_and_uses_the_answer(whole: dict[str, Any]) -> None:
    server: Crew = whole["server"]
    count = len(takes(whole))
    asked = Counter(server.roles)
    assert asked["plan"] == 1 and asked["prompt"] == count and 1 <= asked["reading"] <= count
    assert len({json.dumps(told, sort_keys=True) for told in server.told()}) == len(server.roles)
    draft = next(told for told in server.told() if "draft" in told)
    assert "navy coat" in draft["draft"] and "kitchen" in draft["draft"]
    for take in takes(whole):
        assert take["prompt"].startswith("Rewritten: The keeper walks to the whale")
        move = take["direction"]["camera_move"].split("-")[0]
        assert ("static" if move == "locked" else move) in take["prompt"]
        assert take["critic"]["checks"]["reading"] == 1.0
    system = server.asked[server.roles.index("prompt")]["messages"][0]["content"]
    assert "80 to 100 words" in system and "At most 120 words" in system


def test_tokens_and_cost_are_those_of_the_answers(whole: dict[str, Any]) -> None:
    totals, asked = whole["report"]["totals"], len(whole["server"].roles)
    assert totals["tokens"] == 11 * asked
    assert totals["cost"] == pytest.approx(asked * (5 * 2.0 + 6 * 8.0) / 1e6)


def test_a_replay_asks_nothing_and_costs_nothing(whole: dict[str, Any]) -> None:
    again = films(whole["studio"]("make", "--slate", "runs/film/slate.json", "--json", OPENAI_API_KEY=KEY))
    assert_same_production(whole, again)
    assert again["report"]["totals"]["tokens"] == 0 and again["report"]["totals"]["cost"] == 0


@pytest.mark.slow
def test_a_kill_at_any_question_asks_no_answered_one_again_and_counts_all_once(
    studio: Studio, whole: dict[str, Any]
) -> None:
    """The process is killed while the server holds back an answer; resumed, it asks for that one again and goes on."""
    held: list[int] = []
    server = Crew()
    answer = server.answer

    def slow() -> Step:
        step = answer()
        if len(server.roles) in (2, 4) and len(server.roles) not in held:
            held.append(len(server.roles))
            return lambda to: time.sleep(3)
        return step

    server.answer = slow  # type: ignore[method-assign]
    arguments = ["make", "--prompt", "A keeper finds a whale", "--name", "film", *PROSE,
                 "--set", f"director.base_url={server.url}/v1"]  # fmt: skip
    for n in (1, 2):
        process = studio.start(*(arguments if n == 1 else ["resume", "film"]), OPENAI_API_KEY=KEY)
        while len(held) < n:
            assert process.poll() is None, process.done().stderr
            time.sleep(0.02)
        process.kill()
        process.wait()
    made = films(studio("resume", "film", "--json", OPENAI_API_KEY=KEY))
    server.close()
    assert [t["prompt"] for t in takes(made)] == [t["prompt"] for t in takes(whole)]
    questions = Counter(json.dumps(told, sort_keys=True) for told in server.told())
    assert sorted(questions.values())[-2:] == [2, 2] and sum(questions.values()) == len(questions) + 2
    assert made["report"]["totals"]["tokens"] == 11 * len(questions) == whole["report"]["totals"]["tokens"]


GOOD = plan({"prompt": "A keeper finds a whale", "scenes": 1})
TEXT = json.dumps(GOOD)


def with_shot(**changes: Any) -> str:
    document = json.loads(TEXT)
    document["scenes"][0]["shots"][0].update(changes)
    return json.dumps(document)


MERMAID = with_shot(characters=["mermaid"])
ALMOST = f"<think>Hm {{</think>Here:\n```json\n{TEXT[:-1]},}}\n```\nEnjoy!"
NOW = {"retry_after": "0"}
MISHAPS: dict[str, tuple[list[Step], int]] = {
    "slips that are put right": ([says(ALMOST)], 1),
    "Python instead of JSON": ([says(str(GOOD))], 1),
    "a camera that refers to itself, then indices": (
        [says(with_shot(direction={"camera_move": "shot 1"})), says(with_shot(characters=[1])), says(TEXT)], 3),
    "missing, then extra keys": (
        [says(TEXT.replace('"logline"', '"tagline"')), says(with_shot(lens=35)), says(TEXT)], 3),
    "two megabytes, then truncated": ([says("x" * 2_000_000), says(TEXT[:700], "length"), says(TEXT)], 3),
    "nothing, then a page": ([cut, says(""), says("<html>Bad Gateway</html>"), says(TEXT)], 4),
}  # fmt: skip
ALL = [fails(429, **NOW), fails(500, **NOW), garbage, says(TEXT[:700]), cut, says(MERMAID), says(ALMOST)]


def test_a_film_from_misbehaving_answers_is_the_same_film(studio: Studio, crew: Crew, whole: dict[str, Any]) -> None:
    steps = iter(ALL)
    crew.instead["plan"] = lambda told: next(steps)
    assert_same_production(whole, films(make(studio, crew)))
    assert Counter(crew.roles)["plan"] == len(ALL)


@pytest.mark.slow
@pytest.mark.parametrize("mishap", MISHAPS)
def test_each_mishap_gives_the_same_film(mishap: str, studio: Studio, crew: Crew, whole: dict[str, Any]) -> None:
    script, asked = MISHAPS[mishap]
    steps = iter(script)
    crew.instead["plan"] = lambda told: next(steps)
    made = films(make(studio, crew))
    assert_same_production(whole, made)
    assert Counter(crew.roles)["plan"] == asked


def answers(*texts: Any) -> Callable[[dict[str, Any]], Step]:
    steps = iter([says(text) for text in texts])
    return lambda told: next(steps)


@pytest.mark.slow
def test_answers_that_stay_unusable_stop_each_time_and_the_film_is_the_same_in_the_end(
    studio: Studio, crew: Crew, whole: dict[str, Any]
) -> None:
    crew.instead["plan"] = answers("", TEXT[:300], with_shot(zoom="in"))
    assert "zoom" in stopped(make(studio, crew)) and not studio.rendered()
    crew.instead = {"prompt": answers("no", {"prompt": ""}, {"prompt": "word " * 200})}
    assert "200 words; at most 120" in stopped(studio("resume", "film", OPENAI_API_KEY=KEY)) and not studio.rendered()
    crew.instead = {"reading": answers({"score": 2}, {}, "[]")}
    assert "no usable Reading" in stopped(studio("resume", "film", OPENAI_API_KEY=KEY))
    crew.instead = {}
    made = films(studio("resume", "film", "--json", OPENAI_API_KEY=KEY))
    assert_same_production(whole, made)
    assert made["report"]["totals"]["tokens"] == 11 * len(crew.roles), "unusable answers are paid for, too"
    assert_untold(studio)


def test_ollama_says_how_to_pull_a_missing_model_and_makes_the_film_once_it_is_there(
    studio: Studio, crew: Crew, whole: dict[str, Any]
) -> None:
    crew.models = ("qwen3:8b",)
    crew.instead["plan"] = lambda told: lambda to: send(to, 404, {"error": "model 'tiny' not found"})
    done = make(studio, crew, "--llm", "ollama", "--set", "director.base_url=", "--set", f"ollama.base_url={crew.url}")
    assert "`ollama pull tiny`" in stopped(done) and "there: qwen3:8b" in done.stderr
    crew.instead.clear()
    made = films(studio("resume", "film", "--json"))
    assert_same_production(whole, made)
    schemas = [asked["format"]["title"] for asked in crew.asked]
    assert set(schemas) == {"CreativeDocument", "ShotPrompt", "Reading"}
    assert made["report"]["totals"]["tokens"] == 11 * (len(crew.roles) - 1) and made["report"]["totals"]["cost"] == 0


def test_no_key_is_told_by_a_production_that_succeeds(whole: dict[str, Any]) -> None:
    server: Crew = whole["server"]
    assert all(headers["authorization"] == f"Bearer {KEY}" for headers in server.headers)
    assert_untold(whole["studio"], whole["done"])


@pytest.mark.parametrize(
    ("status", "says_"),
    [(401, "check OPENAI_API_KEY"), pytest.param(500, "resume to ask again", marks=pytest.mark.slow)],
)
def test_no_key_is_told_by_a_refusal_that_echoes_it(studio: Studio, crew: Crew, status: int, says_: str) -> None:
    crew.instead["plan"] = lambda told: fails(status, retry_after="0")
    done = make(studio, crew)
    assert says_ in stopped(done)
    assert_untold(studio, done)


@pytest.mark.slow
def test_no_key_is_told_by_an_answer_that_echoes_it(studio: Studio, crew: Crew) -> None:
    crew.instead["plan"] = lambda told: says({**GOOD, "title": f"The {KEY}"})
    crew.instead["reading"] = lambda told: lambda to: send(to, 400, f"x {KEY} " * 30)
    done = make(studio, crew)
    assert "refused" in stopped(done)
    assert_untold(studio, done)


def test_no_key_is_told_by_a_process_that_raises(studio: Studio, crew: Crew) -> None:
    done = make(studio, crew, "--set", "reward.broken=1")
    assert done.returncode == 1 and "TypeError: broken on purpose" in done.stderr
    assert_untold(studio, done)
