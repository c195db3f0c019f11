"""What backbones of all libraries share: where they run, and the checks that nothing of them was made up."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from studio.errors import BadInput

if TYPE_CHECKING:
    import torch


def device() -> str:
    """``cuda`` where there is one."""
    import torch

    if not torch.cuda.is_available():
        return "cpu"
    # Sums in one order on a GPU too: without it, torch's deterministic mode refuses to multiply matrices.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    return "cuda"


def tensor(pictures: np.ndarray, mean: tuple[float, ...], std: tuple[float, ...], where: Any) -> torch.Tensor:
    """uint8 RGB ``(n, s, s, 3)`` -> normalised float ``(n, 3, s, s)`` on a device."""
    import torch

    x = torch.tensor(np.ascontiguousarray(pictures)).to(where).permute(0, 3, 1, 2).float() / 255
    centre, spread = (torch.tensor(v, device=where).view(1, 3, 1, 1) for v in (mean, std))
    return (x - centre) / spread


def from_folder(kind: Any, folder: Path, **options: Any) -> Any:
    """A transformers model from a folder, ready to judge. Weights come from safetensors, and all of them.

    Raises BadInput where a weight is missing: transformers would fill it with random numbers.
    """
    from transformers.utils import logging

    logging.disable_progress_bar()
    if not any(folder.glob("*.safetensors")):
        raise BadInput(f"{folder} holds no .safetensors; other formats are not read: convert them first")
    try:
        model, told = kind.from_pretrained(
            str(folder), local_files_only=True, use_safetensors=True, output_loading_info=True, **options
        )
    except (OSError, ValueError, RuntimeError) as error:
        raise BadInput(f"{folder} does not load: {str(error).splitlines()[0]}") from None
    if missing := sorted(told["missing_keys"]):
        raise BadInput(f"{folder} lacks {len(missing)} of the model's weights, e.g. {missing[0]}")
    return model.eval().to(device())
