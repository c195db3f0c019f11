"""The model that copies pixels: what only moves stays to the bit, what is new is painted, keys decide."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from play_lab import lively
from walking import taught, walked

from studio.errors import BadInput
from studio.worlds.models._ahead import ahead_of_clip
from studio.worlds.models.advection import Config, Model, shifts
from studio.worlds.models.base import build, model_class, save_weights
from studio.worlds.training.checks import action_gap

torch.set_num_threads(1)


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def scrolled(frames: int, by: int, seed: int = 0) -> torch.Tensor:
    """uint8 [1, T, 96, 128, 3]: a picture of blocks under a camera that moves ``by`` pixels a frame."""
    blocks = torch.randint(0, 256, (1, 3, 24, 96), generator=seeded(seed)).float()
    wide = torch.nn.functional.interpolate(blocks, scale_factor=4).to(torch.uint8).permute(0, 2, 3, 1)
    return torch.stack([wide[:, :, t * by : t * by + 128] for t in range(frames)], 1)


def untrained(**changes: Any) -> Model:
    """Full size, and no opinion of its own: it copies from where the flow leads."""
    return Model(Config(widths=(8, 8, 8), blocks=1, cells=64, **changes)).eval()


@pytest.mark.parametrize("by", [0, 1, 3])
def test_what_only_moves_is_copied_to_the_bit(by: int) -> None:
    clip = scrolled(6, by)
    model = untrained()
    context = model.init_context(clip[:, :5], torch.zeros(1, 4, dtype=torch.long))
    made = model.step(context, torch.tensor([0]), seeded(0))
    same = (made == clip[:, 5]).all(-1)[:, 8:-8, 8:-12].float().mean()
    assert same > 0.97


def test_every_pixel_is_one_that_was_near_by_or_a_painted_one() -> None:
    """A mean of two colours is neither: nothing blurs that was copied."""
    model = untrained()
    with torch.no_grad():  # never paint
        model.head.bias.view(4, -1)[:, len(shifts())] = -1e4
        model.head.weight.normal_(std=2.0, generator=seeded(1))
    clip = scrolled(3, 2)
    made = model.step(model.init_context(clip, torch.zeros(1, 2, dtype=torch.long)), torch.tensor([3]), seeded(0))
    known = {tuple(colour) for colour in clip[0, -1].reshape(-1, 3).tolist()}
    assert {tuple(colour) for colour in made.reshape(-1, 3).tolist()} <= known
    assert not torch.equal(made, clip[:, -1])


def test_what_is_nowhere_near_is_painted() -> None:
    model = untrained()
    with torch.no_grad():
        model.head.bias.view(4, -1)[:, len(shifts())] = 1e4
        model.head.bias.view(4, -1)[:, -3:] = torch.tensor([1.0, -1.0, 0.0])
    clip = scrolled(3, 2)
    made = model.step(model.init_context(clip, torch.zeros(1, 2, dtype=torch.long)), torch.tensor([0]), seeded(0))
    assert (made == torch.tensor([255, 0, 128], dtype=torch.uint8)).all()


@pytest.mark.slow
def test_it_learns_that_keys_decide() -> None:
    random = seeded(3)
    torch.manual_seed(0)
    model = Model(Config(32, 48, 4, acts=1, widths=(16, 16, 32), blocks=1, cells=96, noise=0.0, forced=0.0))
    test = walked(32, 4, random)
    before = action_gap(model, test, 0.0)
    taught(model, 100, 4, 6e-3, random)
    assert action_gap(model, test, 0.0) > 0.05 > abs(before)


@pytest.mark.parametrize("name", ["advection", "pixel_film"])
def test_a_mover_sees_the_same_of_a_clip_as_in_play(name: str) -> None:
    """`ahead_of_clip` prepares training; its frames are those that stepping would have made from the true ones."""
    torch.manual_seed(0)
    mover, codec = lively(model_class(name).tiny()), model_class("autoencoder").tiny().eval()
    with torch.no_grad():
        clip = torch.randint(0, 256, (7, 32, 48, 3), dtype=torch.uint8, generator=seeded(1))
        actions = torch.randint(0, 4, (1, 6), generator=seeded(2))
        acted = torch.cat([torch.tensor([4]), actions[0]])
        latents = codec.normalised(clip)
        made = ahead_of_clip(codec, mover, latents, clip, acted)
        for t in (2, 4, 6):
            context = mover.init_context(clip[None, :t], actions[:, : t - 1])
            stepped = codec.normalised(mover.step(context, actions[:, t - 1], seeded(0)))
            assert torch.allclose(made[t], stepped[0], atol=1e-4)
    assert torch.equal(made[1], latents[0]) and not made[0].any()


def test_only_a_mover_can_be_corrected(tmp_path: Path) -> None:
    from studio.worlds.training.train import _mover

    with pytest.raises(BadInput, match=r"copy_last moves nothing; a mover is wanted \(advection, pixel_film\)"):
        build("latent_flow", {"mover": "copy_last"})
    path, shape = tmp_path / "w.safetensors", {"height": 32, "width": 48, "actions": 4}
    save_weights(model_class("latent_det").tiny(), path)
    with pytest.raises(BadInput, match="names weights of latent_det, which moves nothing; train an advection"):
        _mover("latent_flow", path, shape)
    save_weights(model_class("advection").tiny(), path)
    with pytest.raises(BadInput, match="has actions 4; the data have 8"):
        _mover("latent_flow", path, {**shape, "actions": 8})
    with pytest.raises(BadInput, match="not for pixel_film"):
        _mover("pixel_film", path, shape)
