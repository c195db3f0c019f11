"""`studio check`: a doctor that tells what is missing, and whether that keeps the production from starting."""

from __future__ import annotations

import http.server
import json
import shutil
import threading
from collections.abc import Iterator
from subprocess import CompletedProcess
from typing import Any

import pytest
from lab import Said, Studio, here

from studio.config import Workspace

CANARY = "sk-canary-0123456789"


def findings(*arguments: str, code: int = 0) -> dict[str, dict[str, str]]:
    return read(here("check", *arguments, "--json"), code)


def read(done: Said | CompletedProcess[str], code: int = 0) -> dict[str, dict[str, str]]:
    assert done.returncode == code, done.stdout + done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    assert told["can_start"] == (code == 0)
    return {finding["name"]: finding for finding in told["findings"]}


def states(found: dict[str, dict[str, str]]) -> dict[str, str]:
    return {name: finding["state"] for name, finding in found.items()}


@pytest.mark.parametrize(("mebibytes", "state", "code"), [(1200, "ok", 0), (100, "missing", 1)])
def test_a_nearly_full_disk_starts_nothing_and_one_that_holds_a_film_does(
    space: Workspace, monkeypatch: pytest.MonkeyPatch, mebibytes: int, state: str, code: int
) -> None:
    usage = shutil.disk_usage(space.root)._replace(free=mebibytes << 20)
    monkeypatch.setattr("studio.crew.doctor.shutil.disk_usage", lambda _folder: usage)
    assert states(findings(code=code))["disk"] == state


@pytest.fixture
def ollama() -> Iterator[str]:
    """A server that answers as Ollama lists its models."""

    class Answers(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b'{"models": [{"name": "llama3.2:latest"}, {"name": "qwen3:8b"}]}'
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body if self.path == "/api/tags" else b"")

        def log_message(self, *_arguments: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_the_defaults_can_start_without_gpu_keys_or_ollama_and_nothing_is_written(
    space: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    found = findings("--set", "ollama.base_url=http://127.0.0.1:9")
    away = {name for name, state in states(found).items() if state != "ok"}
    assert away == {"GPU", "key", "Ollama"} and all(states(found)[name] == "absent" for name in away)
    assert {
        "settings", "Python", "torch", "ffmpeg", "engine previz", "artist previz", "reward visual_quality", "licences",
        "encoder", "prompts", "narrator", "policy", "disk", "workspace",
    } < set(found)  # fmt: skip
    assert list(space.root.iterdir()) == []


def test_a_key_is_told_to_be_there_and_never_shown(space: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    done = here("check", "--llm", "openai")
    assert done.returncode == 0 and "OPENAI_API_KEY is set" in done.stdout
    assert CANARY not in done.stdout + done.stderr and "canary" not in done.stdout + done.stderr


def test_a_missing_key_keeps_openai_from_starting_unless_a_server_needs_none(
    space: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", " ")
    found = findings("--llm", "openai", code=1)
    assert found["key"]["state"] == "missing" and "export OPENAI_API_KEY" in found["key"]["remedy"]
    local = findings("--llm", "openai", "--set", "director.base_url=http://127.0.0.1:9/v1")
    assert local["key"]["state"] == "absent"


def test_ollama_must_be_reachable_and_have_the_model(space: Workspace, ollama: str) -> None:
    away = findings("--llm", "ollama", "--set", "ollama.base_url=http://127.0.0.1:9", code=1)
    assert away["Ollama"]["state"] == "missing" and "ollama serve" in away["Ollama"]["remedy"]
    there = ("--llm", "ollama", "--set", f"ollama.base_url={ollama}")
    lacking = findings(*there, "--set", "director.model=gemma3", code=1)
    assert "qwen3:8b" in lacking["Ollama"]["told"] and "ollama pull gemma3" in lacking["Ollama"]["remedy"]
    for model in ("qwen3:8b", "llama3.2"):
        assert findings(*there, "--set", f"director.model={model}")["Ollama"]["state"] == "ok"


def test_licence_and_weights_of_the_chosen_tools_are_looked_at(studio: Studio) -> None:
    found = read(studio("check", "--engine", "rented", "--json"), 1)
    assert found["licences"]["state"] == "missing" and "--accept-licence Rented-1.0" in found["licences"]["told"]
    weights = found["engine rented: base"]
    assert weights["state"] == "missing" and "hf download rented/base" in weights["remedy"]
    (studio.space / "weights" / "base").mkdir(parents=True)
    accepted = ("--accept-licence", "Rented-1.0", "--accept-licence", "Rented-Derivatives-1.0")
    assert read(studio("check", "--engine", "rented", *accepted, "--json"))["engine rented: base"]["state"] == "ok"


@pytest.mark.parametrize(
    ("arguments", "name", "said"),
    [
        (("--set", "production.width=833"), "settings", "832"), (("--engine", "betamax"), "settings", "previz"),
        (("--set", "rl.policy=nobody"), "policy", "nobody"),
        (("--set", "consistency.encoder=nose"), "encoder", "studio-clip"),
        (("--set", "sound.narration=true", "--set", "sound.narrator=nobody-here"), "narrator", "nobody-here"),
    ],
)  # fmt: skip
def test_what_would_stop_a_production_is_found_and_the_rest_is_still_told(
    space: Workspace, arguments: tuple[str, ...], name: str, said: str
) -> None:
    found = findings(*arguments, code=1)
    assert found[name]["state"] == "missing" and said in found[name]["told"]
    assert found["torch"]["state"] == "ok"


def test_a_workspace_that_cannot_be_written_is_found(space: Workspace) -> None:
    (space.root / "runs").write_text("a file where the productions should go")
    assert findings(code=1)["workspace"]["state"] == "missing"


def test_the_doctor_is_quick_because_torch_stays_where_it_is(studio: Studio) -> None:
    done = studio("check", PYTHONPROFILEIMPORTTIME="1")
    assert done.returncode == 0 and "✓ torch" in done.stdout
    assert "| torch" not in done.stderr and "diffusers" not in done.stderr
