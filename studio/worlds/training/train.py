"""`studio world train`: from a data set to weights; a codec that is wanted and not there is trained first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import torch

from studio.errors import BadInput
from studio.worlds.data.dataset import Dataset
from studio.worlds.data.several import Datasets, open_datasets
from studio.worlds.models._latent import LatentWorldModel
from studio.worlds.models.base import (
    Codec,
    Trainable,
    WorldModel,
    build,
    load_weights,
    model_class,
    save_weights,
    sized,
)
from studio.worlds.training.further import open_further
from studio.worlds.training.latents import LatentDataset
from studio.worlds.training.loop import Footage, Say, Training
from studio.worlds.training.origin import Origin, write_settings
from studio.worlds.training.precision import effective, training_device
from studio.worlds.training.presets import FURTHER, config_changes, schedule_of

Frames = Dataset | Datasets
SHOWN = 24
"""Frames of the clips that are looked at: 8 to begin from and 16 to dream, where the data has them."""


def train(
    name: str,
    data: Path | Sequence[Path],
    out: Path,
    preset: str = "debug",
    seed: int = 0,
    codec: Path | None = None,
    skip_damaged: bool = False,
    threads: int = 0,
    say: Say = lambda line: None,
    start: Path | None = None,
    size: str = "",
    config: Sequence[str] = (),
    reader: Path | None = None,
    mover: Path | None = None,
    **changes: Any,
) -> Path:
    """Train ``name`` in ``out/name``, or go on where it stopped; gives the path of its weights.

    ``data``: one data set, or several that are read as one. ``codec``: weights of the codec of a latent model (default:
    ``out/autoencoder``, trained first where it is not there). ``start``: weights of the same model to begin from.
    ``size``: one of the model's sizes, instead of the preset's. ``config``: more of its settings, as ``FIELD=VALUE``.
    ``reader``: what losses of made frames look through. ``mover``: weights of what a latent_flow corrects (advection or
    pixel_film; none: what motion alone makes). ``changes``: fields of the schedule. ``threads`` 0: torch's own
    number. Raises BadInput and Diverged.
    """
    asked = schedule_of(preset, name, **changes)
    schedule = asked.model_copy(update={"precision": effective(asked.precision, training_device(), say)})
    folder = out / name
    if threads:
        torch.set_num_threads(threads)
    folders = [data] if isinstance(data, Path) else list(data)
    sets = {s: open_datasets(folders, s, schedule.length, skip_damaged, say) for s in ("train", "val")}
    shape = _shape(sets["train"])
    settings: dict[str, Any] = {**shape, **schedule.config, **sized(name, size)} | config_changes(name, config)
    further = open_further(name, schedule, settings, reader)
    carried: dict[str, Any] = {}
    if model_class(name).reads == "latents":
        codec = codec or _codec(model_class(name).wants, folders, out, preset, seed, skip_damaged, say)
        carried["codec"] = load_weights(codec)
        settings |= _codec_settings(carried["codec"], shape)
    if mover is not None:
        carried["mover"] = _mover(name, mover, shape)
        settings |= {"mover": carried["mover"].name, "mover_config": _carried_config(carried["mover"])}
    torch.manual_seed(seed)
    model = _begun(name, settings, carried, start)
    footage = _footage(sets, folders, model, out / ".latents", schedule.precision, say)
    origin = Origin(model, schedule, sets["train"].shards, list(carried.values()), seed, start, further)
    origin.refuse_other(folder)
    write_settings(folder, preset, origin, settings, asked.precision)
    trained = Training(model, footage, schedule, seed, folder, origin.identity, further).run(say)
    facts = {"preset": preset, "steps": str(schedule.steps), "seed": str(seed)}
    facts |= {loss: str(getattr(schedule, loss)) for loss in FURTHER if getattr(schedule, loss)}
    return _finished(trained, sets["train"], folder / "weights.safetensors", facts, say)


def _begun(name: str, settings: dict[str, Any], carried: dict[str, Any], start: Path | None) -> Trainable:
    """The model with what it carries, and the weights that it begins from."""
    model: Any = _built(name, settings)
    if isinstance(model, LatentWorldModel):
        model.adopt(carried["codec"])
    if "mover" in carried:
        model.mover.load_state_dict(carried["mover"].state_dict())
    if start is not None:
        _begin_from(model, start)
    begun: Trainable = model
    return begun


def _finished(trained: Trainable, frames: Frames, path: Path, facts: dict[str, str], say: Say) -> Path:
    """Keep the weights of a training that came to its end."""
    if isinstance(trained, Codec):
        measure_latents(trained, frames)
    if isinstance(trained, WorldModel) and isinstance(frames, Datasets):
        trained.games = frames.games
    save_weights(trained.cpu(), path, **facts)
    say(f"{trained.name}: {path} ({path.stat().st_size / 1e6:.1f} MB)")
    return path


def _built(name: str, settings: dict[str, Any]) -> Trainable:
    try:
        return build(name, settings)
    except (ValueError, TypeError, RuntimeError, ArithmeticError, IndexError, AssertionError) as error:
        raise BadInput(f"{name} cannot be built with these settings ({error}); look at --set and --preset") from None


def _shape(frames: Frames) -> dict[str, int]:
    manifest = frames.manifest
    return {"height": manifest.height, "width": manifest.width, "actions": max(1, len(manifest.action_names))}


def _codec(name: str, data: Sequence[Path], out: Path, preset: str, seed: int, skip_damaged: bool, say: Say) -> Path:
    path = out / name / "weights.safetensors"
    if not path.is_file():
        say(f"no codec at {path}: {name} is trained first")
        train(name, data, out, preset, seed, skip_damaged=skip_damaged, say=say)
    return path


def _codec_settings(codec: Trainable, shape: dict[str, int]) -> dict[str, Any]:
    if not isinstance(codec, Codec):
        raise BadInput(f"--codec names weights of {codec.name}, which is no codec (autoencoder, vqvae)")
    if (codec.config.height, codec.config.width) != (shape["height"], shape["width"]):
        raise BadInput(f"the codec is for other frames than the data's {shape['height']}x{shape['width']}")
    return {"codec": codec.name, "codec_config": _carried_config(codec)}


def _carried_config(model: Trainable) -> dict[str, Any]:
    """Settings of a network that another one carries, but for those that are its carrier's."""
    return {k: v for k, v in asdict(model.config).items() if k not in ("height", "width", "actions")}


def _mover(name: str, weights: Path, shape: dict[str, int]) -> Any:
    """The network of ``weights``, for a ``name`` that corrects it. Raises BadInput where either is another one."""
    if "mover" not in {field.name for field in fields(model_class(name).config_class)}:
        raise BadInput(f"--mover is for models that correct what it makes (latent_flow), not for {name}")
    mover = load_weights(weights)
    if not hasattr(mover, "moved"):
        raise BadInput(
            f"--mover names weights of {mover.name}, which moves nothing; train an advection or a pixel_film"
        )
    for field, wanted in shape.items():
        if (found := getattr(mover.config, field)) != wanted:
            raise BadInput(f"--mover {weights} has {field} {found}; the data have {wanted}")
    return mover


def _footage(
    sets: dict[str, Frames], data: Sequence[Path], model: Trainable, cache: Path, precision: str, say: Say
) -> Footage:
    longest = max(e.frames for shard in sets["val"].shards for e in shard.episodes)
    length = min(SHOWN, longest)
    shown = open_datasets(data, "val", length, True)
    if not isinstance(model, LatentWorldModel):
        return Footage(sets["train"], sets["val"], shown, max(1, length // 3))
    codec = model.codec.to(training_device())
    mover = getattr(model, "mover", None)
    if mover is not None:
        mover.to(training_device())
    read = {s: LatentDataset(frames, codec, cache, say, precision, model.carries, mover) for s, frames in sets.items()}
    return Footage(read["train"], read["val"], shown, max(1, length // 3))


def _begin_from(model: Trainable, start: Path) -> None:
    """Take over weights; a latent model's codec must be the one that it is given, its mover is the one it is given."""
    other = load_weights(start)
    mine = model.state_dict()
    moves = {k: v for k, v in mine.items() if k.startswith("mover.")}
    theirs = {k: v for k, v in other.state_dict().items() if not k.startswith("mover.")} | moves
    if other.name != model.name or {k: v.shape for k, v in theirs.items()} != {k: v.shape for k, v in mine.items()}:
        raise BadInput(f"--start {start} holds {other.name} of other settings; train it with the same preset")
    codec = {k: v for k, v in mine.items() if k.startswith("codec.")}
    if not all(torch.allclose(theirs[k], v, rtol=2e-3, atol=1e-5) for k, v in codec.items()):  # float16 is shipped
        raise BadInput(f"--start {start} was trained on another codec; give that one as --codec")
    model.load_state_dict(theirs | codec)


@torch.no_grad()
def measure_latents(codec: Codec, frames: Frames, count: int = 512) -> None:
    """Set a codec's ``latent_mean`` and ``latent_std`` from frames spread over the data."""
    device = codec.latent_mean.device
    windows = [i * len(frames) // count for i in range(count)]
    parts = []
    for start in range(0, count, 32):
        batch = frames.batch(windows[start : start + 32])
        parts.append(codec.encode(batch.frames[:, 0].to(device)).float())
    latents = torch.cat(parts)
    codec.latent_mean.copy_(latents.mean((0, 2, 3)))
    codec.latent_std.copy_(latents.std((0, 2, 3)).clamp(min=1e-4))
