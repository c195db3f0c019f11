"""An exported flow model in ONNX Runtime: sampling is `latent_flow`'s own, the networks run outside of torch."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from studio.errors import BadInput
from studio.worlds.models import advection, latent_flow
from studio.worlds.models._before import Before
from studio.worlds.models._transformer import Past
from studio.worlds.models.base import _tupled
from studio.worlds.play.onnx_export import FACTS, PARTS, TOLD, ring_names

UNSEEN = -1e4
"""Added to the attention's score of a slot that must not be seen."""


@dataclass
class Ring(Past):
    """The past in numpy, in the trunk's layout: ``ring`` holds each layer's keys, then each layer's values. The tensors
    of `Past` are not used."""

    ring: list[np.ndarray] = field(default_factory=list)

    @property
    def window(self) -> int:
        return int(self.ring[0].shape[-1])

    def hidden(self) -> np.ndarray:
        """What the next frame must not see: slots that were never written, and the one that it takes over."""
        mask = np.zeros(self.window, np.float32)
        mask[min(self.time, self.window) :] = UNSEEN
        mask[self.time % self.window] = UNSEEN
        return mask

    def write(self, keys: np.ndarray, values: np.ndarray) -> None:
        """A frame's own keys and values, [layers, P, heads, head]."""
        slot, layers = self.time % self.window, len(keys)
        for layer in range(layers):
            self.ring[layer][..., slot] = keys[layer]
            self.ring[layers + layer][..., slot, :] = values[layer]


class _Graphs:
    """A session a part; never copied with a context or a model."""

    def __init__(self, folder: Path, parts: Iterable[str], threads: int) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        # A thread that spins for work takes the core from the page and from torch.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.parts = {
            part: onnxruntime.InferenceSession(str(folder / f"{part}.onnx"), options, ["CPUExecutionProvider"])
            for part in parts
        }

    def __call__(self, part: str, **inputs: np.ndarray) -> list[np.ndarray]:
        found: list[np.ndarray] = self.parts[part].run(None, inputs)
        return found

    def __deepcopy__(self, memo: Any) -> _Graphs:
        return self


class _Codec:
    """What `latent_flow` asks of a codec in play."""

    def __init__(self, graphs: _Graphs, latent_shape: tuple[int, int, int]) -> None:
        self.graphs, self.latent_shape = graphs, latent_shape

    def normalised(self, frames: Tensor) -> Tensor:
        return torch.cat([torch.from_numpy(self.graphs("encoder", frames=f[None].numpy())[0]) for f in frames])

    def restored(self, latents: Tensor) -> Tensor:
        return torch.cat(
            [torch.from_numpy(self.graphs("decoder", latents=z[None].contiguous().numpy())[0]) for z in latents]
        )


class _Mover:
    """What `latent_flow` asks of a mover in play."""

    def __init__(self, graphs: _Graphs, unknown: int, temperature: float) -> None:
        shapes = {i.name: i.shape for i in graphs.parts["mover"].get_inputs()}
        self.graphs, self.unknown, self.temperature = graphs, unknown, temperature
        self.past, self.acts = int(shapes["frames"][1]), int(shapes["actions"][1])
        self.drawn = int(shapes["chance"][1]) if "chance" in shapes else 0

    def chance(self, clips: int, generator: torch.Generator) -> Tensor | None:
        return advection.chance(clips, self.temperature, generator) if self.drawn else None

    def moved(self, frames: Tensor, flow: Tensor, actions: Tensor, chance: Tensor | None = None) -> Tensor:
        known = nn.functional.pad(actions, (self.acts - actions.shape[1], 0), value=self.unknown)
        given = {"frames": frames, "flow": flow, "actions": known}
        if self.drawn:
            given["chance"] = torch.zeros(len(frames), self.drawn) if chance is None else chance
        clips = zip(*(each.split(1) for each in given.values()), strict=True)
        made = [self.graphs("mover", **dict(zip(given, map(_numpy, clip), strict=True)))[0] for clip in clips]
        return torch.cat([torch.from_numpy(each) for each in made])


def _numpy(tensor: Tensor) -> np.ndarray:
    array: np.ndarray = tensor.contiguous().numpy()
    return array


class Exported(latent_flow.Model):
    """`latent_flow` for one clip at a time, on the CPU. Raises BadInput for a folder that is no export."""

    def __init__(self, folder: Path, threads: int = 0) -> None:
        nn.Module.__init__(self)
        facts = read_facts(folder)
        self.config = latent_flow.Config(**_tupled(facts["config"]))
        self.int8 = bool(facts["int8"])
        self.graphs = _Graphs(folder, facts["sha256"], threads or torch.get_num_threads())
        inputs = {i.name: i.shape for i in self.graphs.parts["trunk"].get_inputs()}
        self.ring_shapes = {name: tuple(inputs[name]) for name in ring_names(self.config.layers)}
        self.codec: Any = _Codec(self.graphs, tuple(inputs["noisy"][2:]))
        self.mover = None
        if self.config.mover:
            temperature = dict(self.config.mover_config).get("temperature", 0.0)
            self.mover = _Mover(self.graphs, self.config.actions, float(temperature))
        self.sampling(self.config.steps, self.config.guidance, self.config.temperature)

    def train(self, mode: bool = True) -> Any:
        """There is nothing to train."""
        return self

    def _init_context(self, frames: Tensor, actions: Tensor) -> Any:
        if len(frames) != 1:
            raise BadInput(f"an exported model plays one clip at a time, not {len(frames)}")
        return super()._init_context(frames, actions)

    def no_past(self, clips: int) -> Past:
        nothing = torch.zeros(0)
        return Ring(nothing, nothing, ring=[np.zeros(shape, np.float32) for shape in self.ring_shapes.values()])

    def clean(
        self,
        noisy: Tensor,
        level: Tensor,
        size: Tensor,
        action: Tensor,
        before: Before,
        past: Any = None,
        twice: bool = False,
    ) -> Tensor:
        """Frame by frame, where there are several; what they leave in the past is the same."""
        made = []
        for i in range(noisy.shape[1]):
            at = copy.copy(past)
            at.time = past.time + i
            told = (noisy, level, size, action, *before)
            inputs = {n: t[:, i : i + 1].contiguous().numpy() for n, t in zip(TOLD, told, strict=False)}
            inputs |= {"time": np.array(at.time, np.float32), "hidden": at.hidden()}
            inputs |= dict(zip(self.ring_shapes, at.ring, strict=True))
            found, keys, values = self.graphs("trunk", **inputs)
            at.write(keys, values)
            made.append(torch.from_numpy(found))
        return torch.cat(made, 1)


def read_facts(folder: Path) -> dict[str, Any]:
    """What an export says of itself. Raises BadInput where it is none, or a graph is missing or damaged."""
    try:
        facts: dict[str, Any] = json.loads((folder / FACTS).read_text("utf-8"))
        parts = (*PARTS, "mover") if facts["config"].get("mover") else PARTS
        sums = {part: facts["sha256"][part] for part in parts}
    except FileNotFoundError:
        raise BadInput(f"{folder} is no export: it has no {FACTS}; make one with `studio world export`") from None
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput(f"{folder / FACTS} is damaged ({error!r}); export again") from None
    for part, wanted in sums.items():
        path = folder / f"{part}.onnx"
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != wanted:
            raise BadInput(f"{path} is missing or damaged; export again")
    return facts


def is_export(path: Path) -> bool:
    return (path / FACTS).is_file()
