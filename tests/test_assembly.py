"""The assembly: dissolves and cards that idle workers made ahead leave no trace in the film but time."""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from studio.config import Settings
from studio.crew import assembly
from studio.crew.production import Production
from studio.edit.encode import Encoder
from studio.edit.stitch import Item, encode_dissolve, stitch
from studio.errors import EngineFailed
from tests.lab import sha256


def clip(path: Path, grey: int, frames: int = 48) -> Path:
    with Encoder(path, 64, 48, 24, keyframes=(12, frames - 12)) as encoder:
        for n in range(frames):
            encoder.write(np.full((48, 64, 3), grey + n, np.uint8))
    return path


@pytest.fixture
def film(tmp_path: Path) -> list[Item]:
    clips = [clip(tmp_path / f"{grey}.mp4", grey) for grey in (20, 90, 160)]
    return [Item(path, 48, 12 if n else 0) for n, path in enumerate(clips)]


@pytest.mark.parametrize("ahead", [{1, 2}, {2}, set()])
def test_a_film_is_the_same_whoever_encoded_its_dissolves(film: list[Item], ahead: set[int], tmp_path: Path) -> None:
    made = {film[n]: encode_dissolve(film[n - 1], film[n]) for n in ahead}
    stitch(film, tmp_path / "ahead.mp4", {}, dissolves=lambda before, after: made.get(after))
    stitch(film, tmp_path / "cut.mp4", {})
    assert sha256(tmp_path / "ahead.mp4") == sha256(tmp_path / "cut.mp4")


def production() -> Any:
    made = SimpleNamespace(lent={}, stage=SimpleNamespace(lend=lambda work, *arguments: _done(work(*arguments))))
    made.lend = lambda *told: Production.lend(made, *told)
    return made


def _done(value: Any) -> Future[Any]:
    future: Future[Any] = Future()
    future.set_result(value)
    return future


def test_work_is_lent_once_and_again_when_it_failed() -> None:
    crew, done = production(), []
    for _ in range(2):
        assert crew.lend("card", lambda: done.append("made") or len(done)).result() == 1
    crew.lent["card"] = Future()
    crew.lent["card"].set_exception(EngineFailed("crash: the worker died with exit code -9"))
    assert crew.lend("card", lambda: done.append("again") or len(done)).result() == 2


def test_a_dissolve_whose_worker_died_is_left_to_the_cut(film: list[Item]) -> None:
    crew = production()
    name = assembly._name(film[0], film[1])
    assert assembly.dissolve(crew, film[0], film[1]) is None, "nobody has made it"
    crew.lent[name] = _done(b"made")
    assert assembly.dissolve(crew, film[0], film[1]) == b"made"
    crew.lent[name] = Future()
    crew.lent[name].set_exception(EngineFailed("crash: the worker died with exit code -9"))
    assert assembly.dissolve(crew, film[0], film[1]) is None


def test_a_damaged_clip_is_left_to_the_cut(film: list[Item]) -> None:
    crew, told = production(), {"engine": "previz", "width": 128, "height": 96, "fps": 24.0, "frames": 48}
    crew.settings = Settings.model_validate({"production": {"width": 128, "height": 96}})
    crew.memory = SimpleNamespace(recall=lambda kind, inputs: told)
    crew.store = SimpleNamespace(path=lambda key: film[0].path)
    take: Any = SimpleNamespace(key="key", sha256=sha256(film[0].path))
    assert assembly._clip(crew, take) == (film[0].path, 48)
    data = bytearray(film[0].path.read_bytes())
    data[len(data) // 2] ^= 1
    film[0].path.write_bytes(data)
    assert assembly._clip(crew, take) is None
    film[0].path.unlink()
    assert assembly._clip(crew, take) is None
