"""One clip with Pyramid Flow. Runs in the environment of its checkout, which has a Python interface and no program.

Step counts and guidance are those of the repository's README."""

from __future__ import annotations

import argparse
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("weights", "model", "variant", "prompt-file", "negative-file", "out"):
        parser.add_argument(f"--{name}", required=True)
    for name in ("frames", "width", "height", "seed"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--fps", type=float, required=True)
    parser.add_argument("--image", default="")
    asked = parser.parse_args()

    import torch
    from diffusers.utils import export_to_video
    from PIL import Image
    from pyramid_dit import PyramidDiTForVideoGeneration

    model = PyramidDiTForVideoGeneration(
        asked.weights, model_name=asked.model, model_dtype="bf16", model_variant=asked.variant
    )
    model.vae.enable_tiling()
    model.enable_sequential_cpu_offload()
    torch.manual_seed(asked.seed)
    shared = {
        "prompt": Path(asked.prompt_file).read_text(encoding="utf-8"),
        "negative_prompt": Path(asked.negative_file).read_text(encoding="utf-8"),
        "temp": (asked.frames - 1) // 8 + 1, "output_type": "pil", "save_memory": True,
    }  # fmt: skip
    with torch.no_grad(), torch.autocast("cuda", dtype=torch.bfloat16):
        if asked.image:
            frames = model.generate_i2v(
                input_image=Image.open(asked.image).convert("RGB").resize((asked.width, asked.height)),
                num_inference_steps=[10, 10, 10], video_guidance_scale=4.0, **shared,
            )  # fmt: skip
        else:
            frames = model.generate(
                num_inference_steps=[20, 20, 20], video_num_inference_steps=[10, 10, 10], height=asked.height,
                width=asked.width, guidance_scale=7.0, video_guidance_scale=5.0, **shared,
            )  # fmt: skip
    export_to_video(frames, asked.out, fps=asked.fps)


if __name__ == "__main__":
    main()
