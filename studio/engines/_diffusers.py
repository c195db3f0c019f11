"""What engines on diffusers have in common: loading from folders, memory, prompts, frames, chaining, progress.

An engine names its pipelines and weights by role, and says what it passes to a call; see ``wan.py`` and ``ltx.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from studio.engines import _frames, _loading, _memory, _prompts
from studio.engines._caches import BlockCount, CacheName, enable
from studio.engines._frames import Piece
from studio.engines._pulse import Pulse
from studio.engines.base import Clip, Needs, NoOptions, Progress, VideoEngine
from studio.errors import BadInput, EngineFailed
from studio.story.brief import Brief
from studio.weights import Weight

LOADED, RENDERED = 0.1, 0.95
"""Shares of the progress: texts encoded and models loaded; all frames there, to be encoded."""


class DiffusersOptions(NoOptions):
    """Options of every engine on diffusers; each adds its roles (where weights lie) and its own defaults."""

    steps: int = Field(50, ge=1, le=200)
    guidance: float = Field(5.0, ge=0, le=30)
    memory: Literal["auto", "none", "model", "group"] = "auto"
    """Where weights lie while they work; the maths stays the same."""
    storage: Literal["native", "float8"] = "native"
    """How the transformer's weights are kept between layers; float8 halves them and changes pixels."""
    compile: bool = False
    """Compile the repeated blocks: a minute before the first clip, faster ones after."""
    attention: Literal["native", "cudnn", "flash", "flash3"] = "native"
    """Kernel of the attention: torch's choice, cuDNN's, or those of the flash-attn packages."""
    cache: CacheName = ""
    cache_threshold: float | None = Field(None, gt=0, le=1)


MACHINE = ("memory", "compile")
"""Options that say how fast, not what: no part of a brief."""


@dataclass(frozen=True)
class Call:
    """One call of a pipeline, as an engine sees it when it says what to pass."""

    brief: Brief
    role: str
    piece: Piece
    tail: np.ndarray | None
    """The last frames before this piece, (overlap, height, width, 3) uint8; None for the first piece."""


@dataclass
class _Loaded:
    role: str
    pipe: Any
    notes: list[str] = field(default_factory=list)


class DiffusersEngine(VideoEngine):
    """Subclasses set ``capabilities``, ``licence``, ``Options``, ``pipelines`` and ``repositories``, and override
    ``inputs`` (and ``role`` where they have several pipelines)."""

    Options: type[NoOptions] = DiffusersOptions
    pipelines: ClassVar[Mapping[str, str]] = {}
    """Role -> name of the pipeline's class in diffusers."""
    gib: ClassVar[Mapping[str, float]] = {}
    """Repository -> GiB of its download."""
    per_call: int = 81
    """Frames that one call can render; longer shots are chained where the engine can start from a frame."""
    overlap: int = 1
    """Frames of the last piece that the next one starts from."""
    text_parts: ClassVar[tuple[str, ...]] = ("text_encoder", "tokenizer")
    """Components that turn text into embeddings; not in memory while the film runs."""
    embeddings: ClassVar[tuple[str, ...]] = ("prompt_embeds",)
    """What ``encode_prompt`` returns for one text, by the names that the pipeline's call has for it."""
    full_precision: ClassVar[tuple[str, ...]] = ("vae",)
    """Components that stay float32."""
    separate_guidance: ClassVar[bool] = False
    """The pipeline runs the transformer twice a step, with and without the prompt, instead of once on a batch."""
    packages: ClassVar[tuple[str, ...]] = ()
    vram_gib: ClassVar[float] = 0.0

    def __init__(self, options: Mapping[str, Any] | None = None, weights: Mapping[str, Path] | None = None) -> None:
        super().__init__(options, weights)
        self.prompts = _prompts.PromptCache()
        self._loaded: _Loaded | None = None
        quantised = any(_loading.gguf_file(path, name) for path in self.weights.values() for name in _loading.DENOISERS)
        packages = (*self.packages, "gguf") if quantised else self.packages
        self.needs = Needs(tuple(self._wanted()), vram_gib=self.vram_gib, packages=packages)

    # What it needs

    def sources(self) -> dict[str, str]:
        """Role -> repository, folder or file, from the options; empty ones are not used."""
        return {role: getattr(self.options, role) for role in self.pipelines}

    def _wanted(self) -> list[Weight]:
        """All roles; required are those that the user named, or the first if none is here."""
        sources = {role: source for role, source in self.sources().items() if source}
        named = {role for role in sources if role in self.options.model_fields_set}
        if not (named | set(self.weights)) & set(self.pipelines):
            named = set(list(sources)[:1])
        wanted = [Weight(role, source, self.gib.get(source, 0.0), role in named) for role, source in sources.items()]
        return wanted

    def parameters(self) -> dict[str, Any]:
        """Options that change pixels."""
        without = {*self.pipelines, *MACHINE}
        return {k: v for k, v in self.options.model_dump(mode="json").items() if k not in without}

    # What it renders

    def role(self, brief: Brief, piece: Piece) -> str:
        """Which pipeline renders ``piece``; raises BadInput where none of those that are here can do it."""
        return next(iter(self.pipelines))

    def remarks(self, brief: Brief) -> list[str]:
        """What of the brief this engine leaves aside, in words for the log."""
        return []

    def inputs(self, pipe: Any, call: Call) -> dict[str, Any]:
        """Arguments of the pipeline's call beside prompt, size, frames, steps, guidance and generator."""
        return {}

    def prepare(self, pipe: Any, brief: Brief) -> None:
        """Set the pipeline up for ``brief`` (its scheduler); called before each clip."""

    def check(self, brief: Brief) -> None:
        super().check(brief)
        for role in {self.role(brief, piece) for piece in self.pieces(brief)}:
            if self.options.cache == "mag" and not self.magnitudes(role):
                raise BadInput(f"engine {brief.engine}: cache = 'mag' needs ratios measured on the weights of {role}")

    def pieces(self, brief: Brief) -> list[Piece]:
        """The calls that make up the clip."""
        return _frames.pieces(brief.frames, self.capabilities, self.per_call, self.overlap)

    def shoot(self, brief: Brief, out: Path, progress: Progress) -> Clip:
        self.check(brief)
        pulse = Pulse(progress)
        pulse(0.0)
        made = self.pieces(brief)
        notes = [*self.remarks(brief), *_frames.notes_on(brief.frames, made)]
        with _memory.repeatable():
            texts = self._texts(brief, self.role(brief, made[0]), pulse)
            video: np.ndarray | None = None
            for piece in made:
                tail = video[-piece.overlap :] if video is not None and piece.overlap else None
                call = Call(brief, self.role(brief, piece), piece, tail)
                frames = self._render(call, texts, pulse, len(made), notes)
                video = frames if video is None else np.concatenate([video, frames[piece.overlap :]])
        assert video is not None
        pulse(RENDERED)
        try:
            clip = _frames.write(video[: brief.frames], brief, out, list(dict.fromkeys(notes)))
        except BaseException:
            out.unlink(missing_ok=True)
            raise
        pulse(1.0)
        return clip

    # Texts

    def guided(self) -> bool:
        """Whether the negative prompt counts."""
        return bool(self.options.guidance > 1.0)

    def _texts(self, brief: Brief, role: str, pulse: Pulse) -> dict[str, Any]:
        """The pipeline's arguments for prompt and negative prompt, encoded or remembered."""
        if not self.text_parts:
            return {}
        if self.cache_folder is not None and self.prompts.folder is None:
            self.prompts.folder = self.cache_folder / "prompts"
        texts = [brief.prompt, *([brief.negative_prompt] if self.guided() else [])]
        made_by = {
            "encoder": self._encoder_hash(self.weights[role]),
            "precision": str(_memory.precision(_memory.device())),
        }
        with pulse.beating():
            found = self.prompts.get(texts, made_by, lambda missing: self._encode(role, missing))
        pulse(LOADED / 2)
        named = dict(found[0])
        if self.guided():
            named |= {f"negative_{name}": tensor for name, tensor in found[1].items()}
        return {name: tensor.to(_memory.device()) for name, tensor in named.items()}

    def _encoder_hash(self, folder: Path) -> str:
        from studio.weights import hash_of

        parts = {name: folder / name for name in self.text_parts if (folder / name).is_dir()}
        memo = (self.cache_folder or folder / "none") / "weights.json"
        return f"{type(self).__module__} {hash_of(parts, memo)}"

    def _encode(self, role: str, texts: list[str]) -> list[dict[str, Any]]:
        """Embeddings of ``texts``, by a text encoder that is loaded for it and dropped again."""
        import torch

        where = _memory.device()
        pipe = _loading.texts_only(self.pipelines[role], self.weights[role], self.text_parts, _memory.precision(where))
        for name in self.text_parts:
            if isinstance(part := getattr(pipe, name, None), torch.nn.Module):
                _memory.onto(part.eval(), where)
        with torch.no_grad():
            made = [self.encode_text(pipe, text, where) for text in texts]
        del pipe
        _memory.release()
        return [{name: tensor.cpu() for name, tensor in one.items()} for one in made]

    def encode_text(self, pipe: Any, text: str, where: str) -> dict[str, Any]:
        """Embeddings of one text, named as the pipeline's call names them."""
        length = _loading.text_length(type(pipe).__name__)
        found = pipe.encode_prompt(prompt=text, do_classifier_free_guidance=False, device=where, **length)
        found = found if isinstance(found, tuple) else (found,)
        return dict(zip(self.embeddings, found, strict=False))

    # Rendering

    def _render(self, call: Call, texts: dict[str, Any], pulse: Pulse, count: int, notes: list[str]) -> np.ndarray:
        import torch

        with pulse.beating():
            loaded = self._load(call.role, _memory.working_gib(call.brief.width, call.brief.height))
        notes += loaded.notes
        pulse(LOADED)
        pipe, brief, options = loaded.pipe, call.brief, self.options
        self.prepare(pipe, brief)
        start = LOADED + (RENDERED - LOADED) * call.piece.index / count

        def on_step(pipeline: Any, step: int, _timestep: Any, kept: dict[str, Any]) -> dict[str, Any]:
            steps = max(1, int(getattr(pipeline, "num_timesteps", 0) or options.steps))
            pulse(start + (RENDERED - LOADED) / count * (step + 1) / (steps + 1))
            return kept

        asked = {
            **self.arguments(call), **texts, **self.inputs(pipe, call),
            "generator": torch.Generator("cpu").manual_seed((brief.seed + call.piece.index) % 2**63),
            "callback_on_step_end": on_step, "output_type": "np",
        }  # fmt: skip
        with self._cached(pipe, notes):
            video = self.frames_of(pipe(**asked))
        if len(video) != call.piece.frames:
            raise EngineFailed(f"the pipeline gave {len(video)} frames instead of {call.piece.frames}")
        return _frames.to_bytes(video)

    def arguments(self, call: Call) -> dict[str, Any]:
        """Arguments that most pipelines name alike."""
        return {
            "width": call.brief.width, "height": call.brief.height, "num_frames": call.piece.frames,
            "num_inference_steps": self.options.steps, "guidance_scale": self.options.guidance,
        }  # fmt: skip

    def frames_of(self, result: Any) -> Any:
        """The video of a pipeline's result: (frames, height, width, 3) floats in 0…1."""
        return result.frames[0]

    def _cached(self, pipe: Any, notes: list[str]) -> BlockCount:
        branches = 2 if self.separate_guidance and self.guided() else 1
        return BlockCount(pipe, self.options.cache, branches, notes)

    # Loading

    def _drop(self) -> None:
        self._loaded = None
        _memory.release()

    def _load(self, role: str, working: float = _memory.WORKING_GIB) -> _Loaded:
        """The pipeline of ``role``, loaded and placed; the one before is dropped."""
        if self._loaded is not None and self._loaded.role == role:
            return replace(self._loaded, notes=[])
        self._drop()
        options, where = self.options, _memory.device()
        pipe = _loading.without_texts(
            self.pipelines[role], self.weights[role], self.text_parts, _memory.precision(where), self.full_precision,
            self.components(role, _memory.precision(where)),
        )  # fmt: skip
        self.equip(pipe, role)
        denoisers = _loading.denoisers(pipe)
        if options.storage == "float8":
            _loading.store_in_float8(denoisers, _memory.precision(where))
        if options.attention != "native":
            _loading.set_attention(denoisers, options.attention, where)
        mode, notes = _memory.place(pipe, where, options.memory, working, _memory.TILING_GIB)
        if options.cache:
            for denoiser in denoisers:
                enable(pipe, denoiser, options.cache, options.cache_threshold, options.steps, self.magnitudes(role))
        if options.compile:
            if mode != "none":
                notes.append(f"not compiled: weights are streamed ({mode} offload)")
            else:
                for denoiser in denoisers:
                    denoiser.compile_repeated_blocks(fullgraph=not options.cache)
        self._loaded = _Loaded(role, pipe, notes)
        return self._loaded

    def components(self, role: str, dtype: Any) -> dict[str, Any]:
        """Components that lie in folders of their own, loaded."""
        return {}

    def equip(self, pipe: Any, role: str) -> None:
        """Change a loaded pipeline before it is placed (LoRAs go in here, before any offloading)."""

    def magnitudes(self, role: str) -> list[float]:
        """MagCache's ratios for the weights of ``role``; empty where nobody has measured them."""
        return []
