"""How well the reader reads: its errors against the simulator's truth on levels that neither it nor its calibration
has seen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from studio.repeatable import one_thread
from studio.worlds.evaluation.readers.network import FLAGS, SCROLL, Output, Reader, located
from studio.worlds.evaluation.readers.truth import TrueFootage, Truth

LENGTH = 33
"""Frames of the clips that it is examined on."""


def examine(reader: Reader, data: Path, split: str = "test", clips: int = 64) -> dict[str, float]:
    """Errors over ``clips`` clips spread over ``split``; shares are of steps or frames, places in pixels."""
    footage = TrueFootage(data, split, LENGTH)
    windows = [i * len(footage) // clips for i in range(clips)]
    parts: list[dict[str, np.ndarray]] = []
    with one_thread(), torch.no_grad():
        for window in windows:
            truth = footage.batch([window])
            parts.append(_compared(reader, reader(truth.frames), truth))
    found = {name: np.concatenate([part[name].ravel() for part in parts]) for name in parts[0]}
    told = {name: float(np.nanmean(values)) for name, values in found.items()}
    told["place_error_median"] = float(np.nanmedian(found["place_error"]))
    told["place_error_99"] = float(np.nanpercentile(found["place_error"], 99))
    said, true = found.pop("said"), found.pop("true")
    for name in ("said", "true"):
        told.pop(name)
    told["action_accuracy_balanced"] = float(np.mean([(said[true == a] == a).mean() for a in np.unique(true)]))
    told["action_most_frequent"] = float(np.bincount(true.astype(int)).max() / len(true))
    return told


def _compared(reader: Reader, output: Output, truth: Truth) -> dict[str, np.ndarray]:
    config = reader.config
    _, x, y, found = located(output.place, config.height, config.width)
    seen = truth.place < config.height * config.width
    error = torch.hypot(x - truth.place % config.width, y - truth.place // config.width)
    said = output.actions.argmax(-1)
    flags = {f"{n}_right": _right(output.flags[..., i] > 0, truth.flags[..., i] > 0) for i, n in enumerate(FLAGS)}
    both = {
        "place_error": torch.where(seen & (found > 0.5), error, torch.nan),
        "found_where_seen": torch.where(seen, (found > 0.5).float(), torch.nan),
        "missed_where_hidden": torch.where(~seen, (found <= 0.5).float(), torch.nan),
        "solid_right": _right(output.solid > 0, truth.solid > 0.5),
        "scroll_right": _right(output.scroll.argmax(-1) - SCROLL, truth.scroll - SCROLL),
        "vx_error": (output.velocity - truth.velocity)[..., 0].abs(),
        "vy_error": (output.velocity - truth.velocity)[..., 1].abs(),
        "action_accuracy": _right(said, truth.actions),
        "said": said,
        "true": truth.actions,
    }
    return {name: each.numpy() for name, each in {**both, **flags}.items()}


def _right(said: Tensor, true: Tensor) -> Tensor:
    return (said == true).float()
