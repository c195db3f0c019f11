"""Training: the same bits with and without interruptions, clear errors, logs that tell each step once."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from lab import slow
from safetensors.torch import load_file, save_file
from typer.testing import CliRunner

from studio.cli import app
from studio.errors import BadInput
from studio.worlds.data.dataset import Batch
from studio.worlds.data.manifest import Manifest
from studio.worlds.data.shards import Footage
from studio.worlds.models.base import load_weights, model_class, save_weights
from studio.worlds.shelf import UNTRAINED
from studio.worlds.training.checks import action_gap
from studio.worlds.training.loop import Diverged, rate_at
from studio.worlds.training.presets import preset_names, schedule_of
from studio.worlds.training.train import train

torch.set_num_threads(1)
SMALL = {"batch": 2, "steps": 6, "save_every": 2, "check_every": 3, "log_every": 1}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A square that the action moves, 32×48, five actions."""
    folder, rng = tmp_path_factory.mktemp("data"), np.random.default_rng(0)
    manifest = Manifest(recipe={"square": 1}, height=32, width=48, fps=10, action_names=["stay", *"lrud"])
    for split in ("train", "val"):
        footage = Footage()
        for level in range(3):
            x, y = 16, 12
            for action in rng.integers(0, 5, 30).tolist():
                frame = np.full((32, 48, 3), 90, np.uint8)
                frame[y : y + 8, x : x + 8] = (220, 60, 50)
                footage.append(frame)
                footage.acted(action, 0.0)
                x = min(40, max(0, x + 4 * ((action == 2) - (action == 1))))
                y = min(24, max(0, y + 4 * ((action == 4) - (action == 3))))
            footage.cut(level)
        manifest.shards.append(footage.publish(folder, f"{split}-00000.safetensors", split))
    manifest.save(folder)
    return folder


def weights(out: Path, model: str) -> bytes:
    return (out / model / "weights.safetensors").read_bytes()


@pytest.mark.parametrize(
    "model", ["pixel_film", "latent_flow", *slow("autoencoder", "latent_det", "vqvae", "vq_mamba")]
)
def test_debug_trains_every_model_and_leaves_logs_strips_and_weights(model: str, data: Path, tmp_path: Path) -> None:
    said: list[str] = []
    path = train(model, data, tmp_path, "debug", say=said.append, **SMALL)
    assert load_weights(path).name == model
    folder = path.parent
    with (folder / "log.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [int(row["step"]) for row in rows] == [1, 2, 3, 4, 5, 6]
    assert all(float(row["loss"]) > 0 and float(row["gradient"]) >= 0 for row in rows)
    assert [p.name for p in sorted((folder / "samples").iterdir())] == ["step-000003.png", "step-000006.png"]
    assert list((folder / "tensorboard").iterdir()) and (folder / "settings.json").is_file()
    if codec := {"latent_det": "autoencoder", "latent_flow": "autoencoder", "vq_mamba": "vqvae"}.get(model):
        assert said[0].endswith(f"{codec} is trained first") and (tmp_path / codec / "weights.safetensors").is_file()


@pytest.mark.parametrize(
    ("model", "kill"),
    [
        ("pixel_film", "after-rename:3"),
        pytest.param("latent_flow", "checkpoint-saved:2", marks=pytest.mark.slow),
        pytest.param("latent_flow", "checkpoint-saved:1", marks=pytest.mark.slow),
        pytest.param("latent_flow", "before-rename:6", marks=pytest.mark.slow),
        pytest.param("vqvae", "checkpoint-saved:2", marks=pytest.mark.slow),
    ],
)
def test_a_training_that_is_killed_ends_with_the_same_bits(
    model: str, kill: str, data: Path, tmp_path: Path, codec: Path
) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    train(model, data, whole, "debug", codec=codec, threads=1, **SMALL)
    code = (
        "from pathlib import Path; from studio.worlds.training.train import train; "
        f"train({model!r}, Path({str(data)!r}), Path({str(killed)!r}), codec=Path({str(codec)!r}), threads=1, "
        f"**{SMALL})"
    )
    died = subprocess.run([sys.executable, "-c", code], env={**os.environ, "STUDIO_CRASH_AT": kill})
    assert died.returncode == -9
    assert not (killed / model / "weights.safetensors").exists()
    train(model, data, killed, "debug", codec=codec, threads=1, **SMALL)
    assert weights(killed, model) == weights(whole, model)
    assert (killed / model / "checkpoint.safetensors").read_bytes() == (
        whole / model / "checkpoint.safetensors"
    ).read_bytes()
    with (killed / model / "log.csv").open() as file:
        assert [int(row["step"]) for row in csv.DictReader(file)] == [1, 2, 3, 4, 5, 6]


@pytest.fixture(scope="module")
def codec(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train("autoencoder", data, tmp_path_factory.mktemp("codec"), "debug", threads=1, **SMALL)


def test_another_seed_gives_other_weights(data: Path, tmp_path: Path) -> None:
    first, second = (train("pixel_film", data, tmp_path / str(s), "debug", seed=s, **SMALL) for s in (1, 2))
    assert first.read_bytes() != second.read_bytes()


def test_other_settings_do_not_go_on_from_a_checkpoint(data: Path, tmp_path: Path) -> None:
    train("pixel_film", data, tmp_path, "debug", **SMALL)
    with pytest.raises(BadInput, match="holds a training with other settings or data; choose another --out"):
        train("pixel_film", data, tmp_path, "debug", **{**SMALL, "rate": 0.5})
    checkpoint = tmp_path / "pixel_film" / "checkpoint.safetensors"
    checkpoint.write_bytes(checkpoint.read_bytes()[:100])
    with pytest.raises(BadInput, match=r"is damaged .*; remove it to train from the start"):
        train("pixel_film", data, tmp_path, "debug", **SMALL)


def test_a_loss_that_is_no_number_stops_with_the_step_and_the_remedy(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cls = model_class("pixel_film")
    right = cls.losses

    def poisoned(self: object, batch: Batch, generator: torch.Generator, progress: float) -> dict[str, torch.Tensor]:
        told = right(self, batch, generator, progress)
        return {**told, "loss": told["loss"] * (float("nan") if progress >= 0.5 else 1)}

    monkeypatch.setattr(cls, "losses", poisoned)
    with pytest.raises(Diverged, match=r"pixel_film diverged at step 4: loss nan.*the last checkpoint is .*--rate"):
        train("pixel_film", data, tmp_path, "debug", **SMALL)
    held = load_file(tmp_path / "pixel_film" / "checkpoint.safetensors")
    assert all(torch.isfinite(value).all() for value in held.values())


def test_the_gap_is_large_where_actions_matter_and_none_where_they_do_not() -> None:
    class Told(model_class("pixel_film")):  # type: ignore[misc]
        def losses(self, batch: Batch, generator: torch.Generator, progress: float) -> dict[str, torch.Tensor]:
            return {"loss": (batch.actions - batch.frames[:, 1:, 0, 0, 0]).abs().float().mean() + 0.1}

    model = Told(model_class("pixel_film").tiny().config)
    actions = torch.randint(0, 4, (8, 5), generator=torch.Generator().manual_seed(0))
    frames = torch.zeros(8, 6, 32, 48, 3, dtype=torch.uint8)
    frames[:, 1:] = actions[:, :, None, None, None].to(torch.uint8)
    assert action_gap(model, Batch(frames, actions), 0) > 1
    assert action_gap(model, Batch(frames, torch.zeros_like(actions)), 0) == 0


@pytest.mark.slow
def test_the_flow_learns_that_actions_move_the_square(data: Path, tmp_path: Path) -> None:
    path = train("latent_flow", data, tmp_path, "debug", threads=1, steps=600)
    with (path.parent / "checks.csv").open() as file:
        last = list(csv.DictReader(file))[-1]
    assert float(last["action_gap"]) > 0.5 and float(last["psnr_8"]) > float(last["copy_last_8"])


def test_the_rate_rises_then_falls_to_a_tenth() -> None:
    schedule = schedule_of("debug", "pixel_film", steps=100, warm_up=9, rate=1.0)
    assert rate_at(schedule, 0) == pytest.approx(0.1)
    assert max(rate_at(schedule, s) for s in range(100)) > 0.95
    assert rate_at(schedule, 99) == pytest.approx(0.1, abs=0.01)


def test_every_preset_has_every_trained_model_with_settings_that_build() -> None:
    from studio.worlds.models.base import build

    models = ("autoencoder", "vqvae", "pixel_film", "latent_det", "latent_flow", "vq_mamba")
    some = {"wide": ("autoencoder", "latent_flow"), "variational": ("autoencoder",), "dreamt": ("latent_flow",)}
    for preset in preset_names():
        for model in some.get(preset, models):
            made = build(model, schedule_of(preset, model).config)
            assert made.name == model and sum(p.numel() for p in made.parameters()) > 0


def test_bad_wishes_are_refused_by_name(data: Path, tmp_path: Path, codec: Path) -> None:
    for call, message in (
        (lambda: schedule_of("huge", "vqvae"), "unknown preset 'huge'; choose from: debug, cpu-hour, base"),
        (lambda: schedule_of("debug", "copy_last"), "copy_last is not trained; choose from: autoencoder"),
        (lambda: schedule_of("debug", "vqvae", rate=-1), "debug.vqvae: rate: "),
        (lambda: train("latent_det", data, tmp_path, codec=tmp_path / "no.st"), "no weights at "),
    ):
        with pytest.raises(BadInput, match=message):
            call()
    other = tmp_path / "film.safetensors"
    save_weights(model_class("pixel_film").tiny(), other)
    with pytest.raises(BadInput, match="names weights of pixel_film, which is no codec"):
        train("latent_det", data, tmp_path, codec=other)
    cls = model_class("autoencoder")
    save_weights(cls(cls.config_class(64, 64, 5)), other)
    with pytest.raises(BadInput, match="the codec is for other frames than the data's 32x48"):
        train("latent_det", data, tmp_path, codec=other)


def test_training_goes_on_from_weights_of_the_same_model_only(data: Path, tmp_path: Path, codec: Path) -> None:
    first = train("autoencoder", data, tmp_path / "first", seed=1, **SMALL)
    more = train("autoencoder", data, tmp_path / "more", start=first, **{**SMALL, "steps": 1, "rate": 1e-9, "ema": 0.0})
    was, now = load_file(first), load_file(more)
    assert all(torch.allclose(was[k], now[k], atol=1e-6) for k in was if not k.startswith("latent_"))
    with pytest.raises(BadInput, match="holds autoencoder of other settings"):
        train("vqvae", data, tmp_path / "other", start=first, **SMALL)
    flow = train("latent_flow", data, tmp_path / "flow", codec=codec, **SMALL)
    with pytest.raises(BadInput, match="was trained on another codec"):
        train("latent_flow", data, tmp_path / "flows", codec=first, start=flow, **SMALL)


def test_what_is_kept_of_motion_is_what_each_window_has(data: Path, tmp_path: Path, codec: Path) -> None:
    """Shards are read in parts; a window over two of them knows no seam."""
    from studio.worlds.data.dataset import Dataset
    from studio.worlds.models._motion import carried_clip
    from studio.worlds.training.latents import AT_ONCE, LatentDataset

    model = load_weights(codec)
    kept = LatentDataset(Dataset(data, "train", 6), model, tmp_path, carried=True)
    places = [kept.frames.place(n)[1] for n in range(len(kept))]
    across = next(n for n, start in enumerate(places) if start < AT_ONCE <= start + 3)
    batch = kept.batch([0, across])
    assert batch.carried is not None and batch.latents is not None
    for latents, carried in zip(batch.latents.float(), batch.carried.float(), strict=True):
        assert torch.allclose(carried[2:], carried_clip(model, latents)[2:], atol=0.01)


def test_damaged_shards_stop_training_unless_they_are_passed_over(data: Path, tmp_path: Path) -> None:
    copied = tmp_path / "data"
    copied.mkdir()
    for file in data.iterdir():
        (copied / file.name).write_bytes(file.read_bytes())
    save_file({"x": torch.zeros(1)}, copied / "train-00000.safetensors")
    with pytest.raises(BadInput, match=r"train-00000\.safetensors has \d+ bytes instead of \d+"):
        train("pixel_film", copied, tmp_path, **SMALL)
    with pytest.raises(BadInput, match="record more"):
        train("pixel_film", copied, tmp_path, skip_damaged=True, **SMALL)


# --- the command line


def test_record_and_train_from_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUDIO_WORKSPACE", str(tmp_path))
    runner = CliRunner()
    size = ["--episodes", "2", "--val", "1", "--test", "0", "--steps", "20", "--policy", "sticky"]
    told = runner.invoke(app, ["world", "record", *size], catch_exceptions=False)
    assert told.exit_code == 0 and "63 frames in 2 shards" in told.stdout
    told = runner.invoke(app, ["world", "train", "pixel_film", "--steps", "2", "--batch", "2"], catch_exceptions=False)
    assert told.exit_code == 0
    path = tmp_path / "runs" / ".worlds" / "models" / "debug" / "pixel_film" / "weights.safetensors"
    assert told.stdout.strip() == str(path) and path.is_file()


def test_models_lists_every_file(tmp_path: Path) -> None:
    import json

    from studio.plugins import names

    told = CliRunner().invoke(app, ["world", "models", "--json"], catch_exceptions=False)
    rows = json.loads(told.stdout)
    assert list(dict.fromkeys(row["model"].partition(":")[0] for row in rows)) == names("worlds.models")
    assert all(row["parameters"] > 0 for row in rows if row["model"] not in UNTRAINED)


def test_a_model_that_comes_in_sizes_is_trained_in_the_one_that_is_named(data: Path, tmp_path: Path) -> None:
    from studio.worlds.models.base import sized

    assert [*model_class("vq_mamba").sizes] == ["tiny", "base", "large"] and sized("vq_mamba", "base") == {}
    with pytest.raises(BadInput, match="vq_mamba has no size 'huge'; choose from: tiny, base, large"):
        train("vq_mamba", data, tmp_path, size="huge", **SMALL)
    with pytest.raises(BadInput, match="pixel_film has no size 'large'; choose from: none, it has one"):
        train("pixel_film", data, tmp_path, size="large", **SMALL)


def test_what_ships_is_half_as_large_and_says_what_made_it(data: Path, tmp_path: Path, codec: Path) -> None:
    import json

    from studio.worlds.training import ship as shipping

    run = train("latent_flow", data, tmp_path / "run", codec=codec, seed=3, **SMALL).parent
    path = shipping.ship(run, tmp_path / "shipped")
    whole, half = load_file(run / "weights.safetensors"), load_file(path)
    assert path.stat().st_size < 0.6 * (run / "weights.safetensors").stat().st_size
    assert all(torch.allclose(whole[k].float(), half[k].float(), atol=2e-3, rtol=2e-3) for k in whole)
    assert load_weights(path).config == load_weights(run / "weights.safetensors").config
    told = json.loads(path.with_suffix(".json").read_text())
    assert (told["model"], told["seed"], told["schedule"]["steps"]) == ("latent_flow", 3, 6)
    assert "psnr_1" in path.with_suffix(".csv").read_text()
    played = load_weights(shipping.ship(run, tmp_path / "shipped", {"steps": 2, "temperature": 0}))
    assert (played.steps, played.temperature) == (2, 0)
    with pytest.raises(BadInput, match="no weights at"):
        shipping.ship(tmp_path, tmp_path / "shipped")
    with pytest.raises(BadInput, match="3 steps cannot be sampled"):
        shipping.ship(run, tmp_path / "shipped", {"steps": 3})
    assert shipping.main([]) == 2 and shipping.main([str(run), "steps"]) == 2
