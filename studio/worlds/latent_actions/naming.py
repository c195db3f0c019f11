"""Names for latent actions, from a few labelled frames: a small classifier over the codes of some steps around.

Where keys act through speed, which builds up over steps, one code alone does not tell a key, and those of some steps
around are looked at as well; where each key has its own codes, that would only add noise. Labels that are held out
decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from studio.errors import BadInput

REACHES = (0, 1, 3)
"""Steps to either side that may be looked at."""
MEMBERS, HIDDEN, STEPS, DECAY = 5, 64, 250, 0.3
"""Networks whose votes are averaged, and how each is fitted: few labels want strong decay."""
FOLDS = 5


@dataclass(frozen=True)
class Namer:
    """A fitted classifier that looks ``reach`` steps to either side; ``held_out``: its accuracy on labelled frames
    that it was not fitted to, by `FOLDS` folds, the best of all `REACHES`."""

    networks: tuple[nn.Module, ...]
    mean: np.ndarray
    spread: np.ndarray
    reach: int
    held_out: float

    def chances(self, vectors: np.ndarray) -> np.ndarray:
        """Probabilities [steps, actions] for one episode's ``vectors`` [steps, levels]."""
        x = _scaled(around(vectors, self.reach), self.mean, self.spread)
        with torch.no_grad():
            return np.asarray(torch.stack([net(x).softmax(-1) for net in self.networks]).mean(0).numpy())

    def named(self, vectors: np.ndarray) -> np.ndarray:
        """The likeliest action of each step, int64 [steps]."""
        return self.chances(vectors).argmax(1)


def around(vectors: np.ndarray, reach: int) -> np.ndarray:
    """[steps, levels] to [steps, (2 * reach + 1) * levels]: each with its neighbours, the ends repeated."""
    held = np.pad(vectors, ((reach, reach), (0, 0)), mode="edge")
    return np.concatenate([held[k : k + len(vectors)] for k in range(2 * reach + 1)], 1)


def fit_namer(
    episodes: Sequence[np.ndarray], labels: Sequence[tuple[int, int, int]], actions: int, seed: int = 0
) -> Namer:
    """From the ``episodes``' vectors [steps, levels] and ``labels`` (episode, step, action). All steps are looked at
    for their scale, labelled ones for their names. Raises BadInput for fewer than two labels, or labels that do not
    exist."""
    if len(labels) < 2:
        raise BadInput(f"{len(labels)} labelled frames are too few; label at least 2, better 200")
    for episode, step, action in labels:
        if not (0 <= episode < len(episodes) and 0 <= step < len(episodes[episode]) and 0 <= action < actions):
            raise BadInput(f"there is no action {action} at step {step} of episode {episode}")
    tried = [_reaching(reach, episodes, labels, actions, seed) for reach in REACHES]
    return max(tried, key=lambda namer: namer.held_out)


def _reaching(
    reach: int, episodes: Sequence[np.ndarray], labels: Sequence[tuple[int, int, int]], actions: int, seed: int
) -> Namer:
    wide = [around(vectors, reach) for vectors in episodes]
    everything = np.concatenate(wide)
    mean, spread = everything.mean(0), everything.std(0) + 1e-3
    x = _scaled(np.stack([wide[episode][step] for episode, step, _ in labels]), mean, spread)
    y = torch.tensor([action for _, _, action in labels])
    folds = torch.from_numpy(np.random.default_rng(seed).permutation(len(y)) % min(FOLDS, len(y)))
    right = 0
    for fold in folds.unique():
        out = folds == fold
        network = _fitted(x[~out], y[~out], actions, seed)
        right += int((network(x[out]).argmax(1) == y[out]).sum())
    networks = tuple(_fitted(x, y, actions, seed + member) for member in range(MEMBERS))
    return Namer(networks, mean, spread, reach, right / len(y))


def _scaled(wide: np.ndarray, mean: np.ndarray, spread: np.ndarray) -> Tensor:
    return torch.from_numpy(((wide - mean) / spread).astype(np.float32))


def _fitted(x: Tensor, y: Tensor, actions: int, seed: int) -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = nn.Sequential(nn.Linear(x.shape[1], HIDDEN), nn.SiLU(), nn.Linear(HIDDEN, actions))
    optimizer = torch.optim.AdamW(network.parameters(), 3e-3, weight_decay=DECAY)
    for _ in range(STEPS):
        optimizer.zero_grad(set_to_none=True)
        F.cross_entropy(network(x), y).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return network.eval().requires_grad_(False)
