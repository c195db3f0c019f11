"""`studio world …` given what it should not be: one line that names it, and no traceback."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from typer.testing import CliRunner, Result
from worlds_lab import squares

from studio.cli import app
from studio.errors import BadInput
from studio.worlds.data.manifest import read_manifest, sha256_of
from studio.worlds.envs.base import open_environment
from studio.worlds.evaluation.evaluate import _measured_before
from studio.worlds.latent_actions.label import read_labels
from studio.worlds.models.base import load_weights, model_class, save_weights


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return squares(tmp_path / "data")


def world(*words: object) -> Result:
    return CliRunner().invoke(app, ["world", *map(str, words)])


def refused(result: Result, *parts: str) -> bool:
    """Whether it ended as bad input does, and said all of this."""
    clean = isinstance(result.exception, BadInput | SystemExit) and result.exit_code in (1, 2)
    said = f"{result.exception} {result.output}"
    return clean and all(part in said for part in parts)


def edited(data: Path, change: Callable[[dict], None]) -> None:  # type: ignore[type-arg]
    path = data / "manifest.json"
    held = json.loads(path.read_text())
    change(held)
    path.write_text(json.dumps(held))


# --- data


def test_data_that_are_none(tmp_path: Path) -> None:
    file = tmp_path / "clip.mp4"
    file.write_bytes(b"\xff\xfe")
    assert refused(world("train", "pixel_film", "--data", file), "clip.mp4 is no data set", "studio world record")
    assert refused(world("eval", "copy_last", "--data", file), "clip.mp4 is a file; name a folder")
    (tmp_path / "garbled").mkdir()
    (tmp_path / "garbled" / "manifest.json").write_bytes(b"\xff\xfe{")
    assert refused(world("train", "pixel_film", "--data", tmp_path / "garbled"), "manifest.json", "cannot be read")
    assert refused(world("record", "--out", file), "clip.mp4 is a file; name a folder")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda held: held.update(height=64), "has frames of [32, 48, 3] instead of [64, 48, 3]"),
        (lambda held: held["shards"][0]["episodes"][-1].update(frames=99), "an episode beyond them"),
        (lambda held: held["shards"][0]["episodes"][0].update(start=-5), "an episode beyond them"),
        (lambda held: held["shards"][0].update(frames=7), "has 90 frames and 90 actions instead of 7"),
        (lambda held: held["shards"][0].update(split="dev"), "manifest.json is damaged: shards.0.split"),
    ],
)
def test_a_manifest_that_lies(change: Callable[[dict], None], said: str, data: Path) -> None:  # type: ignore[type-arg]
    edited(data, change)
    assert refused(world("train", "pixel_film", "--data", data, "--out", data / "out"), said)


def test_a_shard_without_actions(data: Path) -> None:
    shard = read_manifest(data).shards[0]
    path = data / shard.file
    held = load_file(path)
    save_file({"frames": held["frames"]}, path)
    edited(data, lambda m: m["shards"][0].update(bytes=path.stat().st_size, sha256=sha256_of(path)))
    assert refused(
        world("train", "pixel_film", "--data", data, "--out", data / "out"), f"{shard.file} is no shard", "actions"
    )


# --- weights


def test_weights_that_are_no_numbers_or_of_another_shape(tmp_path: Path) -> None:
    path, cls = tmp_path / "film.safetensors", model_class("pixel_film")
    model = cls.tiny()
    with torch.no_grad():
        model.leave.weight[0, 0] = math.nan
    save_weights(model, path)
    with pytest.raises(BadInput, match=r"film\.safetensors holds numbers that are not finite \(leave\.weight\)"):
        load_weights(path)
    from safetensors import safe_open

    def rewritten(**changes: object) -> None:
        meta = {"model": "pixel_film", "config": {"height": 32, "width": 48, "actions": 4, **changes}}
        save_file(cls.tiny().state_dict(), path, {"world_model": json.dumps(meta)})

    rewritten(past=2, widths=[16, 24], blocks=1)
    with pytest.raises(BadInput, match=r"film\.safetensors does not fit pixel_film: .*size mismatch"):
        load_weights(path)
    rewritten(past="two")
    with pytest.raises(BadInput, match="does not fit pixel_film"):
        load_weights(path)
    save_file({"x": torch.zeros(1)}, path, {"world_model": "{"})
    with pytest.raises(BadInput, match=r"film\.safetensors is damaged"):
        load_weights(path)
    with safe_open(path, "pt") as file:
        assert file.metadata() == {"world_model": "{"}


# --- options


@pytest.mark.parametrize(
    "words",
    [
        ("train", "pixel_film", "--seed", "-1"),
        ("train", "pixel_film", "--seed", str(2**70)),
        ("train", "pixel_film", "--rate", "nan"),
        ("train", "pixel_film", "--rate", "inf"),
        ("train", "pixel_film", "--precision", "fp8"),
        ("train", "../base"),
        ("train", "pixel_film", "--start", "none.safetensors"),
        ("eval", "copy_last", "--seed", "-1"),
        ("eval", "copy_last", "--horizons", "²"),
        ("eval", "copy_last", "--horizons", ""),
        ("eval", "copy_last", "--context", "500"),
        ("eval", "copy_last", "--split", "test"),
        ("eval", "none.safetensors"),
    ],
)
def test_options_out_of_range(words: tuple[str, ...], data: Path, tmp_path: Path) -> None:
    assert refused(world(*words, "--data", data, "--out", tmp_path / "out"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--seconds", "nan"), "--seconds"),
        (("--fps", "nan"), "--fps"),
        (("--out", "scores.json"), "--out scores.json: name a video, such as out.mp4"),
        (("--from", "none.mp4"), "--from none.mp4: no such file"),
    ],
)
def test_a_clip_goes_on_by_numbers_into_a_video(words: tuple[str, ...], said: str, tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"nothing")
    assert refused(world("sample", "--from", clip, "--model", "copy_last", *words), said)


def test_sizes_and_rates_of_an_import(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"nothing")
    for words, said in (
        (("--size", "²x3"), "--size '²x3' is no size"),
        (("--size", "17x32"), "multiples of 16"),
        (("--fps", "nan"), "fps nan cannot be used"),
        ((), "cannot be read as video"),
    ):
        assert refused(world("import", clip, "--out", tmp_path / "out", *words), said)


def test_a_python_that_cannot_be_run(tmp_path: Path) -> None:
    file = tmp_path / "python"
    file.write_text("no program")
    with pytest.raises(BadInput, match=r"python cannot be run \(Permission denied\); make one"):
        open_environment("procgen", python=str(file))


# --- what was kept


def test_a_damaged_result_is_measured_again(tmp_path: Path) -> None:
    path, said = tmp_path / "result.json", list[str]()
    assert _measured_before(path, said.append) is None and not said
    path.write_text('{"rows": [')
    assert _measured_before(path, said.append) is None and said == [f"{path} is damaged; it is measured again"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"clip,frame,action\na.mp4\n", "unknown action ''"),
        (b"clip,frame,action\na.mp4,\xb2,left\n", "is no table of text"),
        ("clip,frame,action\na.mp4,²,left\n".encode(), "no clip 'a.mp4'"),
        (b"", "must begin with the line clip,frame,action"),
    ],
)
def test_labels_that_are_no_table(text: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_bytes(text)
    with pytest.raises(BadInput, match=said):
        read_labels(path, [], ["left"])
