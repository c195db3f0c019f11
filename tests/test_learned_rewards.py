"""One suite for the learned scorers of stills, on miniatures of their real classes; and motion, beside them."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from test_image_reward import SMALL, checkpoint, folder

from studio.config import Settings, workspace
from studio.crew.opening import check_judges
from studio.errors import BadInput
from studio.plugins import load
from studio.rewards.base import Footage, RewardTerm
from studio.story.brief import Brief
from studio.story.document import Character, Location

ARCHITECTURE = {
    "embed_dim": 32,
    "vision_cfg": {"image_size": 32, "layers": 2, "width": 64, "patch_size": 8},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2},
}


WIDE = {"middle": 0.0, "spread": 50.0}
"""Random towers score anywhere."""


def image_reward(where: Path) -> dict[str, Any]:
    folder(where, checkpoint(SMALL))
    return {}


def pick_score(where: Path) -> dict[str, Any]:
    from transformers import CLIPConfig, CLIPModel

    torch.manual_seed(0)
    tower = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    config = CLIPConfig(
        text_config={**tower, "vocab_size": 49408, "bos_token_id": 49406, "eos_token_id": 49407},
        vision_config={**tower, "image_size": 32, "patch_size": 8}, projection_dim=32,
    )  # fmt: skip
    CLIPModel(config).save_pretrained(where)
    return dict(WIDE)


def hps_v2(where: Path) -> dict[str, Any]:
    import open_clip

    torch.manual_seed(0)
    (where / "tiny-hps.json").write_text(json.dumps(ARCHITECTURE))
    open_clip.add_model_config(where / "tiny-hps.json")
    model = open_clip.create_model("tiny-hps", pretrained=None)
    torch.save({"state_dict": model.state_dict()}, where / "HPS_v2.1_compressed.pt")
    return {"architecture": "tiny-hps", **WIDE}


BUILT: dict[str, Callable[[Path], dict[str, Any]]] = {
    "image_reward": image_reward, "pick_score": pick_score, "hps_v2": hps_v2,
}  # fmt: skip


@cache
def brief(**changes: Any) -> Brief:
    return Brief(
        engine="previz", engine_version="1", prompt="A keeper lights the lamp",
        location=Location(id="sea", name="the sea", kind="coast", description="the sea"), **changes,
    )  # fmt: skip


def footage(seed: int = 0, **changes: Any) -> Footage:
    frames = np.random.default_rng(seed).integers(0, 255, (2, 9, 16, 3)).astype(np.uint8).repeat(8, 1).repeat(8, 2)
    return Footage(brief(**changes), frames)


@pytest.fixture(scope="module", params=BUILT)
def family(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path, dict[str, Any]]:
    torch.set_num_threads(1)
    where = tmp_path_factory.mktemp(request.param)
    return request.param, where, {"model": str(where), **BUILT[request.param](where)}


@pytest.fixture(scope="module")
def term(family: tuple[str, Path, dict[str, Any]]) -> RewardTerm:
    name, where, options = family
    made: RewardTerm = load("rewards", name).Term(options, {"model": where})
    made.check()
    return made


class TestEveryLearnedReward:
    """What a scorer of prompt and picture must do to be a reward term."""

    def test_its_value_is_a_share_and_depends_on_picture_and_prompt(self, term: RewardTerm) -> None:
        values = {term.score(f).value for f in (footage(0), footage(1))}
        values.add(
            term.score(
                Footage(brief(action="x").model_copy(update={"prompt": "the sea is calm ."}), footage(0).frames)
            ).value
        )
        assert len(values) == 3 and all(value is not None and 0 <= value <= 1 for value in values)

    def test_the_same_take_scores_the_same_in_any_number_of_threads(self, term: RewardTerm) -> None:
        torch.set_num_threads(2)
        first = term.score(footage())
        torch.set_num_threads(1)
        assert term.score(footage()) == first

    def test_the_raw_score_is_told(self, term: RewardTerm, family: tuple[str, Path, dict[str, Any]]) -> None:
        assert f"{family[0]} raw" in term.score(footage()).checks

    def test_a_prompt_longer_than_the_network_reads_is_cut(self, term: RewardTerm) -> None:
        long = brief().model_copy(update={"prompt": "a lamp and the sea " * 200})
        assert term.score(Footage(long, footage().frames)).value is not None

    def test_without_words_it_does_not_apply(self, term: RewardTerm) -> None:
        assert term.score(Footage(brief().model_copy(update={"prompt": " "}), footage().frames)).value is None

    def test_the_middle_of_its_scale_is_worth_a_half(self, term: RewardTerm) -> None:
        scale: Any = term
        assert scale.value(scale.options.middle) == 0.5
        assert abs(scale.value(scale.options.middle + scale.options.spread) - 0.841) < 0.001

    def test_its_weights_name_it(self, term: RewardTerm, tmp_path: Path) -> None:
        assert len(term.fingerprint(tmp_path / "memo")) == 64

    def test_scoring_leaves_its_name_as_it_was(self, term: RewardTerm, tmp_path: Path) -> None:
        before = term.fingerprint(tmp_path / "one")
        term.score(footage())
        assert term.fingerprint(tmp_path / "two") == before

    def test_weights_that_are_not_here_say_where_to_put_them(
        self, family: tuple[str, Path, dict[str, Any]], tmp_path: Path
    ) -> None:
        settings = Settings.model_validate({
            "reward": {family[0]: 0.2}, "rewards": {family[0]: {"model": "nobody/nowhere"}},
            "licence": {"accepted": ["unstated"]},
        })  # fmt: skip
        with pytest.raises(BadInput, match=f"reward {family[0]} needs the weights nobody/nowhere.*hf download"):
            check_judges(workspace(tmp_path), settings)

    def test_it_is_found_by_its_section_of_the_configuration(self, family: tuple[str, Path, dict[str, Any]]) -> None:
        name, where, options = family
        settings = Settings.model_validate({"reward": {name: 0.2}, "rewards": {name: options}})
        assert check_judges(workspace(where), settings)[name].weights["model"] == where

    def test_an_unknown_option_is_named(self, family: tuple[str, Path, dict[str, Any]], tmp_path: Path) -> None:
        settings = Settings.model_validate({"reward": {family[0]: 0.2}, "rewards": {family[0]: {"modle": "x"}}})
        with pytest.raises(BadInput, match=f"rewards.{family[0]}.*modle"):
            check_judges(workspace(tmp_path), settings)


def test_pick_score_is_what_its_authors_compute(tmp_path: Path) -> None:
    from open_clip import SimpleTokenizer
    from transformers import CLIPModel

    from studio.rewards._blip import squared

    pick_score(tmp_path)
    model = CLIPModel.from_pretrained(tmp_path).eval()
    words = SimpleTokenizer(context_length=77)(["A keeper lights the lamp"])
    with torch.no_grad():
        pixels = torch.cat([squared(frame, 32) for frame in footage().frames])
        theirs = model(input_ids=words, pixel_values=pixels).logits_per_image[:, 0]
    mine = load("rewards", "pick_score").Term({"model": str(tmp_path)}, {"model": tmp_path}).load()
    assert np.allclose(mine.scores("A keeper lights the lamp", footage().frames), theirs.numpy(), atol=1e-4)


def test_a_checkpoint_that_does_not_fit_its_architecture_is_named(tmp_path: Path) -> None:
    options = hps_v2(tmp_path)
    state = torch.load(tmp_path / "HPS_v2.1_compressed.pt", weights_only=True)["state_dict"]
    state.pop("text_projection")
    torch.save({"state_dict": state}, tmp_path / "HPS_v2.1_compressed.pt")
    with pytest.raises(BadInput, match="lacks text_projection"):
        load("rewards", "hps_v2").Term({"model": str(tmp_path), **options}, {"model": tmp_path}).load()


def shown(kind: str, frames: int = 24) -> Footage:
    """Thumbs of something that stands, is panned over, or moves by itself before what stands."""
    rng = np.random.default_rng(0)
    import cv2

    paper = cv2.GaussianBlur(rng.integers(0, 255, (80, 220)).astype(np.float32), (0, 0), 2)
    paper = ((paper - paper.min()) / (paper.max() - paper.min()) * 255).astype(np.uint8)
    figure = cv2.GaussianBlur(rng.integers(0, 255, (30, 16)).astype(np.float32), (0, 0), 1).astype(np.uint8)
    thumbs = []
    for n in range(frames):
        view = cv2.getRectSubPix(paper, (104, 60), (70.0 + (n * 0.8 if kind == "panned" else 0), 40.0)).copy()
        x = 20 + round(n * 1.5) if kind == "acted" else 20
        view[20:50, x : x + 16] = figure if kind != "panned" else view[20:50, x : x + 16]
        thumbs.append(view)
    who = Character(id="who", name="who", kind="person", description="somebody")
    return Footage(
        brief().model_copy(update={"characters": [who]}), np.zeros((1, 4, 4, 3), np.uint8), thumbs=np.stack(thumbs)
    )


def test_a_still_is_worth_nothing_and_what_moves_by_itself_more_than_a_still_that_is_panned_over() -> None:
    judge = load("rewards", "motion").Term()
    still, panned, acted = (judge.score(shown(kind)).value for kind in ("still", "panned", "acted"))
    assert still == 0 and still < panned < 0.5 < acted
    assert judge.score(shown("still")).notes[0].startswith("motion: 0.00")


def test_without_anybody_the_cameras_move_is_motion() -> None:
    judge = load("rewards", "motion").Term()
    empty = shown("panned")
    empty.brief = empty.brief.model_copy(update={"characters": []})
    assert judge.score(empty).value > judge.score(shown("panned")).value


def test_a_single_frame_moves_not() -> None:
    assert load("rewards", "motion").Term().score(shown("acted", frames=1)).value == 0


def test_a_static_clip_does_not_win_by_its_stills() -> None:
    from studio.crew.critic import combine

    judge = load("rewards", "motion").Term()
    weights = {"image_reward": 0.5, "motion": 0.2}
    frozen = combine({"image_reward": 0.7, "motion": judge.score(shown("still")).value}, weights)[0]
    acted = combine({"image_reward": 0.6, "motion": judge.score(shown("acted")).value}, weights)[0]
    assert frozen is not None and acted is not None and acted > frozen


def test_no_learned_term_and_no_motion_counts_until_it_is_given_a_weight() -> None:
    assert not {"motion", *BUILT} & set(Settings().reward.weights)
    assert Settings.model_validate({"reward": {"motion": 0.1}}).reward.weights["motion"] == 0.1
