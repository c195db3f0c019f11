"""One contract for all world models and one for all codecs, on miniatures with random weights."""

from __future__ import annotations

import copy
import dataclasses
import math
from pathlib import Path
from typing import Any

import pytest
import torch

from studio.errors import BadInput
from studio.plugins import names
from studio.worlds.data.dataset import Batch
from studio.worlds.models._quantise import FSQ, Codebook
from studio.worlds.models.base import Codec, WorldModel, build, load_weights, model_class, save_weights, to_float
from studio.worlds.shelf import UNTRAINED

torch.set_num_threads(1)
ALL = names("worlds.models")
CODECS = [name for name in ALL if issubclass(model_class(name), Codec)]
WORLDS = [*(name for name in ALL if name not in CODECS), "latent_flow+advection", "latent_flow+pixel_film"]
LEARNED = [name for name in WORLDS if name not in UNTRAINED]


def frames(batch: int = 2, length: int = 6) -> torch.Tensor:
    return torch.randint(0, 256, (batch, length, 32, 48, 3), dtype=torch.uint8, generator=seeded(7))


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def miniature(name: str) -> Any:
    """``model``, or ``model+mover``: one that corrects what the mover makes."""
    name, _, mover = name.partition("+")
    tiny = model_class(name).tiny()
    if not mover:
        return tiny
    carried = dataclasses.asdict(model_class(mover).tiny().config)
    kept = {k: v for k, v in carried.items() if k not in ("height", "width", "actions")}
    return type(tiny)(dataclasses.replace(tiny.config, mover=mover, mover_config=kept))


def lively(name: str, seed: int = 0) -> Any:
    """A miniature none of whose weights is zero, so that everything reaches its output."""
    torch.manual_seed(seed)
    model = miniature(name).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape))
        codec = getattr(model, "codec", model)
        if hasattr(codec, "quantiser"):  # several codes, not one
            z = codec.to_latent(codec.encoder(to_float(frames()[0])))
            codec.to_latent.bias -= z.mean((0, 2, 3))
            codec.to_latent.weight /= z.std()
    return model


ACTIONS = torch.tensor([[0, 1, 2, 3, 1], [3, 2, 1, 0, 2]])


@pytest.mark.parametrize("name", WORLDS)
class TestWorldModels:
    def test_a_step_gives_one_frame_a_clip(self, name: str) -> None:
        model: WorldModel = lively(name)
        context = model.init_context(frames(), ACTIONS)
        for _ in range(6):  # beyond the window of the miniature
            frame = model.step(context, torch.tensor([1, 2]), seeded(0))
            assert frame.shape == (2, 32, 48, 3) and frame.dtype == torch.uint8

    def test_the_same_generator_gives_the_same_frames(self, name: str) -> None:
        model: WorldModel = lively(name)
        runs = []
        for _ in range(2):
            context, generator = model.init_context(frames(), ACTIONS), seeded(3)
            runs.append([model.step(context, torch.tensor([1, 2]), generator) for _ in range(3)])
        assert all(torch.equal(a, b) for a, b in zip(*runs, strict=True))

    def test_a_copied_context_goes_its_own_way(self, name: str) -> None:
        model: WorldModel = lively(name)
        context = model.init_context(frames(), ACTIONS)
        other = copy.deepcopy(context)
        for _ in range(2):
            model.step(other, torch.tensor([3, 3]), seeded(1))
        first = model.step(context, torch.tensor([0, 0]), seeded(2))
        fresh = model.init_context(frames(), ACTIONS)
        assert torch.equal(first, model.step(fresh, torch.tensor([0, 0]), seeded(2)))

    def test_clips_of_a_batch_do_not_touch_each_other(self, name: str) -> None:
        model: WorldModel = lively(name)
        both = frames()
        swapped = both.clone()
        swapped[1] = 255 - swapped[1]
        first, second = (
            model.step(model.init_context(each, ACTIONS), torch.tensor([1, 2]), seeded(0)) for each in (both, swapped)
        )
        assert (first[0].int() - second[0].int()).abs().max() <= 1

    def test_one_true_frame_is_context_enough(self, name: str) -> None:
        model: WorldModel = lively(name)
        context = model.init_context(frames(length=1), ACTIONS[:, :0])
        assert model.step(context, torch.tensor([1, 2]), seeded(0)).shape == (2, 32, 48, 3)

    @pytest.mark.parametrize("action", [-1, 4, 255])
    def test_an_action_out_of_range_is_refused(self, name: str, action: int) -> None:
        model: WorldModel = lively(name)
        context = model.init_context(frames(), ACTIONS)
        with pytest.raises(BadInput, match=f"action {action} does not exist; {model.name} knows 0 to 3"):
            model.step(context, torch.tensor([0, action]), seeded(0))
        with pytest.raises(BadInput, match=f"action {action} does not exist"):
            model.init_context(frames(), torch.full((2, 5), action))

    @pytest.mark.parametrize(
        ("bad", "message"),
        [
            (torch.zeros(2, 6, 48, 32, 3, dtype=torch.uint8), r"takes uint8 frames \[batch, time, 32, 48, 3\]"),
            (torch.zeros(2, 6, 32, 48, 3), "not float32"),
            (torch.zeros(2, 32, 48, 3, dtype=torch.uint8), r"not uint8 \[2, 32, 48, 3\]"),
            (torch.zeros(2, 0, 32, 48, 3, dtype=torch.uint8), "takes uint8 frames"),
            (torch.zeros(2, 7, 32, 48, 3, dtype=torch.uint8), r"\[2, 6\], not \[2, 5\]"),
        ],
    )
    def test_frames_of_another_shape_are_refused(self, name: str, bad: torch.Tensor, message: str) -> None:
        with pytest.raises(BadInput, match=message):
            lively(name).init_context(bad, ACTIONS)


@pytest.mark.parametrize("name", LEARNED)
class TestLearnedWorldModels:
    def test_the_action_changes_the_frame(self, name: str) -> None:
        model: WorldModel = lively(name)
        first, second = (
            model.step(model.init_context(frames(), ACTIONS), torch.tensor([a, a]), seeded(0)) for a in (0, 3)
        )
        assert not torch.equal(first, second)

    def test_the_past_changes_the_frame(self, name: str) -> None:
        model: WorldModel = lively(name)
        other = frames()
        other[:, -2] = 0
        first, second = (
            model.step(model.init_context(each, ACTIONS), torch.tensor([1, 2]), seeded(0)) for each in (frames(), other)
        )
        assert not torch.equal(first, second)

    def test_a_few_steps_of_training_lower_the_loss(self, name: str) -> None:
        torch.manual_seed(0)
        model = miniature(name)
        batch = Batch(frames(4), ACTIONS.repeat(2, 1))
        optimizer = torch.optim.AdamW(model.trained(), 3e-3)
        told = []
        for _ in range(25):
            losses = model.losses(batch, seeded(0), 0.5)
            optimizer.zero_grad()
            losses["loss"].backward()
            optimizer.step()
            told.append(float(losses["loss"].detach()))
        assert told[-1] < 0.9 * told[0]


@pytest.mark.parametrize("name", CODECS)
class TestCodecs:
    def test_latents_have_the_shape_that_is_said_and_come_back_as_frames(self, name: str) -> None:
        codec: Codec = lively(name)
        latents = codec.normalised(frames()[0])
        assert latents.shape == (6, *codec.latent_shape)
        back = codec.restored(latents)
        assert back.shape == (6, 32, 48, 3) and back.dtype == torch.uint8

    def test_a_few_steps_of_training_lower_the_loss(self, name: str) -> None:
        torch.manual_seed(0)
        codec = model_class(name).tiny()
        picture = torch.zeros(4, 1, 32, 48, 3, dtype=torch.uint8)
        picture[:, :, 8:20, 10:30] = torch.tensor([220, 60, 50], dtype=torch.uint8)
        optimizer = torch.optim.AdamW(codec.trained(), 3e-3)
        told = []
        for _ in range(25):
            losses = codec.losses(Batch(picture, torch.zeros(4, 0, dtype=torch.long)), seeded(0), 0.5)
            optimizer.zero_grad()
            losses["loss"].backward()
            optimizer.step()
            told.append(float(losses["loss"].detach()))
        assert told[-1] < 0.8 * told[0]

    def test_frames_that_do_not_divide_are_refused(self, name: str) -> None:
        with pytest.raises(BadInput, match=f"{name} takes frames whose sides are multiples of"):
            build(name, {"height": 90, "width": 128})


@pytest.mark.parametrize("name", [*ALL, "latent_flow+advection", "latent_flow+pixel_film"])
class TestWeights:
    def test_saved_weights_load_as_the_same_model(self, name: str, tmp_path: Path) -> None:
        model = lively(name)
        save_weights(model, tmp_path / "w.safetensors")
        loaded = load_weights(tmp_path / "w.safetensors")
        assert loaded.config == model.config and not loaded.training
        held = loaded.state_dict()
        assert all(torch.equal(value, held[key]) for key, value in model.state_dict().items())

    def test_an_unknown_setting_is_refused(self, name: str) -> None:
        name = name.partition("+")[0]
        with pytest.raises(BadInput, match=f"{name} has no setting colour; choose from: "):
            build(name, {"colour": 1})


def test_missing_damaged_and_foreign_weights_are_clear_errors(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    path = tmp_path / "w.safetensors"
    with pytest.raises(BadInput, match=r"no weights at .*; train some with `studio world train MODEL`"):
        load_weights(path)
    save_weights(lively("pixel_film"), path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-100])
    with pytest.raises(BadInput, match="is damaged"):
        load_weights(path)
    save_file({"x": torch.zeros(1)}, path)
    with pytest.raises(BadInput, match="holds no world model"):
        load_weights(path)
    save_file({"x": torch.zeros(1)}, path, {"world_model": '{"model": "copy_last", "config": {}}'})
    with pytest.raises(BadInput, match="does not fit copy_last: x and others"):
        load_weights(path)


# --- what is special to one


def test_the_kl_weight_stays_low_until_pictures_are_good_and_then_rises() -> None:
    cls = model_class("autoencoder")
    model = cls(cls.config_class(32, 48, 4, channels=4, widths=(8, 8, 16), variational=True))
    weights = [model.kl_weight(p / 10) for p in range(11)]
    assert weights[:7] == [model.config.kl_low] * 7 and weights[8:] == pytest.approx([model.config.kl_high] * 3)
    assert model.config.kl_low < model.kl_weight(0.7) < model.config.kl_high
    told = model.losses(Batch(frames(), ACTIONS), seeded(0), 0.9)
    assert told["kl"] > 0 and torch.isfinite(told["loss"])


def test_fsq_has_every_code_once_and_codes_give_their_vectors_back() -> None:
    quantiser = FSQ((8, 5, 4))
    codes = torch.arange(160).view(1, 10, 16)
    vectors = quantiser.vectors(codes)
    assert len({tuple(v) for v in vectors.movedim(1, -1).reshape(-1, 3).tolist()}) == 160
    z = torch.randn(2, 3, 8, 8, generator=seeded(0)) * 3
    quantised, found, _ = quantiser(z)
    assert torch.allclose(quantiser.vectors(found), quantised, atol=1e-6)
    assert found.min() >= 0 and found.max() < 160
    assert torch.equal(quantiser.codes(vectors + 0.05), codes)


def test_fsq_lets_the_gradient_through() -> None:
    z = torch.randn(1, 3, 4, 4, generator=seeded(0), requires_grad=True)
    FSQ((8, 8, 8))(z)[0].sum().backward()
    assert z.grad is not None and (z.grad > 0).all()


def test_a_codebook_moves_unused_codes_to_the_data() -> None:
    torch.manual_seed(0)
    book = Codebook(16, 2).train()
    data = torch.rand(4, 2, 8, 8, generator=seeded(0)) + 50
    used = 0
    for _ in range(300):
        used = book(data)[1].unique().numel()
    assert used >= 13


def test_vqvae_refuses_codes_that_do_not_exist() -> None:
    model = lively("vqvae")
    with pytest.raises(BadInput, match="a code is outside 0 to 15"):
        model.vectors(torch.full((1, 4, 6), 16))


def test_flow_sampling_settings_are_checked() -> None:
    model = lively("latent_flow")
    for steps in (0, 3, 16):
        with pytest.raises(BadInput, match=f"{steps} steps cannot be sampled; choose from: 1, 2, 4, 8"):
            model.sampling(steps)
    with pytest.raises(BadInput, match="guidance"):
        model.sampling(4, guidance=-1)


def test_without_temperature_only_the_context_noise_is_random() -> None:
    model = lively("latent_flow")
    model.sampling(2, temperature=0)
    first, second = (
        model.step(model.init_context(frames(), ACTIONS), torch.tensor([1, 2]), seeded(seed)) for seed in (1, 2)
    )
    assert torch.equal(first, second)


def test_the_cache_gives_what_the_whole_clip_gives() -> None:
    """One frame at a time through the ring of keys and values equals all frames under the causal mask."""
    model = lively("latent_flow")
    trunk, c = model.trunk, model.codec.latent_shape[0]
    x, told = torch.randn(2, 7, 3 * c, 4, 6, generator=seeded(0)), torch.randn(2, 7, 16, generator=seeded(1))
    with torch.no_grad():
        whole = trunk(x, told)
        past, parts = trunk.no_past(2), []
        for t in range(7):
            parts.append(trunk(x[:, t : t + 1], told[:, t : t + 1], past))
            past.time += 1
        begun = trunk.no_past(2)
        trunk(x[:, :6], told[:, :6], begun)
        begun.time += 6
        last = trunk(x[:, 6:], told[:, 6:], begun)
    assert torch.allclose(torch.cat(parts, 1), whole, atol=1e-4)
    assert torch.allclose(last, whole[:, 6:], atol=1e-4)


def test_the_state_space_model_remembers_what_the_whole_clip_tells() -> None:
    from transformers import DynamicCache

    model = lively("vq_mamba")
    codes = torch.randint(0, 8, (2, 6, 4, 6), generator=seeded(0))
    actions = torch.randint(0, 4, (2, 6), generator=seeded(1))
    past = DynamicCache(config=model.mamba)
    with torch.no_grad():
        whole = model.state(codes, actions)
        parts = [model.state(codes[:, :3], actions[:, :3], past)]
        parts += [model.state(codes[:, t : t + 1], actions[:, t : t + 1], past) for t in range(3, 6)]
    assert torch.allclose(torch.cat(parts, 1), whole, atol=1e-5)


def test_no_frame_sees_the_future() -> None:
    model = lively("latent_flow")
    c = model.codec.latent_shape[0]
    x, told = torch.randn(1, 5, 3 * c, 4, 6, generator=seeded(0)), torch.randn(1, 5, 16, generator=seeded(1))
    other = x.clone()
    other[:, 3:] = 9
    with torch.no_grad():
        assert torch.equal(model.trunk(x, told)[:, :3], model.trunk(other, told)[:, :3])


def test_the_guess_before_the_network_is_what_can_be_seen_through_the_noise() -> None:
    from studio.worlds.models._before import CHANGE, Before, likely

    noisy, before = torch.full((1, 1, 1, 1, 1), 3.0), torch.full((1, 1, 1, 1, 1), 2.0)

    def guess(level: float, level_before: float) -> float:
        return float(likely(noisy, torch.tensor([[level]]), Before(before, before, torch.tensor([[level_before]]))))

    assert guess(0, 0) == 0
    assert guess(0.999, 0) == pytest.approx(3.0, abs=0.01)
    precision = 1 / CHANGE**2
    assert guess(0, 1) == pytest.approx(2 * precision / (precision + 1))
    assert 2 * precision / (precision + 1) < guess(0.7, 1) < 3


def test_late_in_training_the_past_of_some_clips_is_the_models_own_dream() -> None:
    from dataclasses import replace

    tiny = lively("latent_flow")
    model = type(tiny)(replace(tiny.config, forced_from=0.5, forced=1.0, settled=1.0))
    model.load_state_dict(tiny.state_dict())
    batch = Batch(frames(), ACTIONS)
    early, late, again = (float(model.losses(batch, seeded(0), share)["loss"].detach()) for share in (0.1, 0.6, 0.9))
    assert early != late and late == again
    x = model.latents_of(batch)
    dreamt, carried = model._dreamt(x, model.acted(ACTIONS), seeded(0))
    assert carried.shape == dreamt.shape
    assert torch.equal(dreamt[:, :2], x[:, :2]) and not torch.allclose(dreamt[:, 2], x[:, 2])


def test_a_frame_learns_from_the_past_that_it_will_have_in_play() -> None:
    """In a clip that stands there twice, the second half gives what one frame at a time gives after the first."""
    model = lively("latent_flow")
    trunk, c = model.trunk, model.codec.latent_shape[0]
    past, new = (torch.randn(2, 6, 3 * c, 4, 6, generator=seeded(i)) for i in (0, 1))
    told_past, told_new = (torch.randn(2, 6, 16, generator=seeded(i)) for i in (2, 3))
    with torch.no_grad():
        whole = trunk(torch.cat([past, new], 1), torch.cat([told_past, told_new], 1), twice=True)
        ring = trunk.no_past(2)
        for t in range(6):
            alone = trunk(new[:, t : t + 1], told_new[:, t : t + 1], ring)
            assert torch.allclose(alone, whole[:, 6 + t : 7 + t], atol=1e-4)
            trunk(past[:, t : t + 1], told_past[:, t : t + 1], ring)
            ring.time += 1


def test_a_shortcut_aims_where_two_half_steps_arrive() -> None:
    """With a network that predicts one constant picture, the target of every larger step is that picture."""
    model = lively("latent_flow")
    constant = torch.full((1, 1, *model.codec.latent_shape), 0.3)
    model.clean = lambda noisy, *rest: constant.expand(noisy.shape)
    noisy = torch.randn(2, 3, *model.codec.latent_shape, generator=seeded(0))
    levels, sizes = torch.tensor([[0.0, 0.5, 0.0], [0.5, 0.0, 0.5]]), torch.full((2, 3), 2)
    target = model._two_halves(noisy, levels, sizes, torch.zeros(2, 3).long(), noisy)
    assert torch.allclose(target, constant.expand(target.shape), atol=1e-5)


def test_levels_are_on_the_grid_of_their_step_size() -> None:
    model = lively("latent_flow")
    levels, sizes = model._levels(64, 6, 16, seeded(0))
    stride = 2.0**sizes / model.config.finest
    large = sizes > 0
    assert large[:16].any() and not large[16:].any()
    assert torch.equal((levels / stride)[large], (levels / stride)[large].round())
    assert (levels + stride)[large].max() <= 1 and levels.min() >= 0 and levels.max() < 1
    assert math.isclose(float(sizes.max()), math.log2(model.config.finest))


def test_what_moves_moves_on() -> None:
    """A picture that is pushed sideways by two columns a frame goes on so; one that stands stays."""
    from studio.worlds.models._motion import carried_on

    picture = torch.nn.functional.interpolate(torch.rand(1, 3, 12, 24, generator=seeded(0)), (96, 192), mode="bicubic")
    wide = (picture.clamp(0, 1) * 255).to(torch.uint8).permute(0, 2, 3, 1)
    before, last, true = (wide[:, :, 2 * t : 2 * t + 128] for t in range(3))
    inside = (carried_on(before, last).float() - true.float())[:, 8:-8, 8:-8].abs().mean()
    still = (last.float() - true.float())[:, 8:-8, 8:-8].abs().mean()
    assert inside < 0.2 * still
    assert torch.equal(carried_on(last, last), last)


def test_a_clip_is_carried_on_from_what_the_codec_shows_of_it() -> None:
    from studio.worlds.models._motion import carried_clip, carried_on

    codec = model_class("autoencoder").tiny().eval()
    latents = torch.randn(5, *codec.latent_shape, generator=seeded(0))
    with torch.no_grad():
        carried = carried_clip(codec, latents)
        shown = codec.restored(latents)
        assert torch.allclose(carried[4], codec.normalised(carried_on(shown[2:3], shown[3:4]))[0], atol=1e-5)
    assert torch.equal(carried[1], latents[0]) and not carried[0].any()
    assert all(len(carried_clip(codec, latents[:n])) == n for n in (1, 2, 3))


def test_detail_comes_back_where_the_latents_are_what_they_were() -> None:
    """A codec that blurs loses what is fine; of a frame that only moved, none of it is lost in the end."""
    from studio.worlds.models._motion import lost, regained

    codec = model_class("autoencoder").tiny().eval()
    fine = frames(1)[0][:1]
    with torch.no_grad():
        latents = codec.normalised(fine)
        shown, detail = codec.restored(latents), lost(codec, fine, latents)
    same, other = torch.zeros(1, *codec.latent_shape[1:]), torch.full((1, *codec.latent_shape[1:]), 50.0)
    assert not torch.equal(shown, fine)
    assert torch.equal(regained(shown, detail, same), fine) and torch.equal(regained(shown, detail, other), shown)


def test_an_average_leaves_what_is_not_trained_alone() -> None:
    from studio.worlds.training.loop import _follow

    model, average = lively("latent_flow"), lively("latent_flow")
    with torch.no_grad():
        for each in model.parameters():
            each.add_(1)
    kept = {name: each.clone() for name, each in model.codec.state_dict().items()}
    _follow(average, model, 0.9)
    assert all(torch.equal(each, kept[name]) for name, each in average.codec.state_dict().items())
    assert not torch.equal(average.trunk.places, model.trunk.places)


def test_what_moves_by_itself_counts_more() -> None:
    from dataclasses import replace

    plain, heavy = lively("latent_flow"), lively("latent_flow")
    plain.config, heavy.config = replace(plain.config, moving_weight=0.0), replace(plain.config, moving_weight=50.0)
    boxes = torch.zeros(2, 6, 16, 5, dtype=torch.long)
    boxes[:, :, 0] = torch.tensor([1, 8, 8, 16, 16])
    bare, told = Batch(frames(), ACTIONS), Batch(frames(), ACTIONS, boxes)
    marked = heavy.marked(told, heavy.latents_of(told))
    assert marked.sum() == 2 * 6 * 1 and marked[0, 0, 0, 1, 1] == 1, "one patch of eight pixels"
    with torch.no_grad():
        assert plain.losses(bare, seeded(0), 0)["loss"] == plain.losses(told, seeded(0), 0)["loss"]
        assert heavy.losses(bare, seeded(0), 0)["loss"] != heavy.losses(told, seeded(0), 0)["loss"]


def test_small_corrections_of_what_only_moves_are_not_believed() -> None:
    from dataclasses import replace

    model = lively("latent_flow")
    model.sampling(1, temperature=0)

    def away(doubt: float) -> float:
        model.config = replace(model.config, doubt=doubt)
        context = model.init_context(frames(), ACTIONS)
        moved = context.extra["carried"][:, 0].clone()
        with torch.no_grad():
            made = model._next(context, torch.tensor([1, 2]), seeded(0), 1)[0]
        return float((made - moved).abs().mean())

    assert away(0) > away(1) > away(100) and away(100) < 0.05 * away(0)


def test_the_scan_is_that_of_the_library_and_its_gradient_is_exact() -> None:
    from transformers import MambaConfig
    from transformers.models.mamba.modeling_mamba import MambaMixer

    from studio.worlds.models._scan import Mixer, scan

    torch.manual_seed(0)
    mixer = Mixer(MambaConfig(vocab_size=1, hidden_size=12, num_hidden_layers=1, state_size=5), 0)
    x = torch.randn(3, 7, 12, requires_grad=True)
    mine, theirs = mixer(x), MambaMixer.forward(mixer, x)
    torch.testing.assert_close(mine, theirs)
    wanted = [x, *mixer.parameters()]
    for one, other in zip(*(torch.autograd.grad(y.square().sum(), wanted) for y in (mine, theirs)), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6)
    n, t, i, s = 2, 4, 3, 5
    shapes = ((n, t, i), (n, t, i), (i, s), (n, t, s), (n, t, s))
    told = [torch.rand(shape, dtype=torch.double, requires_grad=True) for shape in shapes]
    assert torch.autograd.gradcheck(scan, told)
