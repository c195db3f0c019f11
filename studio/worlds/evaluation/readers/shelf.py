"""Where the reader's weights lie, and how they are opened: float16 in one safetensors file, settings inside."""

from __future__ import annotations

import dataclasses
import json
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from studio.errors import BadInput
from studio.publish import publish_bytes
from studio.worlds.evaluation.readers.network import Config, Reader

FIT = "fit one with `python -m studio.worlds.evaluation.readers fit DATA --out FOLDER`"


def shipped() -> Path:
    """Folder of the reader that comes with Studio: ``reader.safetensors``, what is real to it
    (``real.safetensors``), the log of its fit."""
    return Path(str(files("studio.worlds.evaluation"))) / "weights"


def save_reader(reader: Reader, path: Path, **facts: int | str) -> None:
    """Publish the weights as float16."""
    meta = {"config": dataclasses.asdict(reader.config), **facts}
    tensors = {name: value.half().contiguous() for name, value in reader.state_dict().items()}
    publish_bytes(path, save(tensors, {"reader": json.dumps(meta)}))


def load_reader(path: Path) -> Reader:
    """The reader in ``path``, ready to read in float32. Raises BadInput where it is missing, damaged or of another
    kind."""
    if not path.is_file():
        raise BadInput(f"no reader at {path}; {FIT}")
    try:
        with safe_open(path, "pt") as file:
            meta = json.loads((file.metadata() or {}).get("reader", "{}"))
            weights = {key: file.get_tensor(key).float() for key in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise BadInput(f"{path} is damaged ({error}); copy it again, or {FIT}") from None
    if "config" not in meta:
        raise BadInput(f"{path} holds no reader: its header names none; {FIT}")
    with torch.random.fork_rng():
        reader = Reader(Config(**meta["config"]))
    try:
        reader.load_state_dict(weights)
    except RuntimeError:
        raise BadInput(f"{path} does not fit this reader's network; {FIT}") from None
    return reader.eval().requires_grad_(False)


@lru_cache(maxsize=1)
def shipped_reader() -> Reader:
    """The reader that comes with Studio. Raises BadInput where it is missing."""
    return load_reader(shipped() / "reader.safetensors")
