"""Screenwriters behind a server: whatever comes back, a document that was meant, or one clear resumable error."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from chat_lab import KEY, Server, Step, cut, fails, garbage, plan, says, send
from pydantic import BaseModel, ConfigDict

from studio.config import Settings, validate
from studio.crew.director import screenplay
from studio.errors import BadInput, ScreenwriterFailed
from studio.llm import openai as openai_writer
from studio.llm._answers import Unusable, read
from studio.llm._asking import SHOWN, AskingScreenwriter
from studio.plugins import load


class Plan(BaseModel):
    """A small document in the creative document's manner."""

    model_config = ConfigDict(extra="forbid")
    title: str
    spoken: bool
    narration: str | None
    scenes: list[int]


GOOD = {"title": "A Keeper's “Whale” 🐋", "spoken": True, "narration": None, "scenes": [1, 2]}
TEXT = json.dumps(GOOD)

MEANT: dict[str, str] = {
    "plain": TEXT,
    "not escaped": json.dumps(GOOD, ensure_ascii=False),
    "indented": json.dumps(GOOD, indent=4),
    "prose before": "Here is the plan you asked for:\n" + TEXT,
    "prose after": TEXT + "\nI hope that this helps!",
    "fenced": f"```json\n{TEXT}\n```",
    "fenced without a language, with prose": f"Sure.\n```\n{TEXT}\n```\nAnything else?",
    "thoughts": f"<think>A whale {{big}}… maybe</think>\n{TEXT}",
    "thoughts without a beginning": f"A whale {{big}}… maybe\n</think>\n{TEXT}",
    "a trailing comma": TEXT[:-1] + ",}",
    "a trailing comma in a list": TEXT.replace("2]", "2,]"),
    "single quotes": str(GOOD),
    "Python's words": TEXT.replace("true", "True").replace("null", "None"),
    "mixed words": TEXT.replace("true", "True"),
    "a comment": TEXT[:-1] + " # the end\n}",
    "numbers as text": TEXT.replace("[1, 2]", '["1", "2"]'),
    "a byte order mark": "\ufeff" + TEXT,
    "control characters": TEXT.replace("Keeper", "Kee\\u0000per\\u001b"),
    "Windows line ends": json.dumps(GOOD, indent=2).replace("\n", "\r\n"),
}
NOT_MEANT: dict[str, str] = {
    "empty": "",
    "blank": "  \n ",
    "no object": "I cannot plan films.",
    "a web page": "<!doctype html><html><body>502 Bad Gateway</body></html>",
    "a list": "[1, 2, 3]",
    "only thoughts": "<think>A whale",
    "two objects": TEXT + TEXT,
    "a missing key": json.dumps({k: v for k, v in GOOD.items() if k != "title"}),
    "an extra key": json.dumps({**GOOD, "mood": "sad"}),
    "a wrong type": json.dumps({**GOOD, "scenes": "one and two"}),
    "a call instead of a value": TEXT.replace("true", "__import__('os').getcwd()"),
    "an unknown word": TEXT.replace("true", "maybe"),
    "two megabytes": json.dumps({**GOOD, "title": "x" * 2_000_000}),
    "braces without end": "{" * 5000,
    "lists without end": '{"title": ' + "[" * 100_000,
    "no number": TEXT.replace("2]", "NaN]"),
    "an endless number": TEXT.replace("2]", "1e999]"),
    "thoughts that quote an object": "<think>" + TEXT,
    "YAML": "title: A Keeper\nspoken: true",
}


@pytest.mark.parametrize("slip", MEANT)
def test_what_is_unambiguous_is_put_right(slip: str) -> None:
    assert read(MEANT[slip], Plan) == Plan(**GOOD)


@pytest.mark.parametrize("slip", NOT_MEANT)
def test_what_is_not_is_told_back(slip: str) -> None:
    with pytest.raises(Unusable, match=r"\w+ \w+"):
        read(NOT_MEANT[slip], Plan)


@pytest.mark.parametrize("end", range(0, len(TEXT) - 1, 10))
def test_a_truncated_answer_is_never_completed(end: int) -> None:
    for text in (TEXT[:end], f"```json\n{TEXT[:end]}\n```", str(GOOD)[: min(end, len(str(GOOD)) - 1)]):
        with pytest.raises(Unusable):
            read(text, Plan)


@pytest.fixture(params=["openai", "ollama"])
def dialect(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    return str(request.param)


QUESTION = [{"role": "user", "content": "Plan."}]


def settings(url: str, seconds: float = 5.0, key: str = "OPENAI_API_KEY") -> Settings:
    director = {"model": "tiny", "base_url": url, "timeout_seconds": seconds}
    return Settings.model_validate({"director": director, "openai": {"api_key_env": key}})


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    waited: list[float] = []
    monkeypatch.setattr(AskingScreenwriter, "pause", staticmethod(waited.append))
    return waited


@pytest.fixture
def written(dialect: str, waits: list[float]) -> Iterator[Callable[..., Any]]:
    opened = []

    def write(*script: Step, seconds: float = 5.0) -> tuple[Server, AskingScreenwriter, Callable[[], Plan]]:
        server = Server(list(script))
        opened.append(server)
        url = server.url + ("/v1" if dialect == "openai" else "")
        writer = load("llm", dialect).Writer(settings(url, seconds))
        return server, writer, lambda: writer.write(QUESTION, Plan)

    yield write
    for server in opened:
        server.http.shutdown()


def test_a_good_answer_is_asked_for_once_and_counted(written: Callable[..., Any]) -> None:
    server, writer, write = written(says(TEXT))
    assert write() == Plan(**GOOD)
    assert len(server.asked) == 1 and (writer.tokens_in, writer.tokens_out) == (5, 6)


def test_a_bad_answer_is_asked_again_with_what_was_wrong(written: Callable[..., Any]) -> None:
    server, _, write = written(says(NOT_MEANT["a missing key"]), says(TEXT))
    assert write() == Plan(**GOOD)
    assert "title: Field required" in server.asked[1]["messages"][-1]["content"]


def test_an_answer_cut_at_the_models_limit_counts_and_is_asked_again(written: Callable[..., Any]) -> None:
    server, writer, write = written(says(TEXT[:40], "length"), says(TEXT))
    assert write() == Plan(**GOOD)
    assert "not valid JSON" in server.asked[1]["messages"][-1]["content"] and writer.tokens == 22


def test_answers_that_stay_bad_stop_resumably_and_show_what_came_back(written: Callable[..., Any]) -> None:
    server, _, write = written(*[says("I cannot plan films.")] * 9)
    with pytest.raises(ScreenwriterFailed, match=r"no JSON object.*I cannot plan films.*resume"):
        write()
    assert len(server.asked) == 3


@pytest.mark.parametrize("trouble", [fails(429, retry_after="3"), fails(500), fails(503), garbage, cut])
def test_a_busy_or_broken_server_is_asked_again(trouble: Step, written: Callable[..., Any], waits: list[float]) -> None:
    server, _, write = written(trouble, says(TEXT))
    assert write() == Plan(**GOOD)
    assert len(server.asked) == 2 and len(waits) == 1


def test_a_server_that_stays_down_stops_resumably_without_the_key(written: Callable[..., Any]) -> None:
    _, _, write = written(*[fails(500)] * 9)
    with pytest.raises(ScreenwriterFailed, match="resume") as failure:
        write()
    assert len(str(failure.value).splitlines()) == 1


def test_a_hang_ends_with_the_time_limit(written: Callable[..., Any]) -> None:
    held = threading.Event()
    _, _, write = written(*[lambda to: held.wait(20) and None] * 9, seconds=0.2)
    with pytest.raises(ScreenwriterFailed, match="resume"):
        write()
    held.set()


def test_an_answer_that_comes_byte_by_byte_for_ever_ends_with_the_time_limit(written: Callable[..., Any]) -> None:
    over = threading.Event()

    def trickle(to: Any) -> None:
        to.send_response(200)
        to.send_header("content-type", "application/json")
        to.send_header("content-length", "100000")
        to.end_headers()
        while not over.wait(0.05):
            to.wfile.write(b" ")
            to.wfile.flush()

    _, _, write = written(*[trickle] * 9, seconds=0.3)
    with pytest.raises(ScreenwriterFailed, match=r"no whole answer in 0\.3 s.*resume"):
        write()
    over.set()


def test_retry_after_is_kept_and_a_long_one_is_the_users_to_decide(
    monkeypatch: pytest.MonkeyPatch, waits: list[float]
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    for seconds, expected in (("3", [3.0]), ("3600", [])):
        server = Server([fails(429, retry_after=seconds), says(TEXT)])
        writer = load("llm", "openai").Writer(settings(server.url + "/v1"))
        waits.clear()
        if expected:
            writer.write(QUESTION, Plan)
        else:
            with pytest.raises(ScreenwriterFailed, match="wait 3600 s"):
                writer.write(QUESTION, Plan)
        assert waits == expected
        server.http.shutdown()


def test_a_refused_key_stops_at_once_and_is_not_told(monkeypatch: pytest.MonkeyPatch, waits: list[float]) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    server = Server([fails(401)] * 3)
    with pytest.raises(ScreenwriterFailed, match="OPENAI_API_KEY") as failure:
        load("llm", "openai").Writer(settings(server.url + "/v1")).write(QUESTION, Plan)
    assert KEY not in str(failure.value) and len(server.asked) == 1
    assert server.headers[0]["authorization"] == f"Bearer {KEY}"
    server.http.shutdown()


def test_without_a_key_and_without_a_server_openai_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(BadInput, match="OPENAI_API_KEY"):
        load("llm", "openai").Writer(Settings())


def test_a_key_in_the_place_of_its_variables_name_is_refused_and_not_shown() -> None:
    with pytest.raises(BadInput, match="never the key itself") as failure:
        validate({"openai": {"api_key_env": KEY}}, "studio.toml")
    assert KEY not in str(failure.value)


def ollama(server: Server, model: str = "gpt-4o") -> Any:
    return load("llm", "ollama").Writer(
        Settings.model_validate({"director": {"model": model}, "ollama": {"base_url": server.url}})
    )


def test_ollama_lists_its_models_and_is_given_the_schema_as_format() -> None:
    server = Server([says(TEXT)], models=("qwen3:8b", "llama3.2:latest"))
    writer = ollama(server, "qwen3:8b")
    assert writer.models() == ["llama3.2:latest", "qwen3:8b"]
    assert writer.write(QUESTION, Plan) == Plan(**GOOD)
    assert server.asked[0]["model"] == "qwen3:8b" and server.asked[0]["format"] == Plan.model_json_schema()
    assert not server.asked[0]["stream"]
    server.close()


@pytest.mark.parametrize(
    ("models", "told"), [(("tiny:latest", "b:1"), "there: b:1, tiny:latest"), ((), "none is there")]
)
def test_a_model_that_ollama_has_not_is_named_with_those_there(models: tuple[str, ...], told: str) -> None:
    server = Server([lambda to: send(to, 404, {"error": "model 'gpt-4o' not found"})], models)
    with pytest.raises(ScreenwriterFailed, match=rf"`ollama pull gpt-4o`.*{told}"):
        ollama(server).write(QUESTION, Plan)
    assert len(server.asked) == 1, "asking again would not help"
    server.close()


def test_an_ollama_that_is_not_there_says_how_to_start_it(waits: list[float]) -> None:
    server = Server()
    server.close()
    with pytest.raises(ScreenwriterFailed, match=r"ollama serve.*resume"):
        ollama(server).write(QUESTION, Plan)
    with pytest.raises(ScreenwriterFailed, match="ollama serve"):
        ollama(server).models()


def test_a_server_without_response_format_is_asked_in_words_and_that_is_told(
    monkeypatch: pytest.MonkeyPatch, waits: list[float]
) -> None:
    monkeypatch.setattr(openai_writer, "_PLAIN", set())
    no = {"error": {"message": "Unexpected fields in the request: {'response_format'}"}}
    server = Server([lambda to: send(to, 422, no), says(TEXT), says(TEXT)])
    for fallbacks in (1, 0):
        writer = load("llm", "openai").Writer(settings(server.url + "/v1"))
        assert writer.write(QUESTION, Plan) == Plan(**GOOD)
        assert len(writer.fallbacks) == fallbacks
    assert ["response_format" in asked for asked in server.asked] == [True, False, False]
    server.close()


def test_the_key_may_have_another_name_and_is_told_nowhere_even_where_an_error_is_cut(
    monkeypatch: pytest.MonkeyPatch, waits: list[float]
) -> None:
    monkeypatch.setenv("STUDIO_OTHER_KEY", KEY)
    long = {"error": {"message": "x" * 285 + KEY}}
    script = [
        lambda to: send(to, 400, long),
        *[says("y" * (SHOWN - 9) + KEY)] * 3,
        says(json.dumps({**GOOD, "title": KEY})),
    ]
    server = Server(script)
    writer = load("llm", "openai").Writer(settings(server.url + "/v1", key="STUDIO_OTHER_KEY"))
    for _ in range(2):
        with pytest.raises(ScreenwriterFailed) as failure:
            writer.write(QUESTION, Plan)
        assert "sk-" not in str(failure.value)
    assert KEY not in writer.write(QUESTION, Plan).title
    assert all(headers["authorization"] == f"Bearer {KEY}" for headers in server.headers)
    server.close()


TOLD = {"prompt": "A keeper", "scenes": 2, "max_characters": 2, "max_locations": 1}


def changed(*path: Any, to: Any) -> str:
    """The good plan as JSON, with the value at ``path`` replaced."""
    document = plan(TOLD)
    place: Any = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return json.dumps(document)


SHOT = ("scenes", 0, "shots", 0)
EXTRA = {**plan(TOLD)["characters"][0], "id": "third"}
NO_PLAN: dict[str, tuple[str, str]] = {
    "an unknown character in a shot": (changed(*SHOT, "characters", to=["mermaid"]), "mermaid"),
    "an unknown character in a scene": (changed("scenes", 0, "characters", to=["mermaid"]), "mermaid"),
    "an unknown speaker": (changed(*SHOT, "dialogue", to=[{"character": "mermaid", "text": "Hi"}]), "mermaid"),
    "an unknown location": (changed("scenes", 1, "location", to="moon"), "moon"),
    "characters by index": (changed(*SHOT, "characters", to=[1, 2]), "valid string"),
    "scenes counted from 0": (changed("scenes", 0, "number", to=0), "greater than or equal to 1"),
    "shots counted through the film": (changed("scenes", 1, "shots", 0, "number", to=2), "numbered from 1"),
    "scenes that repeat their number": (changed("scenes", 1, "number", to=1), "repeat"),
    "shots that repeat": (changed("scenes", 0, "shots", to=plan(TOLD)["scenes"][0]["shots"] * 2), "repeat"),
    "ids that repeat": (changed("characters", 1, "id", to="keeper"), "repeat"),
    "a camera that refers to its own shot": (changed(*SHOT, "direction", to={"camera_move": "as in shot 1"}), "locked"),
    "a shot that continues itself": (changed(*SHOT, "continues_shot", to=1), "Extra inputs"),
    "an unknown slot": (changed(*SHOT, "direction", to={"zoom": "in"}), "shot_size"),
    "an unknown hour": (changed("scenes", 0, "time_of_day", to="half past nine"), "dawn"),
    "a shot without end": (changed(*SHOT, "seconds", to=1e9), "less than or equal to 20"),
    "a shot of nothing": (changed(*SHOT, "action", to="  "), "action is empty"),
    "no shots": (changed("scenes", 0, "shots", to=[]), "at least 1"),
    "too few scenes": (json.dumps(plan({**TOLD, "scenes": 1})), "must be 2 scenes"),
    "too many scenes": (json.dumps(plan({**TOLD, "scenes": 3})), "must be 2 scenes"),
    "too many characters": (changed("characters", to=[*plan(TOLD)["characters"], EXTRA]), "3 characters; at most 2"),
    "an id that is a path": (changed("characters", 0, "id", to="../keeper"), "pattern"),
}  # fmt: skip


@pytest.mark.parametrize("slip", NO_PLAN)
def test_a_plan_that_would_be_another_film_is_told_back(slip: str) -> None:
    text, told = NO_PLAN[slip]
    with pytest.raises(Unusable, match=told):
        read(text, screenplay(TOLD))


def test_who_is_in_a_shot_is_in_its_scene() -> None:
    read_back = read(changed("scenes", 0, "characters", to=["whale"]), screenplay(TOLD))
    assert read_back.scenes[0].characters == ["whale", "keeper"]


def test_halves_of_characters_and_control_characters_never_reach_a_file() -> None:
    text = changed("title", to="X").replace('"X"', '"A \\ud800 whale\\u0000"')
    title = read(text, screenplay(TOLD)).title
    assert title.encode() and "\0" not in title and "whale" in title


@pytest.mark.parametrize("tenth", range(0, len(json.dumps(plan(TOLD))) - 1, 10))
def test_a_plan_cut_at_every_tenth_byte_is_never_completed(tenth: int) -> None:
    with pytest.raises(Unusable):
        read(json.dumps(plan(TOLD))[:tenth], screenplay(TOLD))
