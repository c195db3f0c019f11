"""latte: Latte-1 from text: 16 frames of 512x512 at 8 a second, no more and no less (arXiv 2401.03048).

Its embeddings are as long as the prompt: padding is cut off, and the negative prompt cut to the same length.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field

from studio.engines._diffusers import Call
from studio.engines._open import OpenEngine, OpenOptions
from studio.engines._pulse import Pulse
from studio.engines.base import Capabilities
from studio.licences import Licence, Part
from studio.story.brief import Brief

FRAMES = 16
VAE_SCALE = 8


class Options(OpenOptions):
    steps: int = Field(50, ge=1, le=200)
    guidance: float = Field(7.5, ge=0, le=30)


class Engine(OpenEngine):
    version = "latte-1"
    prompt_family = "latte"
    Options = Options
    capabilities = Capabilities(
        fps=8.0, frame_step=FRAMES, frame_offset=0, max_frames=FRAMES, size_multiple=8, fixed_size=(512, 512)
    )
    licence = Licence(weights=Part("Apache-2.0"))
    pipelines: ClassVar[Mapping[str, str]] = {"model": "LattePipeline"}
    gib: ClassVar[Mapping[str, float]] = {"maxin-cn/Latte-1": 24.0}
    full_precision = ()
    per_call = FRAMES
    vram_gib = 17.0

    def __init__(self, options: Mapping[str, Any] | None = None, weights: Mapping[str, Path] | None = None) -> None:
        super().__init__(options, weights)
        if side := self.config("transformer").get("sample_size"):
            self.capabilities = replace(self.capabilities, fixed_size=(side * VAE_SCALE, side * VAE_SCALE))

    def repository(self) -> str:
        return "maxin-cn/Latte-1"

    def encode_text(self, pipe: Any, text: str, where: str) -> dict[str, Any]:
        """Embeddings of all 120 tokens, and of how many of them the text consists."""
        import torch

        embeddings, _ = pipe.encode_prompt(text, False, device=where, mask_feature=False, clean_caption=False)
        tokens = pipe.tokenizer(text, max_length=embeddings.shape[1], truncation=True).input_ids
        return {"prompt_embeds": embeddings, "prompt_tokens": torch.tensor(len(tokens))}

    def _texts(self, brief: Brief, role: str, pulse: Pulse) -> dict[str, Any]:
        found = super()._texts(brief, role, pulse)
        tokens = int(found["prompt_tokens"])
        return {name: value[:, :tokens] for name, value in found.items() if name.endswith("prompt_embeds")}

    def arguments(self, call: Call) -> dict[str, Any]:
        asked = super().arguments(call)
        asked["video_length"] = asked.pop("num_frames")
        # Negative embeddings must stand beside an absent text: the pipeline's own default is a text.
        return {**asked, "negative_prompt": None, "clean_caption": False}

    @classmethod
    def tiny(cls, folder: Path) -> Engine:
        from studio.engines import _open_miniatures

        made = _open_miniatures.latte(folder / "latte")
        return cls({"model": str(made), "steps": 2}, {"model": made})
