"""World models beside the architectures of the field, with random weights on one thread of the same CPU in one run.

    taskset -c 0 python benchmarks/worlds.py --out worlds.json      about five minutes
    python benchmarks/worlds.py --only latent_flow-4 unet-3         some rows
    python benchmarks/worlds.py --tiny                              tries the script in seconds

What a frame costs does not depend on what the weights have learned, so random ones do. Each row is a process of its own:
its time is CPU time (others on the machine do not count) of one step from a filled context, the median of several; its
memory is what the process's peak grows by. Before each row a matrix product
(1024x1024, float32) tells what the CPU gives at that moment, and times are also given as if it had given the same to all.

The field's are built from their published descriptions, with our own few lines where no library has them:

- `unet-3`: 64x64 pixels, 4.4 M parameters, four past frames stacked with the noisy one in the channels, the action as an
  embedding beside the noise level, 3 denoising steps (as Alonso et al. 2024, "DIAMOND"). diffusers' UNet2DModel.
- `dit-10`: 320x180, 256 M parameters, blocks of spatial attention within a frame and causal attention over 24 frames of
  each place, AdaLN from noise level and action, 10 denoising steps, nothing cached: each step computes all 24 frames (as
  the open descriptions of "Oasis"-like models have it). Assumed: latents of 18x32 with 16 channels (f10), patches of 2:
  144 tokens a frame. Its codec is left out, which is in its favour. One denoising step is timed and counted ten times.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

OURS = {
    "copy_last": ("copy_last", None, "fp32"),
    "pixel_film": ("pixel_film", None, "fp32"),
    "pixel_film-bf16": ("pixel_film", None, "bf16"),
    "latent_det": ("latent_det", None, "fp32"),
    "latent_det-bf16": ("latent_det", None, "bf16"),
    "latent_flow-4": ("latent_flow", 4, "fp32"),
    "latent_flow-4-bf16": ("latent_flow", 4, "bf16"),
    "latent_flow-2": ("latent_flow", 2, "fp32"),
    "latent_flow-2-bf16": ("latent_flow", 2, "bf16"),
    "vq_mamba": ("vq_mamba", None, "fp32"),
    "vq_mamba-bf16": ("vq_mamba", None, "bf16"),
}  # fmt: skip
"""Row -> (model, sampling steps, precision)."""
FIELD = ("unet-3", "dit-10")
AGAINST = "latent_flow-4"
"""The row that ratios are taken to."""


def gflops(size: int = 1024, times: int = 6) -> float:
    """GFLOP a second of CPU time of a float32 matrix product: the calibration."""
    import torch

    a, b = torch.randn(size, size), torch.randn(size, size)
    a @ b
    start = time.process_time()
    for _ in range(times):
        a @ b
    return 2 * size**3 * times / (time.process_time() - start) / 1e9


def ours(name: str, tiny: bool) -> tuple[Any, Callable[[], object], str, float]:
    """(model, one frame, size, parts): ``parts`` is how much of a frame one call is."""
    import torch

    from studio.worlds.models.base import build, model_class

    kind, steps, _ = OURS[name]
    model = model_class(kind).tiny().eval() if tiny else build(kind, {}).eval()
    config = model.config
    if steps:
        model.sampling(steps)
    frames = torch.randint(0, 256, (1, 16, config.height, config.width, 3), dtype=torch.uint8)
    context = model.init_context(frames, torch.zeros((1, 15), dtype=torch.long))
    action, generator = torch.tensor([2]), torch.Generator().manual_seed(0)

    def step() -> object:
        return model.step(context, action, generator)

    return model, step, f"{config.width}x{config.height}", 1.0


def unet(tiny: bool) -> tuple[Any, Callable[[], object], str, float]:
    """Three passes over the noisy frame with four past ones stacked."""
    import torch
    from diffusers import UNet2DModel

    width = (16 if tiny else 80,) * 4
    model = UNet2DModel(
        sample_size=64, in_channels=15, out_channels=3, block_out_channels=width, layers_per_block=2,
        down_block_types=("DownBlock2D",) * 4, up_block_types=("UpBlock2D",) * 4, norm_num_groups=8,
        num_class_embeds=8, add_attention=False,
    ).eval()  # fmt: skip
    past, action = torch.randn(1, 12, 64, 64), torch.tensor([2])

    def step() -> object:
        noisy = torch.randn(1, 3, 64, 64)
        for level in (2.0, 1.0, 0.5):
            made = model(torch.cat([noisy, past], 1), torch.tensor([level]), class_labels=action).sample
            noisy = noisy + 0.3 * (made - noisy)
        return noisy

    return model, step, "64x64", 1.0


def dit(tiny: bool) -> tuple[Any, Callable[[], object], str, float]:
    """One of ten denoising steps over all frames of the window."""
    import torch
    from torch import Tensor, nn
    from torch.nn import functional as F

    width, depth, heads, length, rows, columns, channels = (
        (32, 1, 2, 4, 2, 4, 4) if tiny else (768, 12, 12, 24, 9, 16, 16)
    )

    class Half(nn.Module):
        """Attention and MLP under AdaLN, over places or over time."""

        def __init__(self, over_time: bool) -> None:
            super().__init__()
            self.over_time = over_time
            self.modulate = nn.Linear(width, 6 * width)
            self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
            self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU("tanh"), nn.Linear(4 * width, width))

        def forward(self, x: Tensor, told: Tensor) -> Tensor:  # x [T, N, C], told [T, 1, C]
            a, b, c, d, e, f = self.modulate(F.silu(told)).chunk(6, -1)
            h = F.layer_norm(x, (width,)) * (1 + a) + b
            h = h.transpose(0, 1) if self.over_time else h
            q, k, v = self.qkv(h).unflatten(-1, (3, heads, -1)).permute(2, 0, 3, 1, 4)
            h = F.scaled_dot_product_attention(q, k, v, is_causal=self.over_time).transpose(1, 2).flatten(2)
            h = self.out(h.transpose(0, 1) if self.over_time else h)
            x = x + c * h
            return x + f * self.mlp(F.layer_norm(x, (width,)) * (1 + d) + e)

    class DiT(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.enter, self.leave = nn.Linear(4 * channels, width), nn.Linear(width, 4 * channels)
            self.place = nn.Parameter(torch.zeros(rows * columns, width))
            self.action, self.level = (
                nn.Embedding(8, width),
                nn.Sequential(nn.Linear(256, width), nn.SiLU(), nn.Linear(width, width)),
            )
            self.halves = nn.ModuleList(Half(n % 2 == 1) for n in range(2 * depth))

        def forward(self, patches: Tensor, action: Tensor, level: Tensor) -> Tensor:
            told = (self.action(action) + self.level(level))[:, None]
            x = self.enter(patches) + self.place
            for half in self.halves:
                x = half(x, told)
            return self.leave(x)

    model = DiT().eval()
    action, level = torch.zeros(length, dtype=torch.long), torch.randn(length, 256)

    def step() -> object:
        return model(torch.randn(length, rows * columns, 4 * channels), action, level)

    return model, step, "320x180", 0.1


def prepare() -> None:
    """Imports, before the rows' processes part ways: they are no model's memory."""
    import torch
    from diffusers import UNet2DModel  # noqa: F401
    from transformers import DynamicCache, MambaModel  # noqa: F401

    from studio.worlds.models.base import model_class

    torch.set_num_threads(1)
    for name in {kind for kind, _, _ in OURS.values()}:
        model_class(name)


def measure(name: str, tiny: bool) -> dict[str, Any]:
    """One row, in this process."""
    import torch

    torch.manual_seed(0)
    speed = gflops(256 if tiny else 1024)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    built = {"unet-3": unet, "dit-10": dit}.get(name)
    times: list[float] = []
    bf16 = OURS.get(name, ("", None, ""))[2] == "bf16"
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=bf16):  # around all: weights are cast once
        model, step, size, part = built(tiny) if built else ours(name, tiny)
        rounds = 1 if name == "dit-10" or tiny else 7
        for _ in range(rounds + (name != "dit-10")):
            start = time.process_time()
            step()
            times.append(time.process_time() - start)
    seconds = statistics.median(times[-rounds:]) / part
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "model": name, "size": size, "parameters": sum(p.numel() for p in model.parameters()),
        "latency_ms": round(seconds * 1e3, 3), "fps": round(1 / max(seconds, 1e-6), 4),
        "memory_mb": round((peak - before) / 1024, 1), "gflops": round(speed, 1),
    }  # fmt: skip


def compare(rows: list[dict[str, Any]]) -> None:
    """Adds to each row its time at the same calibration for all, and its ratios to AGAINST."""
    middle = statistics.median(row["gflops"] for row in rows)
    for row in rows:
        row["calibrated_ms"] = round(row["latency_ms"] * row["gflops"] / middle, 3)
    base = next((row for row in rows if row["model"] == AGAINST), rows[0])
    for row in rows:
        width, height = map(int, row["size"].split("x"))
        row["pixels_a_second"] = round(width * height * 1e3 / max(row["calibrated_ms"], 1e-3))
        row["times_slower"] = round(row["calibrated_ms"] / max(base["calibrated_ms"], 1e-3), 3)
        row["times_memory"] = round(row["memory_mb"] / max(base["memory_mb"], 0.1), 3)
        row["times_parameters"] = round(row["parameters"] / max(base["parameters"], 1), 3)


def table(rows: list[dict[str, Any]]) -> str:
    """The rows as a Markdown table."""
    lines = [
        "| model | frame | parameters | ms a frame | frames a second | peak memory | time | memory |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        lines.append(
            f"| `{row['model']}` | {row['size']} | {row['parameters'] / 1e6:.1f} M | {row['calibrated_ms']:,.1f} | "
            f"{1e3 / max(row['calibrated_ms'], 1e-3):.3g} | {row['memory_mb']:,.0f} MB | {row['times_slower']:.3g} × | "
            f"{row['times_memory']:.2g} × |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=[*OURS, *FIELD], default=[*OURS, *FIELD], metavar="ROW")
    parser.add_argument("--tiny", action="store_true", help="miniatures: tries the script")
    parser.add_argument("--out", type=Path, help="JSON of all rows")
    told = parser.parse_args()
    prepare()
    rows = []
    for name in told.only:
        with multiprocessing.get_context("fork").Pool(1) as alone:
            rows.append(alone.apply(measure, (name, told.tiny)))
        print(
            f"{name}: {rows[-1]['latency_ms']:,.1f} ms at {rows[-1]['gflops']:.0f} GFLOP/s", file=sys.stderr, flush=True
        )
    compare(rows)
    print(table(rows))
    if told.out:
        told.out.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
