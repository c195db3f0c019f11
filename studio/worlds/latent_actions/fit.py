"""Learning latent actions from footage without actions, and reading them in it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from studio.errors import BadInput
from studio.publish import publish_bytes
from studio.worlds.data.dataset import Dataset
from studio.worlds.latent_actions.network import Config, LatentActions, losses
from studio.worlds.training.small import Plan, fit_small

RATE = 4e-3
LENGTH = 5
"""Frames of a training window."""
AT_ONCE = 64
Say = Callable[[str], None]


class Frames:
    """Windows of frames alone."""

    def __init__(self, folder: Path, split: str) -> None:
        self.data = Dataset(folder, split, LENGTH)

    def __len__(self) -> int:
        return len(self.data)

    def batch(self, windows: Sequence[int]) -> Tensor:
        """uint8 [B, 5, H, W, 3]."""
        return self.data.batch(windows).frames


def fit_latent_actions(
    data: Path,
    folder: Path,
    steps: int = 800,
    seed: int = 0,
    config: Config | None = None,
    save_every: int = 100,
    say: Say = lambda line: None,
) -> LatentActions:
    """Learn from the train split of ``data``; the model is kept in ``folder`` and the same call goes on from there.

    Raises BadInput where the footage is too short or ``folder`` holds a model of other footage.
    """
    path = folder / "latent_actions.safetensors"
    train, val = Frames(data, "train"), Frames(data, "val")
    manifest = train.data.manifest
    torch.manual_seed(seed)
    network = LatentActions(config or Config(manifest.height, manifest.width))
    parts = [repr(network.config), str(steps), str(seed), *(shard.sha256 for shard in train.data.shards)]
    identity = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    if path.is_file():
        return load_latent_actions(path, identity)
    plan = Plan(steps, rate=RATE, seed=seed, save_every=save_every)
    fitted = fit_small(network, losses, train, val, folder, identity, plan, say)
    meta = {"config": dataclasses.asdict(network.config), "identity": identity}
    weights = {name: value.contiguous() for name, value in fitted.state_dict().items()}
    publish_bytes(path, save(weights, {"latent_actions": json.dumps(meta)}))
    return fitted.eval()


def load_latent_actions(path: Path, identity: str = "") -> LatentActions:
    """Raises BadInput where the file is missing, damaged, or of another fit than ``identity`` says."""
    if not path.is_file():
        raise BadInput(f"no latent action model at {path}; learn one with `studio world label`")
    try:
        with safe_open(path, "pt") as file:
            meta = json.loads((file.metadata() or {}).get("latent_actions", "{}"))
            weights = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise BadInput(f"{path} is damaged ({error}); remove it to learn it again") from None
    if "config" not in meta:
        raise BadInput(f"{path} holds no latent action model: its header names none")
    if identity and meta["identity"] != identity:
        raise BadInput(f"{path} was learned from other footage or settings; choose another --model")
    levels = tuple(meta["config"].pop("levels"))
    network = LatentActions(Config(levels=levels, **meta["config"]))
    network.load_state_dict(weights)
    return network.eval()


@torch.no_grad()
def latent_actions(network: LatentActions, frames: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(vectors float32 [T-1, levels], codes int64 [T-1]) of the steps of uint8 ``frames`` [T, H, W, 3], T ≥ 2."""
    vectors, codes = [], []
    for start in range(0, len(frames) - 1, AT_ONCE):
        found = network.vectors(torch.from_numpy(np.ascontiguousarray(frames[start : start + AT_ONCE + 1]))[None])
        vectors.append(found[0][0].numpy())
        codes.append(found[1][0].numpy())
    return np.concatenate(vectors), np.concatenate(codes)
