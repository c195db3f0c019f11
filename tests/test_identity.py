"""On previz bibles, ranking against the gallery beats the plain cosine: `benchmarks/identity.py`, smaller."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import encoder_lab as lab
import numpy as np
import pytest
import torch

from studio.perception import ranking
from studio.perception.encoders import WEIGHTS, installed
from studio.perception.ranked import Ranked

PATH = Path(__file__).parent.parent / "benchmarks" / "identity.py"


@pytest.fixture(scope="module")
def benchmark() -> Any:
    torch.set_num_threads(1)
    spec = importlib.util.spec_from_file_location("identity_benchmark", PATH)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def eye() -> Ranked:
    found = installed("studio-clip-embedding")
    assert isinstance(found, Ranked)
    return found


def told(found: Any) -> str:
    said = "; ".join(f"{way} AUC {scores.auc:.3f} top-1 {scores.top1:.3f}" for way, scores in found.items())
    print(said)
    return said


def test_ranking_beats_the_best_crop_whatever_embeds_even_with_random_weights(benchmark: Any, tmp_path: Path) -> None:
    mini = installed(f"dinov2:{lab.dinov2(tmp_path)}")
    assert isinstance(mini, Ranked)
    found = benchmark.measure(mini, range(1), people=4, each=2)
    assert found["ranking"].auc >= found["crop cosine"].auc


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.skipif(not WEIGHTS.is_file(), reason="studio-clip is not trained")
def test_ranking_beats_the_plain_cosine_on_twelve_bibles(benchmark: Any, eye: Ranked) -> None:
    found = benchmark.measure(eye, range(12))
    ranked, crop, frame = found["ranking"], found["crop cosine"], found["frame cosine"]
    assert ranked.auc > max(crop.auc, frame.auc) + 0.05 and ranked.top1 >= max(crop.top1, frame.top1), told(found)
    right, wrong = (
        np.mean(np.array(side) >= 0.65) for side in (found["probability"].right, found["probability"].wrong)
    )
    assert right > 0.55 and wrong < 0.15


@pytest.mark.skipif(not WEIGHTS.is_file(), reason="studio-clip is not trained")
def test_places_are_ranked_too(eye: Ranked) -> None:
    bible = lab.Bible(3, people=1, places=3)
    first = []
    for where in range(3):
        footage = bible.take(0, where=where, size="wide", frames=2)
        known = eye.rankings(footage)[1]
        assert isinstance(known, ranking.Ranking)
        first.append(known.names[int(eye.place_scores(footage).mean(0).argmax())] == bible.places[where].id)
    assert all(first)


@pytest.mark.skipif(not WEIGHTS.is_file(), reason="studio-clip is not trained")
def test_somebody_else_is_less_likely_than_the_one_asked_for(eye: Ranked) -> None:
    bible = lab.Bible(5, people=4)
    right = bible.take(0, size="medium-close")
    wrong = bible.take(2, size="medium-close")
    asked = wrong.brief.model_copy(update={"characters": [bible.people[0]]})
    wrong.brief = asked
    verdict, other = eye.same_characters(right), eye.same_characters(wrong)
    assert verdict.value is not None and other.value is not None and verdict.value > other.value
    assert other.notes and bible.people[0].name in other.notes[0]
