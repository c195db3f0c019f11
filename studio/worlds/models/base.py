"""The contract of world models and codecs, and how their weights are kept.

A file in this folder is a model; its class ``Model`` has a frozen dataclass ``Config`` beside it. World models continue
footage (`WorldModel.init_context`, `WorldModel.step`); codecs turn frames into latents and back (`Codec`).
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from studio.errors import BadInput
from studio.plugins import load, names
from studio.publish import publish_bytes
from studio.worlds.data.dataset import Batch


def to_float(frames: Tensor) -> Tensor:
    """uint8 [..., H, W, 3] to float [..., 3, H, W] in [-1, 1]."""
    return frames.transpose(-1, -2).transpose(-2, -3).float().div(127.5).sub(1)


def to_frames(pixels: Tensor) -> Tensor:
    """float [..., 3, H, W] in [-1, 1] to uint8 [..., H, W, 3], cut off outside."""
    values = pixels.float().add(1).mul(127.5).round().clamp(0, 255).to(torch.uint8)
    return values.transpose(-3, -2).transpose(-2, -1).contiguous()


def noise_like(x: Tensor, generator: torch.Generator) -> Tensor:
    """Normal noise in the shape of ``x``, drawn on the CPU, so that it is the same on every device."""
    return torch.randn(x.shape, generator=generator).to(x.device)


class Trainable(nn.Module):
    """Anything the training loop can fit. ``name``: its file's name; ``config``: its dataclass."""

    name: ClassVar[str]
    config_class: ClassVar[type[Any]]
    reads: ClassVar[str] = "frames"
    """What its batches hold: ``frames``, or ``latents`` of its codec."""
    marks: ClassVar[bool] = False
    """Whether its batches tell what moves, where the data know it."""
    sizes: ClassVar[dict[str, dict[str, Any]]] = {}
    """Settings by name, where a model comes in several sizes; ``base`` is its Config as it is."""

    looked_at: ClassVar[tuple[str, ...]] = ()
    """Which losses of made frames can be added to its own (`studio.worlds.training.further`)."""

    config: Any
    further: Callable[..., dict[str, Tensor]] | None = None
    """Those losses, while a training has set them: of (made, true, past, acted), with ``further``, their sum."""

    @classmethod
    def tiny(cls) -> Trainable:
        """A miniature with random weights, for 32×48 frames and 4 actions."""
        raise NotImplementedError

    def losses(self, batch: Batch, generator: torch.Generator, progress: float) -> dict[str, Tensor]:
        """Scalars by name; ``loss`` is what is minimised. ``progress``: share of the training that is done, [0, 1)."""
        raise NotImplementedError

    def _with_further(self, told: dict[str, Tensor], *shown: Tensor) -> dict[str, Tensor]:
        """``told`` with what `further` says of the pixels ``shown``, added to its ``loss``."""
        if self.further is None:
            return told
        more = self.further(*shown)
        return {**told, **more, "loss": told["loss"] + more["further"]}

    def trained(self) -> list[nn.Parameter]:
        """Parameters that training changes."""
        return [p for p in self.parameters() if p.requires_grad]


class WorldModel(Trainable):
    """Continues footage, one frame an action. The context is the model's own and is changed by `step`; to try several
    actions from one place, ``copy.deepcopy`` it."""

    games: Sequence[Sequence[str]] = ()
    """Of a model that learned several games: the names of each one's actions, in the order of its numbers."""
    _played: range | None = None

    @property
    def actions(self) -> int:
        """How many actions `step` knows: those of the game chosen by `play_game`, or all."""
        return int(self.config.actions) if self._played is None else len(self._played)

    def play_game(self, names: Sequence[str]) -> None:
        """From now on actions are numbered as in the game whose actions have these ``names``; as in the training, where
        that is none of several."""
        self._played, first = None, 0
        for game in self.games:
            if list(game) == list(names):
                self._played = range(first, first + len(game))
            first += len(game)

    @property
    def unknown_action(self) -> int | None:
        """What stands for an action that nobody knows; None where the model was never trained without."""
        return None

    @torch.no_grad()
    def init_context(self, frames: Tensor, actions: Tensor | None) -> Any:
        """Context from true footage: ``frames`` uint8 [B, T, H, W, 3], T ≥ 1; ``actions`` int [B, T-1], the i-th leads
        from frame i to frame i+1, or None where nobody knows them. Raises BadInput for other shapes, kinds or unknown
        actions, and for None where the model needs them."""
        config = self.config
        wanted = (config.height, config.width, 3)
        if frames.dim() != 5 or tuple(frames.shape[2:]) != wanted or frames.dtype != torch.uint8 or not frames.shape[1]:
            raise BadInput(
                f"{self.name} takes uint8 frames [batch, time, {config.height}, {config.width}, 3], "
                f"not {str(frames.dtype).removeprefix('torch.')} {list(frames.shape)}"
            )
        if actions is None:
            if self.unknown_action is None:
                raise BadInput(f"{self.name} was never trained on footage without actions; give the actions")
            unknown = torch.full((frames.shape[0], frames.shape[1] - 1), self.unknown_action)
            return self._init_context(frames, unknown.to(frames.device))
        if tuple(actions.shape) != (frames.shape[0], frames.shape[1] - 1):
            raise BadInput(
                f"{self.name} takes an action between each two frames, {[frames.shape[0], frames.shape[1] - 1]}, "
                f"not {list(actions.shape)}"
            )
        return self._init_context(frames, self._checked(actions))

    @torch.no_grad()
    def step(self, context: Any, action: Tensor, generator: torch.Generator) -> Tensor:
        """The frame that ``action`` (int [B]) leads to: uint8 [B, H, W, 3]. Raises BadInput for unknown actions."""
        if action.dim() != 1:
            raise BadInput(f"{self.name} takes one action a clip, [batch], not {list(action.shape)}")
        return self._step(context, self._checked(action), generator)

    def settle(self, context: Any) -> None:
        """Do now what the next `step` would begin with, whatever its action: in play, after a frame was shown. It
        makes no difference to any frame."""

    def _checked(self, actions: Tensor) -> Tensor:
        bad = actions[(actions < 0) | (actions >= self.actions)]
        if actions.is_floating_point() or bad.numel():
            value = bad.flatten()[0].item() if bad.numel() else str(actions.dtype).removeprefix("torch.")
            raise BadInput(f"action {value} does not exist; {self.name} knows 0 to {self.actions - 1}")
        return actions.long() + (self._played.start if self._played else 0)

    def _init_context(self, frames: Tensor, actions: Tensor) -> Any:
        raise NotImplementedError

    def _step(self, context: Any, action: Tensor, generator: torch.Generator) -> Tensor:
        raise NotImplementedError


class Codec(Trainable):
    """Frames to latents and back. ``latent_mean`` and ``latent_std`` [C] are measured when its training ends."""

    marks = True
    latent_mean: Tensor
    latent_std: Tensor

    @property
    def latent_shape(self) -> tuple[int, int, int]:
        """(channels, rows, columns) of a frame's latents."""
        raise NotImplementedError

    def encode(self, frames: Tensor) -> Tensor:
        """uint8 [B, H, W, 3] to latents [B, C, h, w]."""
        raise NotImplementedError

    def decode(self, latents: Tensor) -> Tensor:
        """Latents [B, C, h, w] to pixels [B, 3, H, W] in about [-1, 1]."""
        raise NotImplementedError

    def normalised(self, frames: Tensor) -> Tensor:
        """`encode`, with mean 0 and deviation 1 a channel."""
        return (self.encode(frames) - self.latent_mean[:, None, None]) / self.latent_std[:, None, None]

    def restored(self, latents: Tensor) -> Tensor:
        """Frames uint8 [B, H, W, 3] from normalised latents."""
        return to_frames(self.decode(latents * self.latent_std[:, None, None] + self.latent_mean[:, None, None]))


def check_size(name: str, height: int, width: int, multiple: int) -> None:
    """Raises BadInput where a frame's sides are no multiples of ``multiple``."""
    if height % multiple or width % multiple or min(height, width) < multiple:
        raise BadInput(f"{name} takes frames whose sides are multiples of {multiple}, not {height}x{width}")


def _tupled(value: Any) -> Any:
    """JSON and TOML know lists only; configs hold tuples."""
    if isinstance(value, dict):
        return {key: _tupled(each) for key, each in value.items()}
    return tuple(value) if isinstance(value, list) else value


def model_class(name: str) -> type[Any]:
    """Class ``Model`` of the file ``name``. Raises BadInput for an unknown name."""
    return load("worlds.models", name).Model


def build(name: str, config: dict[str, Any]) -> Any:
    """A new model ``name`` with random weights. Raises BadInput for settings that it has not got."""
    cls = model_class(name)
    known = {field.name for field in dataclasses.fields(cls.config_class)}
    unknown = sorted(set(config) - known)
    if unknown:
        raise BadInput(f"{name} has no setting {', '.join(unknown)}; choose from: {', '.join(sorted(known))}")
    return cls(cls.config_class(**_tupled(config)))


def sized(name: str, size: str) -> dict[str, Any]:
    """Settings of model ``name`` in ``size``; an empty word is no choice. Raises BadInput."""
    sizes = model_class(name).sizes
    if size and size not in sizes:
        raise BadInput(f"{name} has no size {size!r}; choose from: {', '.join(sizes) or 'none, it has one'}")
    return dict(sizes.get(size, {}))


def weight_bytes(model: Trainable, half: bool = False, **facts: str) -> bytes:
    """Weights as safetensors, ``half`` as float16, with what `load_weights` needs to build the model again: one JSON
    text, since safetensors writes several in any order and equal weights would have unequal files."""
    meta: dict[str, Any] = {"model": model.name, "config": dataclasses.asdict(model.config), **facts}
    meta |= {"games": list(model.games)} if isinstance(model, WorldModel) and model.games else {}
    kept = {k: v.half() if half and v.is_floating_point() else v for k, v in model.state_dict().items()}
    return save({k: v.contiguous() for k, v in kept.items()}, {"world_model": json.dumps(meta)})


def save_weights(model: Trainable, path: Path, **facts: str) -> None:
    """Publish `weight_bytes` as ``path``."""
    publish_bytes(path, weight_bytes(model, False, **facts))


def load_weights(path: Path) -> Any:
    """The model in ``path``, ready for use. Raises BadInput where the file is missing, damaged or of another kind."""
    if not path.is_file():
        known = ", ".join(names("worlds.models"))
        raise BadInput(f"no weights at {path}; train some with `studio world train MODEL` (models: {known})")
    try:
        with safe_open(path, "pt") as file:
            meta = json.loads((file.metadata() or {}).get("world_model", "{}"))
            weights = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except (SafetensorError, ValueError) as error:
        raise BadInput(f"{path} is damaged ({error}); train it again or copy it again") from None
    if not isinstance(meta, dict) or "model" not in meta or "config" not in meta:
        raise BadInput(f"{path} holds no world model: its header names none")
    for key, value in weights.items():
        if value.is_floating_point() and not value.isfinite().all():
            raise BadInput(f"{path} holds numbers that are not finite ({key}); train it again or copy it again")
    try:
        model = build(meta["model"], meta["config"])
        missing, unexpected = model.load_state_dict(weights, strict=False)
    except (TypeError, ValueError, RuntimeError) as error:  # settings of other kinds, weights of other shapes
        raise BadInput(f"{path} does not fit {meta['model']}: {' '.join(str(error).split())[:200]}") from None
    if missing or unexpected:
        raise BadInput(f"{path} does not fit {meta['model']}: {(missing + unexpected)[0]} and others are off")
    if "games" in meta and isinstance(model, WorldModel):
        model.games = meta["games"]
    return model.eval()
