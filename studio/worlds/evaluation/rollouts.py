"""What a measure is given: futures of the same starts, true and made, with all that is known about them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor

from studio.worlds.data.dataset import Batch

Keys = Literal["recorded", "random", "held", "idle", "branches"]
Column = Literal["model", "copy_last", "floor", "real"]
COLUMNS: tuple[Column, ...] = ("model", "copy_last", "floor", "real")
"""Where the made frames come from: the model; its last true frame for ever; true frames through the model's codec (the
model's best case; left out for models without a codec); true frames."""


@dataclass(frozen=True)
class Wanted:
    """Rollouts that a measure asks for.

    ``keys``: what is pressed. *recorded*: the data's own actions. *random*, *held* (one key, another for each start),
    *idle* (noop): the truth is then replayed by the simulator, or unknown without one. *branches*: from each start
    each of K different actions, held; needs the simulator. ``steps``: frames after the start; None is the furthest
    horizon. ``most``: at most so many starts. ``samples``: how often the model dreams each start; None is the
    evaluation's own number (for best-of-N).
    """

    keys: Keys = "recorded"
    steps: int | None = None
    most: int | None = None
    samples: int | None = 1


@dataclass(frozen=True)
class Rollouts:
    """N futures of T frames, all of one `Column`. Frames are uint8 [..., H, W, 3]; long ones lie on disk (memory maps).

    ``context`` [N, C, H, W, 3] with ``actions_before`` int64 [N, C-1]; ``actions`` int64 [N, T], the i-th leads to
    frame i; ``samples`` [N, S, T, H, W, 3] are the made frames; ``true`` [N, T, H, W, 3], None where nobody knows.
    Where the environment tells: ``states`` float32 [N, T, K] and ``states_before`` [N, C, K] with ``state_names``,
    ``boxes`` int64 [N, T, 16, 5] as in a shard. ``starts`` int64 [N]: which start a future belongs to; several futures
    share one only where ``keys`` is *branches*.
    """

    keys: Keys
    column: Column
    context: Tensor
    actions_before: Tensor
    actions: Tensor
    samples: Tensor
    starts: Tensor
    fps: float
    action_names: tuple[str, ...]
    true: Tensor | None = None
    states: Tensor | None = None
    states_before: Tensor | None = None
    boxes: Tensor | None = None
    state_names: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.actions)

    @property
    def steps(self) -> int:
        """T."""
        return self.actions.shape[1]

    @property
    def made(self) -> Tensor:
        """The first sample of each: [N, T, H, W, 3]."""
        return self.samples[:, 0]

    @property
    def camera(self) -> Tensor | None:
        """Where the camera stands, whole pixels from the level's left: int64 [N, T]; None where nobody knows."""
        return self._named("camera", self.states)

    @property
    def camera_before(self) -> Tensor | None:
        """The same for the context: int64 [N, C]."""
        return self._named("camera", self.states_before)

    def _named(self, name: str, states: Tensor | None) -> Tensor | None:
        if states is None or name not in self.state_names:
            return None
        return states[..., self.state_names.index(name)].long()

    def moving(self, frame: int) -> Tensor | None:
        """bool [N, H, W]: pixels of true frame ``frame`` in the box of something that moves; None without boxes."""
        if self.boxes is None or self.true is None:
            return None
        return Batch(self.true[:, frame : frame + 1], self.actions, self.boxes[:, frame : frame + 1]).moving()[:, 0]  # type: ignore[index]

    def visible(self, frame: int) -> Tensor | None:
        """bool [N, H, W]: pixels of true frame ``frame`` whose place in the level was on screen in the last frame of
        the context; None without a camera. What stands behind moves less, so it was on screen as well."""
        now, before = self.camera, self.camera_before
        if now is None or before is None:
            return None
        height, width = self.context.shape[2:4]
        column = torch.arange(width)[None] + (now[:, frame] - before[:, -1])[:, None]
        return ((column >= 0) & (column < width))[:, None].expand(-1, height, -1)

    def shown_by(self, column: Column, samples: Tensor) -> Rollouts:
        """The same futures with other made frames."""
        return replace(self, column=column, samples=samples)
