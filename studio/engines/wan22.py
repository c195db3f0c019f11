"""wan22: Wan 2.2. The A14B models denoise with two transformers, one for high noise and one for low.

`transformer_2` and `boundary_ratio` come with the weights; the pipelines are Wan 2.1's. Numbers are those of the model
cards (Wan-AI/Wan2.2-*-Diffusers). TI2V-5B, the small one, has a VAE of its own: 24 frames a second, multiples of 32,
121 frames a call.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field

from studio.engines._diffusers import Call
from studio.engines._lora import Lora, Preset, part
from studio.engines._wan import WanEngine, WanOptions
from studio.licences import Part

REPOSITORIES = {
    "A14B": {"t2v": "Wan-AI/Wan2.2-T2V-A14B-Diffusers", "i2v": "Wan-AI/Wan2.2-I2V-A14B-Diffusers"},
    "5B": {"t2v": "Wan-AI/Wan2.2-TI2V-5B-Diffusers", "i2v": "Wan-AI/Wan2.2-TI2V-5B-Diffusers"},
}  # fmt: skip
"""Size -> role -> repository; 5B does both from one folder."""
OWN = {"A14B": {"steps": 40, "guidance": 4.0, "guidance_2": 3.0}, "5B": {"steps": 50, "guidance": 5.0}}
"""What the model cards sample with."""


DISTILLED = "lightx2v/Wan2.2-Distill-Loras/wan2.2_{}_A14b_{}_noise_lora_rank64_lightx2v_4step_{}.safetensors"
LIGHTX2V = Preset(
    (
        Lora(DISTILLED.format("t2v", "high", "1217"), ("t2v", "vace")),
        Lora(DISTILLED.format("t2v", "low", "1217"), ("t2v", "vace"), "transformer_2"),
        Lora(DISTILLED.format("i2v", "high", "1022"), ("i2v",)),
        Lora(DISTILLED.format("i2v", "low", "1022"), ("i2v",), "transformer_2"),
    ),
    Part("Apache-2.0"), flow_shift=5.0,
)  # fmt: skip


class Options(WanOptions):
    size: Literal["5B", "A14B"] = "5B"
    guidance_2: float | None = Field(None, ge=0, le=30)
    """Guidance of the low-noise transformer; None: the same."""
    lora_2: str = ""
    """A LoRA of the user's own for the low-noise transformer; ``lora`` is for the high-noise one."""
    presets: ClassVar[Mapping[str, Mapping[str, Preset]]] = {"A14B": {"lightx2v": LIGHTX2V}}


class Engine(WanEngine):
    version = "wan22-1"
    Options = Options
    repositories = REPOSITORIES
    vram: ClassVar[Mapping[str, float]] = {"5B": 24.0, "A14B": 80.0}

    def __init__(self, options: Mapping[str, Any] | None = None, weights: Mapping[str, Path] | None = None) -> None:
        super().__init__(options, weights)
        if self.options.size == "5B":
            self.per_call = 121
            most = max(self.per_call, self.capabilities.max_frames) if self.capabilities.first_frame else self.per_call
            self.capabilities = replace(self.capabilities, fps=24.0, size_multiple=32, max_frames=most)

    def own(self) -> dict[str, Any]:
        low = {"guidance_2": 1.0} if self.options.preset else {}
        return {**OWN[self.options.size], **super().own(), **low}

    def _loras(self) -> dict[str, tuple[Lora, Part]]:
        found = super()._loras()
        if self.options.lora_2:
            own = Lora(self.options.lora_2, tuple(self.pipelines), "transformer_2")
            found["lora_2"] = own, part(self.options.lora_licence)
        return found

    def arguments(self, call: Call) -> dict[str, Any]:
        second = {"guidance_scale_2": self.options.guidance_2} if self.options.guidance_2 is not None else {}
        return {**super().arguments(call), **second}

    @classmethod
    def tiny(cls, folder: Path) -> Engine:
        from studio.engines import _wan_miniature

        made = _wan_miniature.build22(folder)
        return cls({**{role: str(path) for role, path in made.items()}, "size": "A14B", "steps": 4}, made)
