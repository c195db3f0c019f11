"""Wan 2.1 1.3B on a GPU: plain diffusers as the model card shows it, against Studio's engine.

    python benchmarks/wan_gpu.py                              all cases at 832x480, 81 frames, 50 steps
    python benchmarks/wan_gpu.py --cases exact,cudnn,mag      some of them (plain always runs, for the ratio)
    python benchmarks/wan_gpu.py --tiny                       miniatures on the CPU: a test of this script

Weights are random, of the real configuration: speed does not depend on their values. One thing does: how often
`first-block` skips; the share is printed, and is another one with trained weights. `mag`, `pyramid` and `taylor` skip by
schedule. Written once to --folder (about 17 GiB) and loaded by both sides. Each case has a short clip first (kernels,
compilation), then one clip that is timed, with its text encoded before (`new prompt`: within). Plain time is without
writing a video file; ours is with.
"""

from __future__ import annotations

import argparse
import gc
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import torch

from studio.engines import _miniature, _wan_miniature, wan
from studio.errors import EngineFailed
from studio.story.brief import Brief
from studio.story.document import Location

PROMPT = "A cat walks on the grass, realistic"
NEGATIVE = "Bright tones, overexposed, static, blurred details, subtitles, worst quality, low quality"
TRANSFORMER = {
    "num_layers": 30, "num_attention_heads": 12, "attention_head_dim": 128, "ffn_dim": 8960, "in_channels": 16,
    "out_channels": 16, "text_dim": 4096, "freq_dim": 256, "patch_size": (1, 2, 2), "cross_attn_norm": True,
    "qk_norm": "rms_norm_across_heads", "rope_max_seq_len": 1024,
}  # fmt: skip
"""Wan-AI/Wan2.1-T2V-1.3B-Diffusers, transformer/config.json."""
TEXT = {
    "vocab_size": 256384, "d_model": 4096, "d_kv": 64, "d_ff": 10240, "num_layers": 24, "num_heads": 64,
    "feed_forward_proj": "gated-gelu", "decoder_start_token_id": 0,
}  # fmt: skip
"""google/umt5-xxl's encoder."""
CASES: dict[str, dict[str, Any]] = {
    "exact": {"compile": True},
    "new prompt": {"compile": True},
    "cudnn": {"compile": True, "attention": "cudnn"},
    "first-block": {"compile": True, "cache": "first-block"},
    "mag": {"compile": True, "cache": "mag"},
    "pyramid": {"compile": True, "cache": "pyramid"},
    "taylor": {"compile": True, "cache": "taylor"},
    "4 steps": {"compile": True, "steps": 4, "guidance": 1.0},
}
"""Case -> options of [engines.wan]. A few-step LoRA is fused into the weights: only steps and guidance cost."""


@dataclass
class Timed:
    seconds: float
    peak_gib: float
    notes: str = ""


def materialise(kind: Any, config: dict[str, Any], where: str) -> Any:
    """A model built on meta, then given small random weights on the GPU in bfloat16."""
    with torch.device("meta"):
        model = kind(config) if not isinstance(config, dict) else kind(**config)
    model = model.to(torch.bfloat16).to_empty(device=where)
    noise = torch.Generator(where).manual_seed(0)
    for name, weight in [*model.named_parameters(), *model.named_buffers()]:
        if "norm" in name:
            weight.data.fill_(1.0)
        else:
            weight.data.normal_(0.0, 0.02, generator=noise)
    if hasattr(model, "tie_weights"):
        model.tie_weights()
    return model.eval()


def build(folder: Path, tiny: bool) -> None:
    """Write the pipeline to ``folder``, unless it is there."""
    if (folder / "model_index.json").is_file():
        return
    import diffusers
    from transformers import UMT5Config, UMT5EncoderModel

    if tiny:
        _miniature.save(_wan_miniature._pipeline("t2v"), folder)
        return
    transformer = materialise(diffusers.WanTransformer3DModel, TRANSFORMER, "cuda")
    # The rotary table is a buffer that is computed, not learned.
    transformer.rope = diffusers.WanTransformer3DModel(**{**TRANSFORMER, "num_layers": 1}).rope
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        vae = diffusers.AutoencoderKLWan()
    pipe = diffusers.WanPipeline(
        tokenizer=_miniature.t5_tokenizer(), text_encoder=materialise(UMT5EncoderModel, UMT5Config(**TEXT), "cuda"),
        vae=vae, transformer=transformer,
        scheduler=diffusers.UniPCMultistepScheduler(
            prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0
        ),
    )  # fmt: skip
    _miniature.save(pipe, folder)


def measured(run: Callable[[], Any], where: str) -> Timed:
    """Seconds and peak memory of one call."""
    if where == "cuda":
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
    start = time.perf_counter()
    run()
    if where == "cuda":
        torch.cuda.synchronize()
    seconds = time.perf_counter() - start
    peak = torch.cuda.max_memory_allocated() if where == "cuda" else psutil.Process().memory_info().rss
    return Timed(seconds, peak / 2**30)


def free(where: str) -> None:
    gc.collect()
    if where == "cuda":
        torch.cuda.empty_cache()
        torch._dynamo.reset()


def plain(folder: Path, brief: Brief, steps: int, where: str) -> Timed:
    """The model card: bfloat16, VAE in float32, everything on the GPU."""
    from diffusers import AutoencoderKLWan, WanPipeline

    dtype = torch.bfloat16 if where == "cuda" else torch.float32
    vae = AutoencoderKLWan.from_pretrained(str(folder), subfolder="vae", dtype=torch.float32)
    pipe = WanPipeline.from_pretrained(str(folder), vae=vae, dtype=dtype).to(where)
    pipe.set_progress_bar_config(disable=True)

    def call(count: int) -> None:
        pipe(
            prompt=brief.prompt, negative_prompt=brief.negative_prompt, height=brief.height, width=brief.width,
            num_frames=brief.frames, guidance_scale=5.0, num_inference_steps=count,
            generator=torch.Generator("cpu").manual_seed(0),
        )  # fmt: skip

    call(2)
    return measured(lambda: call(steps), where)


class Warmable(wan.Engine):
    """The engine, with a clip of two steps that nobody counts."""

    def warm(self, brief: Brief, out: Path) -> None:
        asked, cached = self.options, self._cached
        self._load("t2v")  # with the steps that the caches' schedules are made for
        self.options = asked.model_copy(update={"steps": 2})
        self._cached = lambda pipe, notes: _Uncounted()  # type: ignore[method-assign,assignment]
        self.shoot(brief, out, lambda share: None)
        self.options, self._cached = asked, cached  # type: ignore[method-assign]


class _Uncounted:
    def __enter__(self) -> None: ...
    def __exit__(self, *_: object) -> None: ...


def ours(case: str, folder: Path, brief: Brief, steps: int, where: str, out: Path) -> Timed:
    """One clip by the engine with the options of ``case``."""
    options = {"steps": steps, "t2v": str(folder), **CASES[case]}
    if where != "cuda":
        options |= {"compile": False, "attention": "native"}
    engine = Warmable(options, {"t2v": folder})
    engine.cache_folder = out.parent / case
    engine.warm(brief, out)
    notes: list[str] = []
    asked = brief.model_copy(update={"prompt": PROMPT + ", at night"}) if case == "new prompt" else brief
    timed = measured(lambda: notes.extend(engine.shoot(asked, out, lambda share: None).notes), where)
    timed.notes = "; ".join(note for note in notes if "cache" in note or "offload" in note or "tiles" in note)
    return timed


def main() -> None:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", default=",".join(CASES), help="comma-separated")
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--folder", type=Path, help="where the random weights are written and kept")
    parser.add_argument("--tiny", action="store_true", help="miniatures on the CPU")
    asked = parser.parse_args()
    where = "cpu" if asked.tiny else "cuda"
    if where == "cuda" and not torch.cuda.is_available():
        parser.error("no GPU here; --tiny tests the script on a CPU")
    if unknown := set(asked.cases.split(",")) - set(CASES):
        parser.error(f"unknown cases {', '.join(sorted(unknown))}; choose from: {', '.join(CASES)}")
    size = {"width": 64, "height": 48, "frames": 17} if asked.tiny else {"width": 832, "height": 480, "frames": 81}
    brief = Brief(
        engine="wan", engine_version="benchmark", prompt=PROMPT, negative_prompt=NEGATIVE, fps=16.0,
        location=Location(id="grass", name="Grass", kind="field", description="grass"), **size,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as scratch:
        folder = asked.folder or Path(scratch) / "wan"
        build(folder, asked.tiny)
        free(where)
        name = torch.cuda.get_device_name() if where == "cuda" else "CPU, miniature"
        print(
            f"{name}, torch {torch.__version__}, {size['width']}x{size['height']}x{size['frames']}, {asked.steps} steps\n"
        )
        base = plain(folder, brief, asked.steps, where)
        print("| case | seconds a clip | ratio | peak GiB | |\n|---|---|---|---|---|")
        print(f"| plain diffusers | {base.seconds:.1f} | 1.00 | {base.peak_gib:.1f} | |", flush=True)
        for case in asked.cases.split(","):
            free(where)
            try:
                timed = ours(case, folder, brief, asked.steps, where, Path(scratch) / "out.mp4")
            except EngineFailed as error:
                print(f"| {case} | – | – | – | {error} |", flush=True)
                continue
            ratio = base.seconds / timed.seconds
            print(f"| {case} | {timed.seconds:.1f} | {ratio:.2f} | {timed.peak_gib:.1f} | {timed.notes} |", flush=True)


if __name__ == "__main__":
    main()
