"""Trials: one clip against one reference, judged the way the critic does, with everything known about the pair."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from studio.perception.crops import SIDE
from studio.perception.framing import SMALL
from studio.perception.studio_clip import Known, StudioClip, pixels
from studio.perception.training.pairs import VISIBLE
from studio.perception.training.pictures import STORED, known
from studio.story.document import LIT_HOURS


@dataclass(frozen=True)
class Trial:
    """The mean logit of a clip's frames against a reference, and the truth."""

    logit: float
    same: bool
    other: str
    """What the different one differs in: hair, coat, colour, prop, stranger; neighbour or elsewhere for places."""
    size: str
    shot: dict[str, Any]


@torch.no_grad()
def trials(model: StudioClip, folder: Path) -> dict[str, list[Trial]]:
    """``{"character": […], "place": […]}`` of every group in ``folder``."""
    names = ("frames", "full", "sheets", "places", "lit")
    maps = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in names}
    found: dict[str, list[Trial]] = {"character": [], "place": []}
    facts = known(folder)
    earlier: dict[str, list[tuple[str, torch.Tensor]]] = defaultdict(list)
    for n in sorted(facts):
        frames, _ = model.look(pixels(maps["frames"][n].reshape(-1, 144, 256, 3)))
        where = _parts(model, maps["places"][n], maps["lit"][n])
        # Frames lie as (shot, who, moment); a clip is all its moments.
        full = maps["full"][n].reshape(-1, *maps["full"].shape[-3:])
        sheets = model.sheets(torch.from_numpy(_nominal(maps["sheets"][n])))
        shots = facts[n]["shots"]
        people = _found(model, sheets, full, frames, shots)
        coarse = F.avg_pool2d(frames, 2).unflatten(0, (2, 2, -1))[:, 0]
        for s, shot in enumerate(shots):
            found["character"] += _people(people[:, s], shot, facts[n]["thing"])
            sibling = [(shots[1 - s]["place"], where[1 - s])] if shots[1 - s]["place"] == shot["place"] else []
            others = [*sibling, *earlier[shot["genre"]][-2:]]
            sites = torch.stack([where[s], *(parts for _, parts in others)])
            logits = model.location(sites.flatten(0, 1), coarse[s]).view(*sites.shape[:2], -1).mean(-1).numpy()
            found["place"] += _places(_in_light(logits, shot["time_of_day"]), shot, [kind for kind, _ in others])
        for shot, parts in zip(shots, where, strict=True):
            earlier[shot["genre"]].append((shot["place"], parts))
    return found


def _found(
    model: StudioClip, sheets: Known, full: np.ndarray, maps: torch.Tensor, shots: list[dict[str, Any]]
) -> np.ndarray:
    """``(3, 2, 2)``: the logits of a group's three characters in both takes of both shots, with the closer look that
    the critic takes where somebody is not found at first."""
    logits = model.same_character(sheets, *model.found(full, maps))
    for s, frames in enumerate(torch.arange(len(full)).chunk(2)):
        if shots[s]["shot_size"] in SMALL:
            seen = full[frames.numpy()]
            closer = model.same_character(sheets, *model.found(seen, model.look(pixels(seen))[0]))
            logits[:, frames] = torch.maximum(logits[:, frames], closer)
    means: np.ndarray = logits.view(3, 2, 2, -1).mean(-1).numpy()
    return means


def _parts(model: StudioClip, by_day: np.ndarray, lit: np.ndarray) -> torch.Tensor:
    """``(2, 1 + hours, parts, width)`` of a group's two places: by day, and at each of LIT_HOURS."""
    drawn = model.references(pixels(by_day.reshape(-1, *by_day.shape[2:]))).unflatten(0, (2, 1, 2))
    seen, _ = model.look(pixels(lit.reshape(-1, *lit.shape[3:])))
    both = torch.cat([drawn, seen.unflatten(0, lit.shape[:3])], 1)
    return model.location.parts(both.flatten(0, 1)).unflatten(0, both.shape[:2])


def _in_light(logits: np.ndarray, hour: str) -> np.ndarray:
    """``(places,)`` of logits ``(places, 1 + hours)``: by day, and at the take's own hour where that is another."""
    at = [0, *(1 + n for n, lit in enumerate(LIT_HOURS) if lit == hour)]
    mean: np.ndarray = logits[:, at].mean(1)
    return mean


def _nominal(sheets: np.ndarray) -> np.ndarray:
    """Stored crops ``(n, 3, 80, 80, 4)`` without the room for jitter."""
    at = (STORED - SIDE) // 2
    return np.ascontiguousarray(sheets[:, :, at : at + SIDE, at : at + SIDE])


def _people(logits: np.ndarray, shot: dict[str, Any], thing: str) -> list[Trial]:
    """The character and the look-alike, each against their own clip and the other's, and the stranger."""
    if np.mean([take[0] for take in shot["inside"]]) < 0.35 or shot["lighting"] == "silhouette":
        return []
    size = shot["shot_size"]
    rows = [Trial(float(logits[who, who]), True, "", size, shot) for who in range(2)]
    if np.mean(shot["difference"]) > VISIBLE:
        rows += [Trial(float(logits[1 - who, who]), False, thing, size, shot) for who in range(2)]
    if shot["cast"] == 1:
        rows += [Trial(float(logits[2, who]), False, "stranger", size, shot) for who in range(2)]
    return rows


def _places(logits: np.ndarray, shot: dict[str, Any], others: list[str]) -> list[Trial]:
    """A clip against the place that it shows, and against ``others`` of these kinds: a neighbour, and two of an earlier
    group that are drawn in the same genre, as all places of a film are."""
    size = shot["shot_size"]
    return [
        Trial(float(logits[0]), True, "", size, shot),
        *(Trial(float(logit), False, "neighbour" if kind == shot["place"] else "elsewhere", size, shot)
          for logit, kind in zip(logits[1:], others, strict=True)),
    ]  # fmt: skip
