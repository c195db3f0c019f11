"""Wan beyond the contract of all engines: which pipeline, with what, and what makes it cheaper without changing it."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from studio import licences, tool
from studio.config import Workspace, load
from studio.crew.opening import check_engine
from studio.engines import _caches, _frames, _memory, _miniature, _vace, _wan_miniature, wan, wan22
from studio.engines._frames import Piece
from studio.engines.base import Capabilities
from studio.errors import BadInput, EngineFailed
from studio.stage.store import TakeStore
from studio.stage.workers import Stage
from studio.story.brief import Brief
from studio.story.document import Character, Location

RULE = Capabilities(frame_step=4, frame_offset=1)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Role -> miniature."""
    return wan.Engine.tiny(tmp_path_factory.mktemp("wan")).weights


@pytest.fixture
def engine(folders: dict[str, Path]) -> Any:
    """Makes an engine that has the weights of some roles."""

    def made(*roles: str, **options: Any) -> wan.Engine:
        here = {role: folders[role] for role in roles}
        return wan.Engine({"steps": 2, **{role: str(path) for role, path in here.items()}, **options}, here)

    return made


@pytest.fixture
def picture(tmp_path: Path) -> Any:
    """Paints a picture of one colour; returns (sha256, path)."""

    def paint(colour: str, size: tuple[int, int] = (64, 48), mode: str = "RGB") -> tuple[str, str]:
        path = tmp_path / f"{colour}-{mode}.png"
        Image.new(mode, size, colour if mode == "RGB" else (0, 0, 0, 0)).save(path)
        return hashlib.sha256(path.read_bytes()).hexdigest(), str(path)

    return paint


FOX = Character(id="fox", name="Fox", kind="fox", description="a red fox")


def brief(**changes: Any) -> Brief:
    asked: dict[str, Any] = {
        "engine": "wan", "engine_version": "wan-1", "prompt": "a fox runs in the snow", "negative_prompt": "blurry",
        "seed": 7, "width": 64, "height": 48, "frames": 9, "fps": 16.0,
        "location": Location(id="wood", name="Wood", kind="forest", description="a wood"),
    }  # fmt: skip
    return Brief(**{**asked, **changes})


def shown(engine: Any, asked: Brief, out: Path) -> np.ndarray:
    """The engine's frames before encoding, as floats."""
    kept: list[np.ndarray] = []
    frames_of = engine.frames_of
    engine.frames_of = lambda result: kept.append(np.array(frames_of(result))) or kept[-1]
    engine.shoot(asked, out, lambda share: None)
    engine.frames_of = frames_of
    return np.concatenate(kept)


# Which pipeline

REFERENCES = {"references": {"characters/fox/front": "a" * 64}, "characters": [FOX]}
PLATE = {"references": {"locations/wood/wide": "b" * 64}}
FIRST, LAST = {"first_frame": "c" * 64}, {"parameters": {"last_frame": "d" * 64}}


@pytest.mark.parametrize(
    ("here", "asked", "role"),
    [
        ("t2v", {}, "t2v"),
        ("vace", {}, "vace"),
        ("t2v vace", {}, "t2v"),
        ("t2v i2v flf2v vace", REFERENCES, "vace"),
        ("t2v i2v flf2v vace", {**REFERENCES, **FIRST}, "vace"),
        ("t2v vace", PLATE, "vace"),
        ("t2v i2v vace", FIRST, "i2v"),
        ("t2v vace", FIRST, "vace"),
        ("t2v i2v flf2v", {**FIRST, **LAST}, "flf2v"),
        ("t2v i2v vace", {**FIRST, **LAST}, "vace"),
        ("vace", LAST, "vace"),
        ("t2v i2v", REFERENCES, "t2v"),
    ],
)
def test_the_brief_picks_the_pipeline(engine: Any, here: str, asked: dict[str, Any], role: str) -> None:
    assert engine(*here.split()).role(brief(**asked), Piece(9)) == role


@pytest.mark.parametrize(
    ("here", "asked", "complaint"),
    [
        ("t2v", FIRST, "cannot start from a picture"),
        ("i2v", LAST, "cannot end on a picture"),
        ("i2v", {}, "begin with text alone"),
        ("t2v i2v flf2v", LAST, "cannot end on a frame"),
        ("t2v", {"frames": 82}, "1 to 81 frames"),
        ("t2v", {"width": 72}, "width 72 could be 64 or 80"),
        ("t2v", {"fps": 24.0}, "16 frames a second"),
    ],
)
def test_what_the_weights_here_cannot_do_is_refused(
    engine: Any, here: str, asked: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(BadInput, match=complaint):
        engine(*here.split()).check(brief(**asked))


def test_references_without_vace_are_left_out_and_said(engine: Any, tmp_path: Path) -> None:
    clip = engine("t2v").shoot(brief(**REFERENCES), tmp_path / "out.mp4", lambda share: None)
    assert any("VACE" in note for note in clip.notes)


def test_a_continued_piece_starts_from_frames_and_only_the_final_one_ends_on_one(engine: Any) -> None:
    tool_, asked = engine("t2v", "i2v", "flf2v"), brief(**FIRST, **LAST)
    assert tool_.role(asked, Piece(81, 0, 0, final=False)) == "i2v"
    assert tool_.role(asked, Piece(81, 1, 1, final=True)) == "flf2v"
    assert engine("t2v", "i2v").role(brief(), Piece(81, 1, 1)) == "i2v"


@pytest.mark.parametrize(
    ("here", "asked", "roles", "overlap"),
    [
        ("t2v i2v vace", {}, ["t2v", "i2v"], 1),
        ("t2v i2v vace", REFERENCES, ["vace", "vace"], 5),
        ("t2v i2v vace", PLATE, ["vace", "i2v"], 1),
        ("t2v flf2v vace", {**FIRST, **LAST}, ["vace", "vace"], 5),
        ("i2v flf2v", {**FIRST, **LAST}, ["i2v", "flf2v"], 1),
    ],
)
def test_a_piece_repeats_as_many_frames_as_its_pipeline_can_start_from(
    engine: Any, here: str, asked: dict[str, Any], roles: list[str], overlap: int
) -> None:
    tool_, long = engine(*here.split()), brief(frames=120, **asked)
    made = tool_.pieces(long)
    assert [tool_.role(long, piece) for piece in made] == roles
    assert made[1].overlap == overlap


# Frames


@pytest.mark.parametrize("frames", [1, 2, 5, 17, 80, 81, 82, 100, 161, 200, 481])
@pytest.mark.parametrize("overlap", [1, 5])
def test_pieces_keep_the_frame_rule_and_cover_the_shot(frames: int, overlap: int) -> None:
    made = _frames.pieces(frames, RULE, 81, overlap)
    assert all(piece.frames % 4 == 1 and 5 <= piece.frames <= 81 for piece in made)
    assert frames <= sum(piece.frames - piece.overlap for piece in made) < max(6, frames + 4)
    assert [piece.index for piece in made] == list(range(len(made)))
    assert [piece.final for piece in made] == [False] * (len(made) - 1) + [True]
    assert [piece.overlap for piece in made] == [0] + [overlap] * (len(made) - 1)


@pytest.mark.parametrize(("roles", "overlap"), [(("t2v", "i2v"), 1), (("vace",), 5)])
def test_longer_shots_are_chained_and_said(engine: Any, tmp_path: Path, roles: tuple[str, ...], overlap: int) -> None:
    made, shares = engine(*roles), []
    made.per_call = 9
    clip = made.shoot(brief(frames=14), tmp_path / "out.mp4", shares.append)
    assert clip.frames == 14 and shares == sorted(shares)
    assert f"{overlap} frames overlapping" in clip.notes[0]


# What VACE is given


def test_vace_keeps_the_frames_before_and_generates_the_rest(picture: Any) -> None:
    tail = np.full((5, 48, 64, 3), 200, np.uint8)
    given = _vace.conditions(brief(), 9, tail, None, 4)
    assert [mask.getextrema() for mask in given["mask"]] == [(0, 0)] * 5 + [(255, 255)] * 4
    assert [frame.getpixel((0, 0)) for frame in given["video"]] == [(200,) * 3] * 5 + [_vace.GREY] * 4
    assert given["conditioning_scale"] == 1.0 and "reference_images" not in given


def test_vace_ends_on_the_last_frame(picture: Any) -> None:
    red = picture("red")
    given = _vace.conditions(
        brief(first_frame=red[0], files=dict([red])), 9, None, Image.new("RGB", (64, 48), "blue"), 4
    )
    assert [mask.getextrema()[0] for mask in given["mask"]] == [0] + [255] * 7 + [0]
    assert given["video"][0].getpixel((9, 9)) == (255, 0, 0) and given["video"][-1].getpixel((9, 9)) == (0, 0, 255)


def test_references_are_on_white_and_as_strong_as_asked(picture: Any) -> None:
    clear = picture("clear", mode="RGBA")
    asked = brief(
        characters=[FOX], references={"characters/fox/front": clear[0]}, files=dict([clear]),
        parameters={"reference_strength": 0.4},
    )  # fmt: skip
    given = _vace.conditions(asked, 9, None, None, 4)
    assert given["conditioning_scale"] == 0.4 and "video" not in given
    assert [image.getpixel((5, 5)) for image in given["reference_images"]] == [(255, 255, 255)]


def test_everybody_is_shown_once_before_anybody_is_shown_twice() -> None:
    found = {"fox": {"three_quarter": "f3", "front": "f1"}, "man": {"full_body": "m2", "front": "m1"}}
    assert _vace._best(found, 3) == ["f1", "m1", "f3"]


def test_a_place_is_the_first_frame_of_an_empty_shot_and_a_reference_beside_people(picture: Any) -> None:
    plate, face = picture("green"), picture("red")
    files = dict([plate, face])
    empty = _vace.conditions(brief(references={"locations/wood/wide": plate[0]}, files=files), 9, None, None, 4)
    assert empty["video"][0].getpixel((3, 3)) == (0, 128, 0) and empty["mask"][0].getextrema() == (0, 0)
    both = {"characters/fox/front": face[0], "locations/wood/wide": plate[0]}
    people = _vace.conditions(brief(characters=[FOX], references=both, files=files), 9, None, None, 4)
    assert "video" not in people
    assert [i.getpixel((3, 3)) for i in people["reference_images"]] == [(255, 0, 0), (0, 128, 0)]


def test_the_settings_strength_reaches_the_brief_of_engines_that_take_references(engine: Any) -> None:
    from studio.crew.enricher import _asked_with

    settings = SimpleNamespace(consistency=SimpleNamespace(reference_strength=0.55))
    production: Any = SimpleNamespace(settings=settings)
    assert _asked_with(production, engine("vace"))["reference_strength"] == 0.55
    assert "reference_strength" not in _asked_with(production, engine("t2v"))


# How it is set up


@pytest.mark.parametrize(("size", "shift"), [((832, 480), 3.0), ((480, 832), 3.0), ((1280, 720), 5.0), ((64, 48), 3.0)])
def test_the_scheduler_is_unipc_with_the_shift_of_the_size(engine: Any, size: tuple[int, int], shift: float) -> None:
    from diffusers import FlowMatchEulerDiscreteScheduler, UniPCMultistepScheduler

    pipe = SimpleNamespace(scheduler=FlowMatchEulerDiscreteScheduler())
    engine("t2v").prepare(pipe, brief(width=size[0], height=size[1]))
    assert isinstance(pipe.scheduler, UniPCMultistepScheduler)
    assert pipe.scheduler.config.flow_shift == shift and pipe.scheduler.config.use_flow_sigmas


def test_in_bfloat16_the_vae_and_the_image_encoder_stay_float32_and_all_is_in_evaluation(
    engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    monkeypatch.setattr(_memory, "precision", lambda where: torch.bfloat16)
    pipe = engine("i2v")._load("i2v").pipe
    assert pipe.transformer.dtype == torch.bfloat16
    assert pipe.vae.dtype == pipe.image_encoder.dtype == torch.float32
    assert not any(part.training for part in (pipe.transformer, pipe.vae, pipe.image_encoder))
    assert pipe.text_encoder is None and pipe.tokenizer is None


def test_float8_storage_runs_changes_little_and_is_part_of_the_brief(engine: Any, tmp_path: Path) -> None:
    import torch

    plain, small = engine("t2v"), engine("t2v", storage="float8")
    difference = np.abs(shown(plain, brief(), tmp_path / "a.mp4") - shown(small, brief(), tmp_path / "b.mp4")).mean()
    assert 0 < difference < 0.1
    kinds = {parameter.dtype for parameter in small._loaded.pipe.transformer.parameters()}
    assert torch.float8_e4m3fn in kinds
    assert plain.parameters()["storage"] == "native" and small.parameters()["storage"] == "float8"


ORIGINAL = {
    "condition_embedder.time_embedder.linear_1": "time_embedding.0", "attn1": "self_attn", "attn2": "cross_attn",
    "condition_embedder.time_embedder.linear_2": "time_embedding.2", ".to_out.0.": ".o.", ".to_q.": ".q.",
    "condition_embedder.text_embedder.linear_1": "text_embedding.0", ".to_k.": ".k.", ".to_v.": ".v.",
    "condition_embedder.text_embedder.linear_2": "text_embedding.2", "ffn.net.0.proj": "ffn.0", "ffn.net.2": "ffn.2",
    "condition_embedder.time_proj": "time_projection.1", "norm2": "norm3", "proj_out": "head.head",
}  # fmt: skip
"""diffusers' names -> those of the original checkpoints, which GGUF files have."""


def _quantise(transformer: Path) -> None:
    """Replace a miniature's safetensors by a GGUF file with the original names, Q8_0 where rows are long enough."""
    import gguf
    from safetensors.torch import load_file

    file = transformer / "diffusion_pytorch_model.safetensors"
    writer = gguf.GGUFWriter(str(transformer / "wan-Q8_0.gguf"), "wan")
    for name, tensor in load_file(file).items():
        for ours, theirs in ORIGINAL.items():
            name = name.replace(ours, theirs)
        name = "head.modulation" if name == "scale_shift_table" else name.replace("scale_shift_table", "modulation")
        values, kind = tensor.float().numpy(), gguf.GGMLQuantizationType.Q8_0
        if values.ndim == 2 and values.shape[-1] % 32 == 0:
            writer.add_tensor(name, gguf.quants.quantize(values, kind), raw_dtype=kind)
        else:
            writer.add_tensor(name, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    file.unlink()


def test_a_gguf_file_in_the_transformers_folder_is_used(engine: Any, folders: dict[str, Path], tmp_path: Path) -> None:
    folder = shutil.copytree(folders["t2v"], tmp_path / "t2v")
    _quantise(folder / "transformer")
    small = wan.Engine({"steps": 2, "t2v": str(folder)}, {"t2v": folder})
    assert "gguf" in small.needs.packages
    difference = shown(engine("t2v"), brief(), tmp_path / "a.mp4") - shown(small, brief(), tmp_path / "b.mp4")
    assert 0 < np.abs(difference).max() < 0.1
    assert type(small._loaded.pipe.transformer.blocks[0].ffn.net[2].weight).__name__ == "GGUFParameter"


def test_a_gpus_attention_is_refused_without_one(engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_memory, "device", lambda: "cpu")
    with pytest.raises(EngineFailed, match="attention = 'cudnn' needs a GPU"):
        engine("t2v", attention="cudnn")._load("t2v")


def test_what_changes_no_pixel_is_no_part_of_the_brief(engine: Any) -> None:
    assert not {"memory", "compile", "t2v", "lora"} & set(engine("t2v").parameters())


@pytest.mark.parametrize(("free", "mode"), [(40.0, "none"), (20.0, "model"), (10.0, "group")])
def test_offloading_is_chosen_by_what_is_free(free: float, mode: str) -> None:
    assert _memory.working_gib(64, 48) == _memory.WORKING_GIB < _memory.working_gib(1280, 720)
    assert _memory.choose({"transformer": 12.0, "vae": 0.5, "image_encoder": 2.5}, free, working=6.0) == mode


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda folder: (folder / "model_index.json").unlink(), "holds no diffusers pipeline"),
        (lambda folder: (folder / "model_index.json").write_text("{"), "holds no diffusers pipeline"),
        (lambda folder: shutil.rmtree(folder / "vae"), "cannot be loaded as WanPipeline"),
        (lambda folder: _pickled(folder / "transformer"), "cannot be loaded as WanPipeline"),
    ],
)
def test_broken_weights_are_named_and_pickles_are_not_read(
    engine: Any, folders: dict[str, Path], tmp_path: Path, spoil: Any, complaint: str
) -> None:
    folder = shutil.copytree(folders["t2v"], tmp_path / "broken")
    spoil(folder)
    broken = wan.Engine({"steps": 1, "t2v": str(folder)}, {"t2v": folder})
    with pytest.raises(EngineFailed, match=complaint):
        broken.shoot(brief(frames=5), tmp_path / "out.mp4", lambda share: None)
    assert not (tmp_path / "out.mp4").exists()


def _pickled(folder: Path) -> None:
    import torch
    from safetensors.torch import load_file

    file = folder / "diffusion_pytorch_model.safetensors"
    torch.save(load_file(file), folder / "diffusion_pytorch_model.bin")
    file.unlink()


# Weights and licences


def test_one_role_is_enough_and_a_named_one_must_be_here(space: Workspace, folders: dict[str, Path]) -> None:
    def checked(**options: str) -> Any:
        sets = [f'engines.wan.{key}="{value}"' for key, value in options.items()]
        return check_engine(space, load(space, None, ['production.engine="wan"', *sets]))

    with pytest.raises(BadInput, match=r"needs the weights Wan-AI/Wan2.1-VACE-1.3B-diffusers.*hf download"):
        checked()
    assert set(checked(t2v=str(folders["t2v"])).weights) == {"t2v"}
    with pytest.raises(BadInput, match="nowhere/i2v"):
        checked(t2v=str(folders["t2v"]), i2v="nowhere/i2v")


def test_a_preset_sets_what_the_user_did_not_and_brings_its_licence(folders: dict[str, Path]) -> None:
    quick = wan.Engine({"preset": "causvid"})
    assert (quick.options.steps, quick.options.guidance, quick.options.flow_shift) == (4, 1.0, 8.0)
    assert wan.Engine({"preset": "causvid", "steps": 6}).options.steps == 6
    with pytest.raises(BadInput, match=r"CC-BY-NC-SA-4.0.*--accept-licence CC-BY-NC-SA-4.0"):
        licences.require({"engine wan": quick.licence}, ("Apache-2.0",))
    licences.require({"engine wan": wan.Engine({"preset": "lightx2v", "size": "14B"}).licence}, ("Apache-2.0",))
    needed = {w.role for w in wan.Engine({"preset": "lightx2v", "size": "14B"}, {"t2v": folders["t2v"]}).needs.weights}
    assert "lightx2v_t2v_transformer" in needed and "lightx2v_i2v_transformer" not in needed
    remedy = next(w for w in quick.needs.weights if w.role.startswith("causvid")).remedy("weights")
    assert re.fullmatch(r"`hf download Kijai/WanVideo_comfy Wan21_CausVid\S+\.safetensors --local-dir weights`", remedy)
    low = wan22.Engine({"preset": "lightx2v", "size": "A14B"}).options
    assert (low.steps, low.guidance, low.guidance_2) == (4, 1.0, 1.0)


def test_an_unknown_preset_and_an_unstated_licence_are_refused(space: Workspace, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"preset 'lightx2v' is not one for size 1\.3B; choose from: causvid"):
        tool.build("engines", "wan", load(space, None, ['engines.wan.preset="lightx2v"']), space)
    own = wan.Engine({"lora": "mine.safetensors"})
    with pytest.raises(BadInput, match="unstated"):
        licences.require({"engine wan": own.licence}, ("Apache-2.0",))
    licences.require({"engine wan": wan.Engine({"lora": "m", "lora_licence": "MIT"}).licence}, ("Apache-2.0", "MIT"))


def _lora_file(path: Path, width: int, target: str = "transformer.blocks.0.attn1.to_v") -> Path:
    import torch
    from safetensors.torch import save_file

    made = torch.Generator().manual_seed(0)
    sides = {"A": torch.randn(2, width, generator=made), "B": torch.randn(width, 2, generator=made)}
    save_file({f"{target}.lora_{side}.weight": tensor for side, tensor in sides.items()}, path)
    return path


def test_a_lora_is_fused_into_the_weights(engine: Any, folders: dict[str, Path], tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file

    file = _lora_file(tmp_path / "lora.safetensors", 24)
    options = {"steps": 2, "t2v": str(folders["t2v"]), "lora": str(file), "lora_scale": 0.5}
    adapted = wan.Engine(options, {"t2v": folders["t2v"], "lora": file})
    key, lora = "blocks.0.attn1.to_v.weight", load_file(file)
    before = engine("t2v")._load("t2v").pipe.transformer.state_dict()[key]
    after = adapted._load("t2v").pipe.transformer.state_dict()[key]
    low, high = (lora[f"transformer.blocks.0.attn1.to_v.lora_{side}.weight"] for side in "AB")
    assert torch.allclose(after, before + 0.5 * high @ low, atol=1e-5)
    assert adapted.shoot(brief(), tmp_path / "out.mp4", lambda share: None).frames == 9


@pytest.mark.parametrize(
    ("width", "target"),
    [
        (40, "transformer.blocks.0.attn1.to_v"),
        (24, "transformer.blocks.9.attn1.to_v"),
        (24, "unet.blocks.0.attn1.to_v"),
    ],
)
def test_a_lora_of_another_model_is_refused(folders: dict[str, Path], tmp_path: Path, width: int, target: str) -> None:
    file = _lora_file(tmp_path / "lora.safetensors", width, target)
    adapted = wan.Engine({"t2v": str(folders["t2v"]), "lora": str(file)}, {"t2v": folders["t2v"], "lora": file})
    with pytest.raises(EngineFailed, match=r"lora\.safetensors does not fit WanPipeline"):
        adapted._load("t2v")


def test_wan22_takes_a_lora_for_each_transformer(tmp_path: Path) -> None:
    import torch

    here = wan22.Engine.tiny(tmp_path / "wan22").weights
    file = _lora_file(tmp_path / "lora.safetensors", 24)
    plain = wan22.Engine({"size": "A14B"}, here)._load("t2v").pipe
    low = wan22.Engine({"size": "A14B", "lora_2": str(file)}, {**here, "lora_2": file})._load("t2v").pipe
    key = "blocks.0.attn1.to_v.weight"
    assert torch.equal(low.transformer.state_dict()[key], plain.transformer.state_dict()[key])
    assert not torch.equal(low.transformer_2.state_dict()[key], plain.transformer_2.state_dict()[key])


# Prompts


def test_with_the_text_encoder_dropped_the_output_is_the_plain_pipelines(
    engine: Any, folders: dict[str, Path], tmp_path: Path
) -> None:
    """The reference is what the model card shows: one pipeline with everything in it, called with text."""
    import torch
    from diffusers import UniPCMultistepScheduler, WanPipeline

    asked = brief(prompt="a fox runs in the snow")
    ours = engine("t2v")
    made = shown(ours, asked, tmp_path / "out.mp4")
    assert ours._loaded.pipe.text_encoder is None
    pipe = WanPipeline.from_pretrained(str(folders["t2v"]), local_files_only=True)
    pipe.scheduler = UniPCMultistepScheduler.from_config(pipe.scheduler.config, flow_shift=3.0)
    pipe.set_progress_bar_config(disable=True)
    plain = pipe(
        prompt=asked.prompt, negative_prompt=asked.negative_prompt, width=64, height=48, num_frames=9,
        num_inference_steps=2, guidance_scale=5.0, generator=torch.Generator("cpu").manual_seed(7),
    ).frames[0]  # fmt: skip
    assert np.abs(made - plain).max() < 1e-5


def test_a_text_is_encoded_once_in_a_production_and_once_in_a_workspace(engine: Any, tmp_path: Path) -> None:
    ours, cache = engine("t2v", "vace"), tmp_path / "cache"
    ours.cache_folder = cache
    takes = [brief(seed=1), brief(seed=2), brief(seed=3, prompt="a boat"), brief(**{**PLATE, "references": {}}, seed=4)]
    first = [shown(ours, take, tmp_path / "out.mp4") for take in takes]
    assert ours.prompts.encoded == 3  # two prompts and the negative one
    later = engine("t2v", "vace")
    later.cache_folder = cache
    assert np.array_equal(shown(later, takes[2], tmp_path / "out.mp4"), first[2])
    assert later.prompts.encoded == 0


def test_damaged_embeddings_are_encoded_again(engine: Any, tmp_path: Path) -> None:
    ours = engine("t2v")
    ours.cache_folder = tmp_path / "cache"
    ours.shoot(brief(frames=5), tmp_path / "out.mp4", lambda share: None)
    files = sorted((tmp_path / "cache" / "prompts").glob("*.safetensors"))
    assert len(files) == 2
    files[0].write_bytes(files[0].read_bytes()[:20])
    again = engine("t2v")
    again.cache_folder = tmp_path / "cache"
    again.shoot(brief(frames=5), tmp_path / "out.mp4", lambda share: None)
    assert again.prompts.encoded == 1


def test_without_guidance_the_negative_prompt_is_not_encoded(engine: Any, tmp_path: Path) -> None:
    ours = engine("t2v", guidance=1.0)
    ours.shoot(brief(frames=5), tmp_path / "out.mp4", lambda share: None)
    assert ours.prompts.encoded == 1


# Caches

CACHES = {"first-block": 0.9, "mag": 0.9, "pyramid": None, "taylor": None}


@pytest.mark.parametrize("cache", CACHES)
@pytest.mark.parametrize("kind", ["t2v", "vace"])
def test_on_an_input_that_stays_the_same_a_cache_gives_what_the_model_gives(kind: str, cache: Any) -> None:
    """For each of the two runs of a step: neither VACE's hints twice, nor the prompt's attention for the other run."""
    import torch

    with _miniature.seeded():
        model = (_wan_miniature.transformer() if kind == "t2v" else _wan_miniature._vace_transformer()).eval()
    noise = torch.Generator().manual_seed(0)
    texts = {"cond": torch.randn(1, 7, 16, generator=noise), "uncond": torch.randn(1, 7, 16, generator=noise)}
    given = {"hidden_states": torch.randn(1, 16, 2, 4, 4, generator=noise), "timestep": torch.tensor([500])}
    if kind == "vace":
        given["control_hidden_states"] = torch.randn(1, 96, 2, 4, 4, generator=noise)
        given["control_hidden_states_scale"] = torch.tensor([0.7, 0.7])

    def step() -> list[torch.Tensor]:
        made = []
        for branch, text in texts.items():
            with model.cache_context(branch), torch.no_grad():
                made.append(model(**given, encoder_hidden_states=text, return_dict=False)[0])
        return made

    truth = step()
    assert (truth[0] - truth[1]).abs().max() > 0.1
    pipe, notes = SimpleNamespace(transformer=model, current_timestep=500), []
    _caches.enable(pipe, model, cache, CACHES[cache], 5, [1.0] * 5)
    with _caches.BlockCount(pipe, cache, 2, notes) as count:
        made = [step() for _ in range(5)]
    assert count.computed < count.asked and "skipped" in notes[0]
    for cond, uncond in made:
        assert torch.allclose(cond, truth[0], atol=1e-4) and torch.allclose(uncond, truth[1], atol=1e-4)


def test_a_cache_that_skips_nothing_fails_loudly(engine: Any, tmp_path: Path) -> None:
    with pytest.raises(EngineFailed, match="cache = 'first-block' skipped nothing in 12 block calls"):
        engine("t2v", cache="first-block", cache_threshold=1e-6).shoot(
            brief(frames=5), tmp_path / "out.mp4", lambda share: None
        )


@pytest.mark.parametrize("role", ["t2v", "vace"])
def test_a_cache_that_skips_says_how_much(engine: Any, tmp_path: Path, role: str) -> None:
    quick = engine(role, cache="first-block", cache_threshold=0.9, steps=4)
    clips = [quick.shoot(brief(frames=5), tmp_path / f"{n}.mp4", lambda share: None) for n in range(2)]
    assert any("block calls skipped" in note for note in clips[0].notes)
    assert clips[0].path.read_bytes() == clips[1].path.read_bytes(), "nothing of a take is left in the cache"


def test_magcache_without_measured_ratios_is_refused(engine: Any) -> None:
    with pytest.raises(BadInput, match="mag"):
        engine("vace", cache="mag").check(brief())
    engine("t2v", cache="mag").check(brief())


# Wan 2.2


def test_the_small_wan22_has_its_own_rate_and_size(tmp_path: Path) -> None:
    made = _wan_miniature.build_5b(tmp_path / "5b")
    small = wan22.Engine({"steps": 2, **{role: str(path) for role, path in made.items()}}, made)
    able = small.capabilities
    assert (able.fps, able.size_multiple, small.per_call) == (24.0, 32, 121)
    asked = brief(engine="wan22", width=64, height=64, fps=24.0, frames=5)
    assert small.shoot(asked, tmp_path / "out.mp4", lambda share: None).frames == 5


# A production


def test_a_worker_renders_says_what_it_did_and_keeps_embeddings_beside_the_takes(engine: Any, tmp_path: Path) -> None:
    store, notes = TakeStore(tmp_path / "takes"), []
    asked = brief(frames=8)
    with Stage("wan", engine("vace"), workers=1) as stage:
        shot = stage.shoot(asked, store, lambda event, **facts: notes.append(facts.get("text")))
    assert (shot.clip.frames, shot.attempts) == (8, []) and "trimmed" in notes[0]
    assert len(list((store.root / "cache" / "prompts").iterdir())) == 2
    direct = engine("vace").shoot(asked, tmp_path / "direct.mp4", lambda share: None)
    assert direct.path.read_bytes() == shot.clip.path.read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize(("here", "notes"), [("vace", []), ("t2v i2v", ["the references are not shown"])])
def test_make_shoots_a_film_with_wan(
    space: Workspace, folders: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, here: str,
    notes: list[str],
) -> None:  # fmt: skip
    from studio.cli import main

    roles = "".join(f'{role} = "{folders[role]}"\n' for role in here.split())
    (tmp_path / "studio.toml").write_text(f"[engines.wan]\nsteps = 1\n{roles}")
    sets = ["production.width=64", "production.height=64", "rl.takes_per_shot=1", "sound.score=false"]
    arguments = [part for text in sets for part in ("--set", text)]
    film = ["make", "--prompt", "A fox in the snow", "--engine", "wan", "--scenes", "1", "--name", "f"]
    monkeypatch.setattr(sys, "argv", ["studio", *film, *arguments])
    with pytest.raises(SystemExit) as done:
        main()
    assert done.value.code == 0
    report = json.loads((space.runs / "f" / "report.json").read_text())
    takes = [take for scene in report["scenes"] for shot in scene["shots"] for take in shot["takes"]]
    assert takes and (space.runs / "f" / "film.mp4").is_file()
    assert len({take["prompt"] for take in takes}) + 1 == len(list((space.runs / ".takes/cache/prompts").iterdir()))
    log = [json.loads(line) for line in (space.runs / "f" / "log.jsonl").read_text().splitlines()]
    assert {entry["text"].partition(" to ")[0] for entry in log if entry["event"] == "engine_note"} == set(notes)
    stored = json.loads(next((space.runs / "f").rglob("take-1.json")).read_text())
    assert ("reference_strength" in json.dumps(stored)) == (here == "vace")
