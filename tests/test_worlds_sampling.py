"""Sampling: real footage is continued, and the choice among continuations is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from lab import here
from PIL import Image

from studio.config import Workspace
from studio.edit.encode import Encoder
from studio.engines.world import Engine
from studio.errors import BadInput
from studio.worlds import sampling
from studio.worlds.envs.backlot import Backlot
from studio.worlds.models.base import model_class
from studio.worlds.training.presets import schedule_of

torch.set_num_threads(1)
NAMES = ["noop", "left", "right", "jump"]


def clip_at(path: Path, frames: int = 30, fps: float = 20.0, size: tuple[int, int] = (192, 256)) -> Path:
    env = Backlot()
    env.reset(seed=3)
    with Encoder(path, size[1], size[0], fps) as encoder:
        for _ in range(frames):
            picture = np.asarray(Image.fromarray(env.step(2)[0]).resize((size[1], size[0]), Image.Resampling.NEAREST))
            encoder.write(picture)
    return path


def tiny(name: str = "latent_flow") -> Any:
    torch.manual_seed(1)
    model = model_class(name).tiny().eval()
    for parameter in model.parameters():
        parameter.data.add_(0.1 * torch.randn(parameter.shape))
    return model


def context() -> np.ndarray:
    env = Backlot()
    env.reset(seed=4)
    frames = [np.asarray(Image.fromarray(env.step(2)[0]).resize((48, 32))) for _ in range(6)]
    return np.stack(frames)


def test_a_clip_is_continued_from_the_command_line(space: Workspace, tmp_path: Path) -> None:
    import av

    weights = Engine.tiny(tmp_path).weights["model"]
    clip, out = clip_at(tmp_path / "clip.mp4"), tmp_path / "made" / "out.mp4"
    asked = ["world", "sample", "--from", str(clip), "--seconds", "0.5", "--model", str(weights), "--out", str(out)]
    done = here(*asked, "--best-of", "2", "--actions", "2*4,3*2")
    assert done.returncode == 0, done.stderr
    told = json.loads(out.with_suffix(".json").read_text())
    assert told["actions"] == [2] * 4 + [3] * 6 and told["dreamed_frames"] == 10 and told["context_frames"] == 4
    assert {each["number"] for each in told["candidates"]} == {0, 1} and "no true continuation" in told["score"]
    scores = {each["number"]: each["disagreement"] for each in told["candidates"]}
    assert told["chosen"] == min(scores, key=lambda number: scores[number])
    with av.open(str(out)) as container:
        assert sum(1 for _ in container.decode(video=0)) == 4 + 10
    assert Image.open(out.with_suffix(".png")).height > 3 * 100
    first = out.read_bytes()
    assert here(*asked, "--best-of", "2", "--actions", "2*4,3*2").returncode == 0 and out.read_bytes() == first


def test_bad_input_is_one_line(space: Workspace, tmp_path: Path) -> None:
    weights = str(Engine.tiny(tmp_path).weights["model"])
    (tmp_path / "text.mp4").write_text("no video")
    short = clip_at(tmp_path / "short.mp4", frames=1)
    good = clip_at(tmp_path / "good.mp4", frames=4)
    for arguments, said in (
        (["--from", str(tmp_path / "gone.mp4"), "--model", weights], "no such file"),
        (["--from", str(tmp_path / "text.mp4"), "--model", weights], "cannot be read as video"),
        (["--from", str(short), "--model", weights], "at least 2 are needed"),
        (["--from", str(good), "--model", weights, "--actions", "fly*3"], "the actions are: 0, 1, 2, 3"),
        (["--from", str(good), "--model", weights, "--steps", "3"], "3 steps cannot be sampled"),
        (["--from", str(good), "--model", "nobody"], "no weights for 'nobody'"),
    ):
        done = here("world", "sample", *arguments, "--out", str(tmp_path / "out.mp4"))
        assert done.returncode == 2 and said in done.stderr, (arguments, done.stderr)
        assert len(done.stderr.strip().splitlines()) <= 2 and not (tmp_path / "out.mp4").exists()


def test_a_slow_clip_is_read_at_its_own_rate_and_only_its_end(tmp_path: Path) -> None:
    clip = clip_at(tmp_path / "slow.mp4", frames=20, fps=12.0)
    assert sampling.rate_of(clip, 20.0) == 12.0 and sampling.rate_of(clip, 6.0) == 6.0
    assert sampling.last_frames(clip, 8, 12.0, (96, 128)).shape == (8, 96, 128, 3)
    assert sampling.last_frames(clip, 80, 6.0, (32, 48)).shape == (10, 32, 48, 3)


def test_unknown_actions_are_told_where_the_model_knows_them_and_stood_in_for_elsewhere() -> None:
    flow = sampling.sample(tiny(), context(), 3, NAMES, "random")
    assert "unknown, and the model is told so" in flow.notes[0] and flow.dreams.shape == (1, 3, 32, 48, 3)
    film = sampling.sample(tiny("pixel_film"), context(), 3, NAMES, "random")
    assert "action 0 stands for the unknown ones" in film.notes[0]
    with pytest.raises(BadInput, match="pixel_film was never trained on footage without actions"):
        tiny("pixel_film").init_context(torch.from_numpy(context())[None], None)


def test_the_flow_sees_a_difference_between_unknown_and_known_actions() -> None:
    model, shown = tiny(), torch.from_numpy(context())[None]

    def ahead(actions: torch.Tensor | None) -> torch.Tensor:
        return model.step(model.init_context(shown, actions), torch.tensor([1]), torch.Generator().manual_seed(0))

    assert (ahead(None) != ahead(torch.full((1, 5), 2))).any()


def test_keep_holds_the_action_that_explains_the_clip_s_end() -> None:
    class Shifts:
        """Moves the picture by its action: what a clip does is plain to see."""

        name, unknown_action = "shifts", None
        actions = 4
        config = type("Config", (), {"height": 32, "width": 48, "actions": actions})

        def init_context(self, frames: torch.Tensor, actions: torch.Tensor | None) -> dict[str, torch.Tensor]:
            return {"last": frames[:, -1]}

        def step(self, context: Any, action: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
            moved = [frame.roll(int(by), 1) for frame, by in zip(context["last"], action, strict=True)]
            context["last"] = torch.stack(moved)
            return context["last"]

    picture = context()[0]
    clip = np.stack([np.roll(picture, 3 * n, 1) for n in range(6)])
    made = sampling.sample(Shifts(), clip, 4, NAMES, "keep")  # type: ignore[arg-type]
    assert made.played == [3] * 4 and "keep: jump" in made.notes[-1]
    assert (made.dreams[0, -1] == np.roll(picture, 3 * 9, 1)).all()


def test_blur_freezing_and_drift_all_disagree_more_than_footage_that_goes_on() -> None:
    import cv2

    env = Backlot()
    env.reset(seed=9)
    frames = np.stack([env.step(2)[0] for _ in range(48)])
    clip, true = frames[:16], frames[16:]
    blurred = np.stack([cv2.GaussianBlur(frame, (0, 0), 2.0) for frame in true])
    frozen = np.repeat(true[:1], len(true), 0)
    darker = np.linspace(1.0, 0.4, len(true))[:, None, None, None]
    drifted = (true * darker).astype(np.uint8)
    right, *wrong = (sampling.judge(0, clip, each).disagreement for each in (true, blurred, frozen, drifted))
    assert all(each > 1.3 * right for each in wrong), (right, wrong)
    sample = sampling.Sample(clip, np.stack([blurred, true, frozen]), [0] * 32, [
        sampling.judge(n, clip, each) for n, each in enumerate((blurred, true, frozen))
    ], [])  # fmt: skip
    assert sample.best == 1


def test_the_wide_preset_is_320_wide_with_24_frames_and_10_steps() -> None:
    from studio.worlds.models.latent_flow import Config, Model

    config = schedule_of("wide", "latent_flow").config
    assert config == {"window": 24, "steps": 10} and schedule_of("wide", "latent_flow").length == 25
    small = {"codec_config": {"channels": 4, "widths": (8, 8, 16), "blocks": 1}, "hidden": 16, "layers": 1, "heads": 2}
    model = Model(Config(176, 320, 8, **small, **config)).eval()  # type: ignore[arg-type]
    shown = torch.zeros((1, 24, 176, 320, 3), dtype=torch.uint8)
    ahead = model.init_context(shown, None)
    assert model.step(ahead, torch.tensor([2]), torch.Generator().manual_seed(0)).shape == (1, 176, 320, 3)
