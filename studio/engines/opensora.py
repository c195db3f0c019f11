"""opensora: Open-Sora 2.0 from text or from a first frame, through the user's checkout of hpcaitech/Open-Sora.

4k+1 frames, 129 at most, at 24 a second, 256px or 768px wide of side (arXiv 2503.09642). The prompt goes in through a
CSV file: its program would read a prompt such as ``[1]`` on the command line as Python."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from studio.engines._external import ExternalEngine, ExternalOptions
from studio.engines.base import Capabilities
from studio.licences import Licence, Part
from studio.story.brief import Brief

SIZES = {"256px": (336, 192), "768px": (1024, 576)}
"""What 16:9 comes to."""


class Options(ExternalOptions):
    resolution: Literal["256px", "768px"] = "256px"


class Engine(ExternalEngine):
    Options = Options
    prompt_family = "hunyuan"
    capabilities = Capabilities(
        fps=24.0, frame_step=4, frame_offset=1, max_frames=129, size_multiple=2, fixed_size=SIZES["256px"],
        first_frame=True,
    )  # fmt: skip
    licence = Licence(
        code=Part("Apache-2.0"), weights=Part("Apache-2.0"),
        components={
            "flux1-dev": Part("FLUX.1-dev-Non-Commercial", "no commercial use; it lies in the same repository"),
            "hunyuan_vae": Part(
                "Tencent-Hunyuan-Community", "not for use in the European Union, the United Kingdom and South Korea"
            ),
        },
        derivatives=Part("Tencent-Hunyuan-Community", "outputs of its VAE may not be used to improve other AI models"),
    )  # fmt: skip
    repository = "hpcaitech/Open-Sora"
    entry = "scripts/diffusion/inference.py"
    weights_from = "hpcai-tech/Open-Sora-v2"
    weights_gib = 58.0
    vram_gib = 52.0
    command = (
        "{python}", "-m", "torch.distributed.run", "--nproc_per_node", "1", "--standalone",
        "scripts/diffusion/inference.py", "{config}", "--save-dir", "{folder}",
        "--dataset.data-path", "{folder}/prompts.csv", "--cond_type", "{mode}", "--num_frames", "{frames}",
        "--fps_save", "{fps}", "--aspect_ratio", "16:9", "--seed", "{seed}", "--sampling_option.seed", "{seed}",
        "--model.from_pretrained", "{weights}/Open_Sora_v2.safetensors",
        "--ae.from_pretrained", "{weights}/hunyuan_vae.safetensors",
        "--t5.from_pretrained", "{weights}/google/t5-v1_1-xxl",
        "--clip.from_pretrained", "{weights}/openai/clip-vit-large-patch14",
    )  # fmt: skip

    def __init__(self, options: Mapping[str, Any] | None = None, weights: Mapping[str, Path] | None = None) -> None:
        super().__init__(options, weights)
        self.capabilities = replace(self.capabilities, fixed_size=SIZES[self.options.resolution])

    def values(self, brief: Brief, folder: Path) -> dict[str, str]:
        found = super().values(brief, folder)
        with open(folder / "prompts.csv", "w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["text", "ref"] if found["image"] else ["text"])
            rows.writerow([brief.prompt, found["image"]] if found["image"] else [brief.prompt])
        config = f"configs/diffusion/inference/{self.options.resolution}.py"
        return {**found, "config": config, "mode": "i2v_head" if found["image"] else "t2v"}
