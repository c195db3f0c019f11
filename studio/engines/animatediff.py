"""animatediff: Stable Diffusion 1.5 with a motion adapter; characters by a real IP-Adapter.

16 frames at 8 a second (arXiv 2307.04725); longer shots as one window sliding over shuffled noise (FreeNoise,
arXiv 2310.15169). The IP-Adapter (arXiv 2308.06721) is shown the front view of the most important character.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field

from studio.engines import _images
from studio.engines._diffusers import Call
from studio.engines._frames import Piece
from studio.engines._open import LoraOptions, OpenEngine, read_config
from studio.engines.base import Capabilities
from studio.licences import Licence, Part
from studio.story.brief import Brief
from studio.weights import Weight

WINDOW, STRIDE = 16, 4
"""Frames that the motion adapter attends to at once, and by how many the window moves on."""
LONGEST = 64
STRENGTH = 0.7
"""Of the IP-Adapter where the brief does not say; `consistency.reference_strength` does."""
VIEWS = ("front", "three_quarter", "full_body")
ADAPTER = "ip-adapter_sd15.safetensors"


class Options(LoraOptions):
    base: str = "stable-diffusion-v1-5/stable-diffusion-v1-5"
    """Stable Diffusion 1.5, or a model tuned from it."""
    motion: str = "guoyww/animatediff-motion-adapter-v1-5-2"
    ip_adapter: str = "h94/IP-Adapter"
    """Empty: characters from the prompt alone."""
    steps: int = Field(25, ge=1, le=200)
    guidance: float = Field(7.5, ge=0, le=30)


class Engine(OpenEngine):
    version = "animatediff-1"
    prompt_family = "animatediff"
    Options = Options
    capabilities = Capabilities(
        fps=8.0, frame_step=WINDOW, frame_offset=0, max_frames=LONGEST, size_multiple=8, references=True
    )
    licence = Licence(
        weights=Part("Apache-2.0"),
        components={
            "base model": Part("CreativeML-OpenRAIL-M", "use restrictions of its attachment A"),
            "IP-Adapter": Part("Apache-2.0"),
        },
        derivatives=Part("CreativeML-OpenRAIL-M", "its use restrictions go on to whatever is derived from it"),
    )
    pipelines: ClassVar[Mapping[str, str]] = {"base": "AnimateDiffPipeline", "shown": "AnimateDiffPipeline"}
    """``shown``: with the IP-Adapter; both are made from the base model's folder."""
    gib: ClassVar[Mapping[str, float]] = {"stable-diffusion-v1-5/stable-diffusion-v1-5": 5.5}
    full_precision = ()
    lora_into = "unet"
    per_call = LONGEST
    vram_gib = 8.0

    def __init__(self, options: Mapping[str, Any] | None = None, weights: Mapping[str, Path] | None = None) -> None:
        super().__init__(options, weights)
        if "base" in self.weights:
            self.weights["shown"] = self.weights["base"]
        if not self.options.ip_adapter:
            self.capabilities = replace(self.capabilities, references=False)
        if "motion" in self.weights and not read_config(self.weights["motion"]).get("use_motion_mid_block", True):
            # Version 3 has none there, and diffusers slides the window over all blocks or none.
            self.per_call = WINDOW
            self.capabilities = replace(self.capabilities, max_frames=WINDOW)

    def sources(self) -> dict[str, str]:
        return {"base": self.options.base}

    def _wanted(self) -> list[Weight]:
        parts = [("motion", 1.8), *([("ip_adapter", 2.6)] if self.options.ip_adapter else [])]
        return super()._wanted() + [Weight(role, getattr(self.options, role), gib) for role, gib in parts]

    def parameters(self) -> dict[str, Any]:
        shown = {"shows_characters": bool(self.options.ip_adapter)}
        return {k: v for k, v in super().parameters().items() if k not in ("motion", "ip_adapter")} | shown

    def role(self, brief: Brief, piece: Piece) -> str:
        return "shown" if self.options.ip_adapter and _images.references(brief, "characters") else "base"

    def remarks(self, brief: Brief) -> list[str]:
        others = len(_images.references(brief, "characters")) - 1
        if self.options.ip_adapter and others > 0:
            return [f"one character is shown to the model, {others} more are described alone"]
        return []

    def encode_text(self, pipe: Any, text: str, where: str) -> dict[str, Any]:
        return {"prompt_embeds": pipe.encode_prompt(text, where, 1, False)[0]}

    def components(self, role: str, dtype: Any) -> dict[str, Any]:
        from diffusers import MotionAdapter

        return {
            "motion_adapter": MotionAdapter.from_pretrained(
                str(self.weights["motion"]), local_files_only=True, use_safetensors=True, dtype=dtype
            )
        }

    def equip(self, pipe: Any, role: str) -> None:
        super().equip(pipe, role)
        if role == "shown":
            pipe.load_ip_adapter(
                str(self.weights["ip_adapter"]), subfolder="models", weight_name=ADAPTER, local_files_only=True
            )
            pipe.image_encoder.eval().requires_grad_(False)

    def prepare(self, pipe: Any, brief: Brief) -> None:
        if brief.frames > WINDOW:
            pipe.enable_free_noise(context_length=WINDOW, context_stride=STRIDE)
            # The pipeline would encode prompts that change along the shot; this one does not, and is encoded already.
            pipe._encode_prompt_free_noise = _at_every_frame
        elif pipe.free_noise_enabled:
            pipe.disable_free_noise()

    def inputs(self, pipe: Any, call: Call) -> dict[str, Any]:
        if call.role != "shown":
            return {}
        views = next(iter(_images.references(call.brief, "characters").values()))
        best = next((views[view] for view in VIEWS if view in views), next(iter(views.values())))
        pipe.set_ip_adapter_scale(float(call.brief.parameters.get("reference_strength", STRENGTH)))
        return {"ip_adapter_image": _images.picture(call.brief, best)}

    @classmethod
    def tiny(cls, folder: Path) -> Engine:
        from studio.engines import _diffusion_miniatures

        made = _diffusion_miniatures.animatediff(folder)
        return cls({**{role: str(path) for role, path in made.items()}, "steps": 2}, made)


def _at_every_frame(
    *, num_frames: int, prompt_embeds: Any, negative_prompt_embeds: Any, do_classifier_free_guidance: bool, **_: Any
) -> tuple[Any, Any]:
    """Embeddings (frames, tokens, width), those of the negative prompt before those of the prompt."""
    import torch

    whole = prompt_embeds.expand(num_frames, -1, -1)
    if not do_classifier_free_guidance:
        return whole, None
    negative = negative_prompt_embeds.expand(num_frames, -1, -1)
    return torch.cat([negative, whole]), negative
