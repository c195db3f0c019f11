"""ltx2: LTX-2 from text, from a first frame, towards a last one, and on from the frames before; pictures alone.

The model also makes sound; Studio has its own, so it is left aside. Frame rule and size as LTX-Video (8k+1, multiples
of 32); the pipeline's rate is 24 frames a second (model card Lightricks/LTX-2).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from PIL import Image
from pydantic import Field

from studio.engines._diffusers import Call
from studio.engines._open import LoraOptions, OpenEngine
from studio.engines.base import Capabilities
from studio.licences import Licence, Part
from studio.story.brief import Brief

COMMUNITY = Part(
    "LTX-2-Community",
    "free below $10M of yearly revenue, paid above; use restrictions; what is made with it must be disclosed",
)
CRF = 33
"""The H.264 quality that single pictures are re-compressed to before the VAE sees them, as the model was trained."""


class Options(LoraOptions):
    steps: int = Field(30, ge=1, le=200)
    guidance: float = Field(3.0, ge=0, le=30)
    perturbed_blocks: tuple[int, ...] = (28,)
    """Blocks left out for spatio-temporal guidance; none switches it off."""


class Engine(OpenEngine):
    version = "ltx2-1"
    prompt_family = "ltx"
    Options = Options
    capabilities = Capabilities(
        fps=24.0, frame_step=8, frame_offset=1, max_frames=481, size_multiple=32, first_frame=True, last_frame=True
    )
    licence = Licence(
        weights=COMMUNITY, components={"text encoder": Part("Gemma", "Google's terms of use for Gemma 3")},
        derivatives=COMMUNITY,
    )  # fmt: skip
    pipelines: ClassVar[Mapping[str, str]] = {"model": "LTX2ConditionPipeline"}
    gib: ClassVar[Mapping[str, float]] = {"Lightricks/LTX-2": 90.0}
    text_parts = ("text_encoder", "tokenizer", "processor", "prompt_enhancer")
    embeddings = ("prompt_embeds", "prompt_attention_mask")
    per_call = 121
    overlap = 9
    separate_guidance = False
    vram_gib = 40.0

    def repository(self) -> str:
        return "Lightricks/LTX-2"

    def remarks(self, brief: Brief) -> list[str]:
        return ["the sound that the model makes with its pictures is left aside"]

    def inputs(self, pipe: Any, call: Call) -> dict[str, Any]:
        from diffusers.pipelines.ltx2.pipeline_ltx2_condition import LTX2VideoCondition

        conditions = []
        if call.tail is not None:
            conditions.append(LTX2VideoCondition(frames=[Image.fromarray(frame) for frame in call.tail], index=0))
        elif call.brief.first_frame:
            conditions.append(LTX2VideoCondition(frames=self.first(call.brief), index=0, crf=CRF))
        if call.piece.final and (last := self.last(call.brief)) is not None:
            # An index counts latents, not frames; one beyond the last is skipped with a line in the library's log.
            conditions.append(LTX2VideoCondition(frames=last, index=-1, crf=CRF))
        blocks = list(self.options.perturbed_blocks)
        guiding = {} if blocks else {"stg_scale": 0.0, "audio_stg_scale": 0.0}
        return {
            "frame_rate": call.brief.fps, "spatio_temporal_guidance_blocks": blocks or None, **guiding,
            **({"conditions": conditions} if conditions else {}),
        }  # fmt: skip

    @classmethod
    def tiny(cls, folder: Path) -> Engine:
        from studio.engines import _open_miniatures

        made = _open_miniatures.ltx2(folder / "ltx2")
        return cls({"model": str(made), "steps": 2, "perturbed_blocks": (1,)}, {"model": made})
