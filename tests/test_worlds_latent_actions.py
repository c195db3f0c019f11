"""Latent actions: in a world small enough to know, codes are learned without actions and named from a few labels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from studio.cli.world import app
from studio.errors import BadInput
from studio.worlds.data.dataset import Dataset
from studio.worlds.data.manifest import NO_ACTION, Manifest, read_manifest
from studio.worlds.data.shards import Footage
from studio.worlds.latent_actions.fit import fit_latent_actions, latent_actions, load_latent_actions
from studio.worlds.latent_actions.label import label
from studio.worlds.latent_actions.naming import around, fit_namer
from studio.worlds.latent_actions.network import Config, LatentActions, losses

WAYS = {"left": (-2, 0), "right": (2, 0), "up": (0, -2), "down": (0, 2)}
SMALL = Config(32, 48, (5, 5), 8, 16, 2)
STEPS = 220


@pytest.fixture(scope="module", autouse=True)
def one_core() -> Any:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def walk(rng: np.random.Generator, frames: int) -> tuple[list[np.ndarray], list[str]]:
    """A bright square on a wall of its own, that goes where it is told, away from the edges."""
    wall = rng.integers(20, 90, (8, 12, 3), np.uint8).repeat(4, 0).repeat(4, 1)
    x, y, pictures, done = 20, 12, [], []
    for _ in range(frames):
        picture = wall.copy()
        picture[y : y + 8, x : x + 8] = (240, 220, 60)
        pictures.append(picture)
        free = [w for w, (dx, dy) in WAYS.items() if 2 <= x + dx <= 38 and 2 <= y + dy <= 22]
        done.append(str(rng.choice(free)))
        x, y = x + WAYS[done[-1]][0], y + WAYS[done[-1]][1]
    return pictures, done


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, list[str]]]:
    """Footage as `studio world import` leaves it, and what was truly done."""
    folder, rng, truth = tmp_path_factory.mktemp("toy"), np.random.default_rng(0), {}
    manifest = Manifest(recipe={"import": True}, height=32, width=48, fps=12, action_names=[])
    for number in range(6):
        pictures, truth[f"{number}.mp4"] = walk(rng, 60)
        for split, part in (("train", pictures[:50]), ("val", pictures[50:])):
            shard = Footage()
            for picture in part:
                shard.append(picture)
            shard.cut(policy=f"{number}.mp4")
            manifest.shards.append(shard.publish(folder, f"{split}-{number}-000.safetensors", split))
    manifest.save(folder)
    return folder, truth


@pytest.fixture(scope="module")
def model(footage: tuple[Path, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    fit_latent_actions(footage[0], folder, STEPS, config=SMALL)
    return folder


def table(path: Path, truth: dict[str, list[str]], count: int) -> Path:
    rng = np.random.default_rng(1)
    places = [(clip, t) for clip, done in truth.items() for t in range(len(done) - 1) if t != 49]
    chosen = [places[i] for i in rng.choice(len(places), count, replace=False)]
    path.write_text("clip,frame,action\n" + "".join(f"{clip},{t},{truth[clip][t]}\n" for clip, t in chosen))
    return path


def test_actions_of_a_known_world_are_named_from_forty_labels(
    footage: tuple[Path, dict[str, list[str]]], model: Path, tmp_path: Path
) -> None:
    data, truth = footage
    said: list[str] = []
    labels = table(tmp_path / "labels.csv", truth, 40)
    manifest, namer = label(data, labels, tmp_path / "out", model, list(WAYS), STEPS, config=SMALL, say=said.append)
    assert manifest.action_names == list(WAYS) and "40 labelled frames" in said[-1]
    assert namer.held_out >= 0.7  # of ten labels
    right, total = 0, 0
    for shard in read_manifest(tmp_path / "out").shards:
        read = Dataset(tmp_path / "out", shard.split, 2)
        index = [s.file for s in read.shards].index(shard.file)
        done = read.read(index, "actions", 0, shard.frames)
        first = 0 if shard.split == "train" else 50
        true = [list(WAYS).index(a) for a in truth[shard.episodes[0].policy][first : first + shard.frames - 1]]
        right, total = right + int((done[:-1] == true).sum()), total + len(true)
        assert done[-1] == NO_ACTION
    assert right / total >= 0.9


def test_the_codes_alone_foretell_more_than_no_change(footage: tuple[Path, Any], model: Path) -> None:
    network = load_latent_actions(model / "latent_actions.safetensors")
    frames = Dataset(footage[0], "val", 5).batch(range(8)).frames
    told = losses(network, frames, torch.Generator())
    assert told["loss"] < 0.5 * told["copied"] and 4 <= told["codes"] <= 25


def test_codes_do_not_depend_on_how_long_a_clip_is(footage: tuple[Path, Any], model: Path) -> None:
    network = load_latent_actions(model / "latent_actions.safetensors")
    frames = Dataset(footage[0], "train", 40).batch([0]).frames[0].numpy()
    vectors, codes = latent_actions(network, frames)
    assert vectors.shape == (39, 2) and np.abs(vectors).max() <= 1
    assert np.array_equal(codes[10:20], latent_actions(network, frames[10:21])[1])


def test_a_fit_that_is_killed_goes_on_to_the_same_weights(footage: tuple[Path, Any], tmp_path: Path) -> None:
    def fail(line: str) -> None:
        if line.startswith("step 2 of 4"):
            raise RuntimeError("power cut")

    fit_latent_actions(footage[0], tmp_path / "a", 4, config=SMALL, save_every=1)
    with pytest.raises(RuntimeError):
        fit_latent_actions(footage[0], tmp_path / "b", 4, config=SMALL, save_every=1, say=fail)
    fit_latent_actions(footage[0], tmp_path / "b", 4, config=SMALL, save_every=1)
    one, other = ((tmp_path / each / "latent_actions.safetensors").read_bytes() for each in "ab")
    assert one == other
    with pytest.raises(BadInput, match="other footage or settings"):
        fit_latent_actions(footage[0], tmp_path / "a", 5, config=SMALL)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("frame,action\n0,left\n", "must begin with the line clip,frame,action"),
        ("clip,frame,action\n9.mp4,0,left\n", r"line 2: no clip '9.mp4'; choose from: 0.mp4, 1.mp4"),
        ("clip,frame,action\n0.mp4,60,left\n", "line 2: clip 0.mp4 has no frame '60' with a frame after it"),
        ("clip,frame,action\n0.mp4,49,left\n", "no frame '49' with a frame after it"),
        ("clip,frame,action\n0.mp4,0,left\n0.mp4,1,fly\n", "line 3: unknown action 'fly'; choose from: left, right"),
    ],
)
def test_labels_that_do_not_fit_are_named(
    lines: str, message: str, footage: tuple[Path, Any], model: Path, tmp_path: Path
) -> None:
    (tmp_path / "labels.csv").write_text(lines)
    with pytest.raises(BadInput, match=message):
        label(footage[0], tmp_path / "labels.csv", tmp_path / "out", model, list(WAYS), STEPS, config=SMALL)
    assert not (tmp_path / "out").exists()


def test_too_few_labels_and_other_sizes_are_refused() -> None:
    with pytest.raises(BadInput, match="1 labelled frames are too few"):
        fit_namer([np.zeros((4, 2))], [(0, 1, 0)], 2)
    with pytest.raises(BadInput, match="there is no action 3 at step 1 of episode 0"):
        fit_namer([np.zeros((4, 2))], [(0, 1, 3), (0, 2, 0)], 2)
    with pytest.raises(BadInput, match=r"takes frames \[batch, time ≥ 2, 32, 48, 3\], not \[1, 2, 96, 128, 3\]"):
        LatentActions.tiny().vectors(torch.zeros(1, 2, 96, 128, 3, dtype=torch.uint8))
    with pytest.raises(BadInput, match="no latent action model at"):
        load_latent_actions(Path("/nowhere"))


def test_each_step_is_seen_with_its_neighbours() -> None:
    wide = around(np.arange(5.0)[:, None], 3)
    assert wide.shape == (5, 7) and wide[2].tolist() == [0, 0, 1, 2, 3, 4, 4]


def test_the_command_explains_its_table() -> None:
    told = CliRunner().invoke(app, ["label", "--help"], env={"COLUMNS": "200"}).output
    assert "clip,frame,action" in told and "Example: studio world label" in told
