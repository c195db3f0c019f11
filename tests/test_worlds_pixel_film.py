"""The convolutional baseline: it draws over what motion makes, learns from its own dreams, and keys decide."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from walking import taught, walked

from studio.errors import BadInput
from studio.worlds.data.dataset import Batch
from studio.worlds.models._motion import carried_on
from studio.worlds.models.pixel_film import Config, Model
from studio.worlds.training.checks import action_gap

torch.set_num_threads(1)
NONE = torch.zeros(1, 4, dtype=torch.long)


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def small(**changes: Any) -> Model:
    torch.manual_seed(0)
    return Model(Config(32, 48, 4, **{"past": 2, "widths": (16, 16), "blocks": 1, **changes}))


def test_untrained_it_carries_motion_on_or_copies_the_last_frame() -> None:
    clip = walked(1, 6, seeded(0)).frames
    for guess, wanted in ((True, carried_on(clip[:, 3], clip[:, 4])), (False, clip[:, 4])):
        model = small(guess=guess).eval()
        made = model.step(model.init_context(clip[:, :5], NONE), torch.tensor([0]), seeded(0))
        assert torch.equal(made, wanted)


def test_it_learns_that_keys_decide() -> None:
    random, model = seeded(3), small(forced=0.0)
    test = walked(32, 5, random)
    before = action_gap(model, test, 0.0)
    taught(model, 90, 5, 3e-3, random)
    assert action_gap(model, test, 0.0) > 0.3 > abs(before)


def test_late_in_training_the_past_of_some_clips_is_its_own_dream() -> None:
    model, batch = small(forced=0.5, forced_from=0.4), walked(4, 6, seeded(1))
    with torch.no_grad():
        model.leave.weight.normal_(std=0.1)
    early, late = (model._shown(batch, seeded(0), progress) for progress in (0.3, 0.4))
    assert torch.equal(early, batch.frames)
    assert torch.equal(late[2:], batch.frames[2:]) and torch.equal(late[:2, :2], batch.frames[:2, :2])
    context = model.init_context(batch.frames[:2, :2], batch.actions[:2, :1])
    for t in range(2, 6):
        assert torch.equal(late[:2, t], model.step(context, batch.actions[:2, t - 1], seeded(0)))
    assert not torch.equal(late[:2, 2:], batch.frames[:2, 2:])


def test_one_past_frame_has_no_motion_to_carry_on() -> None:
    with pytest.raises(BadInput, match="motion is seen in two past frames, not in 1; or set guess=false"):
        small(past=1)
    assert small(past=1, guess=False).config.past == 1


def test_an_error_counts_more_where_something_moves_by_itself() -> None:
    model, batch = small(forced=0.0, noise=0.0), walked(2, 5, seeded(2))
    batch.frames[:, -1, 10:20, 2:12] = 250  # something appears that nobody could know of

    def loss(left: int) -> float:
        boxes = torch.zeros(2, 5, 1, 5, dtype=torch.int16)
        boxes[:, :, 0] = torch.tensor([1, left, 10, left + 10, 20], dtype=torch.int16)
        return model.losses(Batch(batch.frames, batch.actions, boxes), seeded(0), 0.0)["loss"].item()

    assert loss(2) > 1.2 * loss(36)
