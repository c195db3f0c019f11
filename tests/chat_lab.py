"""A chat server on loopback, in OpenAI's and Ollama's dialect: follows a script, or answers what it is asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "sk-canary-0123456789"
Step = Callable[[BaseHTTPRequestHandler], None]


class Server:
    """Answers each request with the next step of its script; what it was asked is kept."""

    def __init__(self, script: Iterable[Step] = (), models: tuple[str, ...] = ("tiny:latest",)) -> None:
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.models = models
        self.steps = iter(script)
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                server.asked.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
                server.headers.append({k.lower(): v for k, v in self.headers.items()})
                server.answer()(self)

            def do_GET(self) -> None:
                found = [{"model": name, "name": name} for name in server.models]
                send(self, 200 if self.path == "/api/tags" else 404, {"models": found})

            def log_message(self, *args: Any) -> None: ...

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def answer(self) -> Step:
        return next(self.steps)

    def told(self) -> list[dict[str, Any]]:
        """The variables of each question, those that were asked again too."""
        users = [next(m for m in asked["messages"] if m["role"] == "user") for asked in self.asked]
        return [json.loads(user["content"])["variables"] for user in users]

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()


class Crew(Server):
    """Answers each role's question from what it says: plans films, writes prompts, reads continuity, has retakes."""

    def __init__(self, **instead: Callable[[dict[str, Any]], Step]) -> None:
        super().__init__()
        self.instead = instead
        self.roles: list[str] = []

    def answer(self) -> Step:
        told = self.told()[-1]
        role = next(r for r, mark in ROLES.items() if mark in told)
        self.roles.append(role)
        return (self.instead.get(role) or ANSWERS[role])(told)


ROLES = {"plan": "max_characters", "prompt": "draft", "reading": "continuity_log", "instruction": "faults"}
"""Role -> a variable that only its question has."""


def plan(told: dict[str, Any]) -> dict[str, Any]:
    """A film of one keeper and one whale, with as many scenes as were asked for."""
    people = [
        {"id": "keeper", "name": "the keeper", "kind": "person", "description": "An old keeper in a navy coat."},
        {"id": "whale", "name": "the whale", "kind": "whale", "description": "A small grey whale."},
    ]
    scenes = [
        {
            "number": n, "title": f"Scene {n}", "summary": "They meet.", "location": "kitchen",
            "characters": ["keeper", "whale"], "facts": [f"The keeper has met the whale {n} times."],
            "shots": [
                {"number": 1, "action": "The keeper walks to the whale.", "characters": ["keeper", "whale"],
                 "seconds": 1, "dialogue": [{"character": "keeper", "text": "There you are."}]},
            ],
        }
        for n in range(1, told["scenes"] + 1)
    ]  # fmt: skip
    return {
        "title": "The Keeper", "logline": told["prompt"], "genre": "drama", "style": "paper", "characters": people,
        "locations": [{"id": "kitchen", "name": "the kitchen", "kind": "kitchen", "description": "A kitchen."}],
        "scenes": scenes,
    }  # fmt: skip


def send(to: BaseHTTPRequestHandler, status: int, body: Any, **headers: str) -> None:
    data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    to.send_response(status)
    for name, value in {"content-type": "application/json", "content-length": str(len(data)), **headers}.items():
        to.send_header(name.replace("_", "-"), value)
    to.end_headers()
    to.wfile.write(data)


def says(text: Any, finish: str = "stop") -> Step:
    """Both dialects at once: OpenAI reads ``choices``, Ollama ``message``."""
    message = {"role": "assistant", "content": text if isinstance(text, str) else json.dumps(text)}
    body = {
        "id": "1", "object": "chat.completion", "created": 1, "model": "tiny",
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": {"prompt_tokens": 5, "completion_tokens": 6, "total_tokens": 11},
        "message": message, "done": True, "prompt_eval_count": 5, "eval_count": 6,
    }  # fmt: skip
    return lambda to: send(to, 200, body)


ANSWERS: dict[str, Callable[[dict[str, Any]], Step]] = {
    "plan": lambda told: says(plan(told)),
    "prompt": lambda told: says({"prompt": f"Rewritten: {told['draft'].split('.')[0]}, {told['camera']}."}),
    "reading": lambda told: says({"score": 1.0, "contradictions": []}),
    "instruction": lambda told: says({"instruction": "Show the keeper large and brightly lit."}),
}


def fails(status: int, **headers: str) -> Step:
    """An error whose body echoes the key, as careless servers do."""
    return lambda to: send(to, status, {"error": {"message": f"no, {KEY}", "type": "x"}}, **headers)


def garbage(to: BaseHTTPRequestHandler) -> None:
    send(to, 200, "<html>not a chat</html>", content_type="text/html")


def cut(to: BaseHTTPRequestHandler) -> None:
    """Half an answer, then the connection is gone."""
    to.send_response(200)
    to.send_header("content-length", "1000")
    to.end_headers()
    to.wfile.write(b'{"choices": [')
    to.wfile.flush()
    to.connection.close()
