"""wan: Wan 2.1 from text, from a first frame, between two frames, and with references (VACE).

Numbers are those of the model cards (Wan-AI/Wan2.1-*-Diffusers) and of arXiv 2503.20314.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Literal

from studio.engines._lora import Preset
from studio.engines._wan import WanEngine, WanOptions
from studio.licences import Part

REPOSITORIES = {
    "1.3B": {"vace": "Wan-AI/Wan2.1-VACE-1.3B-diffusers", "t2v": "Wan-AI/Wan2.1-T2V-1.3B-Diffusers"},
    "14B": {
        "vace": "Wan-AI/Wan2.1-VACE-14B-diffusers", "t2v": "Wan-AI/Wan2.1-T2V-14B-Diffusers",
        "i2v": "Wan-AI/Wan2.1-I2V-14B-480P-Diffusers", "flf2v": "Wan-AI/Wan2.1-FLF2V-14B-720P-diffusers",
    },
}  # fmt: skip
"""Size -> role -> repository; I2V and first-last-frame exist as 14B alone. One of them is enough."""
NON_COMMERCIAL = Part("CC-BY-NC-SA-4.0", "no commercial use; what is made from it is shared alike")


class Options(WanOptions):
    size: Literal["1.3B", "14B"] = "1.3B"


class Engine(WanEngine):
    version = "wan-1"
    Options = Options
    presets: ClassVar[Mapping[str, Preset]] = {
        "causvid-1.3B": Preset(
            "Kijai/WanVideo_comfy/Wan21_CausVid_bidirect2_T2V_1_3B_lora_rank32.safetensors", NON_COMMERCIAL
        ),
    }  # fmt: skip

    def sources(self) -> dict[str, str]:
        known = REPOSITORIES[self.options.size]
        return {role: getattr(self.options, role) or known.get(role, "") for role in self.pipelines}

    @classmethod
    def tiny(cls, folder: Path) -> Engine:
        from studio.engines import _wan_miniature

        made = _wan_miniature.build(folder)
        named = {role: str(path) for role, path in made.items()}
        return cls({**named, "steps": 2}, made)
