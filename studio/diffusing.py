"""Where a diffusers pipeline's parts lie and in what precision: decided by the memory that is free."""

from __future__ import annotations

from pathlib import Path
from typing import Any

WORKING_GIB = 4.0
"""Room kept for activations and for decoding one picture of a megapixel."""


def device() -> str:
    """``cuda`` where there is a GPU, else ``cpu``."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def seeded(seed: int) -> Any:
    """A generator on the CPU: the same noise on every device."""
    import torch

    return torch.Generator("cpu").manual_seed(seed)


def load(kind: Any, folder: Path, dtype: Any, **parts: Any) -> Any:
    """A pipeline (or a model) of class ``kind`` from ``folder``: safetensors only, nothing fetched, ready to run.

    Half-precision files (``*.fp16.safetensors``) are taken where they are the only ones."""
    from diffusers.utils import logging as bars
    from transformers.utils import logging as more_bars

    bars.disable_progress_bar()
    more_bars.disable_progress_bar()
    half = any(folder.rglob("*.fp16.safetensors"))
    whole = any(not file.name.endswith(".fp16.safetensors") for file in folder.glob("*/*.safetensors"))
    variant = {"variant": "fp16"} if half and not whole else {}
    return kind.from_pretrained(folder, dtype=dtype, local_files_only=True, use_safetensors=True, **variant, **parts)


def sizes_gib(pipe: Any) -> dict[str, float]:
    """Component -> GiB of its parameters and buffers."""
    import torch

    modules = {name: part for name, part in pipe.components.items() if isinstance(part, torch.nn.Module)}
    return {
        name: sum(t.numel() * t.element_size() for t in [*part.parameters(), *part.buffers()]) / 2**30
        for name, part in modules.items()
    }


def free_gib() -> float:
    """Free memory of the GPU."""
    import torch

    return float(torch.cuda.mem_get_info()[0] / 2**30)


def choose(sizes: dict[str, float], free: float, working: float = WORKING_GIB) -> str:
    """``none`` (all on the GPU), ``model`` (one component at a time) or ``group`` (a few layers at a time)."""
    if sum(sizes.values()) + working <= free:
        return "none"
    return "model" if max(sizes.values(), default=0.0) + working <= free else "group"


def place(
    pipe: Any, where: str, wanted: str = "auto", working: float = WORKING_GIB, tiling: float = 0.0
) -> tuple[str, list[str]]:
    """Put ``pipe`` onto ``where`` as ``wanted`` (``auto``: what is free decides), without changing a pixel.

    With less than ``tiling`` GiB of room beside the weights its VAE decodes in tiles. Returns the mode and notes."""
    import torch

    for part in pipe.components.values():
        if isinstance(part, torch.nn.Module):
            part.eval()
    pipe.set_progress_bar_config(disable=True)
    if where != "cuda":
        pipe.to(where)
        return "none", []
    sizes, free = sizes_gib(pipe), free_gib()
    mode = choose(sizes, free, working) if wanted == "auto" else wanted
    if mode == "none":
        pipe.to(where)
    elif mode == "model":
        pipe.enable_model_cpu_offload(device=where)
    else:
        pipe.enable_group_offload(
            onload_device=torch.device(where), offload_device=torch.device("cpu"),
            offload_type="leaf_level", use_stream=True,
        )  # fmt: skip
    notes = [f"{mode} offload: {sum(sizes.values()):.1f} GiB of weights, {free:.1f} GiB free"] if mode != "none" else []
    room = free - (sum(sizes.values()) if mode == "none" else max(sizes.values()) if mode == "model" else 0.0)
    vae: Any = getattr(pipe, "vae", None)
    if room < tiling and vae is not None and hasattr(vae, "enable_tiling"):
        vae.enable_tiling()
        notes.append(f"the VAE works in tiles: {room:.1f} GiB free beside the weights")
    return mode, notes


def release() -> None:
    """Give back what dropped models held."""
    import gc

    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
