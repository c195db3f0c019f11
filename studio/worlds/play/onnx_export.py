"""The flow model as ONNX graphs: ``encoder`` (frames to latents), ``trunk`` (one pass over one frame, the past's
keys and values going in and the frame's own coming out) and ``decoder`` (latents to frames); and ``mover`` where it
has one.

The graphs are traced from the model's own code: only the attention to the past is written another way (`Shown`), since
a graph does not write into a ring. Tracing (the older exporter) is sound here: shapes are fixed and no branch depends
on a value; it takes half a second where the newer one takes ten, and needs no package more. With int8, weights of
linear layers are whole numbers a channel and activations are quantised as they come (dynamic quantisation);
convolutions stay float32.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from studio.errors import BadInput
from studio.publish import publish_bytes
from studio.worlds.models._before import Before
from studio.worlds.models._transformer import Past
from studio.worlds.models.base import Codec, Trainable, weight_bytes

PARTS = ("encoder", "trunk", "decoder")
"""Of every export."""
TOLD = ("noisy", "level", "size", "action", "shown", "carried", "level_before", "time", "hidden")
"""Inputs of the trunk; after them come ``keys_0``, ``keys_1``… and ``values_0``…, a layer each: parts of one input
would be copied."""
VERSION = 3
"""Of the graphs; a change to them is a new version, so that kept exports are made again."""
FACTS = "world_model.json"


@dataclass
class Shown(Past):
    """A past that is only read. Keys [P, heads, head, window] lie ready for a product without a transposition, values
    are [P, heads, window, head]; ``hidden`` [window] is 0 where a slot may be seen and very negative where not;
    ``made`` gathers the frame's own keys and values a layer, [P, heads, head]."""

    ring: tuple[Tensor, ...] = ()
    hidden: Tensor = field(default_factory=lambda: torch.zeros(0))
    made: list[tuple[Tensor, Tensor]] = field(default_factory=list)

    def attend(self, layer: int, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
        self.made.append((k[:, :, 0], v[:, :, 0]))
        q = q * q.shape[-1] ** -0.5
        keys, values = self.ring[layer], self.ring[len(self.ring) // 2 + layer]
        past = q @ keys + self.hidden
        weights = torch.softmax(torch.cat([past, (q * k).sum(-1, keepdim=True)], -1), -1)
        return weights[..., :-1] @ values + weights[..., -1:] * v


class _Trunk(nn.Module):
    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(
        self, noisy: Tensor, level: Tensor, size: Tensor, action: Tensor, shown: Tensor, carried: Tensor,
        level_before: Tensor, time: Tensor, hidden: Tensor, *ring: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
        past = Shown(ring[0], ring[-1], time, {}, ring, hidden)  # type: ignore[arg-type]
        before = Before(shown, carried, level_before)
        clean = self.model.clean(noisy, level, size, action, before, past)
        return clean, torch.stack([k for k, _ in past.made]), torch.stack([v for _, v in past.made])


class _Encoder(nn.Module):
    def __init__(self, codec: Codec) -> None:
        super().__init__()
        self.codec = codec

    def forward(self, frames: Tensor) -> Tensor:
        return self.codec.normalised(frames)


class _Decoder(_Encoder):
    def forward(self, latents: Tensor) -> Tensor:
        return self.codec.restored(latents)


class _Mover(nn.Module):
    def __init__(self, mover: Any) -> None:
        super().__init__()
        self.mover = mover

    def forward(self, frames: Tensor, flow: Tensor, actions: Tensor, chance: Tensor | None = None) -> Tensor:
        made: Tensor = self.mover.moved(frames, flow, actions, chance)
        return made


def export(model: Trainable, out: Path, int8: bool = False) -> dict[str, int]:
    """Write the graphs and `FACTS` into ``out``; returns bytes by file. Raises BadInput for other models."""
    if model.name != "latent_flow":
        raise BadInput(f"{model.name} cannot be exported; choose a latent_flow")
    model = model.eval()
    graphs = _graphs(model)
    if int8:
        graphs["trunk"] = _quantised(graphs["trunk"])
    out.mkdir(parents=True, exist_ok=True)
    for part, data in graphs.items():
        publish_bytes(out / f"{part}.onnx", data)
    facts = {
        **{"schema_version": VERSION, "model": model.name, "config": dataclasses.asdict(model.config), "int8": int8},
        "weights_sha256": hashlib.sha256(weight_bytes(model)).hexdigest(),
        "sha256": {part: hashlib.sha256(data).hexdigest() for part, data in graphs.items()},
    }
    publish_bytes(out / FACTS, json.dumps(facts, indent=1).encode() + b"\n")  # last: a folder without it is no export
    return {f"{part}.onnx": len(data) for part, data in graphs.items()}


def ring_names(layers: int) -> list[str]:
    """Names of the trunk's inputs for the past."""
    return [f"{kind}_{layer}" for kind in ("keys", "values") for layer in range(layers)]


def _graphs(model: Any) -> dict[str, bytes]:
    latents = torch.zeros(1, *model.codec.latent_shape)
    frames = torch.zeros(1, model.config.height, model.config.width, 3, dtype=torch.uint8)
    trunk = model.trunk
    past = trunk.no_past(1)
    keys, values = past.keys.float().transpose(-1, -2), past.values.float()
    level, index = torch.full((1, 1), 0.5), torch.zeros(1, 1, dtype=torch.int64)
    told = (latents[None], level, index, index, latents[None], latents[None], level, torch.tensor(0.0))
    # Clones: a tensor that is given twice becomes one input.
    given = (*told, torch.zeros(past.window), *keys, *values)
    example = tuple(each.clone().contiguous() for each in given)
    graphs = {
        "encoder": _graph(_Encoder(model.codec), (frames,), ["frames"], ["latents"]),
        "trunk": _graph(_Trunk(model), example, [*TOLD, *ring_names(trunk.layers)], ["clean", "keys", "values"]),
        "decoder": _graph(_Decoder(model.codec), (latents,), ["latents"], ["frames"]),
    }
    if model.mover is not None:
        past, height, width = model.mover.past, model.config.height, model.config.width
        clip = frames[:, None].repeat(1, past, 1, 1, 1), torch.zeros(1, 2 * past - 2, height, width)
        acts = torch.zeros(1, model.mover.acts, dtype=torch.int64)
        given, inputs = (*clip, acts), ["frames", "flow", "actions"]
        if (chance := model.mover.chance(1, torch.Generator())) is not None:
            given, inputs = (*given, chance), [*inputs, "chance"]
        graphs["mover"] = _graph(_Mover(model.mover), given, inputs, ["frame"])
    return graphs


def _graph(module: nn.Module, example: tuple[Tensor, ...], inputs: Sequence[str], outputs: Sequence[str]) -> bytes:
    with _quiet(), torch.no_grad(), tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "graph.onnx"
        torch.onnx.export(
            module.eval(), example, str(path), input_names=list(inputs), output_names=list(outputs), opset_version=20,
            dynamo=False,
        )  # fmt: skip
        return path.read_bytes()


def _quantised(graph: bytes) -> bytes:
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    model = onnx.load_from_string(graph)
    del model.graph.value_info[:]  # the exporter's shapes of folded weights, which contradict their new form
    with _quiet(), tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder) / "float.onnx", Path(folder) / "int8.onnx"
        onnx.save(model, str(before))
        quantize_dynamic(before, after, ["MatMul", "Gemm"], per_channel=True, weight_type=QuantType.QInt8)
        return after.read_bytes()


@contextmanager
def _quiet() -> Iterator[None]:
    """The exporters tell of their own deprecations and ask for preprocessing that was done."""
    heard = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(heard)
