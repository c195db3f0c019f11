"""Where a pipeline's parts lie while it runs: decided by the memory that is free, without changing a pixel."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from studio.repeatable import one_thread

WORKING_GIB = 6.0
"""Room kept for activations: attention over 81 frames of 832x480 and the VAE's convolutions."""
TILING_GIB = 14.0
"""Below this much room beside the weights a VAE decodes in tiles."""


def device() -> str:
    """``cuda`` where there is a GPU, else ``cpu``."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


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


def free_gib() -> float:
    """Free memory of the GPU."""
    import torch

    return float(torch.cuda.mem_get_info()[0] / 2**30)


def sizes_gib(pipe: Any) -> dict[str, float]:
    """Component -> GiB of its parameters and buffers."""
    import torch

    modules = {name: part for name, part in pipe.components.items() if isinstance(part, torch.nn.Module)}
    return {
        name: sum(t.numel() * t.element_size() for t in [*part.parameters(), *part.buffers()]) / 2**30
        for name, part in modules.items()
    }


def working_gib(width: int, height: int) -> float:
    """Room for activations at this size."""
    return WORKING_GIB * max(1.0, width * height / (832 * 480))


def choose(sizes: dict[str, float], free: float, working: float = WORKING_GIB) -> str:
    """``none`` (all on the GPU), ``model`` (one component at a time) or ``group`` (a few layers at a time)."""
    if sum(sizes.values()) + working <= free:
        return "none"
    return "model" if max(sizes.values(), default=0.0) + working <= free else "group"


def place(pipe: Any, wanted: str, where: str, working: float = WORKING_GIB) -> tuple[str, list[str]]:
    """Put ``pipe`` onto ``where`` as ``wanted`` (``auto``: what is free decides); returns the mode and notes."""
    if where != "cuda":
        pipe.to(where)
        return "none", []
    import torch

    sizes, free = sizes_gib(pipe), free_gib()
    mode = choose(sizes, free, working) if wanted == "auto" else wanted
    notes = []
    if mode == "none":
        pipe.to(where)
    elif mode == "model":
        pipe.enable_model_cpu_offload(device=where)
    else:
        pipe.enable_group_offload(
            onload_device=torch.device(where), offload_device=torch.device("cpu"),
            offload_type="leaf_level", use_stream=True,
        )  # fmt: skip
    if mode != "none":
        notes.append(f"{mode} offload: {sum(sizes.values()):.1f} GiB of weights, {free:.1f} GiB free")
    room = free - (sum(sizes.values()) if mode == "none" else max(sizes.values()) if mode == "model" else 0.0)
    vae: Any = getattr(pipe, "vae", None)
    if room < TILING_GIB and vae is not None and hasattr(vae, "enable_tiling"):
        vae.enable_tiling()
        notes.append(f"the VAE works in tiles: {room:.1f} GiB free beside the weights")
    return mode, notes


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


def release() -> None:
    """Give a GPU's memory that dropped models held back to others."""
    if device() != "cuda":
        return
    import gc

    import torch

    gc.collect()
    torch.cuda.empty_cache()
