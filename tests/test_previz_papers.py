"""Papers are shared by the halves of a take: the same pixels, whoever painted them, and nobody waits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from test_previz_film import brief

from studio.engines.previz import Engine
from studio.previz.film import Film
from studio.previz.papers import Papers
from studio.previz.sheet import Sheet


def sheet(number: int) -> Sheet | None:
    if number == 2:
        return None  # nothing was drawn on it
    return Sheet(
        np.full((4, 6, 4), number, np.uint8), np.arange(6.0).reshape(2, 3) + number, float(number), number == 0
    )


def test_they_meet_in_the_middle_and_each_is_painted_once(tmp_path: Path) -> None:
    painted: list[tuple[str, int]] = []
    first, second = Papers(tmp_path, forwards=True), Papers(tmp_path, forwards=False)

    def paint(number: int) -> Sheet | None:
        painted.append(("first", number))
        if number == 1:  # meanwhile, the other one comes from the front
            second.sheets(range(5), lambda n: painted.append(("second", n)) or sheet(n))
        return sheet(number)

    found = first.sheets(range(5), paint)
    assert painted == [("first", 0), ("first", 1), ("second", 4), ("second", 3), ("second", 2), ("second", 1)]
    for n, one in enumerate(found):
        other = sheet(n)
        assert (one is None) == (other is None)
        if one and other:
            assert np.array_equal(one.paper, other.paper) and np.array_equal(one.matrix, other.matrix)
            assert (one.z, one.solid) == (other.z, other.solid)


def test_without_room_each_paints_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("studio.previz.papers.os.replace", full)
    for forwards in (True, False):
        assert len([s for s in Papers(tmp_path, forwards).sheets(range(5), sheet) if s]) == 4
    assert not list(tmp_path.iterdir())


def test_a_film_from_shared_papers_is_the_same_to_the_bit(tmp_path: Path) -> None:
    shot = brief("rooftop", camera_move="push-in", weather="rain")
    alone = [Film(shot).frame(n) for n in (0, 47)]
    for forwards in (True, False, True):
        film = Film(shot, Papers(tmp_path, forwards))
        assert all(np.array_equal(film.frame(n), frame) for n, frame in zip((0, 47), alone, strict=True))
    assert list(tmp_path.glob("*-paper.npy"))


def test_a_whole_shot_leaves_nothing_beside_its_clip(tmp_path: Path) -> None:
    Engine().shoot(brief(frames=4), tmp_path / "take.mp4", lambda share: None)
    assert [path.name for path in tmp_path.iterdir()] == ["take.mp4"]
