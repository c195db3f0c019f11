"""The open models beyond the contract of all engines: rules and rates, licences, chaining, references, LoRAs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lab import slow
from PIL import Image, ImageDraw
from test_engines import brief_for, painted, pixels

from studio import licences
from studio.config import LicenceSettings, Workspace, load
from studio.crew.opening import check_tools
from studio.engines import _images, _memory
from studio.engines._diffusers import DiffusersEngine
from studio.engines._frames import Piece
from studio.engines.base import Clip
from studio.errors import BadInput, EngineFailed
from studio.plugins import load as plugin

RULES = {
    # name: frames a second, step and offset of the frame rule, frames a call, and the size (multiples, or the only one)
    "ltx": (30, 8, 1, 161, 32),
    "ltx2": (24, 8, 1, 121, 32),
    "mochi": (30, 6, 1, 163, 16),
    "latte": (8, 16, 0, 16, (512, 512)),
    "cogvideox": (8, 8, 1, 49, (720, 480)),
    "animatediff": (8, 16, 0, 64, 8),
    "hunyuan": (24, 4, 1, 129, 16),
    "svd": (7, 24, 1, 25, (1024, 576)),
}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Name -> the engine's miniature, made once; its options can be changed."""
    made: dict[str, Any] = {}

    def get(name: str, **options: Any) -> Any:
        if name not in made:
            made[name] = plugin("engines", name).Engine.tiny(tmp_path_factory.mktemp(name))
        engine = made[name]
        return type(engine)({**engine.options.model_dump(exclude_unset=True), **options}, engine.weights)

    return get


def shoot(engine: Any, name: str, out: Path, **changes: Any) -> Clip:
    clip: Clip = engine.shoot(brief_for(engine, name, **changes), out, lambda share: None)
    return clip


@pytest.mark.parametrize("name", RULES)
def test_rule_rate_and_size_are_those_of_the_model(name: str) -> None:
    fps, step, offset, per_call, size = RULES[name]
    engine = plugin("engines", name).Engine()
    able = engine.capabilities
    assert (able.fps, able.frame_step, able.frame_offset, engine.per_call) == (fps, step, offset, per_call)
    assert (able.fixed_size or able.size_multiple) == size
    assert not able.any_fps and not able.cpu
    assert (per_call - offset) % step == 0, "one call can be as long as the rule allows"


def test_the_second_cogvideox_has_twice_the_frames_a_second() -> None:
    able = plugin("engines", "cogvideox").Engine({"size": "1.5-5B"}).capabilities
    assert (able.fps, able.frame_step, able.frame_offset, able.fixed_size) == (16, 16, 1, (1360, 768))


@pytest.mark.parametrize("name", ["ltx", *slow("ltx2", "mochi", "cogvideox", "hunyuan")])
def test_the_pipeline_really_breaks_a_frame_rule_in_silence(tiny: Any, name: str, tmp_path: Path) -> None:
    """Why the engine must not ask for any number: one frame more than the rule gives a clip of another length."""
    engine = tiny(name)
    frames = brief_for(engine, name).frames + 1
    engine.pieces = lambda brief: [Piece(frames)]
    with pytest.raises(EngineFailed, match=f"frames instead of {frames}"):
        shoot(engine, name, tmp_path / "clip.mp4", frames=frames)


@pytest.mark.parametrize(
    "name",
    ["ltx", *slow(*(name for name in RULES if name not in ("animatediff", "ltx", "svd")))],
)
def test_weights_in_half_precision_go_through_the_whole_pipeline(
    tiny: Any, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a GPU all but some VAEs are bfloat16; where a pipeline does not convert between the two, it fails."""
    import torch

    plain = pixels(shoot(tiny(name), name, tmp_path / "full.mp4"))
    monkeypatch.setattr(_memory, "precision", lambda where: torch.bfloat16)
    half = pixels(shoot(tiny(name), name, tmp_path / "half.mp4"))
    assert half.shape == plain.shape and np.abs(half - plain).mean() < 8


# Licences

ALLOWED = LicenceSettings().allow
REFUSED = {
    # name, options -> the parts that the default `[licence] allow` refuses
    ("ltx", ()): {"weights"},
    ("ltx", (("version", "13B-0.9.7"),)): {"weights", "derivatives"},
    ("ltx2", ()): {"weights", "text encoder", "derivatives"},
    ("mochi", ()): set(),
    ("latte", ()): set(),
    ("cogvideox", ()): set(),
    ("cogvideox", (("size", "5B"),)): {"weights", "derivatives"},
    ("animatediff", ()): {"base model", "derivatives"},
    ("hunyuan", ()): {"weights", "text encoder", "derivatives"},
    ("svd", ()): {"weights", "derivatives"},
    ("magi1", ()): set(),
    ("opensora", ()): {"flux1-dev", "hunyuan_vae", "derivatives"},
    ("pyramidflow", ()): set(),
    ("pyramidflow", (("model", "sd3"),)): {"weights", "derivatives"},
}


@pytest.mark.parametrize(("name", "options"), REFUSED)
def test_the_licence_gate_refuses_what_the_data_says(name: str, options: tuple[tuple[str, str], ...]) -> None:
    licence = plugin("engines", name).Engine(dict(options)).licence
    refused = licence.refused(ALLOWED)
    assert set(refused) == REFUSED[name, options]
    if not refused:
        licences.require({f"engine {name}": licence}, ALLOWED)
        return
    assert all(part.terms for part in refused.values()), "what it asks of the user is said"
    accepted = {part.name for part in refused.values()}
    with pytest.raises(BadInput, match=f"engine {name}: its") as error:
        licences.require({f"engine {name}": licence}, ALLOWED)
    assert all(f"--accept-licence {part}" in str(error.value) for part in accepted)
    licences.require({f"engine {name}": licence}, [*ALLOWED, *accepted])


def test_terms_name_revenue_registration_and_places() -> None:
    def told(name: str, **options: str) -> str:
        parts = plugin("engines", name).Engine(options).licence.parts()
        return " ".join(part.terms for part in parts.values())

    assert "$10M" in told("ltx", version="13B-0.9.7") and "disclosed" in told("ltx", version="13B-0.9.7")
    assert "registering" in told("cogvideox", size="5B") and "1 million visits" in told("cogvideox", size="5B")
    assert all(place in told("hunyuan") for place in ("European Union", "United Kingdom", "South Korea"))
    assert "$1M" in told("svd") and "Stable Diffusion 3" in told("pyramidflow", model="sd3")


def test_a_lora_of_the_users_own_is_a_component_that_can_refuse_a_production(tmp_path: Path) -> None:
    engine = plugin("engines", "mochi").Engine({"lora": "me/my-lora"})
    assert set(engine.licence.refused(ALLOWED)) == {"lora"}
    said = plugin("engines", "mochi").Engine({"lora": "me/my-lora", "lora_licence": "MIT"})
    assert not said.licence.refused(ALLOWED)
    assert [weight.role for weight in said.needs.weights] == ["model", "lora"]


# What they need


@pytest.mark.parametrize("name", RULES)
def test_without_weights_it_says_where_to_get_them_before_anything_is_written(name: str, tmp_path: Path) -> None:
    licence = plugin("engines", name).Engine().licence
    accepted = json.dumps([part.name for part in licence.parts().values()])
    settings = load(Workspace(tmp_path), None, [f'production.engine="{name}"', f"licence.accepted={accepted}"])
    with pytest.raises(BadInput, match=rf"engine {name} needs the weights .*hf download"):
        check_tools(Workspace(tmp_path), settings)
    assert list(tmp_path.iterdir()) == []


def test_options_choose_the_repository_and_steps() -> None:
    ltx = plugin("engines", "ltx").Engine({"version": "13B-0.9.8-distilled"})
    assert ltx.needs.weights[0].source == "Lightricks/LTX-Video-0.9.8-13B-distilled"
    assert (ltx.options.steps, ltx.options.guidance) == (7, 1.0)
    assert plugin("engines", "ltx").Engine({"version": "13B-0.9.8-distilled", "steps": 20}).options.steps == 20
    sources = [weight.source for weight in plugin("engines", "cogvideox").Engine({"size": "5B"}).needs.weights]
    assert sources == ["zai-org/CogVideoX-5b", "zai-org/CogVideoX-5b-I2V"]


# Chaining and pictures


@pytest.mark.parametrize(
    ("name", "frames", "per_call"), [("ltx", 20, 17), ("ltx2", 20, 17), ("cogvideox", 17, 9), ("svd", 7, 5)]
)
def test_a_longer_shot_is_chained_from_the_frames_before(
    tiny: Any, name: str, frames: int, per_call: int, tmp_path: Path
) -> None:
    engine = tiny(name)
    engine.per_call = per_call
    clip = shoot(engine, name, tmp_path / "clip.mp4", frames=frames)
    assert len(pixels(clip)) == frames and any("chained" in note for note in clip.notes)


def test_cogvideox_2b_begins_with_text_alone_and_says_what_is_missing(tiny: Any, tmp_path: Path) -> None:
    both = tiny("cogvideox")
    text = type(both)(both.options.model_dump(exclude_unset=True), {"model": both.weights["model"]})
    assert not text.capabilities.first_frame and both.capabilities.first_frame
    sha, path = painted(tmp_path, "red")
    with pytest.raises(BadInput, match="cannot start from a picture"):
        text.check(brief_for(text, "cogvideox", first_frame=sha, files={sha: path}))


def test_svd_without_a_picture_is_refused_before_anything_is_rendered(tiny: Any) -> None:
    engine = tiny("svd")
    with pytest.raises(BadInput, match="needs a picture to start from"):
        engine.check(brief_for(engine, "svd", first_frame=""))


def test_svd_starts_the_first_shot_of_a_scene_from_its_references_put_together(tiny: Any, tmp_path: Path) -> None:
    place = Image.new("RGB", (96, 64), (0, 120, 0))
    person = Image.new("RGB", (40, 60), "white")
    ImageDraw.Draw(person).ellipse((10, 5, 30, 58), fill=(200, 0, 0))
    files, references = {}, {}
    for label, image in (("locations/wood/wide", place), ("characters/fox/full_body", person)):
        import hashlib

        file = tmp_path / f"{label.replace('/', '-')}.png"
        image.save(file)
        sha = hashlib.sha256(file.read_bytes()).hexdigest()
        files[sha], references[label] = str(file), sha
    engine = tiny("svd")
    brief = brief_for(engine, "svd", first_frame="", references=references, files=files)
    frame = np.asarray(_images.opening(brief)).astype(int)
    assert frame.shape == (64, 64, 3)
    assert frame[2, 2, 1] > 100 and frame[2, 2, 0] < 20, "the place fills the frame"
    assert frame[50, 32, 0] > 180, "the character stands in its middle"
    assert frame[15, 24, 1] > 100 and frame[15, 24, 0] < 60, "cut out of its white ground"
    clip = engine.shoot(brief, tmp_path / "clip.mp4", lambda share: None)
    assert any("references put together" in note for note in clip.notes)


def test_a_place_is_shown_to_the_model_in_the_shots_own_light(tiny: Any) -> None:
    told = {f"locations/wood/{view}": view for view in ("wide", "detail", "wide_night", "detail_night")}
    for hour, wide in (("night", "wide_night"), ("noon", "wide")):
        shot = brief_for(tiny("svd"), "svd", references=told).model_copy(update={"time_of_day": hour})
        assert _images.references(shot, "locations")["wood"]["wide"] == wide


def test_animatediff_follows_the_character_as_strongly_as_the_brief_says(tiny: Any, tmp_path: Path) -> None:
    pictures = [painted(tmp_path, colour) for colour in ("red", "blue")]

    def difference(strength: float) -> float:
        engine = tiny("animatediff")
        shown = [
            pixels(
                shoot(
                    engine, "animatediff", tmp_path / f"{strength}-{sha[:4]}.mp4", files=dict(pictures),
                    references={"characters/fox/front": sha}, parameters={"reference_strength": strength},
                )
            )
            for sha, _ in pictures
        ]  # fmt: skip
        return float(np.abs(shown[0] - shown[1]).mean())

    none, some, strong = difference(0.0), difference(0.3), difference(1.0)
    assert none == 0 < some < strong


@pytest.mark.slow
def test_animatediff_slides_its_window_over_a_longer_shot(tiny: Any, tmp_path: Path) -> None:
    engine = tiny("animatediff")
    long = pixels(shoot(engine, "animatediff", tmp_path / "long.mp4", frames=24))
    assert len(long) == 24
    other = pixels(shoot(engine, "animatediff", tmp_path / "other.mp4", frames=24, prompt="a boat at night"))
    assert np.abs(other - long)[20:].max() > 3, "the prompt counts to the end"
    again = shoot(engine, "animatediff", tmp_path / "short.mp4")
    fresh = shoot(tiny("animatediff"), "animatediff", tmp_path / "fresh.mp4")
    assert again.path.read_bytes() == fresh.path.read_bytes(), "a long shot leaves no trace in the next"


def test_a_latte_prompt_is_as_long_as_its_words(tiny: Any, tmp_path: Path) -> None:
    engine = tiny("latte")
    given: list[tuple[int, int]] = []
    inputs = engine._texts

    def texts(*asked: Any) -> Any:
        found = inputs(*asked)
        given.append((found["prompt_embeds"].shape[1], found["negative_prompt_embeds"].shape[1]))
        return found

    engine._texts = texts
    shoot(engine, "latte", tmp_path / "a.mp4", prompt="a fox")
    shoot(engine, "latte", tmp_path / "b.mp4", prompt="a fox walks in the forest at night")
    assert given[0][0] == given[0][1] < given[1][0] == given[1][1] < 120


@pytest.mark.parametrize(
    "name",
    [
        "ltx",
        *(pytest.param(n, marks=pytest.mark.slow) for n in ("mochi", "cogvideox", "hunyuan", "ltx2", "animatediff")),
    ],
)
def test_a_lora_changes_the_pixels_as_much_as_its_scale(tiny: Any, name: str, tmp_path: Path) -> None:
    engine = tiny(name)
    plain = pixels(shoot(engine, name, tmp_path / "plain.mp4"))
    file = _lora(engine, tmp_path)
    loras = {
        role: replace_weights(tiny(name, lora=str(file), lora_scale=scale), file)
        for role, scale in (("weak", 0.01), ("strong", 2.0))
    }
    weak, strong = (np.abs(pixels(shoot(e, name, tmp_path / f"{r}.mp4")) - plain).mean() for r, e in loras.items())
    assert weak < strong and strong > 0.5


def replace_weights(engine: DiffusersEngine, lora: Path) -> DiffusersEngine:
    """The same engine with the LoRA that its options name."""
    engine.weights["lora"] = lora
    return engine


def _lora(engine: Any, folder: Path) -> Path:
    """A random LoRA for the queries of the engine's denoiser, saved as diffusers saves them."""
    import torch
    from peft import LoraConfig, get_peft_model_state_dict

    pipe = engine._load(next(iter(engine.pipelines))).pipe
    denoiser = pipe.unet if engine.lora_into == "unet" else pipe.transformer
    denoiser.add_adapter(LoraConfig(r=2, lora_alpha=2, target_modules=["to_q"], init_lora_weights=False))
    state = {k: torch.randn_like(v) for k, v in get_peft_model_state_dict(denoiser).items()}
    kind = type(pipe)
    kind.save_lora_weights(str(folder / "lora"), **{f"{engine.lora_into}_lora_layers": state})
    engine._drop()
    return folder / "lora" / "pytorch_lora_weights.safetensors"


def test_capabilities_stay_those_of_the_model_where_only_the_size_is_set() -> None:
    engine = plugin("engines", "svd").Engine({"width": 512, "height": 320})
    assert engine.capabilities.size_for(832, 480) == (512, 320)
    assert replace(engine.capabilities, fixed_size=(1024, 576)) == plugin("engines", "svd").Engine().capabilities
