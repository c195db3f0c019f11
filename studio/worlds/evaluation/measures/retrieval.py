"""Do actions do what they should: 1-of-K retrieval of the action by what it leads to.

From one place the simulator plays K actions, each held, whose last frames differ from one another. What a model makes
under one of them must be nearer (mean squared error over the branch) to that action's true future than to the K-1
others. *real* is 1 by definition, *floor* is the ceiling of anything that draws through the codec, *copy_last* is
chance, and so is the control, where the futures of one place are claimed for its actions in a random order.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from studio.worlds.evaluation.lab import Lab
from studio.worlds.evaluation.rollouts import Rollouts, Wanted
from studio.worlds.evaluation.scores import Score

WANTS = (Wanted("branches"),)
NEEDS = ("simulator", "actions")
SHUFFLES = 16
"""Random orders of the control at each start: with one alone its own luck would be seen."""


def measure(rollouts: Rollouts, lab: Lab) -> list[Score]:
    """Accuracy, its control, and chance; rows are starts."""
    assert rollouts.true is not None
    generator = torch.Generator().manual_seed(lab.settings.seed)
    right, shuffled, chance = [], [], []
    for start in rollouts.starts.unique().tolist():
        rows = (rollouts.starts == start).nonzero().flatten()
        chosen = nearest(rollouts.made[rows], rollouts.true[rows])
        right.append(float(chosen.diagonal().mean()))
        claims = [torch.randperm(len(rows), generator=generator) for _ in range(SHUFFLES)]
        shuffled.append(float(np.mean([chosen[torch.arange(len(rows)), claimed].mean() for claimed in claims])))
        chance.append(1 / len(rows))
    branches = round(1 / chance[0])
    part = f"1 of {branches}, {rollouts.steps} steps"
    return [
        Score("action retrieved", np.array(right), part=part, of_ceiling=True),
        Score("action retrieved, shuffled actions", np.array(shuffled), part=part, better=""),
        Score("action retrieved, chance", np.array(chance), part=part, better=""),
    ]


def nearest(made: Tensor, true: Tensor) -> Tensor:
    """Frames uint8 [K, T, H, W, 3] each: [K, K] where row i says which true future made future i is nearest to (1
    there; futures that are equally near share it)."""
    flat = [frames.flatten(1).float() for frames in (made, true)]
    errors = torch.stack([(flat[1] - each).square().mean(1, dtype=torch.float64) for each in flat[0]])
    least = errors == errors.min(1, keepdim=True).values
    return least / least.sum(1, keepdim=True)
