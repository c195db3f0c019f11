"""Places: each kind builds in every genre, at every hour and in all weathers; none is empty or another's double."""

from __future__ import annotations

import itertools
from functools import cache

import numpy as np
import pytest

from studio.previz.film import render_still
from studio.previz.sets import build_set
from studio.previz.sheet import lit
from studio.previz.sheets import character_sheet
from studio.previz.stageset import SKY
from studio.story.brief import Brief
from studio.story.catalogue import entries
from studio.story.direction import SLOTS, Direction
from studio.story.document import GENRES, TIMES, WEATHERS, Character, Location, Look

PLACES = sorted(entries("places"))
ALIKE = 2.0
"""Mean difference of grey levels below which two pictures count as the same."""


@cache
def picture(kind: str, genre: str = "drama", time: str = "noon", weather: str = "clear", who: str = "a") -> np.ndarray:
    """``(60, 104, 3)`` int RGB of the empty place."""
    location = Location(id=f"{who}-{kind}", name=kind, kind=kind, description=f"A {kind}.")
    brief = Brief(
        engine="previz", engine_version="t", prompt="", direction=Direction(shot_size="wide"), characters=[],
        location=location, genre=genre, time_of_day=time, weather=weather, width=104, height=60, frames=24,
    )  # fmt: skip
    return render_still(brief).astype(int)


def some(kind: str) -> list[tuple[str, str, str]]:
    """Every genre once, at hours and in weathers that differ from place to place: the places together try each genre at
    every hour and in all weathers."""
    n = PLACES.index(kind)
    return [
        (genre, TIMES[(i + n) % len(TIMES)], WEATHERS[(i + n // len(TIMES)) % len(WEATHERS)])
        for i, genre in enumerate(GENRES)
    ]


def test_the_places_together_try_each_genre_at_every_hour_and_in_all_weathers() -> None:
    tried = [each for kind in PLACES for each in some(kind)]
    assert {(genre, time) for genre, time, _ in tried} == set(itertools.product(GENRES, TIMES))
    assert {(genre, weather) for genre, _, weather in tried} == set(itertools.product(GENRES, WEATHERS))


@pytest.mark.parametrize("mixed", ["some", pytest.param("all", marks=pytest.mark.slow)])
@pytest.mark.parametrize("kind", PLACES)
def test_a_place_builds_in_every_genre_hour_weather_and_light(kind: str, mixed: str) -> None:
    location = Location(id=kind, name=kind, kind=kind, description=f"A red {kind}.")
    for genre, time, weather in some(kind) if mixed == "some" else itertools.product(GENRES, TIMES, WEATHERS):
        lighting = SLOTS["lighting"][len(genre + time) % len(SLOTS["lighting"])]
        stage = build_set(location, genre, "", time, weather, lighting, "setup", 3, 4.0)
        assert stage.layers[0].z == SKY
        assert [layer.z for layer in stage.layers] == sorted((layer.z for layer in stage.layers), reverse=True)
        assert len(stage.layers) >= 3
        assert all(0 <= flash <= 4.0 for flash in stage.light.flashes)
        assert bool(stage.light.flashes) == (weather == "storm" and not stage.indoors)


@pytest.mark.parametrize("kind", PLACES)
def test_no_place_is_empty_at_any_hour(kind: str) -> None:
    for time in ("noon", "dusk", "night"):
        frame = picture(kind, time=time)
        assert frame.std() > 6, f"nothing to see in {kind} at {time}"


def test_no_place_looks_like_another() -> None:
    for a, b in itertools.combinations(PLACES, 2):
        assert np.abs(picture(a) - picture(b)).mean() > ALIKE, f"{a} and {b} look the same"


@pytest.mark.parametrize("kind", ["street", "forest", "kitchen", "coast", "castle"])
def test_a_place_is_the_same_each_time_and_not_another_of_its_kind(kind: str) -> None:
    first = picture(kind).copy()
    picture.cache_clear()
    assert np.array_equal(first, picture(kind))
    assert np.abs(first - picture(kind, who="b")).mean() > ALIKE


@pytest.mark.parametrize("kind", ["street", "forest", "room", "coast", "village"])
def test_genre_and_hour_change_the_picture(kind: str) -> None:
    for genre in ("noir", "horror", "western", "science-fiction"):
        assert np.abs(picture(kind) - picture(kind, genre)).mean() > ALIKE
    noir = picture(kind, "noir")
    assert (noir.max(axis=2) - noir.min(axis=2)).mean() < 20, "noir is without colour"
    if not entries("places")[kind].get("indoors"):
        assert picture(kind, time="night").mean() < picture(kind).mean() - 10, "night is dark"


def test_rooms_have_lamps_by_night_and_two_rooms_differ_behind_a_head() -> None:
    def stage(who: str, time: str):  # type: ignore[no-untyped-def]
        location = Location(id=who, name="room", kind="room", description="A room.")
        return build_set(location, "drama", "", time, "clear", "natural", "setup", 3, 4.0)

    assert stage("a", "night").lamps and not stage("a", "noon").lamps
    assert "hung" in [layer.name for layer in stage("a", "noon").layers]
    assert stage("a", "night").lamps[0].x != stage("b", "night").lamps[0].x


@pytest.mark.parametrize("lighting", SLOTS["lighting"])
def test_noir_has_no_colour_in_any_light(lighting: str) -> None:
    location = Location(id="s", name="street", kind="street", description="A street.")
    lights = {
        genre: build_set(location, genre, "", "dusk", "rain", lighting, "", 0, 2.0).light.saturation
        for genre in ("noir", "drama")
    }
    assert lights["noir"] < 0.1 < lights["drama"]


@pytest.mark.parametrize("kind", ["street", "room"])
def test_noir_has_blacks_and_lights_and_little_between(kind: str) -> None:
    grey = picture(kind, "noir", "night").mean(axis=2)
    assert (grey < 24).mean() > 0.25, "hard blacks"
    assert grey.max() > 110, "one light"


@pytest.mark.parametrize("genre", GENRES)
@pytest.mark.parametrize("time", TIMES)
def test_a_silhouette_is_darker_than_the_same_paper_behind_it(time: str, genre: str) -> None:
    for kind in ("volcano", "forest", "room", "street"):
        location = Location(id=kind, name=kind, kind=kind, description=f"A {kind}.")
        light = build_set(location, genre, "clear", time, "clear", "silhouette", "", 0, 2.0).light
        grey = np.full((4, 4, 4), (128, 128, 128, 255), np.uint8)
        behind = lit(grey, 6.0, light)[0, 0, :3].mean()
        assert 255 * np.mean(light.shade((0.5, 0.5, 0.5))[:3]) < 0.7 * behind, kind


@pytest.mark.parametrize("size", ["close", "medium-close", "medium"])
def test_a_close_locked_shot_keeps_its_backdrop(size: str) -> None:
    location = Location(id="o", name="office", kind="office", description="An office.")
    who = Character(id="a", name="a", kind="person", description="a person", look=Look())
    brief = Brief(
        engine="previz", engine_version="t", prompt="", direction=Direction(shot_size=size, camera_move="locked"),
        characters=[who], location=location, genre="drama", time_of_day="noon", width=104, height=60, frames=24,
    )  # fmt: skip
    assert render_still(brief)[:, :20].mean() > 30, "the wall behind is gone"


@pytest.mark.parametrize("kind", ["unicorn", "dragon", "deer", "bat", "peacock", "witch", "elephant"])
def test_a_character_sheet_shows_all_of_the_figure(kind: str) -> None:
    who = Character(id=kind, name=kind, kind=kind, description=kind, look=Look())
    whole = character_sheet(who, "full_body", "drama")
    for edge in (whole[:4], whole[-4:], whole[:, :4], whole[:, -4:]):
        assert np.ptp(edge.astype(int), axis=(0, 1)).max() == 0, "cut off"
    assert np.ptp(character_sheet(who, "three_quarter", "drama")[:4].astype(int), axis=(0, 1)).max() == 0
