"""Evaluation: a perfect model scores as the real does, the last frame copied scores chance, bad input says so."""

from __future__ import annotations

import dataclasses
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from typer.testing import CliRunner

from studio.cli import app
from studio.errors import BadInput, EngineFailed
from studio.plugins import load, names
from studio.worlds.data.manifest import Manifest
from studio.worlds.data.record import Recipe, record
from studio.worlds.data.shards import Footage
from studio.worlds.evaluation import measuring, speed
from studio.worlds.evaluation.evaluate import evaluate
from studio.worlds.evaluation.futures import futures, keys
from studio.worlds.evaluation.kept import Kept, Start
from studio.worlds.evaluation.lab import LeftOut, Settings
from studio.worlds.evaluation.measures.retrieval import nearest
from studio.worlds.evaluation.pictures import psnr_each, similarities, squared_errors
from studio.worlds.evaluation.rollouts import Rollouts, Wanted
from studio.worlds.evaluation.scores import interval, mean, psnr, ratio
from studio.worlds.evaluation.scratch import scratch
from studio.worlds.evaluation.simulator import Simulator
from studio.worlds.evaluation.subjects import Subject, open_subjects, set_sampling, subject_of
from studio.worlds.evaluation.table import markdown, tables
from studio.worlds.models import copy_last
from studio.worlds.models.base import build, model_class, save_weights

torch.set_num_threads(1)
MEASURES = "worlds.evaluation.measures"
OURS = ("grey_rollout", "pixels", "retrieval")
"""World-model measures of this file; others have tests of their own."""
SMALL = Settings(rollouts=6, context=4, horizons=(1, 5), samples=1, branches=4, hold=6, only=OURS)
WIDE = {"channels": 4, "widths": (8, 8, 16), "blocks": 1}


@pytest.fixture(scope="module")
def backlot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Backlot itself: six test levels, some of them entered in the middle."""
    folder = tmp_path_factory.mktemp("backlot")
    record(Recipe("backlot", {"train": 1, "val": 1, "test": 6}, 40, policies="sticky"), folder)
    return folder


@pytest.fixture(scope="module")
def square(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A square that the action moves, 32×48, four actions: footage that no simulator can continue."""
    folder, rng = tmp_path_factory.mktemp("square"), np.random.default_rng(0)
    manifest = Manifest(recipe={"square": 1}, height=32, width=48, fps=10, action_names=list("lrud"))
    for split in ("train", "test"):
        footage = Footage()
        for level in range(3):
            x, y = 16, 12
            for action in rng.integers(0, 4, 16).tolist():
                frame = np.full((32, 48, 3), 90, np.uint8)
                frame[y : y + 8, x : x + 8] = (220, 60, 50)
                footage.append(frame)
                footage.acted(action, 0.0)
                x = min(40, max(0, x + 4 * ((action == 1) - (action == 0))))
                y = min(24, max(0, y + 4 * ((action == 3) - (action == 2))))
            footage.cut(level)
        manifest.shards.append(footage.publish(folder, f"{split}-00000.safetensors", split))
    manifest.save(folder)
    return folder


class Perfect(copy_last.Model):
    """Knows where in the data each context comes from, and plays on there with the simulator."""

    name = "perfect"

    def __init__(self, data: Path) -> None:
        super().__init__(copy_last.Config())
        self.kept, self.places = Kept(data, "test"), {}
        self.simulators: dict[int, Simulator] = {}
        for shard in self.kept.shards:
            for episode in shard.episodes:
                self.simulators[episode.level] = Simulator(self.kept)
                for at in range(episode.frames):
                    start = Start(shard, episode, at)
                    self.places[self.kept.read(start, "frames", 0, 1)[0].tobytes()] = start

    def _init_context(self, frames: Tensor, actions: Tensor) -> Any:
        starts = [self.places[clip[-1].numpy().tobytes()] for clip in frames]
        return [[s, self.simulators[s.episode.level].stand(s), []] for s in starts]

    def _step(self, context: Any, action: Tensor, generator: torch.Generator) -> Tensor:
        made = []
        for (start, snapshot, pressed), key in zip(context, action.tolist(), strict=True):
            pressed.append(key)
            made.append(self.simulators[start.episode.level].play(snapshot, pressed)[0][-1])
        return torch.from_numpy(np.stack(made))


def found(report: dict[str, Any], label: str, column: str, score: str, part: str = "*", horizon: Any = None) -> Any:
    rows = next(r for r in report["results"] if r["label"] == label)["rows"]
    fit = [
        row
        for row in rows
        if (row["column"], row["score"]) == (column, score)
        and part in ("*", row["part"])
        and horizon in (None, row["horizon"])
    ]
    assert len(fit) == 1, fit
    return fit[0]


def silent(line: str) -> None:
    pass


@pytest.fixture(scope="module")
def report(backlot: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A perfect model, the last frame copied, and a flow model with random weights."""
    flow = build("latent_flow", {"codec_config": WIDE, "hidden": 16, "layers": 1, "heads": 2, "window": 4}).eval()
    with torch.no_grad():
        for parameter in flow.trained():
            parameter.add_(0.05 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(0)))
    subjects = [
        subject_of("perfect", Perfect(backlot)),
        subject_of("copy_last", build("copy_last", {})),
        subject_of("flow", flow),
    ]
    out = tmp_path_factory.mktemp("out")
    settings = dataclasses.replace(SMALL, keys=("random",), samples=2)
    return {**evaluate(subjects, backlot, settings, out, say=silent), "out": out}


class TestAgainstTheSimulator:
    @pytest.mark.parametrize("part", ["frame", "moving", "visible at the start"])
    def test_a_perfect_model_makes_no_error(self, report: dict[str, Any], part: str) -> None:
        for horizon in (1, 5):
            for pressed in ("", ", random keys"):
                fixed = {"part": part + pressed, "horizon": horizon}
                rows = next(r for r in report["results"] if r["label"] == "perfect")["rows"]
                here = {r["score"]: r["value"] for r in rows if all(r[k] == v for k, v in fixed.items())}
                assert here.pop("PSNR, mean of frames") == 99
                assert here == {"MSE": 0, "PSNR": 99, "SSIM": pytest.approx(1, abs=1e-4)}

    def test_a_perfect_model_is_retrieved_and_the_last_frame_copied_is_at_chance(self, report: dict[str, Any]) -> None:
        assert found(report, "perfect", "model", "action retrieved")["value"] == 1
        assert found(report, "copy_last", "model", "action retrieved")["value"] == pytest.approx(1 / 4)
        assert found(report, "references", "copy_last", "action retrieved")["value"] == pytest.approx(1 / 4)
        assert found(report, "references", "real", "action retrieved")["value"] == 1
        assert found(report, "perfect", "model", "action retrieved, chance")["value"] == pytest.approx(1 / 4)

    def test_with_shuffled_actions_even_the_perfect_model_is_near_chance(self, report: dict[str, Any]) -> None:
        row = found(report, "perfect", "model", "action retrieved, shuffled actions")
        assert row["value"] == pytest.approx(1 / 4, abs=0.12)

    def test_a_perfect_model_is_better_than_the_last_frame_copied(self, report: dict[str, Any]) -> None:
        for horizon in (1, 5):
            row = found(report, "references", "copy_last", "PSNR", "frame", horizon)
            assert 5 < row["low"] < row["value"] < row["high"] < 60 and row["n"] == 6
        assert found(report, "references", "copy_last", "rollout MSE")["value"] > 0
        assert found(report, "perfect", "model", "rollout MSE")["value"] == 0

    def test_every_table_has_the_three_columns_beside_the_models(self, report: dict[str, Any]) -> None:
        written = tables(report)
        assert [table.title for table in written if table.head] == ["grey rollout", "pixels", "retrieval"]
        for table in written:
            beside = ["copy last frame", "autoencoder floor", "real against real"]
            assert table.head == ["score", "of", "horizon", "perfect", "flow", *beside]
        floors = [row[6] for row in written[1].rows if row[1] == "frame" and "best" not in row[0]]
        assert len(floors) == 4 and "–" not in floors
        assert "| action retrieved | 1 of 4, 6 steps |" in markdown(written)

    def test_the_best_of_several_samples_is_beside_their_mean(self, report: dict[str, Any]) -> None:
        one, best = (found(report, "flow", "model", f"MSE{of}", "frame", 5) for of in ("", ", best of 2"))
        assert best["value"] <= one["value"] and best["detail"] == {"samples": 2} == one["detail"]

    def test_a_share_of_the_ceiling_is_told_where_there_is_one(self, report: dict[str, Any]) -> None:
        own = found(report, "flow", "model", "action retrieved")["value"]
        ceiling = found(report, "flow", "floor", "action retrieved")["value"]
        share = found(report, "flow", "model", "action retrieved, share of the ceiling")["value"]
        assert ceiling > 0 and share == pytest.approx(own / ceiling)

    def test_a_finished_model_is_not_measured_again(
        self, report: dict[str, Any], backlot: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def never(*_: Any) -> None:
            raise AssertionError("it was measured again")

        monkeypatch.setattr("studio.worlds.evaluation.evaluate.measured", never)
        settings = dataclasses.replace(SMALL, keys=("random",), samples=2)
        said: list[str] = []
        again = evaluate([subject_of("copy_last", build("copy_last", {}))], backlot, settings, report["out"], False,
                         said.append)  # fmt: skip
        assert again["results"] == [r for r in report["results"] if r["label"] in ("references", "copy_last")]
        assert all("measured before" in line for line in said)
        with pytest.raises(AssertionError, match="again"):
            other = dataclasses.replace(settings, seed=1)
            evaluate([subject_of("copy_last", build("copy_last", {}))], backlot, other, report["out"], say=silent)

    def test_pictures_and_the_report_are_published_and_no_frames_are_left(self, report: dict[str, Any]) -> None:
        out = report["out"]
        assert len(list((out / "strips").glob("*.png"))) == 3
        assert json.loads((out / "report.json").read_text())["schema_version"] == 1
        assert not list(out.glob(".frames-*"))

    def test_a_recording_that_the_environment_does_not_show_any_more_is_an_error(
        self, backlot: Path, tmp_path: Path
    ) -> None:
        text = (backlot / "manifest.json").read_text()
        for file in backlot.glob("*.safetensors"):
            (tmp_path / file.name).symlink_to(file)
        (tmp_path / "manifest.json").write_text(text.replace('"level": 200000', '"level": 300000'))
        with pytest.raises(BadInput, match="is not what backlot shows there now"):
            evaluate([subject_of("c", build("copy_last", {}))], tmp_path, SMALL, tmp_path / "out", say=silent)


class TestFutures:
    def given(self, data: Path, wanted: Wanted, settings: Settings, tmp_path: Path) -> Rollouts:
        kept = Kept(data, "test")
        with scratch(tmp_path) as room:
            simulator = Simulator(kept) if "env" in kept.manifest.recipe else None
            return futures(kept, simulator, wanted, settings, room)

    def test_the_simulator_plays_recorded_actions_to_the_recorded_frames(self, backlot: Path) -> None:
        kept = Kept(backlot, "test")
        simulator = Simulator(kept)
        for start in kept.starts(6, 4, 8, 0):
            frames, states, boxes = simulator.play(simulator.stand(start), kept.actions(start, 0, 8).tolist())
            assert np.array_equal(frames, kept.read(start, "frames", 1, 9))
            assert np.array_equal(states, kept.read(start, "state", 1, 9))
            assert np.array_equal(boxes, kept.read(start, "boxes", 1, 9))

    def test_starts_are_the_same_for_all_models_and_spread_over_the_levels(self, backlot: Path) -> None:
        first, again = (Kept(backlot, "test").starts(6, 4, 5, 3) for _ in range(2))
        assert first == again and len({start.episode.level for start in first}) == 6
        assert first != Kept(backlot, "test").starts(6, 4, 5, 4)

    def test_branches_differ_and_share_their_start(self, backlot: Path, tmp_path: Path) -> None:
        given = self.given(backlot, Wanted("branches"), SMALL, tmp_path)
        assert given.starts.tolist() == [i // 4 for i in range(len(given))]
        for start in given.starts.unique():
            rows = given.starts == start
            assert (given.actions[rows] == given.actions[rows][:, :1]).all()
            assert len(given.actions[rows][:, 0].unique()) == 4
            assert given.true is not None and len(given.true[rows][:, -1].flatten(1).unique(dim=0)) == 4
            assert (given.context[rows] == given.context[rows][:1]).all()

    def test_what_was_visible_at_the_start_moves_with_the_camera(self, backlot: Path, tmp_path: Path) -> None:
        settings = dataclasses.replace(SMALL, rollouts=4)
        given = self.given(backlot, Wanted("held", steps=20), settings, tmp_path)
        camera, before, visible = given.camera, given.camera_before, given.visible(19)
        assert camera is not None and before is not None and visible is not None
        moved = (camera[:, 19] - before[:, -1]).abs().clamp(max=128)
        assert moved.max() > 0
        assert visible[:, 0].sum(1).tolist() == (128 - moved).tolist()

    def test_without_a_simulator_other_keys_have_no_truth(self, square: Path, tmp_path: Path) -> None:
        given = self.given(square, Wanted("idle", steps=9), SMALL, tmp_path)
        assert given.true is None and given.samples.shape == (6, 0, 9, 32, 48, 3)
        with pytest.raises(LeftOut, match="cannot go back"):
            self.given(square, Wanted("branches"), SMALL, tmp_path)

    def test_keys_are_held_random_or_none(self, backlot: Path) -> None:
        manifest = Kept(backlot, "test").manifest
        assert keys("idle", 3, 5, manifest, 0) == [0] * 5
        assert [set(keys("held", i, 5, manifest, 0)) for i in (0, 1, 9)] == [{0}, {1}, {1}]
        random = keys("random", 0, 2000, manifest, 0)
        changes = sum(a != b for a, b in pairwise(random))
        assert set(random) == set(range(8)) and 120 < changes < 400 and random != keys("random", 1, 2000, manifest, 0)

    def test_many_frames_lie_in_a_file_that_is_gone_afterwards(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("studio.worlds.evaluation.scratch.MEMORY", 100)
        with scratch(tmp_path) as room:
            frames = room.frames(2, 3, 4, 5, 3)
            frames[1] = 7
            assert len(list(tmp_path.glob(".frames-*/*.npy"))) == 1 and int(frames.sum()) == 7 * 180
        assert not list(tmp_path.iterdir())


class TestNumbers:
    def test_intervals_shrink_with_more_rollouts_and_hold_the_mean(self) -> None:
        values, wide = np.random.default_rng(0).normal(5, 1, 512), []
        for count in (16, 64, 512):
            low, high = interval(values[:count], mean)
            assert low < values[:count].mean() < high
            wide.append(high - low)
        assert wide[0] > 1.4 * wide[1] > 2.8 * wide[2]

    def test_intervals_cover_the_truth_nineteen_times_in_twenty(self) -> None:
        rng = np.random.default_rng(1)
        held = 0
        for _ in range(200):
            low, high = interval(rng.normal(0, 1, 40), mean, draws=200)
            held += low < 0 < high
        assert 0.89 <= held / 200 <= 0.99

    def test_one_rollout_has_no_interval(self) -> None:
        assert all(np.isnan(interval(np.array([1.0]), mean)))

    def test_psnr_pools_errors_before_the_logarithm(self) -> None:
        values = np.array([[0.0, 100.0], [200.0, 100.0]])
        assert psnr(values) == pytest.approx(10 * np.log10(255**2))
        one, other = psnr_each(torch.tensor(values)).tolist()
        assert one == 99 and other == pytest.approx(10 * np.log10(255**2 / 2))
        assert psnr(values[:1]) == 99 and np.isnan(psnr(np.zeros((2, 2)))) and np.isnan(ratio(np.zeros((2, 2))))

    def test_errors_and_similarity_are_those_of_the_part(self) -> None:
        true = torch.randint(0, 256, (2, 32, 48, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
        made, left = true.clone(), torch.zeros(2, 32, 48, dtype=torch.bool)
        made[:, :, 24:] = 0
        left[:, :, :16] = True
        assert squared_errors(made, true, left).tolist() == [[0, 3 * 32 * 16]] * 2
        whole, part = (ratio(each.numpy()) for each in similarities(made, true, [None, left]))
        assert part == pytest.approx(1, abs=1e-5) and whole < 0.8

    def test_similarity_is_that_of_the_library(self) -> None:
        from torchmetrics.functional.image import structural_similarity_index_measure as ssim

        true, made = (
            torch.randint(0, 256, (3, 32, 48, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(i))
            for i in range(2)
        )
        pair = [frames.movedim(-1, 1).float() / 255 for frames in (made, true)]
        assert ratio(similarities(made, true, [None])[0].numpy()) == pytest.approx(float(ssim(*pair, data_range=1.0)))

    def test_equally_near_futures_share(self) -> None:
        true = torch.zeros(3, 1, 2, 2, 3, dtype=torch.uint8)
        true[1], true[2] = 100, 200
        made = torch.tensor([0, 50, 190], dtype=torch.uint8)[:, None, None, None, None].expand(3, 1, 2, 2, 3)
        assert nearest(made, true).tolist() == [[1, 0, 0], [0.5, 0.5, 0], [0, 0, 1]]


def weights(folder: Path, name: str, seed: int, **facts: str) -> str:
    torch.manual_seed(seed)
    path = folder / f"{name}-{seed}.safetensors"
    save_weights(model_class(name).tiny(), path, seed=str(seed), **facts)
    return str(path)


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["world", *arguments])


class TestWithoutSimulator:
    def test_what_needs_one_is_left_out_and_says_so(self, square: Path, tmp_path: Path) -> None:
        path = weights(tmp_path, "pixel_film", 0)
        done = run("eval", path, "--data", str(square), "--out", str(tmp_path / "out"), "--rollouts", "4",
                   "--horizons", "1,4,500", "--context", "4", "--measures", ",".join(OURS), "--json")  # fmt: skip
        assert done.exit_code == 0, done.output
        told = json.loads(done.stdout)
        assert told["settings"]["horizons"] == [1, 4] and "500 is left out" in done.stderr
        model = next(r for r in told["results"] if r["label"] == "pixel_film")
        assert model["left_out"] == {"retrieval": "the data has no simulator"}
        assert {row["part"] for row in model["rows"] if row["measure"] == "pixels"} == {"frame"}
        assert len(told["data"]["sha256"]) == 64 and len(told["models"][0]["sha256"]) == 64

    def test_several_trainings_have_an_interval_over_their_seeds(self, square: Path, tmp_path: Path) -> None:
        paths = [weights(tmp_path, "latent_det", seed, preset="debug") for seed in range(3)]
        settings = Settings(rollouts=3, context=4, horizons=(1, 4), samples=1, only=("pixels",))
        report = evaluate(open_subjects([*paths, "copy_last"], square), square, settings, tmp_path / "out", say=silent)
        (summary,) = report["seeds"]
        assert summary["label"] == "latent_det, 3 seeds" and summary["seeds"] == ["0", "1", "2"]
        values = [found(report, f"latent_det, seed {s}", "model", "PSNR", "frame", 4)["value"] for s in range(3)]
        row = next(r for r in summary["rows"] if (r["column"], r["score"], r["horizon"]) == ("model", "PSNR", 4))
        wide = 4.303 * np.std(values, ddof=1) / 3**0.5
        assert row["value"] == pytest.approx(np.mean(values)) and row["high"] - row["value"] == pytest.approx(wide)
        assert tables(report)[0].head[3] == "latent_det, 3 seeds"

    def test_trainings_that_differ_by_more_than_their_seed_have_a_column_each(
        self, square: Path, tmp_path: Path
    ) -> None:
        paths = [weights(tmp_path, "pixel_film", seed) for seed in (0, 1)]
        paths += [weights(tmp_path, "pixel_film", seed, perceptual="1.0") for seed in (2, 3)]
        settings = Settings(rollouts=2, context=4, horizons=(1,), samples=1, only=("pixels",))
        report = evaluate(open_subjects(paths, square), square, settings, tmp_path / "out", say=silent)
        wanted = {"pixel_film, 2 seeds", "pixel_film, perceptual 1.0, 2 seeds"}
        assert {summary["label"] for summary in report["seeds"]} == wanted <= set(tables(report)[0].head)

    def test_models_that_sample_do_so_as_asked(self, square: Path, tmp_path: Path) -> None:
        (subject,) = open_subjects([weights(tmp_path, "latent_flow", 0)], square)
        set_sampling([subject], Settings(steps=2, temperature=0.5))
        assert (subject.model.steps, subject.model.guidance, subject.model.temperature) == (2, 1, 0.5)

    def test_a_codec_is_measured_by_what_it_loses(self, square: Path, tmp_path: Path) -> None:
        path = weights(tmp_path, "vqvae", 0)
        settings = Settings(rollouts=3, context=4, horizons=(1, 4))
        report = evaluate(open_subjects([path], square), square, settings, tmp_path / "out", say=silent)
        assert 0 < found(report, "vqvae", "model", "codes in use")["value"] <= 1
        assert found(report, "vqvae", "model", "codes in use")["detail"]["counted"] == 3 * 4 * 4 * 6
        assert found(report, "references", "real", "PSNR", "frame")["value"] == 99
        assert 0 < found(report, "vqvae", "model", "PSNR", "frame")["value"] < 40


class TestBadInput:
    def refused(self, *arguments: str) -> str:
        done = run(*arguments)
        assert done.exit_code != 0
        if isinstance(done.exception, BadInput):  # what `studio` prints as one line, with exit code 2
            return str(done.exception)
        assert done.exit_code == 2
        return done.output

    def test_each_is_one_line(self, square: Path, backlot: Path, tmp_path: Path) -> None:
        codec, world = weights(tmp_path, "autoencoder", 0), weights(tmp_path, "pixel_film", 0)
        flow = weights(tmp_path, "latent_flow", 0)
        (tmp_path / "broken.safetensors").write_bytes(b"nothing")
        here, out = ["--data", str(square), "--context", "4", "--horizons", "1"], ["--out", str(tmp_path / "out")]
        cases = {
            (codec, "--measures", "pixels", *here): "pixels cannot be measured of a codec",
            (world, "--measures", "reconstruction", *here): "reconstruction cannot be measured of a world model",
            (world, "--measures", "beauty", *here): "'beauty' does not exist; choose from: ",
            (world, "--data", str(backlot)): "takes frames of 32x48; the data has 96x128",
            (str(tmp_path / "none.safetensors"), *here): "no weights at",
            (str(tmp_path / "broken.safetensors"), *here): "is damaged",
            ("no_such_model", *here): "no weights for 'no_such_model'",
            (world, world, *here): "are the same weights",
            (world, "--split", "val", *here): "has no val split (it has test, train)",
            (world, "--data", str(tmp_path)): "is no data set",
            (world, *here[:-1], "soon"): "--horizons 'soon' cannot be used",
            (world, *here[:-1], "60"): "go on for 12 frames after 4 of context",
            (world, "--steps", "2", *here): "--steps is for models that sample; pixel_film does not",
            (flow, "--steps", "3", *here): "3 steps cannot be sampled",
            (world, "--keys", "wild", *here): "--keys 'wild' does not exist",
        }
        for arguments, told in cases.items():
            said = self.refused("eval", *arguments, *out)
            assert told in said and "\n" not in said, (arguments, said)
        assert not (tmp_path / "out").exists()

    def test_another_number_of_actions_is_refused(self, square: Path) -> None:
        with pytest.raises(BadInput, match="knows 8 actions; the data has 4"):
            from studio.worlds.evaluation.subjects import check_fits

            check_fits("model", build("copy_last", {"height": 32, "width": 48}), Kept(square, "test").manifest)

    def test_the_command_itself_ends_with_2(self, square: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from studio.cli import main

        monkeypatch.setattr("sys.argv", ["studio", "world", "eval", "nobody", "--data", str(square)])
        with pytest.raises(SystemExit) as ended:
            raise SystemExit(main())
        assert ended.value.code == 2

    def test_damaged_test_shards_are_named_or_passed_over(self, square: Path, tmp_path: Path) -> None:
        for file in square.iterdir():
            (tmp_path / file.name).write_bytes(file.read_bytes())
        (tmp_path / "train-00000.safetensors").write_bytes(b"x")
        assert Kept(tmp_path, "test").shards
        (tmp_path / "test-00000.safetensors").write_bytes(b"x")
        with pytest.raises(BadInput, match=r"test-00000.safetensors has 1 bytes"):
            Kept(tmp_path, "test")
        assert Kept(tmp_path, "test", skip_damaged=True).shards == []


class TestMeasures:
    """Contract of every file in ``measures/``."""

    @pytest.mark.parametrize("name", names(MEASURES))
    def test_says_what_it_wants_and_needs(self, name: str) -> None:
        module = load(MEASURES, name)
        known = {"simulator", "boxes", "states", "camera", "actions", "truth"}
        assert set(getattr(module, "NEEDS", ())) <= known and (module.__doc__ or "").strip()
        wanted = measuring.wants(module, Settings())
        assert wanted and all(isinstance(each, Wanted) for each in wanted)
        assert callable(module.measure) and getattr(module, "MEASURES", "codec") == "codec"


class TestSpeed:
    def test_each_model_has_a_process_of_its_own(self) -> None:
        done = run("bench", "--models", "copy_last", "--steps", "5", "--threads", "1", "--json")
        assert done.exit_code == 0, done.output
        (row,) = json.loads(done.stdout)
        assert {"model", "fps", "latency_ms", "memory_mb", "parameters"} <= set(row)
        assert row["model"] == "copy_last" and row["weights"] == "none" and row["parameters"] == 0
        assert row["fps"] > 100 and row["memory_mb"] >= row["libraries_mb"] > 50

    def test_weights_are_timed_by_path_and_random_ones_say_so(self, tmp_path: Path) -> None:
        path = weights(tmp_path, "pixel_film", 0)
        row = speed.timed(path, 3, 0)
        assert row["weights"] == path and row["size"] == "32x48" and row["steps"] == 3
        assert row["fps"] > 0 and row["latency_ms"] > 0 and row["cpu_ms"] > 0

    def test_without_shipped_weights_they_are_random(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("studio.worlds.shelf.shipped", dict)
        row = speed.timed("pixel_film", 1, 0)
        assert row["weights"] == "random" and row["size"] == "96x128" and row["parameters"] > 1e6

    def test_codecs_unknown_models_and_deaths_are_clear(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(BadInput, match="'vqvae' is no world model; choose from: advection, copy_last"):
            speed.bench(["vqvae"])
        assert speed.main([str(tmp_path / "none.safetensors"), "1", "0"]) == 2
        assert "no weights at" in capsys.readouterr().err
        monkeypatch.setattr("sys.executable", "/bin/false")
        with pytest.raises(EngineFailed, match="copy_last could not be timed: it ended with 1"):
            speed.bench(["copy_last"], 1)


def test_a_subject_without_weights_is_known_by_its_settings() -> None:
    one, other = (subject_of("c", build("copy_last", {"actions": n})) for n in (8, 4))
    assert isinstance(one, Subject) and one.sha256 != other.sha256
