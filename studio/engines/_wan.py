"""What Wan 2.1 and 2.2 have in common: four pipelines, one of them picked for each piece of a shot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from PIL import Image
from pydantic import Field

from studio.engines import _images, _loading, _lora, _vace
from studio.engines._diffusers import Call, DiffusersEngine, DiffusersOptions
from studio.engines._frames import Piece, pieces
from studio.engines.base import Capabilities
from studio.errors import BadInput, EngineFailed
from studio.licences import Licence, Part
from studio.story.brief import Brief
from studio.weights import Weight

VACE_OVERLAP = 5
"""Frames that VACE continues from: two frames of latents, so that motion goes on."""
SHIFT_480P, SHIFT_720P = 3.0, 5.0
"""flow_shift by size, as the model cards say."""
BETWEEN = (832 * 480 + 1280 * 720) // 2
"""Pixels of a frame from which 720p's shift counts."""


class WanOptions(DiffusersOptions):
    t2v: str = ""
    i2v: str = ""
    flf2v: str = ""
    vace: str = ""
    preset: str = ""
    """A few-step LoRA by name; sets steps and guidance where they are not set themselves."""
    lora: str = ""
    """A LoRA of the user's own: a file, or a folder that holds one."""
    lora_scale: float = Field(1.0, gt=0, le=2)
    lora_licence: str = _lora.UNSTATED
    flow_shift: float | None = Field(None, gt=0, le=20)
    """None: 3 at 480p, 5 at 720p."""
    max_references: int = Field(4, ge=1, le=8)
    """Pictures that VACE is shown; each costs four frames of work."""


class WanEngine(DiffusersEngine):
    """Subclasses name repositories and presets."""

    Options = WanOptions
    capabilities = Capabilities(
        fps=16.0, frame_step=4, frame_offset=1, max_frames=481, size_multiple=16,
        first_frame=True, last_frame=True, references=True,
    )  # fmt: skip
    licence = Licence(weights=Part("Apache-2.0"))
    pipelines: ClassVar[Mapping[str, str]] = {
        "vace": "WanVACEPipeline", "t2v": "WanPipeline",
        "i2v": "WanImageToVideoPipeline", "flf2v": "WanImageToVideoPipeline",
    }  # fmt: skip
    full_precision = ("vae", "image_encoder")
    separate_guidance = True
    packages = ("ftfy",)
    presets: ClassVar[Mapping[str, _lora.Preset]] = {}

    def __init__(self, options: Mapping[str, Any] | None = None, weights: Mapping[str, Path] | None = None) -> None:
        super().__init__(options, weights)
        self._settle()
        if loras := self._loras():
            self.licence = replace(self.licence, components={role: part for role, _, part in loras})
        if self.weights:
            starts = bool({"i2v", "vace"} & set(self.weights))
            self.capabilities = replace(
                self.capabilities, first_frame=starts, references="vace" in self.weights,
                last_frame=starts and bool({"flf2v", "vace"} & set(self.weights)),
                max_frames=self.capabilities.max_frames if starts else self.per_call,
            )  # fmt: skip

    # Options

    def preset(self) -> _lora.Preset | None:
        """The chosen few-step LoRA; raises ValueError for an unknown name."""
        return self.presets[self.options.preset] if self.options.preset else None

    def _settle(self) -> None:
        """Steps, guidance and shift of the preset, where the user set none."""
        preset = self.preset()
        if preset is None:
            return
        own = {"steps": preset.steps, "guidance": preset.guidance, "flow_shift": preset.flow_shift}
        unset = {key: value for key, value in own.items() if key not in self.options.model_fields_set}
        self.options = self.options.model_copy(update=unset)

    def _loras(self) -> list[tuple[str, str, Part]]:
        """(role, source, licence) of the preset's LoRA and of the user's own."""
        preset, found = self.preset(), []
        if preset is not None:
            found.append(("preset_lora", preset.source, preset.licence))
        if self.options.lora:
            found.append(("lora", self.options.lora, _lora.part(self.options.lora_licence)))
        return found

    def _wanted(self) -> list[Weight]:
        return super()._wanted() + [Weight(role, source) for role, source, _ in self._loras()]

    def parameters(self) -> dict[str, Any]:
        return {k: v for k, v in super().parameters().items() if k not in ("lora", "lora_licence")}

    # Which pipeline

    def role(self, brief: Brief, piece: Piece) -> str:
        here = set(self.weights)
        starts = bool(piece.overlap or (piece.index == 0 and brief.first_frame))
        ends = bool(piece.final and brief.parameters.get("last_frame"))
        shown = brief.references and (brief.characters or not starts)
        if "vace" in here and shown:
            return "vace"
        if ends:
            choices = ["flf2v", "vace"] if starts else ["vace"]
        else:
            choices = ["i2v", "vace"] if starts else ["t2v", "vace"]
        for role in choices:
            if role in here:
                return role
        asked = {(0, 0): "begin with text alone", (1, 0): "start from a frame", (0, 1): "end on a frame"}
        wanted = asked.get((int(starts), int(ends)), "go from one frame to another")
        raise BadInput(
            f"engine {brief.engine} cannot {wanted} with {', '.join(sorted(here))}; get {choices[0]} or vace"
        )

    def pieces(self, brief: Brief) -> list[Piece]:
        vace = "vace" in self.weights and (brief.references or "i2v" not in self.weights)
        return pieces(brief.frames, self.capabilities, self.per_call, VACE_OVERLAP if vace else 1)

    def remarks(self, brief: Brief) -> list[str]:
        if brief.references and "vace" not in self.weights:
            return ["the references are not shown to the model: that takes VACE, which is not here"]
        return []

    # One call

    def inputs(self, pipe: Any, call: Call) -> dict[str, Any]:
        brief, ends = call.brief, call.piece.final and call.brief.parameters.get("last_frame")
        last = self._fitted(brief, str(ends)) if ends else None
        if call.role == "vace":
            return _vace.conditions(brief, call.piece.frames, call.tail, last, self.options.max_references)
        if call.role == "t2v":
            return {}
        first = Image.fromarray(call.tail[-1]) if call.tail is not None else self._fitted(brief, brief.first_frame)
        return {"image": first, **({"last_image": last} if last is not None else {})}

    def _fitted(self, brief: Brief, sha256: str) -> Image.Image:
        return _images.filling(_images.picture(brief, sha256), brief.width, brief.height)

    def prepare(self, pipe: Any, brief: Brief) -> None:
        from diffusers import UniPCMultistepScheduler

        shift = self.options.flow_shift or (SHIFT_720P if brief.width * brief.height >= BETWEEN else SHIFT_480P)
        pipe.scheduler = UniPCMultistepScheduler.from_config(
            pipe.scheduler.config, flow_shift=shift, prediction_type="flow_prediction", use_flow_sigmas=True
        )

    def equip(self, pipe: Any, role: str) -> None:
        for name, _, _ in self._loras():
            if name not in self.weights:
                raise EngineFailed(f"the LoRA of {name} is not here")
            scale = self.options.lora_scale if name == "lora" else 1.0
            _loading.fuse_lora(pipe, self.weights[name], scale)
