"""Checkpoints that come as pickles: read once without running code in them, and kept beside it as safetensors."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from studio.errors import BadInput
from studio.publish import publish_path

if TYPE_CHECKING:
    import torch

State = dict[str, "torch.Tensor"]
CONVERTED = ".converted.safetensors"
"""How the name of a conversion ends, after the pickle's."""


def tensors(checkpoint: Path, converted: Callable[[State], State]) -> State:
    """What ``converted`` makes of a checkpoint: of a ``.safetensors``, or of a pickle, which is converted once.

    The conversion lies beside the pickle and is made again when that changes; where nothing can be written there, the
    pickle is read each time. Raises BadInput where the file is not a plain dictionary of tensors.
    """
    from safetensors import SafetensorError, safe_open
    from safetensors.torch import save_file

    ours = checkpoint.name.endswith(CONVERTED)
    kept = checkpoint if checkpoint.suffix == ".safetensors" else checkpoint.with_suffix(CONVERTED)
    state = checkpoint.stat()
    mark = json.dumps([state.st_size, state.st_mtime_ns])
    if kept.is_file():
        with safe_open(kept, "pt") as file:
            if kept == checkpoint or (file.metadata() or {}).get("converted_from") == mark:
                found = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
                return found if ours or kept != checkpoint else converted(found)
    made = {name: value.contiguous() for name, value in converted(_unpickled(checkpoint)).items()}
    temporary = kept.with_name(f".{kept.name}.{os.getpid()}.tmp")
    try:
        save_file(made, temporary, {"converted_from": mark})
        publish_path(temporary, kept)
    except (OSError, SafetensorError):
        temporary.unlink(missing_ok=True)  # a read-only folder: the pickle is read again next time
    return made


def _unpickled(path: Path) -> State:
    import pickle

    import torch

    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError) as error:
        raise BadInput(f"{path} does not load as weights alone: {str(error).splitlines()[0]}") from None
    found = found.get("state_dict", found) if isinstance(found, dict) else found
    if not isinstance(found, dict) or not all(isinstance(value, torch.Tensor) for value in found.values()):
        raise BadInput(f"{path} is not a dictionary of tensors")
    return found
