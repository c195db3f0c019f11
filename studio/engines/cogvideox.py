"""cogvideox: CogVideoX 2B and 5B from text, 5B also from a first frame; 1.5 with twice the frames a second.

Numbers: model cards (zai-org/CogVideoX-*) and arXiv 2408.06072. 8k+1 frames, 49 at most, at 8 a second and 720x480;
version 1.5: 16k+1, 81 at most, at 16 a second and 1360x768. Of 4k+1 frames, which the pipeline takes as well, every
second number comes back as another (13 as 16).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Literal

from PIL import Image
from pydantic import Field

from studio.engines._diffusers import Call
from studio.engines._frames import Piece
from studio.engines._open import LoraOptions, OpenEngine
from studio.engines.base import Capabilities
from studio.errors import BadInput
from studio.licences import Licence, Part
from studio.story.brief import Brief

TOKENS = 226
REPOSITORIES = {
    "2B": {"model": "zai-org/CogVideoX-2b"},
    "5B": {"model": "zai-org/CogVideoX-5b", "i2v": "zai-org/CogVideoX-5b-I2V"},
    "1.5-5B": {"model": "zai-org/CogVideoX1.5-5B", "i2v": "zai-org/CogVideoX1.5-5B-I2V"},
}
"""Size -> role -> repository; 2B begins with text alone."""
FIRST = Capabilities(fps=8.0, frame_step=8, frame_offset=1, max_frames=49, size_multiple=16, fixed_size=(720, 480))
SECOND = Capabilities(fps=16.0, frame_step=16, frame_offset=1, max_frames=81, size_multiple=16, fixed_size=(1360, 768))
CHAINED = 4
"""Calls that may be chained where it can start from a frame."""
REGISTERED = Part(
    "CogVideoX-5B", "commercial use only after registering with the owner, and up to 1 million visits a month"
)


class Options(LoraOptions):
    size: Literal["2B", "5B", "1.5-5B"] = "2B"
    i2v: str = ""
    """Folder or repository of the weights that start from a picture."""
    width: int = Field(0, ge=0, le=4096, multiple_of=16)
    height: int = Field(0, ge=0, le=4096, multiple_of=16)
    """The clip's size; 0: what the model was trained on."""
    steps: int = Field(50, ge=1, le=200)
    guidance: float = Field(6.0, ge=0, le=30)


class Engine(OpenEngine):
    version = "cogvideox-1"
    prompt_family = "cogvideox"
    Options = Options
    pipelines: ClassVar[Mapping[str, str]] = {
        "model": "CogVideoXPipeline", "i2v": "CogVideoXImageToVideoPipeline",
    }  # fmt: skip
    gib: ClassVar[Mapping[str, float]] = {"zai-org/CogVideoX-2b": 13.0, "zai-org/CogVideoX-5b": 20.0}
    capabilities = FIRST
    full_precision = ()
    vram_gib = 12.0

    def __init__(self, options: Mapping[str, Any] | None = None, weights: Mapping[str, Path] | None = None) -> None:
        size = str((options or {}).get("size", "2B"))
        self.licence = Licence(
            weights=Part("Apache-2.0") if size == "2B" else REGISTERED,
            derivatives=Part() if size == "2B" else REGISTERED,
        )
        super().__init__(options, weights)
        able = SECOND if size.startswith("1.5") else FIRST
        self.per_call = able.max_frames
        starts = "i2v" in self.weights or (not self.weights and size != "2B")
        both = (self.options.width, self.options.height)
        self.capabilities = replace(
            able, first_frame=starts, fixed_size=both if all(both) else able.fixed_size,
            max_frames=able.max_frames + (CHAINED - 1) * (able.max_frames - 1) if starts else able.max_frames,
        )  # fmt: skip

    def sources(self) -> dict[str, str]:
        known = REPOSITORIES[self.options.size]
        return {role: getattr(self.options, role) or known.get(role, "") for role in self.pipelines}

    def role(self, brief: Brief, piece: Piece) -> str:
        starts = bool(piece.overlap or brief.first_frame)
        role = "i2v" if starts else "model"
        if role not in self.weights:
            asked = "start from a frame" if starts else "begin with text alone"
            raise BadInput(f"engine {brief.engine} cannot {asked} with {', '.join(sorted(self.weights))}; get {role}")
        return role

    def encode_text(self, pipe: Any, text: str, where: str) -> dict[str, Any]:
        embeddings, _ = pipe.encode_prompt(
            text, do_classifier_free_guidance=False, device=where,
            max_sequence_length=int(self.config("transformer").get("max_text_seq_length", TOKENS)),
        )  # fmt: skip
        return {"prompt_embeds": embeddings}

    def inputs(self, pipe: Any, call: Call) -> dict[str, Any]:
        # The 5B models are sampled with DPM and a guidance that falls over time, the 2B with DDIM and without.
        given: dict[str, Any] = {"use_dynamic_cfg": "DPM" in type(pipe.scheduler).__name__}
        if call.role == "i2v":
            given["image"] = self.first(call.brief) if call.tail is None else Image.fromarray(call.tail[-1])
        return given

    @classmethod
    def tiny(cls, folder: Path) -> Engine:
        from studio.engines import _open_miniatures

        made = _open_miniatures.cogvideox(folder)
        named = {role: str(path) for role, path in made.items()}
        side = _open_miniatures.COGVIDEOX_SIDE
        return cls({**named, "size": "5B", "width": side, "height": side, "steps": 2}, made)
