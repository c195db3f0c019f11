"""The matcher of places is fitted and examined against other places of the film's own style."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from studio.perception.studio_clip import StudioClip
from studio.perception.training.batches import Pictures
from studio.perception.training.places import _apart, sites
from studio.perception.training.trials import trials
from studio.story.document import LIT_HOURS

GENRES, KINDS = ("noir", "comedy"), ("street", "forest", "street", "room")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four groups of noise with the facts of shots: each group's first shot is noir, its second a comedy."""
    rng = np.random.default_rng(0)
    shapes = {
        "frames": (2, 2, 2, 144, 256, 3), "full": (2, 2, 2, 240, 416, 3), "sheets": (3, 3, 80, 80, 4),
        "places": (2, 2, 72, 128, 3), "lit": (2, len(LIT_HOURS), 2, 72, 128, 3), "lights": (2, 2, 2, 3),
    }  # fmt: skip
    for name, shape in shapes.items():
        np.save(tmp_path / f"{name}.npy", rng.integers(0, 255, (4, *shape), dtype=np.uint8))
    rows = [
        {"group": n, "thing": "hair", "shots": [
            {"genre": GENRES[s], "place": KINDS[(n + s) % 4], "shot_size": "wide", "time_of_day": "night",
             "lighting": "silhouette", "inside": [[[1.0]]]} for s in range(2)]}
        for n in range(4)
    ]  # fmt: skip
    (tmp_path / "facts-0-of-1.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


def test_a_batch_of_one_genre_holds_every_place_once_and_nothing_of_another_style(folder: Path) -> None:
    pictures = Pictures(folder)
    maps = {n: (torch.full((2, 4, 1, 1, 1, 1), float(n)), torch.zeros(2, 4, 1, 1, 1)) for n in range(4)}
    mixed, pure = 0, 0
    for seed in range(20):
        batch = sites(pictures, np.random.default_rng(seed), 2, maps)
        assert len(batch.kinds) == len(batch.places) == 4
        told = sorted(batch.places.flatten(1)[:, 0].tolist())
        pure += told == [0.0, 1.0, 2.0, 3.0]  # one shot of each group: all of one genre
        mixed += told != [0.0, 1.0, 2.0, 3.0]
    assert pure > mixed > 0


def test_others_of_a_kind_weigh_half_of_what_is_wrong() -> None:
    ones = torch.ones(3)
    even = _apart(torch.tensor([[0.0, 0, 0], [0, 0, 0], [0, 0, 0]]), ones, ["street", "street", "room"])["sites"]
    near = _apart(torch.tensor([[0.0, 2, 0], [0, 0, 0], [0, 0, 0]]), ones, ["street", "street", "room"])["sites"]
    far = _apart(torch.tensor([[0.0, 0, 2], [0, 0, 0], [0, 0, 0]]), ones, ["street", "street", "room"])["sites"]
    assert near > even and float(near) == pytest.approx(float(far))


def test_a_place_is_examined_against_others_of_the_same_genre(folder: Path) -> None:
    model = StudioClip().eval()
    found = trials(model, folder)["place"]
    assert [t.same for t in found[:2]] == [True, True], "nobody came before the first group"
    assert all(sum(t.same for t in found if t.shot["genre"] == genre) == 4 for genre in GENRES)
    others = [t for t in found if not t.same]
    assert len(others) == 2 * (1 + 2 + 2) and {t.other for t in others} == {"neighbour", "elsewhere"}
