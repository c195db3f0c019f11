"""Screenwriters behind a server: whatever comes back, a document that was meant, or one clear resumable error."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict

from studio.errors import BadInput, ScreenwriterFailed
from studio.llm._answers import Unusable, read
from studio.llm._asking import AskingScreenwriter
from studio.plugins import load

KEY = "sk-canary-0123456789"


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
    "a trailing comma": TEXT[:-1] + ",}",
    "a trailing comma in a list": TEXT.replace("2]", "2,]"),
    "single quotes": str(GOOD),
    "Python's words": TEXT.replace("true", "True").replace("null", "None"),
    "mixed words": TEXT.replace("true", "True"),
    "a comment": TEXT[:-1] + " # the end\n}",
    "numbers as text": TEXT.replace("[1, 2]", '["1", "2"]'),
    "a byte order mark": "\ufeff" + TEXT,
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


Step = Callable[[BaseHTTPRequestHandler], None]


class Server:
    """A chat server on loopback that answers each request with the next step of its script."""

    def __init__(self, script: list[Step]) -> None:
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        steps = iter(script)
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                server.asked.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
                server.headers.append({k.lower(): v for k, v in self.headers.items()})
                next(steps)(self)

            def do_GET(self) -> None:
                _send(self, 200, {"models": [{"model": "tiny:latest"}]})

            def log_message(self, *args: Any) -> None: ...

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()


def _send(to: BaseHTTPRequestHandler, status: int, body: Any, **headers: str) -> None:
    data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    to.send_response(status)
    for name, value in {"content-type": "application/json", "content-length": str(len(data)), **headers}.items():
        to.send_header(name.replace("_", "-"), value)
    to.end_headers()
    to.wfile.write(data)


def says(text: str) -> Step:
    """Both dialects at once: OpenAI reads ``choices``, Ollama ``message``."""
    message = {"role": "assistant", "content": text}
    body = {
        "id": "1", "object": "chat.completion", "created": 1, "model": "tiny",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 5, "completion_tokens": 6, "total_tokens": 11},
        "message": message, "done": True, "prompt_eval_count": 5, "eval_count": 6,
    }  # fmt: skip
    return lambda to: _send(to, 200, body)


def fails(status: int, **headers: str) -> Step:
    return lambda to: _send(to, status, {"error": {"message": f"no, {KEY}", "type": "x"}}, **headers)


def garbage(to: BaseHTTPRequestHandler) -> None:
    _send(to, 200, "<html>not a chat</html>", content_type="text/html")


def cut(to: BaseHTTPRequestHandler) -> None:
    to.send_response(200)
    to.send_header("content-length", "1000")
    to.end_headers()
    to.wfile.write(b'{"choices": [')
    to.wfile.flush()
    to.connection.close()


@pytest.fixture(params=["openai", "ollama"])
def dialect(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    return str(request.param)


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
        director = SimpleNamespace(model="tiny", base_url=url, timeout_seconds=seconds)
        writer = load("llm", dialect).Writer(SimpleNamespace(director=director))
        return server, writer, lambda: writer.write([{"role": "user", "content": "Plan."}], Plan)

    yield write
    for server in opened:
        server.http.shutdown()


def test_a_good_answer_is_asked_for_once_and_counted(written: Callable[..., Any]) -> None:
    server, writer, write = written(says(TEXT))
    assert write() == Plan(**GOOD)
    assert len(server.asked) == 1 and writer.tokens == 11


def test_a_bad_answer_is_asked_again_with_what_was_wrong(written: Callable[..., Any]) -> None:
    server, _, write = written(says(NOT_MEANT["a missing key"]), says(TEXT))
    assert write() == Plan(**GOOD)
    assert "title: Field required" in server.asked[1]["messages"][-1]["content"]


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


def test_retry_after_is_kept_and_a_long_one_is_the_users_to_decide(
    monkeypatch: pytest.MonkeyPatch, waits: list[float]
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    for seconds, expected in (("3", [3.0]), ("3600", [])):
        server = Server([fails(429, retry_after=seconds), says(TEXT)])
        director = SimpleNamespace(model="tiny", base_url=server.url + "/v1", timeout_seconds=5)
        writer = load("llm", "openai").Writer(SimpleNamespace(director=director))
        waits.clear()
        if expected:
            writer.write([{"role": "user", "content": "Plan."}], Plan)
        else:
            with pytest.raises(ScreenwriterFailed, match="wait 3600 s"):
                writer.write([{"role": "user", "content": "Plan."}], Plan)
        assert waits == expected
        server.http.shutdown()


def test_a_refused_key_stops_at_once_and_is_not_told(monkeypatch: pytest.MonkeyPatch, waits: list[float]) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    server = Server([fails(401)] * 3)
    director = SimpleNamespace(model="tiny", base_url=server.url + "/v1", timeout_seconds=5)
    with pytest.raises(ScreenwriterFailed, match="OPENAI_API_KEY") as failure:
        load("llm", "openai").Writer(SimpleNamespace(director=director)).write([{"role": "user", "content": "x"}], Plan)
    assert KEY not in str(failure.value) and len(server.asked) == 1
    assert server.headers[0]["authorization"] == f"Bearer {KEY}"
    server.http.shutdown()


def test_without_a_key_and_without_a_server_openai_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(BadInput, match="OPENAI_API_KEY"):
        load("llm", "openai").Writer(SimpleNamespace(director=SimpleNamespace(base_url="")))


def test_a_model_that_ollama_has_not_is_named_with_those_at_hand() -> None:
    server = Server([lambda to: _send(to, 404, {"error": "model 'gpt-4o' not found"})])
    director = SimpleNamespace(model="gpt-4o", base_url=server.url, timeout_seconds=5)
    with pytest.raises(ScreenwriterFailed, match=r"ollama pull gpt-4o.*tiny:latest"):
        load("llm", "ollama").Writer(SimpleNamespace(director=director)).write([{"role": "user", "content": "x"}], Plan)
    server.http.shutdown()
