"""The previz engine: pure frames, no pops, something moves, shot sizes frame what they say."""

from __future__ import annotations

import itertools
import subprocess
import sys

import numpy as np
import pytest

from studio.previz.film import Film
from studio.previz.sheet import Sheet
from studio.story.brief import Brief
from studio.story.catalogue import entries
from studio.story.direction import SLOTS, Direction
from studio.story.document import Character, Location, Look

KEEPER = Character(
    id="keeper",
    name="the keeper",
    kind="person",
    description="A keeper.",
    look=Look(hair="short white", clothes=["navy coat"]),
)


def brief(place: str = "coast", people: tuple[Character, ...] = (KEEPER,), **options: object) -> Brief:
    direction = {k: str(options.pop(k)) for k in list(options) if k in SLOTS}
    data: dict[str, object] = {
        "engine": "previz", "engine_version": "t", "prompt": "", "width": 416, "height": 240, "frames": 48, "seed": 4,
        "action": "The keeper looks around.", "characters": list(people), "direction": Direction(**direction),
        "location": Location(id=place, name=place, kind=place, description=f"A {place}."), **options,
    }  # fmt: skip
    return Brief.model_validate(data)


def test_a_frame_is_a_pure_function_of_brief_and_number() -> None:
    b = brief(camera_move="track", weather="rain")
    forwards = Film(b)
    frames = [forwards.frame(n) for n in (0, 7, 31)]
    assert all(np.array_equal(Film(b).frame(n), f) for n, f in zip((0, 7, 31), frames, strict=True))
    assert np.array_equal(forwards.frame(7), frames[1])


STROKE = """
from studio.previz.canvas import Canvas
x, y = np.linspace(-1274, 2206, 90), 228.9 + 0.84 * np.random.default_rng(0).uniform(-1, 1, 90)
canvas = Canvas(1098, 746)
canvas.line(np.stack([x, y], 1), (1.0, 1.0, 1.0, 1.0), 0.844)
print(canvas.pixels()[..., 3].sum())
"""
STAR = """
import numpy as np
from studio.previz.canvas import Canvas
turn = np.linspace(0, 6.28, 1000)
reach = 300 + 200 * np.sin(turn * 300)
canvas = Canvas(1664, 960)
canvas.polygon(np.stack([800 + reach * np.cos(turn), 480 + reach * np.sin(turn)], 1), (1, 0, 0))
canvas.pixels()
"""


def test_what_is_drawn_does_not_depend_on_what_the_process_drew_before() -> None:
    alone, after = (
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=100).stdout
        for script in ("import numpy as np" + STROKE, STAR + STROKE)
    )
    assert alone == after
    assert int(alone) > 200_000, "the stroke is there"


@pytest.mark.parametrize("move", SLOTS["camera_move"])
def test_nothing_pops_and_something_moves(move: str) -> None:
    film = Film(brief(camera_move=move, shot_size="full"))
    frames = [film.frame(n).astype(np.int16) for n in range(20, 32)]
    steps = [float(np.abs(b - a).mean()) for a, b in itertools.pairwise(frames)]
    assert max(steps) < 9.0, "a jump between neighbouring frames"
    assert sum(steps) > 0.05, "nothing moves"


@pytest.mark.parametrize("move", ["pan-left", "push-in", "tilt-up", "crane"])
@pytest.mark.parametrize("size", ["wide", "extreme-close"])
def test_what_nearer_papers_hide_is_not_laid_and_not_missed(
    move: str, size: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shot = brief("street", camera_move=move, shot_size=size, frames=60)
    short = [Film(shot).frame(n) for n in (0, 17, 59)]
    monkeypatch.setattr(Sheet, "hides_from", lambda sheet, matrix, width, height: height)
    assert all(np.array_equal(Film(shot).frame(n), f) for n, f in zip((0, 17, 59), short, strict=True))


def test_a_paper_hides_only_rows_that_it_fills_from_side_to_side() -> None:
    paper = np.zeros((60, 80, 4), np.uint8)
    paper[20:] = 255
    sheet, here = Sheet(paper, np.array([[1.0, 0, 0], [0, -1.0, 0]])), np.array([[1.0, 0, -10], [0, -1.0, -5]])
    assert sheet.hides_from(here, 50, 40) == 16  # 20 rows down, 5 up, and one for what is mixed at the edge
    assert sheet.hides_from(here, 80, 40) == 40  # it ends before the frame does
    assert sheet.hides_from(here, 50, 60) == 60
    lower = np.array([[1.0, 0, -10], [0, -1.0, 3]])
    sheet.paper[:] = 255
    assert Sheet(sheet.paper, sheet.matrix).hides_from(lower, 50, 40) == 4  # it begins below the frame's top


@pytest.mark.parametrize("weather", ["rain", "snow", "fog", "wind"])
def test_weather_is_seen_and_moves(weather: str) -> None:
    clear, wet = Film(brief(weather="clear")), Film(brief(weather=weather))
    assert float(np.abs(clear.frame(10).astype(int) - wet.frame(10)).mean()) > 0.5
    assert not np.array_equal(wet.frame(10), wet.frame(13))


@pytest.mark.parametrize(
    ("size", "low", "high"), [("extreme-wide", 0.0, 0.15), ("wide", 0.28, 0.46), ("full", 0.7, 0.92)]
)
def test_shot_sizes_frame_what_they_say(size: str, low: float, high: float) -> None:
    b = brief(shot_size=size)
    _, _, top, _, bottom = Film(b).subjects(b.frames // 2)[0]
    assert low <= (bottom - top) / b.height <= high


def test_a_figure_stays_in_the_frame() -> None:
    b = brief(shot_size="full", action="The keeper runs along the shore.")
    film = Film(b)
    for n in range(0, b.frames, 6):
        _, x0, _, x1, _ = film.subjects(n)[0]
        assert 0 <= (x0 + x1) / 2 <= b.width


def test_a_track_moves_near_papers_more_than_far_ones() -> None:
    film = Film(brief(camera_move="track"))
    a, b = film.view(0), film.view(47)
    near, far = (abs(b.matrix(z)[0, 2] - a.matrix(z)[0, 2]) for z in (0.0, 100.0))
    assert near > 4 * far


@pytest.mark.parametrize("kind", sorted(entries("places")))
def test_every_place_is_a_picture_of_its_own(kind: str) -> None:
    frame = Film(brief(kind, people=(), width=208, height=120)).frame(3)
    assert frame.std() > 8, "an empty background"


GUEST = Character(id="guest", name="the guest", kind="person", description="A guest.", look=Look(age="old"))


@pytest.mark.parametrize("activity", ["looks around", "walks", "runs", "dances", "talks", "jumps"])
@pytest.mark.parametrize("size", ["wide", "full", "medium", "close"])
def test_a_figure_never_jumps_in_the_frame(activity: str, size: str) -> None:
    """Between neighbouring frames a figure moves less than a twentieth of the frame, plus a pose's own change."""
    film = Film(brief(shot_size=size, action=f"The keeper {activity}.", camera_move="track"))
    places = np.array([film.portraits(n)[0][:2] for n in range(film.brief.frames)])
    steps = np.linalg.norm(np.diff(places, axis=0), axis=1)
    assert steps.max() < 416 / 20 + 0.12 * film.portraits(0)[0][4]


def test_a_medium_shot_of_two_shows_both() -> None:
    film = Film(brief("street", (KEEPER, GUEST), shot_size="medium", action="The keeper talks to the guest."))
    for x, y, *_ in film.portraits(24):
        assert 0 < x < 416 and 0 < y < 240


@pytest.mark.parametrize("size", ["wide", "full", "medium", "medium-close", "close"])
def test_the_face_of_the_longest_creature_is_in_the_frame(size: str) -> None:
    for kind in ("crocodile", "snake", "whale", "dragon", "horse"):
        long = Character(id="long", name=kind, kind=kind, description=f"A {kind}.")
        person = Character(id="beside", name="Ann", kind="person", description="A person.")
        for cast, sides in (((long,), {"long": 0.0}), ((long, person), {"long": 1.0, "beside": -1.0})):
            film = Film(brief(people=cast, shot_size=size, parameters={"screen_side": sides}))
            for n in (0, 47):
                x, y, *_ = film.portraits(n)[0]
                assert 0 <= x <= 416 and 0 <= y <= 240, (kind, len(cast))


def test_who_follows_a_flier_stays_on_the_ground() -> None:
    dragon = Character(id="dragon", name="the dragon", kind="dragon", description="A dragon.", look=Look())
    film = Film(brief("field", (dragon, KEEPER), action="The dragon flies over the keeper."))
    assert [role.act.activity for role in film.roles] == ["fly", "look"] and film.roles[1].y == 0


def test_at_sea_people_stand_in_a_boat_and_swimmers_lie_in_the_water() -> None:
    whale = Character(id="whale", name="the whale", kind="whale", description="a whale")
    standing, swimming = Film(brief("sea", (KEEPER, whale), action="The keeper walks to the whale.")).roles
    assert standing.aboard and not swimming.aboard and standing.act.activity == "stand"
    assert 0 < standing.y < 0.5 and swimming.y < standing.y
