"""ltx: LTX-Video from text, from a first frame, towards a last one, and on from the frames before.

Frame rule, size and rate: the model cards (Lightricks/LTX-Video-*) and arXiv 2501.00103: 8k+1 frames, multiples of 32,
30 frames a second. The pipeline itself takes 25 for granted and drops what goes beyond 8k+1, so both are always said.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

from PIL import Image
from pydantic import Field

from studio.engines._diffusers import Call
from studio.engines._open import LoraOptions, OpenEngine
from studio.engines.base import Capabilities
from studio.licences import Licence, Part

REPOSITORIES = {
    "2B-0.9.5": "Lightricks/LTX-Video-0.9.5", "13B-0.9.7": "Lightricks/LTX-Video-0.9.7-dev",
    "13B-0.9.7-distilled": "Lightricks/LTX-Video-0.9.7-distilled",
    "13B-0.9.8-distilled": "Lightricks/LTX-Video-0.9.8-13B-distilled",
}  # fmt: skip
DISTILLED_STEPS = (1000, 993, 987, 981, 975, 909, 725)
"""Timesteps of the distilled models, from their model cards; the last, 0.03, is where they end."""
DECODE_TIMESTEP, DECODE_NOISE = 0.05, 0.025
"""What the VAE's last denoising step is given, from the model cards."""
OPEN_WEIGHTS = Part(
    "LTXV-Open-Weights-1.0",
    "free below $10M of yearly revenue, paid above; what is made with it must be disclosed as generated",
)
LICENCES = {
    "2B": Licence(weights=Part("LTXV-2B-0.9.5-OpenRAIL-M", "use restrictions of its attachment A")),
    "13B": Licence(weights=OPEN_WEIGHTS, derivatives=OPEN_WEIGHTS),
}


class Options(LoraOptions):
    version: Literal["2B-0.9.5", "13B-0.9.7", "13B-0.9.7-distilled", "13B-0.9.8-distilled"] = "2B-0.9.5"
    steps: int = Field(40, ge=1, le=200)
    guidance: float = Field(3.0, ge=0, le=30)


class Engine(OpenEngine):
    version = "ltx-1"
    prompt_family = "ltx"
    Options = Options
    capabilities = Capabilities(
        fps=30.0, frame_step=8, frame_offset=1, max_frames=601, size_multiple=32, first_frame=True, last_frame=True
    )
    pipelines: ClassVar[Mapping[str, str]] = {"model": "LTXConditionPipeline"}
    gib: ClassVar[Mapping[str, float]] = {repository: 45.0 for repository in REPOSITORIES.values()}
    embeddings = ("prompt_embeds", "prompt_attention_mask")
    full_precision = ()
    per_call = 161
    overlap = 9
    vram_gib = 12.0

    def __init__(self, options: Mapping[str, Any] | None = None, weights: Mapping[str, Path] | None = None) -> None:
        asked = dict(options or {})
        if str(asked.get("version", "")).endswith("distilled"):
            asked = {"steps": len(DISTILLED_STEPS), "guidance": 1.0, **asked}
        self.licence = LICENCES["13B" if str(asked.get("version", "")).startswith("13B") else "2B"]
        super().__init__(asked, weights)

    def repository(self) -> str:
        return REPOSITORIES[self.options.version]

    def inputs(self, pipe: Any, call: Call) -> dict[str, Any]:
        from diffusers.pipelines.ltx.pipeline_ltx_condition import LTXVideoCondition

        conditions = []
        if call.tail is not None:
            conditions.append(LTXVideoCondition(video=[Image.fromarray(frame) for frame in call.tail], frame_index=0))
        elif call.brief.first_frame:
            conditions.append(LTXVideoCondition(image=self.first(call.brief), frame_index=0))
        if call.piece.final and (last := self.last(call.brief)) is not None:
            conditions.append(LTXVideoCondition(image=last, frame_index=call.piece.frames - 1))
        given: dict[str, Any] = {"frame_rate": call.brief.fps, "decode_timestep": DECODE_TIMESTEP,
                                 "decode_noise_scale": DECODE_NOISE}  # fmt: skip
        if conditions:
            given["conditions"] = conditions
        if self.options.version.endswith("distilled") and self.options.steps == len(DISTILLED_STEPS):
            given["timesteps"] = list(DISTILLED_STEPS)
        return given

    @classmethod
    def tiny(cls, folder: Path) -> Engine:
        from studio.engines import _open_miniatures

        made = _open_miniatures.ltx(folder / "ltx")
        return cls({"model": str(made), "steps": 2}, {"model": made})
