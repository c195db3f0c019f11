"""`studio view`: one address, printed once; bad input said before anything is served; a quiet end."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from lab import ROOT
from screening_lab import plan, shelve, take

from studio.config import Workspace


@pytest.fixture
def shelved(space: Workspace) -> Workspace:
    """A workspace with one production."""
    shelve(space, "keeper", take("keeper"), document=plan(), film=bytes(range(256)) * 16)
    return space


@pytest.fixture
def printed(shelved: Workspace) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """`studio view keeper`, and the first line that it prints."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "STUDIO_WORKSPACE": str(shelved.root)}
    command = [sys.executable, "-m", "studio", "view", "keeper", "--no-browser"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    yield process.stdout.readline().strip(), process
    process.kill()
    process.wait()


def test_the_command_prints_one_address_that_works_once(printed: tuple[str, subprocess.Popen[str]]) -> None:
    address, process = printed
    host, _slash, path = address.removeprefix("http://").partition("/")
    assert host.startswith("127.0.0.1:") and path.startswith("productions/keeper?token=")

    def ask(path: str, **headers: str) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection(host, timeout=20)
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        return answer

    welcome = ask(f"/{path}")
    cookie = (welcome.getheader("set-cookie") or "").split(";")[0]
    assert welcome.status == 200 and ask("/", cookie=cookie).status == 200
    assert ask(f"/{path}").status == ask("/").status == 403
    assert ask("/", cookie=cookie, host="evil.example").status == 421
    assert ask("/media/film/..%2f..%2fstudio.db", cookie=cookie).status == 404
    assert ask("/media/film/1", cookie=cookie, range="bytes=0-9").status == 206
    watching = http.client.HTTPConnection(host, timeout=20)
    watching.request("GET", "/productions/keeper/live", headers={"cookie": cookie})
    assert watching.getresponse().read(6) == b"event:", "a live page is open"
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=20)
    assert (process.returncode, out, errors) == (0, "", ""), "one line in all, and no traceback at the end"


def test_an_unknown_production_or_a_taken_port_is_said_before_anything_is_served(
    shelved: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import socket

    from studio.cli import main

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for arguments, said in (
            (["nobody"], "there are: keeper"),
            (["--port", port], "try --port 0"),
            (["--host", "not.a.host.invalid"], "cannot listen on not.a.host.invalid"),
        ):
            monkeypatch.setattr(sys, "argv", ["studio", "view", "--no-browser", *arguments])
            with pytest.raises(SystemExit) as stopped:
                main()
            printed = capsys.readouterr()
            assert stopped.value.code == 2 and said in printed.err and printed.out == ""


def test_listening_beyond_this_machine_is_warned_of(shelved: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    import uvicorn

    from studio.viewer.serve import open_room

    monkeypatch.setattr(uvicorn.Server, "run", lambda self, sockets: None)
    shown: list[str] = []
    told: list[str] = []
    monkeypatch.setattr(sys.stderr, "write", lambda text: told.append(text))
    open_room(shelved, "127.0.0.1", 0, "/", shown.append)
    assert not "".join(told)
    open_room(shelved, "0.0.0.0", 0, "/", shown.append)
    assert "warning: anyone on the network" in "".join(told) and len(shown) == 2


def test_the_command_line_starts_without_the_web_framework() -> None:
    code = "import sys, studio.cli; print(*[m for m in ('starlette', 'uvicorn', 'jinja2') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert (done.stdout.strip(), done.returncode) == ("", 0)
