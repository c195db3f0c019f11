"""svd: Stable Video Diffusion 1.1: a picture begins to move. 25 frames of 1024x576 at 7 a second (arXiv 2311.15127).

It reads no text: a shot starts from the last frame of the shot before, or from its references put together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from PIL import Image
from pydantic import Field

from studio.engines import _images
from studio.engines._diffusers import Call
from studio.engines._open import OpenEngine, OpenOptions
from studio.engines.base import Capabilities
from studio.errors import BadInput
from studio.licences import Licence, Part
from studio.story.brief import Brief

FRAMES = 25
CHAINED = 4
"""Calls that are chained at most: each one forgets a little more of the picture it began with."""
COMMUNITY = Part(
    "Stability-AI-Community", "commercial use free below $1M of yearly revenue, after registering; paid above"
)


class Options(OpenOptions):
    width: int = Field(0, ge=0, le=4096, multiple_of=64)
    height: int = Field(0, ge=0, le=4096, multiple_of=64)
    """The clip's size; 0: 1024x576, which the model was trained on."""
    steps: int = Field(25, ge=1, le=200)
    guidance: float = Field(3.0, ge=0, le=30)
    """At the last frame; 1 at the first."""
    motion: int = Field(127, ge=1, le=255)
    """How much moves (the model's motion bucket)."""
    noise: float = Field(0.02, ge=0, le=1)
    """Noise added to the picture: more of it, and the clip keeps less to it."""


class Engine(OpenEngine):
    version = "svd-1"
    prompt_family = "svd"
    Options = Options
    capabilities = Capabilities(
        fps=7.0, frame_step=FRAMES - 1, frame_offset=1, max_frames=CHAINED * (FRAMES - 1) + 1, size_multiple=64,
        fixed_size=(1024, 576), first_frame=True, references=True, needs_picture=True,
    )  # fmt: skip
    licence = Licence(weights=COMMUNITY, derivatives=COMMUNITY)
    pipelines: ClassVar[Mapping[str, str]] = {"model": "StableVideoDiffusionPipeline"}
    gib: ClassVar[Mapping[str, float]] = {"stabilityai/stable-video-diffusion-img2vid-xt-1-1": 9.0}
    text_parts = ()
    full_precision = ()
    vram_gib = 12.0

    def __init__(self, options: Mapping[str, Any] | None = None, weights: Mapping[str, Path] | None = None) -> None:
        super().__init__(options, weights)
        self.per_call = int(self.config("unet").get("num_frames") or FRAMES)
        size = (self.options.width, self.options.height)
        self.capabilities = replace(
            self.capabilities, frame_step=self.per_call - 1, max_frames=CHAINED * (self.per_call - 1) + 1,
            fixed_size=size if all(size) else self.capabilities.fixed_size,
        )  # fmt: skip

    def repository(self) -> str:
        return "stabilityai/stable-video-diffusion-img2vid-xt-1-1"

    def check(self, brief: Brief) -> None:
        if not brief.first_frame and not brief.references:
            raise BadInput(
                f"engine {brief.engine} needs a picture to start from: give a first frame (--image), or references"
            )
        super().check(brief)

    def remarks(self, brief: Brief) -> list[str]:
        said = ["the prompt is left aside: the model reads pictures alone"]
        return said if brief.first_frame else [*said, "starts from its references put together"]

    def inputs(self, pipe: Any, call: Call) -> dict[str, Any]:
        if call.tail is not None:
            image = Image.fromarray(call.tail[-1])
        elif call.brief.first_frame:
            image = self.first(call.brief)
        else:
            image = _images.opening(call.brief)
        return {
            "image": image, "min_guidance_scale": 1.0, "max_guidance_scale": self.options.guidance,
            "fps": round(call.brief.fps), "motion_bucket_id": self.options.motion,
            "noise_aug_strength": self.options.noise, "decode_chunk_size": 8,
        }  # fmt: skip

    def arguments(self, call: Call) -> dict[str, Any]:
        return {key: value for key, value in super().arguments(call).items() if key != "guidance_scale"}

    @classmethod
    def tiny(cls, folder: Path) -> Engine:
        from studio.engines import _diffusion_miniatures

        made = _diffusion_miniatures.svd(folder / "svd")
        return cls({"model": str(made), "width": 64, "height": 64, "steps": 2}, {"model": made})
