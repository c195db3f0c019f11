"""Memory and precision of video pipelines: more room for activations than pictures need, and repeatable kernels."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from studio.diffusing import choose, device, free_gib, place, release
from studio.repeatable import one_thread

__all__ = ["choose", "device", "free_gib", "onto", "place", "precision", "release", "repeatable", "working_gib"]

WORKING_GIB = 6.0
"""Room kept for activations: attention over 81 frames of 832x480 and the VAE's convolutions."""
TILING_GIB = 14.0
"""Below this much room beside the weights a VAE decodes in tiles."""


def precision(where: str) -> Any:
    """The dtype that models are loaded in: bfloat16 on a GPU, float32 on a CPU."""
    import torch

    return torch.bfloat16 if where == "cuda" else torch.float32


@contextmanager
def repeatable() -> Iterator[None]:
    """Kernels that sum in one order: one thread on a CPU, no search for the fastest convolution on a GPU."""
    import torch

    if device() == "cpu":
        with one_thread():
            yield
        return
    before = torch.backends.cudnn.benchmark, torch.backends.cudnn.deterministic
    torch.backends.cudnn.benchmark, torch.backends.cudnn.deterministic = False, True
    try:
        yield
    finally:
        torch.backends.cudnn.benchmark, torch.backends.cudnn.deterministic = before


def working_gib(width: int, height: int) -> float:
    """Room for activations at this size."""
    return WORKING_GIB * max(1.0, width * height / (832 * 480))


def onto(module: Any, where: str) -> None:
    """Put a single model (a text encoder) onto ``where``, streamed layer by layer if it does not fit."""
    if where != "cuda":
        return
    import torch

    size = sum(t.numel() * t.element_size() for t in module.parameters()) / 2**30
    if size + 1.0 <= free_gib():
        module.to(where)
        return
    from diffusers.hooks import apply_group_offloading

    apply_group_offloading(
        module, onload_device=torch.device(where), offload_device=torch.device("cpu"), offload_type="leaf_level"
    )
