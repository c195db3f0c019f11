"""Dreams recorded like a game, and several data sets read as one: what distillation and training on games stand on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from typer.testing import CliRunner

from studio.cli import app
from studio.errors import BadInput
from studio.worlds.data.dataset import Dataset
from studio.worlds.data.manifest import LEVELS, NO_ACTION, Manifest
from studio.worlds.data.record import Recipe, record
from studio.worlds.data.several import Datasets, open_datasets
from studio.worlds.data.shards import Footage
from studio.worlds.envs.dream import CONTEXT, Dream
from studio.worlds.evaluation.subjects import open_subjects
from studio.worlds.models.base import load_weights, model_class, save_weights
from studio.worlds.training.train import train

torch.set_num_threads(1)
NAMES = ["stay", "left", "right", "up"]


def footage(folder: Path, names: list[str] = NAMES, size: tuple[int, int] = (32, 48), seed: int = 0) -> Path:
    """Three episodes of noise in train and val."""
    folder.mkdir()
    rng = np.random.default_rng(seed)
    manifest = Manifest(recipe={"noise": seed}, height=size[0], width=size[1], fps=10, action_names=names)
    for split in ("train", "val"):
        shot = Footage()
        for level in range(3):
            for _ in range(12):
                shot.append(rng.integers(0, 255, (*size, 3), dtype=np.uint8))
                shot.acted(int(rng.integers(len(names))), 0.0)
            shot.cut(level)
        manifest.shards.append(shot.publish(folder, f"{split}-00000.safetensors", split))
    manifest.save(folder)
    return folder


@pytest.fixture
def teacher(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    path = tmp_path / "teacher.safetensors"
    save_weights(model_class("latent_flow").tiny(), path)
    return path


def test_a_recorded_dream_is_what_the_model_dreams_under_those_actions(tmp_path: Path, teacher: Path) -> None:
    data = footage(tmp_path / "data")
    recipe = Recipe("dream", {"train": 2, "val": 1}, 5, options={"model": str(teacher), "data": str(data)})
    manifest = record(recipe, tmp_path / "dreamt")
    assert manifest.action_names == NAMES and sum(shard.frames for shard in manifest.shards) == 18
    dreamt = Dataset(tmp_path / "dreamt", "train", 6).batch([0])
    model, env = load_weights(teacher), Dream(str(teacher), str(data))
    first = env.reset(seed=manifest.shards[0].episodes[0].level)[0]
    assert np.array_equal(first, dreamt.frames[0, 0].numpy())
    for action, frame in zip(dreamt.actions[0].tolist(), dreamt.frames[0, 1:], strict=True):
        assert np.array_equal(env.step(action)[0], frame.numpy())
    assert model.name == "latent_flow" and CONTEXT > 1


def test_other_weights_under_the_same_name_are_another_recording(tmp_path: Path, teacher: Path) -> None:
    data = footage(tmp_path / "data")
    recipe = Recipe("dream", {"train": 1, "val": 1}, 3, options={"model": str(teacher), "data": str(data)})
    record(recipe, tmp_path / "dreamt")
    record(recipe, tmp_path / "dreamt")
    torch.manual_seed(1)
    save_weights(model_class("latent_flow").tiny(), teacher)
    with pytest.raises(BadInput, match=r"holds another recording \(made_of differ\)"):
        record(recipe, tmp_path / "dreamt")


def test_dreams_of_a_split_begin_in_that_split(tmp_path: Path, teacher: Path) -> None:
    data = footage(tmp_path / "data")
    env = Dream(str(teacher), str(data))
    starts = {frame.tobytes() for frame in Dataset(data, "val", 1).batch(range(36)).frames[:, 0].numpy()}
    assert all(env.reset(seed=LEVELS + i)[0].tobytes() in starts for i in range(4))
    assert all(env.reset(seed=i)[0].tobytes() not in starts for i in range(4))
    with pytest.raises(BadInput, match="no frames of split test to begin a dream from"):
        env.reset(seed=2 * LEVELS)


def test_dreams_that_cannot_be_are_refused(tmp_path: Path, teacher: Path) -> None:
    with pytest.raises(BadInput, match="name a data set"):
        Dream(str(teacher))
    with pytest.raises(BadInput, match=r"knows 4 actions at 32x48, but .* has 2 at 32x48"):
        Dream(str(teacher), str(footage(tmp_path / "two", ["a", "b"])))
    runner = CliRunner()
    told = runner.invoke(app, ["world", "record", "dream", "--out", str(tmp_path / "x")])
    assert told.exit_code != 0 and not (tmp_path / "x").exists()


def test_the_same_game_twice_shares_its_actions_and_another_game_has_its_own(tmp_path: Path) -> None:
    folders = [footage(tmp_path / "a"), footage(tmp_path / "b", ["a", "b"], seed=1), footage(tmp_path / "c", seed=2)]
    joined = open_datasets(folders, "train", 4)
    assert isinstance(joined, Datasets) and joined.manifest.action_names == [*NAMES, "a", "b"]
    parts = [Dataset(folder, "train", 4) for folder in folders]
    assert len(joined) == sum(len(part) for part in parts)
    index = 0
    for part, offset in zip(parts, (0, 4, 0), strict=True):
        for own in range(len(part)):
            mine, theirs = joined.batch([index]), part.batch([own])
            assert torch.equal(mine.frames, theirs.frames)
            assert torch.equal(mine.actions, theirs.actions + offset)
            index += 1
    with pytest.raises(IndexError):
        joined.place(index)
    rows = joined.read(1, "actions", 11, 12)
    assert rows[0] in (4, 5) or rows[0] == NO_ACTION


def test_more_actions_than_a_shard_can_number_are_refused(tmp_path: Path) -> None:
    folders = [footage(tmp_path / word, [f"{word}{i}" for i in range(130)]) for word in "ab"]
    with pytest.raises(BadInput, match="have 260 actions together; one training has at most 254"):
        open_datasets(folders, "train", 4)


def test_frames_of_two_sizes_are_no_one_training(tmp_path: Path) -> None:
    folders = [footage(tmp_path / "a"), footage(tmp_path / "b", size=(48, 48))]
    with pytest.raises(BadInput, match=r"has frames of 48x48, .* of 32x48"):
        train("pixel_film", folders, tmp_path / "out", steps=1, batch=2)


def test_a_latent_model_trains_on_two_games_at_once(tmp_path: Path) -> None:
    folders = [footage(tmp_path / "a"), footage(tmp_path / "b", ["a", "b"], seed=1)]
    path = train("latent_det", folders, tmp_path / "out", steps=2, batch=2, check_every=2)
    assert load_weights(path).config.actions == 6
    assert load_file(path)["told.weight"].shape[0] == 6


def test_a_model_of_two_games_is_asked_for_each_by_its_own_actions(tmp_path: Path) -> None:
    folders = [footage(tmp_path / "a"), footage(tmp_path / "b", ["a", "b"], seed=1)]
    path = train("pixel_film", folders, tmp_path / "out", steps=2, batch=2, check_every=2)
    (subject,) = open_subjects([str(path)], folders[1])
    both, second = load_weights(path), subject.model
    assert (both.actions, second.actions) == (6, 2)
    frames = torch.randint(0, 255, (1, 3, 32, 48, 3), dtype=torch.uint8)
    seen = [
        model.step(
            model.init_context(frames, torch.tensor([[first, first]])), torch.tensor([first + 1]), torch.Generator()
        )
        for model, first in ((both, 4), (second, 0))
    ]
    assert torch.equal(*seen)
    with pytest.raises(BadInput, match="action 2 does not exist; pixel_film knows 0 to 1"):
        second.step(
            second.init_context(frames, torch.zeros(1, 2, dtype=torch.long)), torch.tensor([2]), torch.Generator()
        )
    assert Dream(str(path), str(folders[1])).action_names == ("a", "b")


def test_a_model_of_two_games_does_not_play_a_third(tmp_path: Path) -> None:
    folders = [footage(tmp_path / "a"), footage(tmp_path / "b", ["a", "b"], seed=1)]
    path = train("pixel_film", folders, tmp_path / "out", steps=2, batch=2, check_every=2)
    with pytest.raises(BadInput, match="knows 6 actions; the data has 3"):
        open_subjects([str(path)], footage(tmp_path / "c", ["x", "y", "z"]))
