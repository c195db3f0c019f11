"""Fitting studio-clip: captions by contrast (open_clip), questions by choice, sameness by look-alikes."""

from __future__ import annotations

import copy
import json
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import torch
from torch.nn import functional as F

from studio.errors import StudioError
from studio.perception.questions import QUESTIONS
from studio.perception.studio_clip import Reader, StudioClip, pixels
from studio.perception.training.attributes import NONE, attributes
from studio.perception.training.pairs import character_pairs, place_pairs, twins
from studio.perception.training.pictures import cast, known

GROUPS = 6
RATE, DECAY, WARM_UP = 1.5e-3, 0.05, 100
EMA = 0.997
PEOPLE, NAMES, TWINS, PLACES, CAPTIONS, CHOICES = 1.0, 1.0, 1.0, 0.4, 0.1, 0.1
"""Weights of the six losses."""


@dataclass
class Batch:
    """``frames (24, 3, h, w)``; ``sheets (groups·3, 3, …)``; ``places (groups·2, 2, …)``; pairs are (reference, frame,
    label, weight); ``captions`` and ``answers`` belong to the frames, ``descriptions`` to the sheets."""

    frames: torch.Tensor
    sheets: torch.Tensor
    places: torch.Tensor
    people_pairs: torch.Tensor
    twins: torch.Tensor
    """``(t, 3)``: rows of ``people_pairs`` of which the first must score above the second, and its weight."""
    place_pairs: torch.Tensor
    colours: torch.Tensor
    """``(groups·3, colours, 3)`` of those on the sheets, NaN where there is none."""
    classes: torch.Tensor
    captions: list[str]
    descriptions: list[str]
    answers: dict[str, torch.Tensor]


class Pictures:
    """The rendered groups of one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.maps = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("frames", "sheets", "places")}
        self.facts = known(folder)
        self.numbers = sorted(self.facts)

    def _truth(self, numbers: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
        """Attributes of everybody on these groups' sheets; of a group that was made otherwise, nothing is told."""
        colours, classes = [], []
        for n in numbers:
            people = cast(n, self.facts[n]["held_out"], self.folder.name)
            same = people[0].description == _who(self.facts[n]["shots"][0])
            for person in people:
                c, k = attributes(person)
                colours.append(c if same else c * np.nan)
                classes.append(k if same else np.full_like(k, NONE))
        return torch.from_numpy(np.stack(colours)), torch.from_numpy(np.stack(classes))

    def batch(self, rng: np.random.Generator, count: int = GROUPS) -> Batch:
        """A batch of ``count`` random groups: of each, both shots with the character and with the look-alike."""
        chosen = [int(n) for n in rng.choice(self.numbers, count, replace=False)]
        facts = [self.facts[n] for n in chosen]
        moments = rng.integers(0, 2, (count, 2, 2))
        frames = np.stack([self.maps["frames"][n][s, w, moments[i, s, w]]
                           for i, n in enumerate(chosen) for s in range(2) for w in range(2)])  # fmt: skip
        frames = _varied(frames, rng)
        said = [_captions(shot, who, rng) for f in facts for shot in f["shots"] for who in range(2)]
        answers = {
            question: torch.tensor([options.index(shot[question]) if shot[question] in options else -100
                                    for f in facts for shot in f["shots"] for _ in range(2)])
            for question, options in ((q, list(o)) for q, o in QUESTIONS.items())
        }  # fmt: skip
        pairs = character_pairs(facts, moments, rng)
        return Batch(
            pixels(frames), pixels(np.concatenate([self.maps["sheets"][n].reshape(-1, 128, 128, 3) for n in chosen])),
            pixels(np.concatenate([self.maps["places"][n].reshape(-1, 72, 128, 3) for n in chosen])),
            pairs, twins(pairs), place_pairs(facts, rng),
            *self._truth(chosen), said,
            [d for f in facts for d in (_who(f["shots"][0]), f["shots"][0]["like"])], answers,
        )  # fmt: skip


def _who(shot: dict[str, Any]) -> str:
    return str(shot["phrases"]["who"].split(" and ")[0])


def _captions(shot: dict[str, Any], who: int, rng: np.random.Generator) -> str:
    """Two or more of the shot's phrases in a random order."""
    told = dict(shot["phrases"])
    if who:
        told["who"] = told["who"].replace(_who(shot), shot["like"])
    said = list(told.values())
    count = int(rng.integers(2, len(said) + 1))
    return ", ".join(said[i] for i in rng.permutation(len(said))[:count])


def _varied(frames: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Mirrored or not, a little lighter or darker: what must not matter."""
    gains = rng.uniform(0.9, 1.1, (len(frames), 1, 1, 1))
    turned = [f[:, ::-1] if rng.uniform() < 0.5 else f for f in frames]
    varied: np.ndarray = np.clip(np.stack(turned) * gains, 0, 255).astype(np.uint8)
    return varied


def losses(model: StudioClip, batch: Batch) -> dict[str, torch.Tensor]:
    """The six losses, weighted."""
    maps, seen = model.look(batch.frames)
    sheets, sheet_seen = model.look(batch.sheets)
    places, _ = model.look(batch.places)
    views = sheets.unflatten(0, (-1, 3))
    read = model.reader.reference(views)
    found = model.reader.frame(read, maps)
    who = model.character(model.character.parts(views), maps).float() + model.reader.compare(read, found)
    where = model.location(model.location.parts(places.unflatten(0, (-1, 2))), F.avg_pool2d(maps, 2))
    logits, where = (_picked(all_, pairs) for all_, pairs in ((who, batch.people_pairs), (where, batch.place_pairs)))
    options = [text for choices in QUESTIONS.values() for text in choices.values()]
    words = model.read([*batch.captions, *batch.descriptions, *options]).float()
    # Of each group's three sheets the captions tell of the character and the look-alike, in three-quarter view.
    drawn = sheet_seen.unflatten(0, (-1, 3, 3))[:, :2, 1].flatten(0, 1)
    images = torch.cat([seen, drawn]).float()
    count = len(images)
    scale = model.clip.logit_scale.exp().clamp(max=60)
    contrast = open_clip.ClipLoss()(images, words[:count], scale)
    return {
        "people": PEOPLE * _weighted(logits, batch.people_pairs),
        "names": NAMES * _names(model.reader, read, found, batch),
        "twins": TWINS * _apart(logits.float(), batch.twins),
        "places": PLACES * _weighted(where, batch.place_pairs),
        "captions": CAPTIONS * contrast,
        "choices": CHOICES * _choices(seen.float(), words[count:], scale, batch.answers),
    }


def _names(reader: Reader, read: torch.Tensor, found: torch.Tensor, batch: Batch) -> torch.Tensor:
    """How badly colours and things are named: on the sheets, and in the frames where the sheet's figure is seen."""
    seen = batch.people_pairs[batch.people_pairs[:, 2] > 0.5]
    who, where = seen[:, 0].long(), seen[:, 1].long()
    on_sheets = _named(reader.told(read), batch.colours, batch.classes, torch.ones(len(read)))
    in_frames = _named(reader.told(found[who, where]), batch.colours[who], batch.classes[who], seen[:, 3])
    return on_sheets + in_frames


def _named(
    told: tuple[torch.Tensor, torch.Tensor, list[torch.Tensor]], colours: torch.Tensor, classes: torch.Tensor,
    weights: torch.Tensor,
) -> torch.Tensor:  # fmt: skip
    """Gaussian likelihood of the colours and cross-entropy of the classes."""
    mean, doubt, logits = told
    known = ~colours.isnan()
    gap = torch.where(known, colours.nan_to_num() - mean, torch.zeros_like(mean))
    likely = 0.5 * (gap.square() * torch.exp(-doubt) + doubt) * known
    weight = weights / weights.sum().clamp(min=1e-6)
    total = (likely.mean((1, 2)) * weight).sum()
    for n, logit in enumerate(logits):
        each = F.cross_entropy(logit, classes[:, n], reduction="none", ignore_index=NONE)
        total = total + 0.15 * (each * weight).sum()
    return total


def _picked(logits: torch.Tensor, pairs: torch.Tensor) -> torch.Tensor:
    return logits[pairs[:, 0].long(), pairs[:, 1].long()]


def _weighted(logits: torch.Tensor, pairs: torch.Tensor) -> torch.Tensor:
    each = F.binary_cross_entropy_with_logits(logits.float(), pairs[:, 2], reduction="none")
    return (each * pairs[:, 3]).sum() / pairs[:, 3].sum()


def _apart(logits: torch.Tensor, pairs: torch.Tensor) -> torch.Tensor:
    """Look-alikes in the same frame, and the same reference in twin frames: only who it is can tell them apart."""
    gaps = logits[pairs[:, 0].long()] - logits[pairs[:, 1].long()]
    return (F.softplus(-gaps) * pairs[:, 2]).sum() / pairs[:, 2].sum().clamp(min=1e-6)


def _choices(
    seen: torch.Tensor, options: torch.Tensor, scale: torch.Tensor, answers: dict[str, torch.Tensor]
) -> torch.Tensor:
    """Each question is answered by choosing among its captions."""
    total, start = seen.new_zeros(()), 0
    for question, choices in QUESTIONS.items():
        logits = scale * seen @ options[start : start + len(choices)].T
        start += len(choices)
        if (answers[question] >= 0).any():
            total = total + F.cross_entropy(logits, answers[question])
    return total / len(QUESTIONS)


def _start_from(model: StudioClip, path: Path) -> None:
    from safetensors.torch import load_file

    mine = model.state_dict()
    fits = {k: v.to(mine[k].dtype) for k, v in load_file(path).items() if k in mine and v.shape == mine[k].shape}
    model.load_state_dict(fits, strict=False)
    print(json.dumps({"started_from": str(path.name), "tensors": len(fits), "of": len(mine)}), flush=True)


def _schedule(step: int, steps: int) -> float:
    return min(1.0, (step + 1) / WARM_UP) * (0.5 + 0.5 * math.cos(math.pi * step / steps)) + 0.01


def _averaged(average: StudioClip, model: StudioClip, step: int) -> None:
    """Exponential moving average of weights; running statistics are copied."""
    keep = min(EMA, (1 + step) / (10 + step))
    with torch.no_grad():
        for mine, new in zip(average.state_dict().values(), model.state_dict().values(), strict=True):
            if mine.dtype.is_floating_point:
                mine.mul_(keep).add_(new, alpha=1 - keep)
            else:
                mine.copy_(new)


def fit(folder: Path, steps: int) -> None:
    """Train ``steps`` steps on ``folder/train``, then calibrate; writes ``folder/studio-clip.safetensors``.

    Weights that an earlier fit left there are where this one starts, as far as their shapes agree.
    """
    from studio.perception.training.calibrate import calibrate

    torch.manual_seed(0)
    torch.set_num_threads(2)
    pictures = Pictures(folder / "train")
    model = StudioClip().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    if (folder / "studio-clip.safetensors").is_file():
        _start_from(model, folder / "studio-clip.safetensors")
    average = copy.deepcopy(model).eval()
    optimizer = torch.optim.AdamW(model.parameters(), RATE, weight_decay=DECAY, betas=(0.9, 0.98))
    started = time.monotonic()
    for step, batch in enumerate(_batches(pictures, steps)):
        for group in optimizer.param_groups:
            group["lr"] = RATE * _schedule(step, steps)
        with torch.autocast("cpu", torch.bfloat16):
            parts = losses(model, batch)
        optimizer.zero_grad(set_to_none=True)
        sum(parts.values()).backward()  # type: ignore[union-attr]
        steep = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        if not torch.isfinite(steep):
            raise StudioError(f"training diverged at step {step}: the gradient is not finite")
        optimizer.step()
        _averaged(average, model, step)
        if step % 25 == 0:
            told = {name: round(float(value), 4) for name, value in parts.items()}
            print(json.dumps({"step": step, "seconds": round(time.monotonic() - started), **told}), flush=True)
        if step % 250 == 249:
            average.save(folder / "studio-clip.safetensors", {})
    average.save(folder / "studio-clip.safetensors", calibrate(average, folder / "calibrate"))


def _batches(pictures: Pictures, steps: int) -> Iterator[Batch]:
    """Batches of a fixed random order, each made while the one before is learned from."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(pictures.batch, np.random.default_rng([7, 0]))
        for step in range(steps):
            batch = coming.result()
            coming = pool.submit(pictures.batch, np.random.default_rng([7, step + 1]))
            yield batch
