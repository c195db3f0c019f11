"""Everything that a training needs to go on as if nothing had happened, in one safetensors file.

Random numbers are no part of it: each step draws from generators that are seeded by the run's seed and the step
(`step_generator`, `step_windows`), so the step's number is their whole state.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from studio.errors import BadInput
from studio.publish import crash_point, publish_bytes

CHECKPOINT = "checkpoint.safetensors"
"""Its name in a run's folder."""


def step_generator(seed: int, step: int) -> torch.Generator:
    """Of all noise in one step."""
    return torch.Generator().manual_seed(
        int(np.random.SeedSequence([seed, step, 1]).generate_state(1, np.uint64)[0] >> 1)
    )


def step_windows(seed: int, step: int, windows: int, batch: int) -> list[int]:
    """Which windows of the data one step sees."""
    return np.random.default_rng([seed, step, 0]).integers(0, windows, batch).tolist()


def save_checkpoint(
    path: Path, step: int, model: nn.Module, average: nn.Module, optimizer: torch.optim.Optimizer, identity: str
) -> None:
    """Publish the state after ``step`` steps; ``identity`` says of which training."""
    held = {f"model/{k}": v for k, v in model.state_dict().items()}
    held |= {f"average/{k}": v for k, v in average.state_dict().items()}
    for index, state in optimizer.state_dict()["state"].items():
        held |= {f"optimizer/{index}/{k}": torch.as_tensor(v) for k, v in state.items()}
    tensors = {k: v.detach().cpu().contiguous().clone() for k, v in held.items()}
    publish_bytes(path, save(tensors, {"training": f"{identity} {step}"}))  # one text: several come in any order
    crash_point("checkpoint-saved")


def check_checkpoint(path: Path, identity: str, refused: Mapping[str, str] | None = None) -> int:
    """The step after which ``path`` was saved. Raises BadInput where the file is damaged or of another training;
    ``refused`` tells of trainings by their identity what they are."""
    try:
        with safe_open(path, "pt") as file:
            held, _, step = (file.metadata() or {}).get("training", "").partition(" ")
    except SafetensorError as error:
        raise BadInput(f"{path} is damaged ({error}); remove it to train from the start") from None
    if held != identity:
        what = "a training with other settings or data; choose another --out"
        raise BadInput(f"{path.parent} holds {(refused or {}).get(held, what)}")
    return int(step)


def load_checkpoint(
    path: Path, model: nn.Module, average: nn.Module, optimizer: torch.optim.Optimizer, identity: str
) -> int:
    """Put everything back; gives the step. Raises BadInput as `check_checkpoint` does."""
    step = check_checkpoint(path, identity)
    with safe_open(path, "pt") as file:
        tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    model.load_state_dict(_under(tensors, "model/"))
    average.load_state_dict(_under(tensors, "average/"))
    state: dict[int, dict[str, Any]] = {}
    for key, value in _under(tensors, "optimizer/").items():
        index, name = key.split("/")
        state.setdefault(int(index), {})[name] = value
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
    return step


def _under(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
