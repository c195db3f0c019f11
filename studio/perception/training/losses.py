"""What is learned from a batch: captions by contrast, questions by choice, sameness by look-alikes."""

from __future__ import annotations

import open_clip
import torch
from torch.nn import functional as F

from studio.perception.likeness import Reader
from studio.perception.questions import QUESTIONS
from studio.perception.studio_clip import StudioClip
from studio.perception.training.attributes import NONE
from studio.perception.training.batches import Figures, Scenes

PLACES, CAPTIONS, CHOICES, HEADS, BOXES = 1.0, 0.1, 0.1, 1.0, 0.7
PEOPLE, NAMES, TWINS = 1.0, 0.5, 1.0
"""Weights of the losses."""


def scene_losses(model: StudioClip, batch: Scenes) -> dict[str, torch.Tensor]:
    """What the eye learns: places, captions, questions and where figures are."""
    maps, seen = model.look(batch.frames)
    places = model.references(batch.places)
    where = model.same_location(places.unflatten(0, (-1, 2)), maps)[batch.pairs[:, 0].long(), batch.pairs[:, 1].long()]
    options = [text for choices in QUESTIONS.values() for text in choices.values()]
    heat, told = model.finder(maps)
    losses = {
        "places": PLACES * _weighted(where, batch.pairs),
        "heads": HEADS * _heads(heat, batch.heat),
        "boxes": BOXES * _boxes(told, batch.boxes),
    }
    if batch.captions:
        words = model.read([*batch.captions, *options]).float()
        count, scale = len(seen), model.clip.logit_scale.exp().clamp(max=60)
        losses["captions"] = CAPTIONS * open_clip.ClipLoss()(seen.float(), words[:count], scale)
        losses["choices"] = CHOICES * _choices(seen.float(), words[count:], scale, batch.answers)
    return losses


def figure_losses(model: StudioClip, batch: Figures) -> dict[str, torch.Tensor]:
    """What the likeness learns: who is who, look-alikes most of all, and what figures are made of."""
    used = torch.unique(batch.pairs[:, 1].long())
    row = torch.full((len(batch.figures),), -1).index_put((used,), torch.arange(len(used)))
    drawn, _, read = model.sheets(batch.sheets)
    seen, inside, told = model.figures(batch.figures[used], batch.lights[used])
    who, where = batch.pairs[:, 0].long(), row[batch.pairs[:, 1].long()]
    cells = model.likeness(drawn, seen, inside, (who, where)).float()
    names = model.likeness.reader.compared(read[who], told[where])
    both = cells + names
    right = batch.pairs[:, 2] > 0.5
    known, weights = who[right], batch.pairs[right, 3]
    reader = model.likeness.reader
    on_sheets = _named(reader, read, batch.colours, batch.classes, torch.ones(len(read)))
    in_frames = _named(reader, told[where[right]], batch.colours[known], batch.classes[known], weights)
    return {
        # Each must judge alone as well: otherwise the one that learns faster leaves the other nothing to learn.
        "people": PEOPLE * (_weighted(both, batch.pairs) + 0.3 * _weighted(cells, batch.pairs)),
        "twins": TWINS * (_apart(both, batch.twins) + 0.3 * _apart(cells, batch.twins)),
        "names": NAMES * (on_sheets + in_frames),
    }


def _heads(heat: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """CenterNet's focal loss: a cell next to a head is hardly wrong."""
    p = torch.sigmoid(heat).clamp(1e-4, 1 - 1e-4)
    is_head = truth > 0.999
    right = ((1 - p) ** 2 * p.log())[is_head].sum()
    wrong = ((1 - truth) ** 4 * p**2 * (1 - p).log())[~is_head].sum()
    return -(right + wrong) / is_head.sum().clamp(min=1)


def _boxes(told: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    known = ~truth.isnan()
    return F.smooth_l1_loss(told[known], truth[known], beta=0.05) if known.any() else told.sum() * 0


def _named(
    reader: Reader, read: torch.Tensor, colours: torch.Tensor, classes: torch.Tensor, weights: torch.Tensor
) -> torch.Tensor:
    """Gaussian likelihood of the colours and cross-entropy of the classes."""
    mean, doubt, logits = reader.told(read)
    known = ~colours.isnan()
    gap = torch.where(known, colours.nan_to_num() - mean, torch.zeros_like(mean))
    likely = 0.5 * (gap.square() * torch.exp(-doubt) + doubt) * known
    weight = weights / weights.sum().clamp(min=1e-6)
    total = (likely.mean((1, 2)) * weight).sum()
    for n, logit in enumerate(logits):
        each = F.cross_entropy(logit, classes[:, n], reduction="none", ignore_index=NONE)
        total = total + 0.15 * (each * weight).sum()
    return total


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
