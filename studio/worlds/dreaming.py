"""Dreaming: a world model goes on from footage under given actions, frame by frame."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch

from studio.worlds.models.base import WorldModel


def dream(
    model: WorldModel,
    frames: np.ndarray,
    actions: Sequence[int] | None,
    played: Sequence[int],
    seed: int,
    clips: int = 1,
) -> Iterator[np.ndarray]:
    """Yields what each of ``played`` leads to: uint8 [clips, H, W, 3], ``clips`` dreams that differ by chance alone.

    ``frames`` uint8 [T, H, W, 3] is the footage to go on from, ``actions`` the T-1 between its frames, or None where
    nobody knows them. The same seed
    gives the same dreams on one kind of CPU with one thread. Raises BadInput for what the model does not take.
    """
    shown = torch.from_numpy(np.ascontiguousarray(frames))[None].repeat(clips, 1, 1, 1, 1)
    acted = None
    if actions is not None:
        acted = torch.tensor([list(actions)], dtype=torch.long).reshape(1, -1).repeat(clips, 1)
    generator = torch.Generator().manual_seed(seed % 2**63)
    context: Any = model.init_context(shown, acted)
    for action in played:
        yield model.step(context, torch.full((clips,), action, dtype=torch.long), generator).numpy()
