"""A production is judged by the encoder and the reward terms that its slate names, by those weights and no others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import encoder_lab
import pytest
from lab import FLAT, Studio
from test_image_reward import SMALL, checkpoint, folder

from studio.config import Settings, Workspace
from studio.crew import judges, opening
from studio.errors import BadInput


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """Miniatures of DINOv2 and of ImageReward, in the workspace's folder for weights."""
    encoder_lab.dinov2(tmp_path / "weights" / "dinov2-small")
    (tmp_path / "weights" / "ImageReward").mkdir()
    folder(tmp_path / "weights" / "ImageReward", checkpoint(SMALL))
    return tmp_path / "weights"


JUDGED = [
    "--set", "consistency.encoder=dinov2:facebook/dinov2-small", "--set", "reward.character_consistency=0.3",
    "--set", "reward.location_consistency=0.2", "--set", "reward.visual_quality=0.1",
    "--set", "reward.image_reward=0.2", "--set", "reward.motion=0.1",
]  # fmt: skip


def assert_judged(space: Path) -> None:
    """Every take of the film has the terms that were asked for, and the report says what could not be asked."""
    report = json.loads((space / "runs/film/report.json").read_text())
    takes = [take for scene in report["scenes"] for shot in scene["shots"] for take in shot["takes"]]
    terms: list[dict[str, Any]] = [take["reward"]["terms"] for take in takes]
    assert takes and all(0 <= each["image_reward"] <= 1 and 0 <= each["motion"] <= 1 for each in terms)
    assert any(each["character_consistency"] is not None for each in terms)
    assert not any("subject" in take["critic"]["checks"] for take in takes)
    assert any("has no text tower" in text for text in report["fallbacks"])
    slate = json.loads((space / "runs/film/slate.json").read_text())
    assert slate["encoder_version"].startswith("ranked-1 ") and list(slate["reward_weights"]) == ["image_reward"]


def test_a_film_is_judged_by_dinov2_and_image_reward(studio: Studio, weights: Path) -> None:
    studio.make(*JUDGED, "--set", "rl.takes_per_shot=1", "--name", "film")
    assert_judged(studio.space)


@pytest.mark.slow
def test_a_film_goes_on_only_with_the_weights_that_it_was_begun_with(studio: Studio, weights: Path) -> None:
    asked = ["make", "--prompt", "A keeper finds a whale", *FLAT, *JUDGED, "--name", "film"]
    assert studio(*asked, STUDIO_CRASH_AT="after-rename:14").returncode == -9
    away = weights.rename(weights.with_name("elsewhere"))
    gone = studio("resume", "film")
    assert gone.returncode == 1 and "are gone; put them back, then `studio resume film`" in gone.stderr
    away.rename(weights)
    vocabulary = weights / "ImageReward" / "vocab.txt"
    words = vocabulary.read_text()
    vocabulary.write_text(words + "whale\n")
    other = studio("resume", "film")
    assert other.returncode == 1 and "not those that film was begun with" in other.stderr
    vocabulary.write_text(words)
    done = studio("resume", "film")
    assert done.returncode == 0, done.stderr
    assert_judged(studio.space)


def test_the_slate_of_a_film_on_the_shipped_encoder_is_as_it_was(tmp_path: Path) -> None:
    settings = Settings()
    import hashlib

    from studio.perception.encoders import WEIGHTS

    version = opening.encoder_version(Workspace(tmp_path), settings)
    assert version == hashlib.sha256(WEIGHTS.read_bytes()).hexdigest()
    assert not any(term.needs.weights for term in judges.terms(Workspace(tmp_path), settings).values())


def test_an_unknown_encoder_stops_before_anything_is_written(studio: Studio) -> None:
    done = studio("make", "--prompt", "x", *FLAT, "--set", "consistency.encoder=clip9")
    assert done.returncode == 2 and "unknown encoder 'clip9'; choose from: auto" in done.stderr
    assert not (studio.space / "runs").exists() or not list((studio.space / "runs").glob("*/slate.json"))


def test_a_vocabulary_that_is_missing_stops_before_anything_is_written(weights: Path, tmp_path: Path) -> None:
    (weights / "ImageReward" / "vocab.txt").unlink()
    settings = Settings.model_validate({"reward": {"image_reward": 0.2}})
    with pytest.raises(BadInput, match=r"put its vocab\.txt at"):
        opening.check_judges(Workspace(tmp_path), settings)
