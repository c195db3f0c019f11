"""Running statistics measured anew: those of a fit lag behind its weights, and half of its batches had turned hues."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import nn

from studio.perception.studio_clip import StudioClip
from studio.perception.training.batches import Pictures

BATCHES, GROUPS = 40, 6
"""Batches whose statistics are averaged, and groups in each."""


@torch.no_grad()
def settle(model: StudioClip, folder: Path) -> None:
    """Measure what every layer sees of ``folder``'s frames, of crops of them, and of reference pictures."""
    pictures = Pictures(folder, hues=0.0)
    norms = [layer for layer in model.modules() if isinstance(layer, nn.BatchNorm2d)]
    for n in range(BATCHES):
        for norm in norms:
            norm.train()
            norm.momentum = 1 / (n + 1)  # the mean over all batches
        _look(model, pictures, np.random.default_rng([11, n]))
    for norm in norms:
        norm.eval()
        norm.momentum = 0.1


def _look(model: StudioClip, pictures: Pictures, rng: np.random.Generator) -> None:
    """Everything that a batch of each kind shows, seen once."""
    scenes, figures = pictures.scenes(rng, GROUPS), pictures.figures(rng, GROUPS)
    model.finder(model.look(scenes.frames)[0])
    model.references(scenes.places)
    used = torch.unique(figures.pairs[:, 1].long())
    model.sheets(figures.sheets)
    model.figures(figures.figures[used], figures.lights[used])
