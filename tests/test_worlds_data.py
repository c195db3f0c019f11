"""Footage: recorded the same to the byte however often it is interrupted, checked before use, imported from video."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import av
import numpy as np
import pytest

from studio.errors import BadInput
from studio.worlds.data.dataset import Dataset
from studio.worlds.data.importing import fitted, import_clips, sampled
from studio.worlds.data.manifest import NO_ACTION, Manifest, level_of, read_manifest
from studio.worlds.data.record import Recipe, record
from studio.worlds.envs.backlot import Backlot
from studio.worlds.envs.base import open_environment

RECIPE = Recipe("backlot", {"train": 10, "val": 2, "test": 2}, steps=40)


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("footage")
    record(RECIPE, folder)
    return folder


@pytest.fixture
def copied(footage: Path, tmp_path: Path) -> Path:
    for file in footage.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    return tmp_path


def sums(manifest: Manifest) -> dict[str, str]:
    return {shard.file: shard.sha256 for shard in manifest.shards}


# --- recording


def test_each_split_has_levels_of_its_own(footage: Path) -> None:
    manifest = read_manifest(footage)
    levels = {split: set() for split in ("train", "val", "test")}
    for shard in manifest.shards:
        levels[shard.split] |= {episode.level for episode in shard.episodes}
    assert levels["train"] == set(range(10)) and levels["val"] == {1_000_000, 1_000_001}
    assert levels["test"] == {2_000_000, 2_000_001}
    with pytest.raises(BadInput, match="level 1000000 does not exist"):
        level_of("train", 1_000_000)


def test_the_simulator_replays_what_was_recorded(footage: Path) -> None:
    shard = read_manifest(footage).shards[-1]
    data = Dataset(footage, shard.split, 2)
    env = Backlot()
    for episode in shard.episodes:
        end = episode.start + episode.frames
        frames, actions = (data.read(0, name, episode.start, end) for name in ("frames", "actions"))
        env.reset(seed=episode.level)
        for action, count in episode.prelude:
            for _ in range(count):
                env.step(action)
        assert np.array_equal(env.render(), frames[0]) and actions[-1] == NO_ACTION
        assert all(np.array_equal(env.step(a)[0], f) for a, f in zip(actions[:-1], frames[1:], strict=True))
        assert np.array_equal(data.read(0, "state", end - 1, end)[0], env.state_vector())


def test_recording_with_two_workers_gives_the_same_bytes(footage: Path, tmp_path: Path) -> None:
    assert sums(record(RECIPE, tmp_path, workers=2)) == sums(read_manifest(footage))


def test_a_recording_that_is_killed_goes_on_and_ends_the_same(footage: Path, tmp_path: Path) -> None:
    code = (
        "from pathlib import Path; from studio.worlds.data.record import *; "
        f"record(Recipe('backlot', {RECIPE.episodes}, steps=40), Path({str(tmp_path)!r}))"
    )
    killed = subprocess.run([sys.executable, "-c", code], env={**os.environ, "STUDIO_CRASH_AT": "shard-recorded:1"})
    assert killed.returncode == -9 and len(read_manifest(tmp_path).shards) == 1
    said: list[str] = []
    assert sums(record(RECIPE, tmp_path, say=said.append)) == sums(read_manifest(footage))
    assert len(said) == 3


def test_a_damaged_shard_is_recorded_again_and_said(footage: Path, copied: Path) -> None:
    shard = copied / "val-00000.safetensors"
    shard.write_bytes(shard.read_bytes()[:-7])
    said: list[str] = []
    assert sums(record(RECIPE, copied, say=said.append)) == sums(read_manifest(footage))
    assert said[0].startswith("val-00000.safetensors has ") and "recorded again" in said[0]


def test_another_recipe_in_the_same_folder_is_refused(copied: Path) -> None:
    with pytest.raises(BadInput, match=r"holds another recording \(steps, seed differ\); choose another --out"):
        record(Recipe("backlot", RECIPE.episodes, steps=41, seed=3), copied)


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ("dance", "unknown policy 'dance'; choose from: random, sticky, idle, scripted"),
        ("random=much", "'much' is not a positive number"),
        ("random=-1", "'-1' is not a positive number"),
    ],
)
def test_a_bad_mix_of_policies_is_refused(policy: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=message):
        record(Recipe("backlot", {"train": 1}, policies=policy), tmp_path)
    assert not list(tmp_path.iterdir())


def test_players_idle_collide_and_use_every_action(tmp_path: Path) -> None:
    manifest = record(Recipe("backlot", {"train": 12}, steps=120, policies="sticky,scripted"), tmp_path)
    data = Dataset(tmp_path, "train", 2)
    used: Counter[int] = Counter()
    contacts = np.zeros(len(manifest.state_names))
    for index, shard in enumerate(data.shards):
        used.update(data.read(index, "actions", 0, shard.frames).tolist())
        contacts += data.read(index, "state", 0, shard.frames).max(0)
    assert set(used) == {*range(8), NO_ACTION}
    seen = {name for name, count in zip(manifest.state_names, contacts, strict=True) if count}
    assert {"stunned", "contact_enemy", "contact_right", "ducking", "on_wire"} <= seen


# --- reading


def test_windows_never_cross_episodes_and_actions_lead_from_frame_to_frame(footage: Path) -> None:
    data = Dataset(footage, "train", 5)
    assert len(data) == sum(e.frames - 4 for s in data.shards for e in s.episodes)
    batch = data.batch([0, len(data) - 1], boxes=True)
    assert batch.frames.shape == (2, 5, 96, 128, 3) and batch.actions.shape == (2, 4)
    env, (episode, *_) = Backlot(), data.shards[0].episodes
    env.reset(seed=episode.level)
    for action, count in episode.prelude:
        for _ in range(count):
            env.step(action)
    for action, frame in zip(batch.actions[0].tolist(), batch.frames[0, 1:].numpy(), strict=True):
        assert np.array_equal(env.step(action)[0], frame)
    moving = batch.moving()
    assert moving is not None and moving.shape == (2, 5, 96, 128) and 0 < moving.float().mean() < 0.3


def test_damaged_shards_are_named_and_passed_over_only_on_request(copied: Path) -> None:
    flipped, missing = copied / "train-00000.safetensors", copied / "val-00000.safetensors"
    data = bytearray(flipped.read_bytes())
    data[-1000] ^= 1
    flipped.write_bytes(data)
    missing.unlink()
    named = r"train-00000\S* does not have its checksum; val-00000\S* is missing; .*--skip-damaged"
    with pytest.raises(BadInput, match=named):
        Dataset(copied, "train", 5)
    said: list[str] = []
    assert len(Dataset(copied, "train", 5, skip_damaged=True, say=said.append).shards) == 1
    assert len(said) == 2


def test_too_little_footage_is_said(footage: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"split val \(82 frames\) has no 99 frames in a row; record more"):
        Dataset(footage, "val", 99)
    with pytest.raises(BadInput, match="is no data set"):
        Dataset(tmp_path, "train", 2)
    (tmp_path / "manifest.json").write_text(json.dumps({"schema_version": 1}))
    with pytest.raises(BadInput, match=r"manifest\.json is damaged: recipe"):
        Dataset(tmp_path, "train", 2)


# --- importing


def video(path: Path, frames: int = 60, fps: int = 30, size: tuple[int, int] = (72, 128)) -> Path:
    """Frame i is gray of brightness 4·i."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=fps)
        stream.height, stream.width, stream.pix_fmt = *size, "yuv420p"
        for i in range(frames):
            frame = av.VideoFrame.from_ndarray(np.full((*size, 3), 4 * i, np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def test_a_video_is_sampled_at_the_asked_rate(tmp_path: Path) -> None:
    clip = video(tmp_path / "a.mp4")
    shown = [round(float(frame.mean()) / 4) for frame in sampled(clip, 12)]
    assert len(shown) == 24 and all(abs(k * 2.5 - i) <= 2 for k, i in enumerate(shown))


def test_imported_footage_has_no_actions_and_a_tail_for_validation(tmp_path: Path) -> None:
    clip = video(tmp_path / "a.mp4")
    manifest = import_clips([clip], tmp_path / "data", fps=12, size=(48, 64))
    assert manifest.action_names == [] and {s.split: s.frames for s in manifest.shards} == {"train": 22, "val": 2}
    batch = Dataset(tmp_path / "data", "train", 4).batch([0])
    assert batch.frames.shape == (1, 4, 48, 64, 3) and not batch.actions.any()
    said: list[str] = []
    again = import_clips([clip], tmp_path / "data", fps=12, size=(48, 64), say=said.append)
    assert said == ["a.mp4: imported before"] and sums(again) == sums(manifest)


def test_fitting_crops_pads_or_stretches() -> None:
    wide = np.zeros((50, 200, 3), np.uint8)
    wide[:, 50:150] = 255
    assert (fitted(wide, (32, 32), "crop") == 255).all()
    padded = fitted(wide, (32, 32), "pad")
    assert (padded[:10] == 0).all() and (padded[15:17, 12:20] == 255).all() and (padded[16, :4] == 0).all()
    assert fitted(wide, (32, 32), "stretch")[:, 10:20].min() == 255


def test_what_cannot_be_imported_is_refused_by_name(tmp_path: Path) -> None:
    clip, junk = video(tmp_path / "a.mp4", 12), tmp_path / "junk.mp4"
    junk.write_bytes(b"nothing of a video" * 99)
    for arguments, message in (
        (([junk], tmp_path / "d"), r"junk\.mp4 cannot be read as video"),
        (([tmp_path / "no.mp4"], tmp_path / "d"), r"no file .*no\.mp4"),
        (([clip], tmp_path / "d", 60), r"has 30 frames a second; --fps 60 is more than that"),
        (([clip], tmp_path / "d", 12, (90, 128)), "size 90x128 cannot be used"),
        (([clip], tmp_path / "d", 12, (96, 128), "squash"), "unknown fit 'squash'; choose from: crop, pad, stretch"),
    ):
        with pytest.raises(BadInput, match=message):
            import_clips(*arguments)
    assert not (tmp_path / "d" / "manifest.json").exists()


# --- other people's games


@pytest.mark.parametrize("name", ["crafter", "carracing", "procgen"])
def test_third_party_games_record_and_replay(name: str, tmp_path: Path) -> None:
    try:
        env = open_environment(name)
    except BadInput as missing:
        assert "pip install" in str(missing)
        pytest.skip(str(missing))
    record(Recipe(name, {"train": 1}, steps=12), tmp_path)
    batch = Dataset(tmp_path, "train", 9).batch([0])
    again = [env.reset(seed=0)[0], *(env.step(action)[0] for action in batch.actions[0].tolist())]
    assert np.stack(again).shape == batch.frames[0].shape and np.ptp(again[0]) > 50
    if name != "crafter":  # which does not always replay
        assert np.array_equal(np.stack(again), batch.frames[0].numpy())
    with pytest.raises(BadInput, match="action 99 does not exist"):
        env.step(99)
    env.close()


def test_procgen_without_its_python_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STUDIO_PROCGEN_PYTHON", raising=False)
    with pytest.raises(BadInput, match=r"none was named; make one .*pip install procgen2"):
        open_environment("procgen")
