"""hunyuan: HunyuanVideo from text: 4k+1 frames, at best 129 at 24 a second, multiples of 16 (arXiv 2412.03603).

Guidance is a number that the model is told, so there is one pass a step and no negative prompt.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field

from studio.engines._open import LoraOptions, OpenEngine
from studio.engines.base import Capabilities
from studio.licences import Licence, Part
from studio.story.brief import Brief

COMMUNITY = Part(
    "Tencent-Hunyuan-Community",
    "not for use in the European Union, the United Kingdom and South Korea; above 100 million users on request",
)


class Options(LoraOptions):
    steps: int = Field(50, ge=1, le=200)
    guidance: float = Field(6.0, ge=0, le=30)


class Engine(OpenEngine):
    version = "hunyuan-1"
    prompt_family = "hunyuan"
    Options = Options
    capabilities = Capabilities(fps=24.0, frame_step=4, frame_offset=1, max_frames=129, size_multiple=16)
    licence = Licence(
        weights=COMMUNITY,
        components={"text encoder": Part("Llama-3-Community", "Meta's community licence for Llama 3")},
        derivatives=Part(
            "Tencent-Hunyuan-Community", "its outputs may not be used to improve any other AI model"
        ),
    )  # fmt: skip
    pipelines: ClassVar[Mapping[str, str]] = {"model": "HunyuanVideoPipeline"}
    gib: ClassVar[Mapping[str, float]] = {"hunyuanvideo-community/HunyuanVideo": 42.0}
    text_parts = ("text_encoder", "tokenizer", "text_encoder_2", "tokenizer_2")
    embeddings = ("prompt_embeds", "pooled_prompt_embeds", "prompt_attention_mask")
    per_call = 129
    vram_gib = 40.0

    def repository(self) -> str:
        return "hunyuanvideo-community/HunyuanVideo"

    def guided(self) -> bool:
        return False

    def remarks(self, brief: Brief) -> list[str]:
        return ["the negative prompt is left aside: guidance is embedded in the model"] if brief.negative_prompt else []

    def encode_text(self, pipe: Any, text: str, where: str) -> dict[str, Any]:
        return dict(zip(self.embeddings, pipe.encode_prompt(text, device=where), strict=True))

    @classmethod
    def tiny(cls, folder: Path) -> Engine:
        from studio.engines import _open_miniatures

        made = _open_miniatures.hunyuan(folder / "hunyuan")
        return cls({"model": str(made), "steps": 2}, {"model": made})
