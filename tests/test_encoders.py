"""One suite for every image encoder, on miniatures of the real classes loaded by the production code."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import encoder_lab as lab
import numpy as np
import pytest
import torch

from studio.errors import BadInput
from studio.perception import ranking
from studio.perception.encoders import WEIGHTS, encoder, installed, version_of
from studio.perception.encoders.base import ImageEncoder
from studio.perception.gallery import Gallery, margins
from studio.perception.open_clip_table import repository
from studio.perception.reliability import fitted
from studio.plugins import load, names
from studio.rewards.base import Footage

Named = Callable[[Path], str]
BUILT: dict[str, Named] = {
    "studio-clip": lambda folder: "studio-clip",
    "studio-clip-embedding": lambda folder: "studio-clip-embedding",
    "dinov2": lambda folder: f"dinov2:{lab.dinov2(folder)}",
    "siglip2": lambda folder: f"siglip2:{lab.siglip2(folder)}",
    "open_clip": lambda folder: f"open_clip:local-dir:{lab.open_clip_bundle(folder)}",
}


@cache
def bible() -> lab.Bible:
    return lab.Bible(1)


@cache
def take() -> Footage:
    return bible().take(0, size="full")


@pytest.fixture(scope="module", params=BUILT)
def named(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    torch.set_num_threads(1)
    return BUILT[request.param](tmp_path_factory.mktemp(request.param))


@pytest.fixture(scope="module")
def eye(named: str) -> ImageEncoder:
    found = installed(named)
    assert found is not None
    return found


class TestEveryEncoder:
    """What an encoder must do to be one."""

    def test_its_verdicts_are_probabilities_of_everybody_shown(self, eye: ImageEncoder) -> None:
        shown = bible().take(0, beside=1, size="full")
        judged = eye.same_characters(shown)
        assert judged.value is not None and 0 <= judged.value <= 1
        assert list(judged.checks) == [f"character {bible().people[n].id}" for n in (0, 1)]
        assert all(0 <= value <= 1 for value in judged.checks.values())

    def test_a_place_is_judged_where_enough_of_it_is_seen(self, eye: ImageEncoder) -> None:
        judged = eye.same_place(take())
        assert judged.value is not None and 0 <= judged.value <= 1
        assert eye.same_place(bible().take(0, size="close")).value is None

    def test_the_same_take_is_judged_the_same(self, eye: ImageEncoder) -> None:
        again = replace(take(), frames=take().frames.copy())
        assert eye.same_characters(again) == eye.same_characters(take())

    def test_nobody_is_judged_without_references(self, eye: ImageEncoder) -> None:
        bare = replace(take(), references={}, gallery={})
        assert eye.same_characters(bare).value is None and eye.same_place(bare).value is None

    def test_nobody_and_no_place_is_told_in_silhouette(self, eye: ImageEncoder) -> None:
        dark = take().brief.model_copy(
            update={"direction": take().brief.direction.model_copy(update={"lighting": "silhouette"})}
        )
        dim = replace(take(), brief=dark)
        assert eye.same_characters(dim).value is None and eye.same_place(dim).value is None

    def test_it_answers_where_it_reads_and_says_so_where_not(self, eye: ImageEncoder) -> None:
        answers = eye.answer(take(), "time_of_day")
        assert (answers is not None) == eye.reads
        if answers is not None:
            assert abs(sum(answers.values()) - 1) < 1e-4 and set(answers) >= {"noon", "night"}

    def test_what_it_cannot_read_is_left_out_and_not_held_against_the_take(self, eye: ImageEncoder) -> None:
        state = {"number": 1, "time_of_day": take().brief.time_of_day, "weather": take().brief.weather,
                 "present": [c.id for c in take().brief.characters]}  # fmt: skip
        judged = load("rewards", "narrative_coherence").Term().score(replace(take(), scene_state=state, encoder=eye))
        assert ("prompt" in judged.checks) == eye.reads and judged.value is not None
        if not eye.reads:
            assert judged.value == 1.0

    def test_its_version_names_its_weights_and_is_stable(self, named: str, tmp_path: Path) -> None:
        assert version_of(named, memo=tmp_path / "memo") == version_of(named, memo=tmp_path / "memo") != "untrained"

    def test_its_version_needs_no_torch(self, named: str, tmp_path: Path) -> None:
        code = f"""
import sys
from pathlib import Path
from studio.perception.encoders import encoder, version_of
version_of({named!r}, memo=Path({str(tmp_path / "memo")!r})); encoder({named!r}, Path("weights")).check()
heavy = [name for name in ("torch", "open_clip", "transformers") if name in sys.modules]
assert not heavy, heavy
"""
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


class TestEncodersWithAGallery:
    """Those that rank: everybody in the bible has a say in the verdict."""

    @pytest.fixture
    def ranked(self, eye: ImageEncoder) -> ImageEncoder:
        if not eye.gallery:
            pytest.skip("compares pair by pair")
        return eye

    def test_somebody_the_shot_does_not_show_counts(self, ranked: ImageEncoder) -> None:
        fewer = {k: v for k, v in take().gallery.items() if bible().people[2].id not in k}
        assert ranked.same_characters(replace(take(), gallery=fewer)) != ranked.same_characters(take())

    def test_one_alone_is_ranked_against_strangers(self, ranked: ImageEncoder) -> None:
        alone = {k: v for k, v in take().gallery.items() if bible().people[0].id in k}
        value = ranked.same_characters(replace(take(), gallery=alone)).value
        assert value is not None and 0 <= value <= 1

    def test_other_weights_are_another_version(self, ranked: ImageEncoder, named: str, tmp_path: Path) -> None:
        if "model" not in ranked.weights:
            pytest.skip("weights ship with Studio")
        before = version_of(named, memo=tmp_path / "memo")
        file = next(ranked.weights["model"].glob("*.safetensors"))
        kept = file.read_bytes()
        file.write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))
        try:
            assert version_of(named, memo=tmp_path / "memo2") != before
        finally:
            file.write_bytes(kept)


def test_a_pair_by_pair_encoder_looks_at_no_gallery() -> None:
    eye = encoder("studio-clip", Path("weights"))
    assert not eye.gallery
    assert eye.same_characters(replace(take(), gallery={})) == eye.same_characters(take())


def test_every_file_of_the_family_is_examined_here() -> None:
    assert {name.replace("-", "_") for name in BUILT} == set(names("perception.encoders"))


def test_an_unknown_name_prints_the_choices() -> None:
    with pytest.raises(BadInput, match=r"unknown encoder 'clap'.*auto.*dinov2:FOLDER_OR_ID.*open_clip:MODEL/TAG"):
        encoder("clap", Path("weights"))


@pytest.mark.parametrize("model", ["ViT-B-32", "ViT-B-32/", "ViT-B-32/laion9b", "/laion2b_s34b_b79k"])
def test_open_clip_without_a_known_tag_is_an_error_and_never_random_weights(model: str) -> None:
    with pytest.raises(BadInput, match="MODEL/TAG"):
        encoder(f"open_clip:{model}", Path("weights"))


def test_studio_clip_takes_no_model() -> None:
    with pytest.raises(BadInput, match="no model"):
        encoder("studio-clip:large", Path("weights"))


def test_a_bundle_without_safetensors_is_an_error_and_never_random_weights(tmp_path: Path) -> None:
    (lab.open_clip_bundle(tmp_path) / "open_clip_model.safetensors").unlink()
    for _ in range(2):
        with pytest.raises(BadInput, match="random weights"):
            encoder(f"open_clip:local-dir:{tmp_path}", Path("weights")).check()
        (tmp_path / "open_clip_model.bin").write_bytes(b"a pickle")


@pytest.mark.parametrize("family", ["dinov2", "siglip2"])
def test_a_weight_that_is_missing_is_an_error_and_not_filled_in(family: str, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    file = getattr(lab, family)(tmp_path) / "model.safetensors"
    state = load_file(file)
    state.pop(next(name for name in state if "layer" in name and name.endswith("weight")))
    save_file(state, file, {"format": "pt"})
    found = installed(f"{family}:{tmp_path}")
    assert found is not None
    with pytest.raises(BadInput, match="lacks 1 of the model's weights"):
        found.same_characters(take())


def test_a_model_of_another_kind_is_refused(tmp_path: Path) -> None:
    found = installed(f"siglip2:{lab.dinov2(tmp_path)}")
    assert found is not None
    with pytest.raises(BadInput, match="type dinov2"):
        found.same_characters(take())


def test_weights_that_are_not_here_say_where_to_put_them(tmp_path: Path) -> None:
    from studio.config import Settings, workspace
    from studio.crew.opening import check_judges

    settings = Settings.model_validate({"consistency": {"encoder": "dinov2:facebook/dinov2-nowhere"}})
    with pytest.raises(BadInput, match=r"hf download facebook/dinov2-nowhere --local-dir .*weights/dinov2-nowhere"):
        check_judges(workspace(tmp_path), settings)


def test_the_licence_of_an_encoder_is_asked(tmp_path: Path) -> None:
    from studio.config import Settings, workspace
    from studio.crew.opening import check_judges

    settings = Settings.model_validate({"consistency": {"encoder": "open_clip:ViT-B-32/metaclip_400m"}})
    with pytest.raises(BadInput, match=r"CC-BY-NC-4\.0.*--accept-licence"):
        check_judges(workspace(tmp_path), settings)


def test_open_clips_table_is_read_as_open_clip_reads_it() -> None:
    from open_clip.pretrained import _PRETRAINED

    for model, tags in _PRETRAINED.items():
        for tag, told in tags.items():
            if told["hf_hub"] and not model.endswith("-quickgelu"):
                assert repository(model, tag) == "/".join(told["hf_hub"].split("/")[:2])


def test_open_clip_reads_a_listed_model_from_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import open_clip
    from safetensors.torch import save_file

    config = json.loads((lab.open_clip_bundle(tmp_path / "bundle") / "open_clip_config.json").read_text())["model_cfg"]
    monkeypatch.setattr("open_clip.factory._MODEL_CONFIGS", {"ViT-B-32": config})
    where = tmp_path / "weights" / "CLIP-ViT-B-32-laion2B-s34B-b79K"
    where.mkdir(parents=True)
    state = open_clip.create_model("ViT-B-32", pretrained=None).state_dict()
    save_file(state, where / "open_clip_model.safetensors")
    found = installed("open_clip:ViT-B-32/laion2b_s34b_b79k", tmp_path / "weights")
    assert found is not None and found.same_characters(take()).value is not None
    loaded = found.backbone.model.state_dict()  # type: ignore[attr-defined]
    assert all(torch.equal(loaded[name], value) for name, value in state.items())


def test_a_margin_is_what_is_left_of_the_nearest_other() -> None:
    likeness = np.array([[0.9, 0.1, 0.1], [0.5, 0.5, 0.5]])
    assert margins(likeness)[0, 0] > 0.7 > 0 > margins(likeness)[0, 1]
    assert np.allclose(margins(likeness)[1], 0) and np.allclose(margins(likeness[:, :1]), likeness[:, :1])


def test_what_all_references_share_tells_nobody_apart() -> None:
    rng = np.random.default_rng(0)
    people = rng.normal(size=(4, 32)) + 6
    gallery = Gallery(people / np.linalg.norm(people, axis=1, keepdims=True), np.arange(4), np.zeros(4), np.arange(4))
    likeness = gallery.likeness(gallery.embeddings[:1], np.zeros(1))[0]
    assert likeness[0] > 0.99 and (likeness[1:] < 0.3).all()


def test_two_references_are_compared_only_where_they_are_framed_alike() -> None:
    gallery = Gallery(np.eye(3, dtype=np.float32), np.array([0, 1, 1]), np.array([0, 0, 1]), np.arange(3))
    assert np.isnan(gallery.likeness(np.eye(3, dtype=np.float32)[2:], np.array([1]))[0]).tolist() == [True, False]


def test_scores_become_probabilities_and_few_of_them_are_held_by_the_prior() -> None:
    rng = np.random.default_rng(0)
    many = fitted(rng.normal(3, 1, 400), rng.normal(0, 1, 2000))
    assert abs(many.probability(1.5) - 0.5) < 0.05 and many.probability(4) > 0.95 > 0.05 > many.probability(-1)
    few = fitted(np.array([3.0]), np.array([0.0, 0.1]))
    assert 0.5 < few.probability(3.0) < 0.999


def test_grey_pictures_make_no_strangers_so_that_one_alone_is_not_judged() -> None:
    from studio.perception.encoders.studio_clip_embedding import Encoder

    grey = {view: np.full((64, 64, 3), 120, np.uint8) for view in lab.SHEETS}
    assert ranking.of_people(Encoder().backbone, {"one": grey}, {}) is None


@pytest.mark.skipif(not WEIGHTS.is_file(), reason="studio-clip is not trained")
def test_without_the_finder_windows_stand_in_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    found = installed("studio-clip-embedding")
    assert found is not None
    finding = found.same_characters(take())
    monkeypatch.setattr("studio.perception.ranked.WEIGHTS", Path("nowhere"))
    value = found.same_characters(replace(take(), frames=take().frames[:1].copy())).value
    assert finding.value is not None and value is not None and 0 <= value <= 1
