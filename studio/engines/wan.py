"""wan: Wan 2.1 from text, from a first frame, between two frames, and with references (VACE).

Numbers are those of the model cards (Wan-AI/Wan2.1-*-Diffusers) and of arXiv 2503.20314.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Literal

from studio.engines._lora import Lora, Preset
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
CAUSVID = Preset(
    (Lora("Kijai/WanVideo_comfy/Wan21_CausVid_bidirect2_T2V_1_3B_lora_rank32.safetensors", ("t2v", "vace")),),
    Part("CC-BY-NC-SA-4.0", "no commercial use, and what is made with it is shared alike"), flow_shift=8.0,
)  # fmt: skip
LIGHTX2V = Preset(
    (
        Lora("lightx2v/Wan2.1-Distill-Loras/wan2.1_t2v_14b_lora_rank64_lightx2v_4step.safetensors", ("t2v", "vace")),
        Lora("lightx2v/Wan2.1-Distill-Loras/wan2.1_i2v_lora_rank64_lightx2v_4step.safetensors", ("i2v", "flf2v")),
    ),
    Part("Apache-2.0"), flow_shift=5.0,
)  # fmt: skip


class Options(WanOptions):
    size: Literal["1.3B", "14B"] = "1.3B"
    presets: ClassVar[Mapping[str, Mapping[str, Preset]]] = {
        "1.3B": {"causvid": CAUSVID}, "14B": {"lightx2v": LIGHTX2V}
    }  # fmt: skip


class Engine(WanEngine):
    version = "wan-1"
    Options = Options
    repositories = REPOSITORIES
    vram: ClassVar[Mapping[str, float]] = {"1.3B": 8.2}
    """From the card of T2V-1.3B; those of 14B give none."""

    def magnitudes(self, role: str) -> list[float]:
        return MAGNITUDES.get((self.options.size, role), [])

    @classmethod
    def tiny(cls, folder: Path) -> Engine:
        from studio.engines import _wan_miniature

        made = _wan_miniature.build(folder)
        return cls({**{role: str(path) for role, path in made.items()}, "steps": 2}, made)


MAGNITUDES = {
    ("1.3B", "t2v"): [
        1.0, 1.0124, 1.00166, 0.99791, 0.99682, 0.99634, 0.99567, 0.99416, 0.99578, 0.9957, 0.99511, 0.99535, 0.99552,
        0.99541, 0.9954, 0.99489, 0.99518, 0.99484, 0.99481, 0.99415, 0.99419, 0.99396, 0.99388, 0.99349,
        0.99309, 0.9927, 0.99228, 0.99171, 0.99137, 0.99068, 0.99005, 0.98944, 0.98849, 0.98758, 0.98644, 0.98504,
        0.9836, 0.98202, 0.97977, 0.97717, 0.9741, 0.97003, 0.96538, 0.9593, 0.95086, 0.94013, 0.92402, 0.90241,
        0.86821, 0.81838,
    ],
    ("14B", "t2v"): [
        1.0, 1.02504, 1.00025, 0.9985, 0.99779, 0.9966, 0.99482, 0.99467, 0.99664, 0.99434, 0.99533, 0.99468, 0.99438,
        0.99516, 0.99384, 0.99404, 0.99517, 0.99409, 0.99428, 0.99347, 0.99418, 0.99271, 0.99313, 0.99215, 0.99218,
        0.99216, 0.99163, 0.99138, 0.98982, 0.98996, 0.9887, 0.98772, 0.98767, 0.98573, 0.98501, 0.9838, 0.98177,
        0.98037, 0.97678, 0.97546, 0.97184, 0.96711, 0.96349, 0.95629, 0.94926, 0.93964, 0.92511, 0.90693, 0.8796,
        0.86111,
    ],
}  # fmt: skip
"""MagCache's ratios of 50 steps (arXiv 2506.09045, measured by its authors on these weights; the guided branch's)."""
