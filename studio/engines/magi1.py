"""magi1: MAGI-1 from text or from a first frame, through the user's checkout of SandAI-org/MAGI-1.

It renders chunks of 24 frames at 24 a second (arXiv 2505.13211). Its program reads size, length and seed from a
configuration file alone, so a copy of the checkout's own is written for each clip."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from studio.engines._external import ExternalEngine, ExternalOptions
from studio.engines.base import Capabilities
from studio.errors import EngineFailed
from studio.licences import Licence, Part
from studio.story.brief import Brief

DOWNLOADS = "./downloads"
"""How the checkout's configurations call the folder of the weights."""


class Options(ExternalOptions):
    config: str = "example/4.5B/4.5B_base_config.json"
    """The configuration in the checkout that a clip's own is made from."""


class Engine(ExternalEngine):
    Options = Options
    prompt_family = "wan"
    capabilities = Capabilities(
        fps=24.0, frame_step=24, frame_offset=0, max_frames=240, size_multiple=16, first_frame=True
    )
    licence = Licence(code=Part("Apache-2.0"), weights=Part("Apache-2.0"))
    repository = "SandAI-org/MAGI-1"
    entry = "inference/pipeline/entry.py"
    weights_from = "sand-ai/MAGI-1"
    vram_gib = 24.0
    command = (
        "{python}", "inference/pipeline/entry.py", "--config_file", "{config}", "--mode", "{mode}",
        "--prompt={prompt}", "--image_path", "{image}", "--output_path", "{out}",
    )  # fmt: skip
    environment: ClassVar[Mapping[str, str]] = {
        "MASTER_ADDR": "localhost", "MASTER_PORT": "6009", "GPUS_PER_NODE": "1", "NNODES": "1", "WORLD_SIZE": "1",
        "RANK": "0", "LOCAL_RANK": "0", "PAD_HQ": "1", "PAD_DURATION": "1", "OFFLOAD_T5_CACHE": "true",
        "OFFLOAD_VAE_CACHE": "true", "PYTORCH_CUDA_ALLOC_CONF": "expandable_segments:True",
    }  # fmt: skip

    def values(self, brief: Brief, folder: Path) -> dict[str, str]:
        found = super().values(brief, folder)
        source, config = self.checkout / self.options.config, folder / "config.json"
        try:
            asked = json.loads(source.read_text(encoding="utf-8"))
            runtime = asked["runtime_config"]
        except (OSError, ValueError, KeyError) as error:
            raise EngineFailed(f"{source} is no configuration of MAGI-1: {error}") from None
        for key, value in runtime.items():
            if isinstance(value, str) and value.startswith(DOWNLOADS):
                runtime[key] = found["weights"] + value.removeprefix(DOWNLOADS)
        runtime |= {
            "num_frames": int(found["frames"]), "video_size_w": brief.width, "video_size_h": brief.height,
            "fps": round(brief.fps), "seed": int(found["seed"]),
        }  # fmt: skip
        config.write_text(json.dumps(asked), encoding="utf-8")
        return {**found, "config": str(config), "mode": "i2v" if brief.first_frame else "t2v"}
