"""Provenance: an exported film says how it was made; one byte changed, and `studio verify` says so."""

from __future__ import annotations

import datetime
import json
import random
import struct
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from exports import CHEAP
from lab import Studio, sha256

from studio import cli
from studio.crew import delivery
from studio.edit import certificate, credentials
from studio.errors import BadInput

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def home(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the finished production ``film``."""
    space = tmp_path_factory.mktemp("provenance")
    done = Studio(package, space)("make", "--name", "film", "--prompt", "A keeper", "--scenes", "1", *CHEAP)
    assert done.returncode == 0, done.stderr
    return space


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`studio …` in this process: exit code, stdout, stderr."""
    monkeypatch.setenv("STUDIO_WORKSPACE", str(home))

    def command(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["studio", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            cli.main()
        said = capsys.readouterr()
        return int(left.value.code or 0), said.out, said.err

    return command


@pytest.fixture
def signed(run: Run, tmp_path: Path) -> Path:
    out = tmp_path / "film.mp4"
    code, _, said = run("export", "film", "--to", "mp4", "--out", out)
    assert code == 0, said
    return out


def test_a_signed_film_verifies_and_says_how_it_was_made(run: Run, signed: Path) -> None:
    code, said, _ = run("verify", signed)
    assert code == 0 and "not a byte has changed" in said
    for told in ("The Keeper", "algorithmicMedia", "flat (flat-1)", "A keeper", "canned (canned-1)"):
        assert told in said
    code, said, _ = run("verify", signed, "--json")
    found = json.loads(said)
    assert code == 0 and found["verified"] and found["trusted"] and found["faults"] == []
    assert found["production"]["prompt"] == "A keeper" and found["production"]["seed"] == 0


def test_each_byte_counts(signed: Path) -> None:
    whole, rng = signed.read_bytes(), random.Random(6)
    boxes = list(_boxes(whole))
    media = next(at for at, kind in boxes if kind == b"mdat")
    places = {rng.randrange(len(whole)) for _ in range(40)} | {rng.randrange(media) for _ in range(60)}
    places |= {at + k for at, _ in boxes for k in range(8)} | set(range(32)) | {len(whole) - 1}
    for at in sorted(places):
        changed = bytearray(whole)
        changed[at] ^= 1 << rng.randrange(8)
        signed.write_bytes(changed)
        assert credentials.verify(signed).faults, f"byte {at} of {len(whole)} was changed and nobody saw it"


def _boxes(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        yield at, kind
        at += size


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda data: data[:-1] + bytes([data[-1] ^ 1]), "the film was changed after it was signed"),
        (lambda data: data[:-100], "does not verify"),
        (lambda data: data + b"\0\0\0\x10freesomebody", "does not verify"),
        (lambda data: b"not a film at all" * 9, "does not verify"),
        (lambda data: b"", "does not verify"),
    ],
)
def test_verify_says_why_in_one_line(run: Run, signed: Path, spoil: Callable[[bytes], bytes], said: str) -> None:
    signed.write_bytes(spoil(signed.read_bytes()))
    code, _, error = run("verify", signed)
    assert code == 1 and said in error and len(error.strip().splitlines()) == 1
    code, out, _ = run("verify", signed, "--json")
    assert code == 1 and json.loads(out)["verified"] is False


def test_the_film_itself_stays_unsigned(run: Run, home: Path, signed: Path) -> None:
    film = home / "runs" / "film" / "film.mp4"
    code, _, error = run("verify", film)
    assert code == 1 and "it has no content credentials" in error
    assert sha256(film) != sha256(signed)
    assert run("verify", home / "nothing.mp4")[0] == 2
    code, _, error = run("verify", home / "runs" / "studio.db")
    assert code == 1 and "files of this kind carry no content credentials" in error


def test_the_key_is_made_once_and_is_its_owners_alone(run: Run, home: Path, signed: Path) -> None:
    folder = home / "runs" / ".credentials"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "key.pem").stat().st_mode & 0o777 == 0o600
    assert sorted(p.name for p in folder.iterdir()) == ["authority.pem", "certificate.pem", "key.pem"]
    before = sha256(folder / "key.pem")
    assert run("export", "film", "--to", "mp4")[0] == 0
    assert sha256(folder / "key.pem") == before
    assert list(home.glob("runs/.credentials-*")) == []


def test_a_certificate_of_the_users_own(run: Run, tmp_path: Path) -> None:
    mine, other, out = tmp_path / "mine", tmp_path / "other", tmp_path / "film.mp4"
    certificate.make(mine)
    certificate.make(other)
    pair = ("--certificate", mine / "certificate.pem", "--key", mine / "key.pem")
    assert run("export", "film", "--to", "mp4", "--out", out, *pair)[0] == 0
    code, said, _ = run("verify", out)
    assert code == 0 and "nobody vouches for this signer" in said
    assert run("verify", out, "--trust", mine / "authority.pem")[0] == 0
    code, _, error = run("verify", out, "--trust", other / "authority.pem")
    assert code == 1 and "no authority in" in error
    for wrong, why in (
        (("--certificate", mine / "certificate.pem", "--key", other / "key.pem"), "is not the key of"),
        (("--certificate", mine / "certificate.pem"), "belong together"),
        (("--certificate", mine / "none.pem", "--key", mine / "key.pem"), "No such file"),
        (("--certificate", mine / "key.pem", "--key", mine / "key.pem"), "holds no certificate"),
        (("--certificate", mine / "certificate.pem", "--key", mine / "certificate.pem"), "no unencrypted private key"),
    ):
        out.unlink(missing_ok=True)
        code, _, error = run("export", "film", "--to", "mp4", "--out", out, *wrong)
        assert code == 2 and why in error and len(error.strip().splitlines()) == 1 and not out.exists()
    code, _, error = run("export", "film", "--to", "srt", *pair)
    assert code == 2 and "srt is not signed" in error


def test_the_settings_name_a_certificate_and_do_not_change_the_film(run: Run, home: Path, tmp_path: Path) -> None:
    certificate.make(home / "own")
    (home / "studio.toml").write_text('[provenance]\ncertificate = "own/certificate.pem"\nkey = "own/key.pem"\n')
    try:
        out = tmp_path / "film.mp4"
        assert run("export", "film", "--to", "mp4", "--out", out)[0] == 0
        assert credentials.verify(out, (home / "own" / "authority.pem").read_bytes()).trusted
    finally:
        (home / "studio.toml").unlink()


def test_an_expired_certificate_signs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certificate, "YEARS", 0)
    certificate.make(tmp_path / "old")
    today = f"{datetime.datetime.now(datetime.UTC):%Y-%m}"
    with pytest.raises(BadInput, match=f"expired on {today}"):
        certificate.read(tmp_path / "old" / "certificate.pem", tmp_path / "old" / "key.pem")


def test_pictures_of_a_trained_model_are_declared_as_such(home: Path, tmp_path: Path) -> None:
    identity = delivery.signing_of(delivery.Workspace(home)).identity()
    film, out = home / "runs" / "film" / "film.mp4", tmp_path / "film.mp4"
    for trained, source in ((True, "trainedAlgorithmicMedia"), (False, "algorithmicMedia")):
        credentials.sign(film, out, "The Keeper", trained, {"prompt": "x", "engine": "e"}, identity)
        found = credentials.verify(out)
        assert found.source.endswith(f"/{source}") and not found.faults and not found.trusted
    assert not replace(found, faults=("x",)).trusted
