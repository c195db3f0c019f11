"""mochi: Mochi 1 from text. 6k+1 frames at 30 a second, at best 163, at 848x480 (genmo/mochi-1-preview).

The pipeline takes multiples of 8, but its transformer halves the latents once more: other sizes come back smaller.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from pydantic import Field

from studio.engines._open import LoraOptions, OpenEngine
from studio.engines.base import Capabilities
from studio.licences import Licence, Part


class Options(LoraOptions):
    steps: int = Field(64, ge=1, le=200)
    guidance: float = Field(4.5, ge=0, le=30)


class Engine(OpenEngine):
    version = "mochi-1"
    prompt_family = "mochi"
    Options = Options
    capabilities = Capabilities(fps=30.0, frame_step=6, frame_offset=1, max_frames=163, size_multiple=16)
    licence = Licence(weights=Part("Apache-2.0"))
    pipelines: ClassVar[Mapping[str, str]] = {"model": "MochiPipeline"}
    gib: ClassVar[Mapping[str, float]] = {"genmo/mochi-1-preview": 77.0}
    embeddings = ("prompt_embeds", "prompt_attention_mask")
    full_precision = ()
    per_call = 163
    vram_gib = 22.0

    def repository(self) -> str:
        return "genmo/mochi-1-preview"

    @classmethod
    def tiny(cls, folder: Path) -> Engine:
        from studio.engines import _open_miniatures

        made = _open_miniatures.mochi(folder / "mochi")
        return cls({"model": str(made), "steps": 2}, {"model": made})
