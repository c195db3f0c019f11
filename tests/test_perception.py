"""Figures are framed alike on sheets and in frames, found, and compared."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import torch

from studio.perception.calibration import probability
from studio.perception.crops import crop, sheet_box, sheet_crops, whole_box
from studio.perception.encoders import WEIGHTS
from studio.perception.eye import PICTURES, SHEETS, Eye
from studio.perception.finder import centre, decoded, encoded
from studio.perception.framing import tellable
from studio.perception.studio_clip import StudioClip
from studio.perception.training import identities, scenes
from studio.perception.training.attributes import attributes
from studio.perception.training.pairs import twins
from studio.perception.training.pictures import group
from studio.perception.trunk import Norm, drawn
from studio.previz.film import Film
from studio.previz.sheets import character_sheet, location_sheet
from studio.repeatable import in_halves
from studio.rewards.base import Footage
from studio.story.document import Character


def test_a_crop_says_what_lies_outside_the_picture() -> None:
    cut = crop(np.full((40, 60, 3), 200, np.uint8), (-0.5, 0.0, 0.5, 1.0))
    assert cut.shape == (64, 64, 4)
    assert (cut[:, :30, 3] == 0).all() and (cut[:60, 34:, 3] == 255).all()
    assert (cut[10:54, 34:, :3] == 200).all()


def test_a_large_picture_is_averaged_and_not_sampled() -> None:
    stripes = np.zeros((960, 960, 3), np.uint8)
    stripes[::2] = 240
    assert abs(int(crop(stripes, (0, 0, 1, 1))[20:40, 20:40, 0].mean()) - 120) < 8


def test_the_figure_on_a_plain_sheet_is_found() -> None:
    sheet = np.full((200, 200, 3), 220, np.uint8)
    sheet[20:180, 80:120] = (40, 90, 60)
    assert np.allclose(sheet_box(sheet), whole_box(0.4, 0.1, 0.6, 0.9), atol=0.01)
    assert sheet_box(np.full((200, 200, 3), 220, np.uint8)) == (0.0, 0.0, 1.0, 1.0)


def test_what_a_cell_tells_of_a_figure_is_read_back() -> None:
    upper, whole, at = (0.7, 0.15, 1.2, 0.65), whole_box(0.7, 0.2, 1.1, 1.4), centre(16, 5, 32, 18)
    again = decoded(torch.tensor(encoded(upper, whole, at)), at)
    assert np.allclose(again[0], upper, atol=1e-4) and np.allclose(again[1], whole, atol=1e-4)


def test_reference_pictures_have_statistics_of_their_own_in_their_thread_alone() -> None:
    norm, x = Norm(2).train(), torch.arange(16.0).reshape(2, 2, 2, 2)
    with drawn():
        norm(x)
    assert (norm.running_mean == 0).all() and (norm.drawn_mean > 0).all()
    told: list[torch.Tensor] = []
    with drawn():
        other = threading.Thread(target=lambda: told.append(norm.eval()(x)))
        other.start()
        other.join()
        assert not torch.allclose(norm(x), told[0])
    assert torch.allclose(norm(x), told[0])


@pytest.mark.parametrize("seed", [3, 4, 8])
def test_a_head_is_framed_in_a_shot_as_on_the_sheet(seed: int) -> None:
    rng = np.random.default_rng(seed)
    who = identities.character(rng)
    brief = scenes.brief(rng, [who], identities.place(rng), False, 832)
    slots = {**brief.direction.model_dump(), "shot_size": "medium", "lighting": "natural", "angle": "eye"}
    film = Film(brief.model_copy(update={"direction": type(brief.direction)(**slots)}))
    n = film.brief.frames // 2
    x, y, left, top, side = film.portraits(n)[0]
    assert left < x < left + side and top < y < top + side
    box = (left / 480, top / 480, (left + side) / 480, (top + side) / 480)
    seen = crop(film.frame(n), box)
    sheet = crop(character_sheet(who, "three_quarter", brief.genre), (0, 0, 1, 1))
    if film.roles[0].facing < 0:
        sheet = sheet[:, ::-1]
    # The head's patch on the sheet is more like the same patch of the frame than like its surroundings.
    at = int((y - top) / side * 64), int((x - left) / side * 64)

    def patch(image: np.ndarray, dy: int = 0) -> np.ndarray:
        return image[max(0, at[0] - 6 + dy) : at[0] + 6 + dy, at[1] - 6 : at[1] + 6, :3].mean((0, 1)).astype(float)

    ground = sheet[1, 1, :3].astype(float)
    assert np.abs(patch(sheet) - ground).max() > 20
    assert np.abs(patch(seen) - patch(sheet)).sum() < 260


def test_twins_differ_in_the_character_alone() -> None:
    # Sheet 0 and 1 are character and look-alike; figures 0 and 2 are the two takes of one shot.
    pairs = torch.tensor([[0.0, 0, 1, 1], [1, 0, 0, 1], [1, 2, 1, 1], [0, 2, 0, 1], [2, 0, 0, 1]])
    assert {(int(a), int(b)) for a, b, _ in twins(pairs)} == {(0, 1), (0, 3), (2, 3), (2, 1)}


def test_a_group_is_the_same_whenever_it_is_rendered() -> None:
    (one, facts), (again, facts_again) = group(11, False), group(11, False)
    assert facts == facts_again and all((one[name] == again[name]).all() for name in one)
    assert one["full"].shape[-3:] == (240, 416, 3) and facts["shots"][0]["boxes"]


def test_a_look_alike_differs_in_what_is_said_and_in_nothing_else() -> None:
    for seed in range(40):
        rng = np.random.default_rng(seed)
        who = identities.character(rng)
        like, thing = identities.look_alike(rng, who)
        assert (like.id, like.kind, like.look.age, like.look.build) == (who.id, who.kind, who.look.age, who.look.build)
        assert like.look != who.look
        if thing == "hair":
            assert like.look.clothes == who.look.clothes and like.look.props == who.look.props
        assert len(attributes(who)[0]) == 5


def test_probabilities_follow_the_shot_sizes_own_line() -> None:
    lines = {"all": [1.0, 0.0], "close": [2.0, -1.0]}
    assert probability(lines, "full", 0.0) == 0.5
    assert probability(lines, "close", 0.5) == 0.5
    assert probability(lines, "close", 1e9) > 0.999


def test_untrained_towers_compare_any_number_of_figures() -> None:
    torch.manual_seed(0)
    model = StudioClip().eval()
    sheets = np.random.default_rng(0).integers(0, 255, (2, 3, 64, 64, 4)).astype(np.uint8)
    figures = np.random.default_rng(1).integers(0, 255, (5, 2, 64, 64, 4)).astype(np.uint8)
    with torch.no_grad():
        logits = model.alike(
            model.sheets(torch.from_numpy(sheets)), model.figures(torch.from_numpy(figures), torch.zeros(5, 3))
        )
        alone = model.alike(
            model.sheets(torch.from_numpy(sheets[1:])), model.figures(torch.from_numpy(figures[3:4]), torch.zeros(1, 3))
        )
    assert logits.shape == (2, 5) and torch.allclose(logits[1, 3], alone[0, 0], atol=1e-4)


@pytest.mark.skipif(not WEIGHTS.is_file(), reason="studio-clip is not trained in this checkout")
def test_the_shipped_weights_are_small_and_calibrated() -> None:
    assert WEIGHTS.stat().st_size <= 25e6
    _, calibration = StudioClip.load(WEIGHTS)
    assert {"character", "place"} <= set(calibration) and "all" in calibration["character"]


@pytest.mark.slow
def test_the_documented_commands_make_an_encoder_from_nothing(tmp_path: Path) -> None:
    for step in (["render", "--scale", "0.01", "--jobs", "2"], ["fit", "--steps", "4"], ["examine"]):
        command = [sys.executable, "-m", "studio.perception.training", step[0], str(tmp_path), *step[1:]]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    assert json.dumps(StudioClip.load(tmp_path / "studio-clip.safetensors")[1])


def test_a_portrait_sheet_is_its_own_crop() -> None:
    rng = np.random.default_rng(5)
    who = identities.character(rng)
    sheets = [character_sheet(who, view, "drama") for view in ("front", "three_quarter", "full_body")]
    crops = sheet_crops(sheets)
    assert crops.shape == (3, 64, 64, 4) and crops[0][..., 3].min() > 120
    assert np.abs(crops[0][..., :3].mean((0, 1)) - sheets[0].mean((0, 1))).max() < 4


def test_a_right_place_at_night_is_known_by_its_pictures_at_night() -> None:
    surer = []
    for seed in range(6):
        rng = np.random.default_rng([seed, 31])
        place = identities.place(rng, False)
        shot = scenes.brief(rng, [], place, False, 416)
        direction = shot.direction.model_copy(update={"shot_size": "wide", "lighting": "low-key", "angle": "eye"})
        shot = shot.model_copy(update={"direction": direction, "time_of_day": "night", "weather": "clear"})
        film = Film(shot)
        by_day, lit = (
            {f"locations/{place.id}/{v}{tail}": location_sheet(place, v, shot.genre, 416, hour) for v in PICTURES}
            for tail, hour in (("", ""), ("_night", "night"))
        )
        frames = np.stack([film.frame(n) for n in (10, 30)])
        told = [Eye(WEIGHTS).where(Footage(shot, frames, references=known)) for known in (by_day, by_day | lit)]
        assert told[0] and told[1]
        surer.append(told[1].probability - told[0].probability)
    assert np.mean(surer) > 0.05 and min(surer) > -0.05


def test_somebody_small_in_a_wide_shot_is_looked_at_more_closely(monkeypatch: pytest.MonkeyPatch) -> None:
    surer = []
    for seed in (0, 1, 3):
        rng = np.random.default_rng([seed, 53])
        one, whale = identities.character(rng), Character(id="w", name="whale", kind="whale", description="A whale.")
        sea = identities.place(rng, False).model_copy(update={"kind": "sea"})
        shot = scenes.brief(rng, [one, whale], sea, False, 832)
        direction = shot.direction.model_copy(update={"shot_size": "wide", "lighting": "natural", "angle": "eye"})
        film = Film(shot.model_copy(update={"direction": direction, "time_of_day": "noon", "weather": "clear"}))
        sheets = {f"characters/{one.id}/{v}": character_sheet(one, v, shot.genre) for v in SHEETS}
        take = Footage(film.brief, np.stack([film.frame(n) for n in (10, 30)]), references=sheets)
        told = []
        for small in ((), ("wide",)):
            monkeypatch.setattr("studio.perception.eye.SMALL", small)
            told.append(Eye(WEIGHTS).who(take, one.id))
        assert told[0] and told[1]
        surer.append(told[1].probability - told[0].probability)
    assert min(surer) >= 0 and max(surer) > 0.3, surer


def test_a_take_is_judged_alike_in_any_thread_and_the_threads_number_is_given_back() -> None:
    rng = np.random.default_rng(5)
    one, place = identities.character(rng), identities.place(rng, False)
    shot = scenes.brief(rng, [one], place, False, 416)
    shot = shot.model_copy(
        update={"direction": shot.direction.model_copy(update={"shot_size": "full", "lighting": "natural"})}
    )
    film = Film(shot)
    sheets = {
        f"characters/{one.id}/{v}": character_sheet(one, v, shot.genre) for v in ("front", "three_quarter", "full_body")
    }
    footage = Footage(shot, np.stack([film.frame(n) for n in (10, 30)]), references=sheets)
    found: list[tuple[float | None, int]] = []

    def judge(threads: int) -> None:
        torch.set_num_threads(threads)
        found.append((Eye(WEIGHTS).same_characters(footage).value, torch.get_num_threads()))

    for threads in (1, 2, 4):
        worker = threading.Thread(target=judge, args=(threads,))
        worker.start()
        worker.join()
    assert len({value for value, _ in found}) == 1 and found[0][0] is not None
    assert [threads for _, threads in found] == [1, 2, 4]


def test_who_is_a_few_dots_beside_the_others_is_not_told_from_a_look_alike() -> None:
    man = Character(id="man", name="man", kind="person", description="A man.")
    mouse = Character(id="mouse", name="mouse", kind="mouse", description="A mouse.")
    cat = Character(id="cat", name="cat", kind="cat", description="A cat.")
    assert not tellable(mouse, [man, mouse], "wide") and tellable(mouse, [man, mouse], "full")
    assert tellable(mouse, [mouse], "wide") and tellable(mouse, [man, mouse], "close")
    assert tellable(man, [man, mouse], "wide") and tellable(cat, [man, cat], "wide")


def test_halves_are_cut_by_number_and_the_threads_number_is_given_back() -> None:
    before = torch.get_num_threads()
    weights = torch.ones(3, requires_grad=True)
    for count, cut in ((1, [1]), (2, [1, 1]), (5, [2, 3])):
        made = in_halves(lambda part: (part, weights * torch.get_num_threads()), count)
        assert [part.stop - part.start for part, _ in made] == cut and made[-1][0].stop == count
        assert all(not value.requires_grad and value[0] == 1 for _, value in made)
    with pytest.raises(ZeroDivisionError):
        in_halves(lambda part: 1 // part.start, 4)
    assert torch.get_num_threads() == before


def test_a_weather_that_hides_has_a_line_of_its_own() -> None:
    lines = {"all": [1.0, 0.0], "wide": [1.0, 1.0], "fog": [1.0, 3.0]}
    assert probability(lines, "wide", 0.0, "clear") == probability(lines, "wide", 0.0)
    assert probability(lines, "wide", 0.0, "fog") > probability(lines, "wide", 0.0, "clear") > 0.5
