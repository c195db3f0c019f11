"""The screening room's door: who is let in, and what nobody gets however they ask."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from screening_lab import ADDRESS, plan, shelve, take, visitor
from starlette.testclient import TestClient

from studio.config import Workspace
from studio.memory.store import Memory
from studio.memory.tables import Reference
from studio.viewer.app import build
from studio.viewer.guard import Access
from studio.viewer.media import span

EVERY_KIND = ("/", "/productions/keeper", "/media/film/1", "/media/take/1", "/media/poster/1", "/static/studio.css",
              "/compare", "/productions/keeper/curves.json", "/productions/keeper/shots/1/1")  # fmt: skip


@pytest.fixture
def shelved(space: Workspace) -> Workspace:
    """A workspace with one production, whose film is the bytes 0 to 255 sixteen times."""
    shelve(space, "keeper", take("keeper"), document=plan(), film=bytes(range(256)) * 16)
    return space


def stranger(space: Workspace, access: Access | None = None, address: str = ADDRESS) -> TestClient:
    """A browser without the cookie."""
    return TestClient(build(space, access or Access(port=8420)), base_url=address, follow_redirects=False)


# Token and cookie


@pytest.mark.parametrize("path", EVERY_KIND)
def test_without_the_cookie_nothing_is_shown(shelved: Workspace, path: str) -> None:
    client = stranger(shelved)
    assert client.get(path).status_code == 403
    assert client.get(path, params={"token": "guess"}).status_code == 403
    client.cookies.set("studio_8420", "guess")
    assert client.get(path).status_code == 403


def test_the_token_opens_once_and_becomes_a_strict_cookie(shelved: Workspace) -> None:
    access = Access(port=8420)
    first, second = stranger(shelved, access), stranger(shelved, access)
    path = access.address("/productions/keeper").removeprefix(ADDRESS)
    answer = first.get(path)
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie and access.token not in cookie
    assert "/productions/keeper" in answer.text and access.token not in answer.text
    assert first.get("/").status_code == 200
    assert second.get(path).status_code == 403, "the printed address works once"
    assert first.get(path).status_code == 200, "who is in may open it again"


def test_the_welcome_leads_nowhere_else(shelved: Workspace) -> None:
    access = Access(port=8420)
    text = stranger(shelved, access).get(f'{ADDRESS}//evil.example/"><script>?token={access.token}').text
    assert 'href="/evil.example/' in text and "<script>" not in text


# Host and origin


@pytest.mark.parametrize("host", ["evil.example:8420", "127.0.0.1.evil.example:8420", "127.0.0.1", "127.0.0.1:1", ""])
def test_a_name_that_is_not_the_viewers_is_refused(shelved: Workspace, host: str) -> None:
    client = visitor(shelved)
    assert client.get("/", headers={"host": host}).status_code == 421


@pytest.mark.parametrize(
    ("bound", "host", "welcome"),
    [
        ("127.0.0.1", "localhost:8420", True),
        ("127.0.0.1", "[::1]:8420", True),
        ("::1", "[::1]:8420", True),
        ("192.168.1.5", "192.168.1.5:8420", True),
        ("192.168.1.5", "127.0.0.1:8420", False),
        ("0.0.0.0", "192.168.1.5:8420", True),
        ("0.0.0.0", "evil.example:8420", False),
    ],
)
def test_hosts_follow_the_address_that_is_listened_on(bound: str, host: str, welcome: bool) -> None:
    assert Access(bound, 8420).knows(host) is welcome


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1:8420", None])
def test_another_sites_request_is_refused(shelved: Workspace, method: str, origin: str | None) -> None:
    headers = {"origin": origin} if origin else {}
    assert visitor(shelved).request(method, "/", headers=headers).status_code == 403


def test_there_is_nothing_to_post_to(shelved: Workspace) -> None:
    assert visitor(shelved).post("/", headers={"origin": ADDRESS}, content=b"x").status_code == 405


# Bodies and ranges


def test_a_body_of_a_gigabyte_is_refused_unread(shelved: Workspace) -> None:
    client = visitor(shelved)

    def endless() -> Iterator[bytes]:
        raise AssertionError("nobody may read this")
        yield b""

    headers = {"origin": ADDRESS, "content-length": str(2**30)}
    assert client.post("/", headers=headers, content=endless()).status_code == 413
    assert client.post("/", headers={"origin": ADDRESS}, content=iter([b"x"] * 3)).status_code == 411


def test_a_range_gives_just_those_bytes(shelved: Workspace) -> None:
    client = visitor(shelved)
    whole = client.get("/media/film/1")
    assert whole.status_code == 200 and whole.headers["accept-ranges"] == "bytes" and len(whole.content) == 4096
    part = client.get("/media/film/1", headers={"range": "bytes=5-9"})
    assert (part.status_code, part.content, part.headers["content-range"]) == (206, b"\5\6\7\10\11", "bytes 5-9/4096")
    assert client.get("/media/film/1", headers={"range": "bytes=-2"}).content == b"\xfe\xff"
    head = client.head("/media/film/1")
    assert head.headers["content-length"] == "4096" and head.content == b""
    again = client.get("/media/film/1", headers={"if-none-match": whole.headers["etag"]})
    assert again.status_code == 304 and again.content == b""
    changed = client.get("/media/film/1", headers={"range": "bytes=5-9", "if-range": '"another film"'})
    assert changed.status_code == 200 and len(changed.content) == 4096


@pytest.mark.parametrize(
    ("asked", "status", "length"),
    [
        ("bytes=0-2147483647", 206, 4096),
        ("bytes=4096-", 416, 0),
        ("bytes=2147483647-2147483648", 416, 0),
        ("bytes=9-5", 416, 0),
        ("bytes=-0", 416, 0),
        ("bytes=-", 416, 0),
        ("lines=1-2", 416, 0),
        ("bytes=" + "9" * 60 + "-", 416, None),
        (",".join(["bytes=0-1"] + ["2-3"] * 9_999), 416, None),
    ],
)
def test_ranges_are_bounded(shelved: Workspace, asked: str, status: int, length: int | None) -> None:
    answer = visitor(shelved).get("/media/film/1", headers={"range": asked})
    assert answer.status_code == status
    assert length is None or len(answer.content) == length


def test_an_empty_film_has_no_ranges() -> None:
    assert span("bytes=0-", 0) is None and span("bytes=-1", 0) is None


# Paths


@pytest.mark.parametrize(
    "path",
    [
        "/media/film/..%2f..%2fstudio.db", "/media/take/1%2f..%2f..%2f..%2fstudio.db", "/static/..%2fguard.py",
        "/static/..%2f..%2f..%2f..%2f..%2f..%2fetc%2fpasswd", "/productions/..%2fkeeper", "/productions/%2e%2e",
        "/media/film/-1", "/media/film/1.0", "/media/film/99999999999999999999999", "/media/reference/keeper",
    ],
)  # fmt: skip
def test_no_path_leads_out(shelved: Workspace, path: str) -> None:
    assert visitor(shelved).get(path).status_code == 404


@pytest.mark.parametrize("kind", ["film", "take", "poster", "reference"])
def test_a_symlink_out_of_a_production_is_not_followed(shelved: Workspace, tmp_path: Path, kind: str) -> None:
    secret = tmp_path / "secret"
    folder, picture = shelved.runs / "keeper", shelved.bibles / "keeper/references/characters/keeper/front.png"
    Memory(shelved.runs / "studio.db").save_reference(
        Reference(bible="keeper", label="characters/keeper/front", sha256="", key="")
    )
    clip = folder / "scenes/01/shot-01/take-1.mp4"
    where = {"film": folder / "film.mp4", "take": clip, "poster": clip.with_suffix(".jpg"), "reference": picture}[kind]
    where.parent.mkdir(parents=True, exist_ok=True)
    where.unlink(missing_ok=True)
    secret = secret.with_suffix(where.suffix)
    secret.write_bytes(b"secret")
    where.symlink_to(secret)
    answer = visitor(shelved).get(f"/media/{kind}/1")
    assert answer.status_code == 404 and b"secret" not in answer.content


@pytest.mark.parametrize("file", ["../../secret.mp4", "/etc/hostname", "../studio.db", "report.json", "a\0b.mp4"])
def test_a_row_that_names_a_file_elsewhere_serves_nothing(space: Workspace, file: str) -> None:
    row = take("keeper")
    folder = shelve(space, "keeper", row, document=plan())
    (space.root / "secret.mp4").write_bytes(b"secret")
    (folder / "report.json").write_text("{}")
    row.file = file
    Memory(space.runs / "studio.db").commit_take(row)
    assert visitor(space).get("/media/take/1").status_code == 404
    assert visitor(space).get("/productions/keeper").status_code == 200


def test_a_production_that_is_a_symlink_elsewhere_is_not_followed(shelved: Workspace, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere"
    (shelved.runs / "keeper").rename(moved)
    (shelved.runs / "keeper").symlink_to(moved)
    assert visitor(shelved).get("/media/film/1").status_code == 404


@pytest.mark.parametrize("path", [*EVERY_KIND, "/nowhere", "/media/film/9"])
def test_every_answer_forbids_inline_script_and_framing(shelved: Workspace, path: str) -> None:
    for client in (visitor(shelved), stranger(shelved)):
        headers = client.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'self';")
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff" and headers["x-frame-options"] == "DENY"
        assert headers["cross-origin-resource-policy"] == "same-origin"
