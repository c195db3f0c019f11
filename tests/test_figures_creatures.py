"""Creatures: every kind is drawn, moves without pops, and has words of its own."""

from __future__ import annotations

import numpy as np
import pytest

from studio.previz.canvas import Canvas
from studio.previz.figure import Act, Moment, Shade
from studio.previz.figures import cast
from studio.story.catalogue import entries
from studio.story.document import Character, Look


def draw(kind: str, t: float, activity: str = "walk", travelled: float = 0.0) -> np.ndarray:
    figure = cast(Character(id=f"a-{kind}", name=kind, kind=kind, description=kind), "drama")
    canvas = Canvas(200, 150)
    s = 100 / max(figure.height, figure.width)
    canvas.view = np.array([[s, 0, 100], [0, -s, 125]])
    figure.draw(canvas, Moment(t, 4, Act(activity), travelled, 1.0 if travelled else 0.0), Shade())
    return canvas.pixels()


@pytest.mark.parametrize("kind", sorted(entries("creatures")))
def test_every_creature_is_drawn_and_moves_without_pops(kind: str) -> None:
    for activity in ("stand", "walk", "talk", "sleep"):
        assert (draw(kind, 0.5, activity)[..., 3] > 0).sum() > 300
    a, b = draw(kind, 1.0, travelled=0.5).astype(int), draw(kind, 1.0 + 1 / 12, travelled=0.54).astype(int)
    assert np.array_equal(a, draw(kind, 1.0, travelled=0.5))
    assert 0 < np.abs(a - b).mean() < 16


def test_words_mean_one_creature() -> None:
    words = [word for entry in entries("creatures").values() for word in entry["words"]]
    assert len(words) == len(set(words))


@pytest.mark.parametrize("kind", ["dragon", "whale", "crow", "spider"])
def test_a_tiny_one_is_drawn_smaller_and_a_giant_one_larger_than_the_others_of_its_kind(kind: str) -> None:
    def length(build: str) -> float:
        return cast(Character(id="a", name="a", kind=kind, description=kind, look=Look(build=build))).width

    assert length("tiny") <= length("average") < length("giant")
    assert length("tiny") >= min(0.35, length("average")), "it could not be made out"
    assert kind in ("crow", "spider") or length("tiny") < 0.5 * length("average")
