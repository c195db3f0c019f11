"""Calibration: a logit of the matchers becomes the probability of "same", by shot size (Platt 1999)."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional as F

from studio.perception.calibration import BAR
from studio.perception.eye import FACES, PLACES
from studio.perception.studio_clip import StudioClip
from studio.perception.training.trials import Trial, trials

JUDGED = {"character": FACES, "place": PLACES}
REJECTED, ACCEPTED = 0.95, 0.9
"""Share of the clips of a stranger that must not pass; share of the clips of the right place that must. (Places of one
genre are told apart less surely than people: were 95 in 100 of the others kept out, four in ten of the right ones would
be taken again for nothing.)"""
HIDES = ("fog",)
"""Weathers in which little is seen of a place: they have a line of their own."""


def calibrate(model: StudioClip, folder: Path) -> dict[str, Any]:
    """``{"character": {shot size: [slope, offset]}, "place": {…, HIDES}}`` from pairs that training has not seen.

    Half of the pairs are the same; of the different ones half are look-alikes (characters) or neighbours (places).
    Takes that are right are far more common in a production: how much more is set by what must be kept out, or let in.
    """
    found = trials(model, folder)
    judged = {what: [t for t in found[what] if t.size in sizes] for what, sizes in JUDGED.items()}
    lines = {what: _barred(_by_size(rows), rows) for what, rows in judged.items()}
    for weather in HIDES:
        hidden = [t for t in judged["place"] if t.shot["weather"] == weather]
        if any(t.same for t in hidden):
            lines["place"] |= {weather: _barred({"all": lines["place"]["all"]}, hidden)["all"]}
    return lines


def _barred(fitted: dict[str, list[float]], found: list[Trial]) -> dict[str, list[float]]:
    """The lines moved so that ``REJECTED`` of the clips of strangers stay below the bar, where there are any, or
    ``ACCEPTED`` of those of the right place above it."""
    strange = [t for t in found if t.other == "stranger"]
    lines = [(fitted.get(t.size) or fitted["all"], t.logit) for t in strange or [t for t in found if t.same]]
    values = torch.tensor([slope * logit + offset for (slope, offset), logit in lines], dtype=torch.float64)
    shift = math.log(BAR / (1 - BAR)) - float(torch.quantile(values, REJECTED if strange else 1 - ACCEPTED))
    return {size: [slope, round(offset + shift, 6)] for size, (slope, offset) in fitted.items()}


def _by_size(found: list[Trial]) -> dict[str, list[float]]:
    fitted = {"all": platt(found)}
    for size in sorted({t.size for t in found}):
        mine = [t for t in found if t.size == size]
        if sum(t.same for t in mine) >= 20 and sum(not t.same for t in mine) >= 20:
            fitted[size] = platt(mine)
    return fitted


def platt(found: list[Trial]) -> list[float]:
    """Slope and offset that make ``sigmoid(slope · logit + offset)`` a probability; both classes weigh the same."""
    logits = torch.tensor([t.logit for t in found], dtype=torch.float64)
    labels = torch.tensor([float(t.same) for t in found], dtype=torch.float64)
    weights = torch.where(labels > 0, 0.5 / labels.mean(), 0.5 / (1 - labels.mean()))
    line = torch.tensor([1.0, 0.0], dtype=torch.float64, requires_grad=True)
    solver = torch.optim.LBFGS([line], max_iter=100, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        solver.zero_grad()
        z = line[0] * logits + line[1]
        loss = F.binary_cross_entropy_with_logits(z, labels, weight=weights) + 1e-3 * (line[0] - 1) ** 2
        loss.backward()
        return loss

    solver.step(closure)
    return [round(float(v), 6) for v in line.detach()]
