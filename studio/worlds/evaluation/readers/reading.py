"""Reading footage: what the reader sees in clips of any length, and what follows from it about physics."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from studio.repeatable import one_thread
from studio.worlds.evaluation.readers.network import CELL, FLAGS, SCROLL, Output, Reader, located
from studio.worlds.evaluation.readers.truth import MIDDLE
from studio.worlds.evaluation.rollouts import Rollouts

PART = 96
"""Frames that are read at once."""
ASIDE = 4
"""Frames to either side that a reading still depends on, and one to spare."""
BEFORE = 8
"""Frames of the context, at most, that are looked at before what follows it."""
EDGE = 8
"""Pixels from the frame's side at which a level ends: the camera keeps the performer further in everywhere else."""
BODY_ABOVE, BODY_ASIDE, CORE = 12, 3, 1
"""Pixels of the performer's box: from the feet up, to either side, and to either side of what must not be inside
anything solid. It is less than the body: what is solid is known by cells of 4 pixels, and leaning on a wall is not
inside."""


@dataclass(frozen=True)
class Reading:
    """Of N clips of T frames. Of frames [N, T]: ``x`` and ``y`` (the feet) in pixels of the screen, ``found`` (the
    performer is seen), ``inside`` (share of the body in what is solid), ``wall_left`` and ``wall_right`` (something
    solid beside the body). Of the steps between them [N, T-1]: ``scroll`` in pixels, ``action`` the likeliest,
    ``velocity`` [N, T-1, 2], ``flags`` [N, T-1, 10] (probabilities, `FLAGS`). ``clips`` [N, (T-1) // 8, F]: features,
    each of 8 steps.
    """

    x: np.ndarray
    y: np.ndarray
    found: np.ndarray
    inside: np.ndarray
    wall_left: np.ndarray
    wall_right: np.ndarray
    scroll: np.ndarray
    action: np.ndarray
    velocity: np.ndarray
    flags: np.ndarray
    clips: np.ndarray

    def flag(self, name: str) -> np.ndarray:
        """Probability [N, T-1] of one of `FLAGS` at the step's later frame."""
        return self.flags[..., FLAGS.index(name)]


def read(reader: Reader, frames: Tensor, skip: int = 0) -> Reading:
    """What ``reader`` sees in uint8 ``frames`` [N, T, H, W, 3], T ≥ 2; the first ``skip`` steps are looked at and left
    out. Raises BadInput for other sizes."""
    reader.check(frames)
    with one_thread(), torch.no_grad():
        return joined([_read_one(reader, clip, skip) for clip in frames])


def joined(readings: list[Reading]) -> Reading:
    """Readings of as many steps, as one."""
    return Reading(*(np.concatenate([getattr(each, f.name) for each in readings]) for f in fields(Reading)))


def _read_one(reader: Reader, clip: Tensor, skip: int) -> Reading:
    steps = len(clip) - 1
    of_frames: list[list[np.ndarray]] = []
    of_steps: list[list[np.ndarray]] = []
    hidden = []
    for start in range(0, steps, PART):
        stop = min(steps, start + PART)
        first, last = max(0, start - ASIDE), min(steps, stop + ASIDE)
        output = reader(clip[None, first : last + 1].contiguous())
        kept = slice(start - first, stop - first)
        hidden.append(output.hidden[:, kept])
        of_frames.append(_of_frames(output, slice(kept.start + (start > 0), kept.stop + 1), reader))
        of_steps.append(_of_steps(output, kept))
    parts = [np.concatenate(part)[None, skip:] for rows in (of_frames, of_steps) for part in zip(*rows, strict=True)]
    features = reader.features(torch.cat(hidden, 1)[:, skip:]).numpy()
    return Reading(*[*parts, features])


def _of_frames(output: Output, kept: slice, reader: Reader) -> list[np.ndarray]:
    config = reader.config
    _, x, y, found = located(output.place[:, kept], config.height, config.width)
    solid = output.solid[0, kept].sigmoid()
    fine = solid.repeat_interleave(CELL, 1).repeat_interleave(CELL, 2)
    feet = y[0] + MIDDLE
    inside = _share(fine, x[0], feet, -CORE, CORE)
    left = _share(fine, x[0], feet, -BODY_ASIDE - 4, -BODY_ASIDE - 1)
    right = _share(fine, x[0], feet, BODY_ASIDE + 1, BODY_ASIDE + 4)
    seen = found[0] > 0.5
    left_wall = (left > 0.3) | (x[0] < EDGE)
    right_wall = (right > 0.3) | (x[0] > config.width - EDGE)
    return [each.numpy() for each in (x[0], feet, seen, inside, left_wall, right_wall)]


def _share(solid: Tensor, x: Tensor, feet: Tensor, left: int, right: int) -> Tensor:
    """Mean of ``solid`` [T, H, W] from ``left`` to ``right`` of the performer, over the body's height."""
    height, width = solid.shape[1:]
    rows, columns = torch.arange(height), torch.arange(width)
    middle, ground = x.round()[:, None], feet.round()[:, None]
    across = ((columns >= middle + left) & (columns <= middle + right)).float()
    down = ((rows >= ground - BODY_ABOVE) & (rows < ground - 2)).float()
    area = (across.sum(1) * down.sum(1)).clamp(min=1)
    return torch.einsum("thw,th,tw->t", solid, down, across) / area


def _of_steps(output: Output, kept: slice) -> list[np.ndarray]:
    return [
        output.scroll[0, kept].argmax(-1).sub(SCROLL).numpy(),
        output.actions[0, kept].argmax(-1).numpy(),
        output.velocity[0, kept].numpy(),
        output.flags[0, kept].sigmoid().numpy(),
    ]


@lru_cache(maxsize=2)
def _read_samples(reader: Reader, context: Tensor, samples: Tensor) -> Reading:
    seen = context[:, -BEFORE:]
    clips = (torch.cat(pair)[None] for pair in zip(seen, samples[:, 0], strict=True))
    return joined([read(reader, clip, seen.shape[1] - 1) for clip in clips])


def read_rollouts(reader: Reader, rollouts: Rollouts) -> Reading:
    """The made frames of ``rollouts`` after the last true one: of frames [N, 1 + T], of steps [N, T].

    What was read last is kept: several measures look at the same rollouts. Raises BadInput for other sizes.
    """
    return _read_samples(reader, rollouts.context, rollouts.samples)
