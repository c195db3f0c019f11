"""Losses of made frames: what they are 0 and large for, that they teach, and that a wrong wish is named."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from typer.testing import CliRunner
from worlds_lab import SMALL, squares

from studio.cli import app
from studio.errors import BadInput
from studio.worlds.data.dataset import Dataset
from studio.worlds.evaluation.readers.network import Config, Reader
from studio.worlds.evaluation.readers.shelf import save_reader
from studio.worlds.evaluation.subjects import open_subjects
from studio.worlds.models.base import load_weights, model_class, to_float
from studio.worlds.training.further import Further, action_consistency, perceptual
from studio.worlds.training.presets import config_changes
from studio.worlds.training.train import train

torch.set_num_threads(1)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return squares(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A reader of squares: random weights, five actions."""
    path = tmp_path_factory.mktemp("reader") / "reader.safetensors"
    torch.manual_seed(0)
    save_reader(Reader(Config(32, 48, 5, 2, 8, 8, 8, 8)), path)
    return path


def some_pixels(data: Path) -> torch.Tensor:
    return to_float(Dataset(data, "train", 4).batch([0, 9, 30]).frames)


def test_perceptual_is_0_for_the_truth_and_grows_with_what_is_wrong(data: Path) -> None:
    torch.manual_seed(0)
    network, true = Reader.tiny().requires_grad_(False), some_pixels(data)[:, -1]
    little, much = (true + wrong * torch.linspace(-1, 1, 48) for wrong in (0.05, 0.5))
    assert perceptual(network, true, true) == 0
    assert 0 < perceptual(network, little, true) < perceptual(network, much, true)
    made = little.clone().requires_grad_()
    perceptual(network, made, true).backward()
    assert made.grad is not None and made.grad.abs().max() > 0
    assert all(p.grad is None for p in network.parameters())


def test_action_consistency_reads_made_frames_as_the_reader_reads_true_ones(data: Path) -> None:
    torch.manual_seed(0)
    network, batch = Reader.tiny().requires_grad_(False), Dataset(data, "train", 3).batch([0, 9, 30])
    pixels, acted = to_float(batch.frames), batch.actions[:, -1].clamp(max=3)
    made = pixels[:, 2].clone().requires_grad_()
    found = action_consistency(network, made, pixels[:, :2], acted)
    wanted = torch.nn.functional.cross_entropy(network(batch.frames).actions[:, -1], acted)
    assert found.item() == pytest.approx(wanted.item(), abs=1e-4)
    found.backward()
    assert made.grad is not None and made.grad.abs().max() > 0


@pytest.mark.parametrize("name", ["pixel_film", "autoencoder", "vqvae"])
def test_a_model_adds_what_it_is_told_to_and_nothing_else(name: str, data: Path) -> None:
    torch.manual_seed(0)
    cls = model_class(name)
    model = cls(cls.config_class(**{**vars(cls.tiny().config), "actions": 5}))
    batch, network = Dataset(data, "train", 4).batch([0, 40]), Reader(Config(32, 48, 5, 2, 8, 8, 8, 8))

    def told() -> dict[str, torch.Tensor]:
        return model.eval().losses(batch, torch.Generator().manual_seed(0), 0.0)

    plain, names = told(), set(model.state_dict())
    model.further = Further(network, 2.0, 0.5)
    both = told()
    wanted = 2 * both["perceptual"] + (0.5 * both["action_consistency"] if name == "pixel_film" else 0.0)
    assert both["further"].item() == pytest.approx(wanted.item(), rel=1e-5) and both["further"] > 0
    assert both["loss"].item() == pytest.approx((plain["loss"] + both["further"]).item(), rel=1e-5)
    assert set(model.state_dict()) == names and "further" not in plain


def rows(path: Path) -> list[dict[str, str]]:
    with path.open() as file:
        return list(csv.DictReader(file))


def test_a_training_logs_them_keeps_the_reader_by_hash_and_does_not_go_on_without(
    data: Path, reader: Path, tmp_path: Path
) -> None:
    more: dict[str, Any] = {"perceptual": 1.0, "action_consistency": 0.1, "reader": reader}
    path = train("pixel_film", data, tmp_path, **more, **SMALL)
    assert load_weights(path).config == load_weights(train("pixel_film", data, tmp_path / "b", **SMALL)).config
    log = rows(path.parent / "log.csv")
    assert all(float(row["perceptual"]) > 0 and float(row["action_consistency"]) > 0 for row in log)
    told = json.loads((path.parent / "settings.json").read_text())
    assert told["schedule"]["perceptual"] == 1 and len(told["reader"]) == 12
    with pytest.raises(BadInput, match="other settings or data"):
        train("pixel_film", data, tmp_path, **SMALL)
    other = tmp_path / "other.safetensors"
    torch.manual_seed(1)
    save_reader(Reader(Config(32, 48, 5, 2, 8, 8, 8, 8)), other)
    with pytest.raises(BadInput, match="other settings or data"):
        train("pixel_film", data, tmp_path, **{**more, "reader": other}, **SMALL)


def test_weights_say_what_they_learned_from_and_are_another_family(data: Path, reader: Path, tmp_path: Path) -> None:
    """Weights of one family are pooled in a column of `studio world eval`."""
    more: dict[str, Any] = {"": {}, "perceptual": {"perceptual": 1.0, "reader": reader}}
    one, other = (train("pixel_film", data, tmp_path / f"of {k}", **wish, **SMALL) for k, wish in more.items())
    found = open_subjects([str(one), str(other)], data)
    assert found[0].family() != found[1].family() and found[1].facts["perceptual"] == "1.0"


def test_weights_of_0_are_the_training_without(data: Path, tmp_path: Path) -> None:
    none = train("pixel_film", data, tmp_path / "none", **SMALL)
    zero = train("pixel_film", data, tmp_path / "zero", perceptual=0.0, action_consistency=0.0, **SMALL)
    assert none.read_bytes() == zero.read_bytes()


def test_wrong_wishes_are_named(data: Path, reader: Path, tmp_path: Path) -> None:
    def refused(message: str, name: str = "pixel_film", **wish: Any) -> None:
        with pytest.raises(BadInput, match=message):
            train(name, data, tmp_path, **wish, **SMALL)

    refused("vqvae has no loss action_consistency; it can be given: perceptual", "vqvae", action_consistency=0.1)
    refused("names 8 actions in 96x128 frames, the data has 5 in 32x48", action_consistency=0.1)
    refused("--reader is given and nothing looks through it", reader=reader)
    refused(r"perceptual: Input should be greater than or equal to 0", perceptual=-1.0)
    refused(r"perceptual: Input should be a finite number", perceptual=float("inf"))
    refused("no reader at ", perceptual=1.0, reader=tmp_path / "none.safetensors")
    refused("pixel_film cannot be built with these settings", config=["widths=[0,-3]"])
    refused("clips of 6 are too short", config=["past=9"])
    assert not (tmp_path / "pixel_film" / "weights.safetensors").exists()


def test_settings_are_changed_by_name_with_values_of_their_kind() -> None:
    assert config_changes("pixel_film", ["past=2", "widths=[16, 24]", "noise=0"]) == {
        **{"past": 2, "widths": (16, 24)},
        "noise": 0.0,
    }
    assert config_changes("autoencoder", ["variational=true"]) == {"variational": True}
    for word, message in (
        ("pasts=2", r"--set 'pasts=2' cannot be used; write FIELD=VALUE, with a field of pixel_film: past, widths"),
        ("past", r"--set 'past' cannot be used"),
        ("height=64", r"--set 'height=64' cannot be used"),
        ("past=many", r"--set 'past=many': Input should be a valid integer"),
        ("widths=[1]", r"--set 'widths=\[1\]': Field required"),
    ):
        with pytest.raises(BadInput, match=message):
            config_changes("pixel_film", [word])


def test_both_are_options_of_the_command_line(
    data: Path, reader: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STUDIO_WORKSPACE", str(tmp_path))
    words = [
        "world",
        "train",
        "pixel_film",
        "--data",
        str(data),
        "--out",
        str(tmp_path),
        "--steps",
        "1",
        "--batch",
        "2",
    ]
    further = ["--perceptual", "1", "--action-consistency", "0.1", "--reader", str(reader), "--set", "past=2"]
    told = CliRunner().invoke(app, [*words, *further], catch_exceptions=False)
    assert told.exit_code == 0 and load_weights(Path(told.stdout.strip())).config.past == 2
