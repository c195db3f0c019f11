"""The judges of world models: real footage passes, footage that is spoilt in a known way does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from studio.errors import BadInput
from studio.worlds.data.manifest import Manifest, level_of
from studio.worlds.data.record import Recipe, record
from studio.worlds.envs.backlot import Backlot
from studio.worlds.evaluation.futures import keys
from studio.worlds.evaluation.lab import Lab, LeftOut, Settings
from studio.worlds.evaluation.measures import fidelity, frechet, inverse_dynamics, physics, plausibility
from studio.worlds.evaluation.readers import shelf
from studio.worlds.evaluation.readers.__main__ import main
from studio.worlds.evaluation.readers.examine import examine
from studio.worlds.evaluation.readers.judge import Gaussian, load_real
from studio.worlds.evaluation.readers.network import Config, Reader, shifted_differences
from studio.worlds.evaluation.readers.physics import physics as physics_of
from studio.worlds.evaluation.readers.reading import Reading, read, read_rollouts
from studio.worlds.evaluation.readers.truth import TrueFootage
from studio.worlds.evaluation.rollouts import Rollouts
from studio.worlds.evaluation.scores import Score

LEVELS, CONTEXT, STEPS = 6, 9, 40


@pytest.fixture(scope="module", autouse=True)
def one_core() -> Any:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def real() -> Rollouts:
    """True footage of test levels under random keys, two seconds each."""
    env, clips, states, pressed = Backlot(), [], [], []
    manifest = Manifest(recipe={}, height=96, width=128, fps=20, action_names=list(env.action_names))
    for number in range(LEVELS):
        env.reset(seed=level_of("test", 500 + number))
        for action in env.plan(40 + 60 * number) or []:
            env.step(action)
        acts = keys("random", number, CONTEXT - 1 + STEPS, manifest, 0)
        frames, known = [env.render()], [env.state_vector()]
        for action in acts:
            frames.append(env.step(action)[0])
            known.append(env.state_vector())
        clips.append(np.stack(frames))
        states.append(np.stack(known))
        pressed.append(acts)
    video, told, actions = torch.from_numpy(np.stack(clips)), torch.tensor(np.stack(states)), torch.tensor(pressed)
    true = video[:, CONTEXT:].contiguous()
    return Rollouts(
        keys="random",
        column="real",
        context=video[:, :CONTEXT].contiguous(),
        actions_before=actions[:, : CONTEXT - 1],
        actions=actions[:, CONTEXT - 1 :],
        samples=true[:, None],
        starts=torch.arange(LEVELS),
        fps=20,
        action_names=env.action_names,
        true=true,
        states=told[:, CONTEXT:],
        states_before=told[:, :CONTEXT],
        state_names=env.state_names,
    )


def frozen(frames: Tensor, share: float = 1.0) -> Tensor:
    """The last ``share`` of each clip stands still."""
    out = frames.clone()
    at = round(frames.shape[1] * (1 - share))
    out[:, at:] = frames[:, at : at + 1]
    return out


def shuffled(frames: Tensor, share: float = 1.0) -> Tensor:
    """``share`` of the frames change places at random."""
    out, rng = frames.clone(), np.random.default_rng(0)
    for clip, true in zip(out, frames, strict=True):
        chosen = np.sort(rng.choice(len(true), round(len(true) * share), replace=False))
        clip[chosen] = true[rng.permutation(chosen)]
    return out


def blurred(frames: Tensor, radius: int = 4) -> Tensor:
    pixels = frames.flatten(0, 1).movedim(-1, 1).float()
    padded = F.pad(pixels, (radius,) * 4, mode="replicate")
    soft = F.avg_pool2d(padded, 2 * radius + 1, 1)
    return soft.round().to(torch.uint8).movedim(1, -1).reshape(frames.shape).contiguous()


def teleporting(frames: Tensor) -> Tensor:
    """Another place of the clip every four frames."""
    order = np.random.default_rng(0).permutation(frames.shape[1] // 4)
    return torch.cat([frames[:, 4 * k : 4 * k + 4] for k in order], 1)


SPOILT = {"frozen": frozen, "shuffled": shuffled, "blurred": blurred, "teleporting": teleporting}


def made(real: Rollouts, frames: Tensor) -> Rollouts:
    return real.shown_by("model", frames[:, None])


@pytest.fixture(scope="module")
def lab() -> Lab:
    nothing = Manifest(recipe={}, height=96, width=128, fps=20, action_names=[])
    return Lab(Path("/nowhere"), nothing, Settings(), Path("/nowhere"))


@pytest.fixture(scope="module")
def scores(real: Rollouts, lab: Lab) -> dict[str, dict[str, float]]:
    """Every score of real and of spoilt footage."""
    shown = {"real": real, **{name: made(real, spoil(real.made)) for name, spoil in SPOILT.items()}}
    return {name: scored(rollouts, lab) for name, rollouts in shown.items()}


def scored(rollouts: Rollouts, lab: Lab) -> dict[str, float]:
    found: list[Score] = []
    for measure in (inverse_dynamics, physics, plausibility, fidelity, frechet):
        found += measure.measure(rollouts, lab)
    return {f"{score.name} {score.part}".strip(): score.statistic(score.values) for score in found}


# --- the measures


def test_real_footage_has_real_physics_and_is_plausible_throughout(scores: dict[str, dict[str, float]]) -> None:
    real = scores["real"]
    parts = [v for name, v in real.items() if name.startswith("physics")]
    assert len(parts) == 5 and min(parts) >= 0.95
    assert real["plausibility horizon random keys"] == 2
    assert real["fidelity horizon picture"] == 2 and real["fidelity horizon place"] == 2


def test_actions_are_read_from_real_footage_and_not_from_their_order(scores: dict[str, dict[str, float]]) -> None:
    name = "action accuracy by inverse dynamics"
    assert scores["real"][name] > 0.5
    assert scores["real"][f"{name}, shuffled actions"] < 0.3
    assert scores["frozen"][name] < 0.3 and scores["shuffled"][name] < 0.4


@pytest.mark.parametrize("how", SPOILT)
def test_spoilt_footage_scores_lower_than_real(how: str, scores: dict[str, dict[str, float]]) -> None:
    real, spoilt = scores["real"], scores[how]
    assert spoilt["action accuracy by inverse dynamics"] < real["action accuracy by inverse dynamics"]
    horizon = "plausibility horizon random keys"  # which forgives a blur and a rare leap: other measures see those
    assert spoilt[horizon] < real[horizon] if how in ("frozen", "shuffled") else spoilt[horizon] <= real[horizon]
    if how != "blurred":
        assert spoilt["fidelity horizon picture"] < 1
    name = "Fréchet distance (reader's features) random keys"
    assert spoilt[name] > real[name]
    if how != "frozen":  # who stands still breaks no law
        assert spoilt["physics"] < real["physics"] - 0.01


def test_a_performer_that_jumps_about_breaks_the_speed_limit(scores: dict[str, dict[str, float]]) -> None:
    assert scores["teleporting"]["physics speed"] < 0.95 and scores["shuffled"]["physics speed"] < 0.8


def test_the_last_frame_for_ever_is_implausible_at_once_when_keys_should_move_it(real: Rollouts, lab: Lab) -> None:
    still = real.context[:, -1:].expand(-1, STEPS, -1, -1, -1).contiguous()
    jumping = replace(made(real, still), actions=torch.full((LEVELS, STEPS), 5), keys="held")
    idle = replace(jumping, actions=torch.zeros_like(jumping.actions), keys="idle")
    horizon = plausibility.measure(jumping, lab)[0]
    assert horizon.statistic(horizon.values) == 0
    assert horizon.detail["ended_by"]["frozen"] >= LEVELS - 1 and horizon.detail["survival"][0] <= 1 / LEVELS
    assert plausibility.measure(idle, lab)[0].detail["alarms"]["frozen"] == 0


@pytest.mark.parametrize("how", ["blurred", *(pytest.param(h, marks=pytest.mark.slow) for h in ("shuffled", "frozen"))])
def test_the_frechet_distance_rises_with_each_step_of_damage(how: str, real: Rollouts) -> None:
    strengths: dict[str, list[Any]] = {"blurred": [1, 2, 4], "shuffled": [0.1, 0.3, 1.0], "frozen": [0.25, 0.5, 1.0]}
    true = gaussian(real)
    values = [frechet.distance(gaussian(made(real, SPOILT[how](real.made, s))), true) for s in strengths[how]]
    assert frechet.distance(true, true) < 1e-6 * values[0] and values == sorted(values), values
    assert values[-1] > 2 * values[0], values


def gaussian(rollouts: Rollouts) -> Gaussian:
    clips = read_rollouts(shelf.shipped_reader(), rollouts).clips
    return Gaussian.of(clips.reshape(-1, clips.shape[-1]))


def test_the_frechet_distance_of_two_gaussians_is_the_known_one() -> None:
    one, other = Gaussian(np.zeros(3), np.eye(3)), Gaussian(np.array([3.0, 0, 0]), 4 * np.eye(3))
    assert frechet.distance(one, other) == pytest.approx(9 + 3)
    assert frechet.distance(one, one) == pytest.approx(0, abs=1e-9)


def test_footage_of_another_world_is_left_out(real: Rollouts, lab: Lab) -> None:
    with pytest.raises(LeftOut, match="knows Backlot at 96x128, not this world"):
        physics.measure(replace(real, action_names=("a", "b")), lab)


# --- reading


def test_a_long_clip_is_read_in_parts_as_it_is_in_one(real: Rollouts, monkeypatch: pytest.MonkeyPatch) -> None:
    reader, clip = shelf.shipped_reader(), real.made[:1]
    whole = read(reader, clip)
    monkeypatch.setattr("studio.worlds.evaluation.readers.reading.PART", 16)
    parts = read(reader, clip)
    for name in ("x", "y", "velocity", "clips"):
        assert np.allclose(getattr(whole, name), getattr(parts, name), atol=1e-3), name
    assert np.array_equal(whole.action, parts.action) and np.array_equal(whole.scroll, parts.scroll)


def test_the_place_is_read_to_the_pixel(real: Rollouts) -> None:
    reading = read(shelf.shipped_reader(), real.made)
    x, y = (real.states[..., real.state_names.index(name)].numpy() for name in ("screen_x", "screen_y"))  # type: ignore[index]
    apart = np.hypot(reading.x - x, reading.y - y)[reading.found]
    assert np.median(apart) < 1 and (apart < 3).mean() > 0.97


def test_a_fall_through_air_is_read_as_gravity() -> None:
    steps = np.arange(12)
    y = 20 + 0.5 * 1.25 * steps**2
    zeros = np.zeros((1, 12))
    seen = np.ones((1, 12), bool)
    reading = Reading(
        zeros, y[None], seen, zeros, ~seen, ~seen, np.zeros((1, 11)), zeros, zeros, np.zeros((1, 11, 10)), zeros
    )
    gravity = physics_of(reading).gravity
    assert np.nanmean(gravity) == pytest.approx(1.25) and np.isnan(gravity[0, 0])


def test_the_shift_of_a_scrolled_picture_costs_nothing() -> None:
    picture = torch.randint(0, 256, (1, 32, 64, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    clip = torch.stack((picture[:, :, 5:53], picture[:, :, 8:56]), 1)
    costs = shifted_differences(clip)[0, 0, :, 2:6, 2:10].mean((1, 2))
    assert costs.argmin() == 3 + 4 and costs.min() == 0


# --- fitting


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("footage")
    record(Recipe("backlot", {"train": 3, "val": 2, "test": 1}, steps=48), folder)
    return folder


def test_a_fit_that_is_killed_goes_on_to_the_same_bytes(footage: Path, tmp_path: Path) -> None:
    from studio.worlds.evaluation.readers.fit import fit

    small = Config(trunk=8, pairs=8, hidden=8, features=8)
    straight = fit(footage, tmp_path / "a", steps=2, save_every=1, config=small)
    crash = RuntimeError("power cut")

    def fail(line: str) -> None:
        if "step 1 of 2" in line:
            raise crash

    with pytest.raises(RuntimeError, match="power cut"):
        fit(footage, tmp_path / "b", steps=2, save_every=1, config=small, say=fail)
    resumed = fit(footage, tmp_path / "b", steps=2, save_every=1, config=small)
    assert straight.read_bytes() == resumed.read_bytes()
    with pytest.raises(BadInput, match="other settings or data"):
        fit(footage, tmp_path / "b", steps=4, config=small)


def test_what_is_real_is_measured_on_the_validation_split(footage: Path, tmp_path: Path) -> None:
    from studio.worlds.evaluation.readers.calibrate import calibrate

    (tmp_path / "reader.safetensors").write_bytes((shelf.shipped() / "reader.safetensors").read_bytes())
    found = load_real(calibrate(footage, tmp_path, rollouts=2, steps=40, recorded=20))
    assert set(found.features) == {"all", "random", "recorded"} and set(found.ranges) == set(found.shares)
    assert found.distance > 0 and found.facts["steps"] == 40


def test_the_truth_of_a_window_is_what_the_simulator_knew(footage: Path) -> None:
    truth = TrueFootage(footage, "test", 9).batch([5])
    assert truth.place.shape == (1, 9) and truth.solid.shape == (1, 9, 24, 32) and truth.flags.shape == (1, 8, 10)
    assert truth.solid[0, 0, -1].max() == 1 and truth.solid[0, 0, 0].max() == 0
    assert set(truth.scroll.unique().tolist()) <= set(range(9))


def test_the_reader_that_ships_is_examined_on_levels_it_has_not_seen(footage: Path) -> None:
    told = examine(shelf.shipped_reader(), footage, clips=2)
    assert told["scroll_right"] > 0.95 and told["place_error_median"] < 1 and told["solid_right"] > 0.97


# --- bad input


def test_frames_of_another_size_are_refused() -> None:
    with pytest.raises(BadInput, match=r"uint8 frames \[batch, time ≥ 2, 32, 48, 3\], not uint8 \[1, 2, 96, 128, 3\]"):
        read(Reader.tiny(), torch.zeros(1, 2, 96, 128, 3, dtype=torch.uint8))
    with pytest.raises(BadInput, match="not float32"):
        read(Reader.tiny(), torch.zeros(1, 2, 32, 48, 3))


def test_missing_and_damaged_weights_are_one_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "reader.safetensors"
    with pytest.raises(BadInput, match=r"no reader at .*; fit one with"):
        shelf.load_reader(path)
    path.write_bytes(b"nothing")
    with pytest.raises(BadInput, match="is damaged"):
        shelf.load_reader(path)
    with pytest.raises(BadInput, match="nobody knows what is real"):
        load_real(tmp_path / "real.safetensors")
    assert main(["examine", str(tmp_path), "--out", str(tmp_path / "none")]) == 2
    assert capsys.readouterr().err.startswith("no reader at")


def test_footage_of_another_world_cannot_be_learned_from(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no data set"):
        TrueFootage(tmp_path, "train", 9)


def test_weights_are_small_and_ship_with_their_log() -> None:
    folder = shelf.shipped()
    total = sum(path.stat().st_size for path in folder.glob("*.safetensors"))
    assert 0 < total <= 1_500_000 and (folder / "log.csv").is_file() and (folder / "README.md").is_file()
