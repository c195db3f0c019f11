"""The people puppets: one declaration is one puppet; every pose is drawn, stays in its marks and never slides or pops."""  # noqa: E501

import numpy as np
import pytest

from studio.errors import BadInput
from studio.previz.canvas import Canvas
from studio.previz.figure import ACTIVITIES, FEELINGS, Act, Moment, Shade
from studio.previz.figures import cast
from studio.previz.figures.colours import named
from studio.previz.figures.props import find
from studio.previz.figures.skeleton import joints
from studio.previz.figures.wardrobe import garment, hair, hat
from studio.story.catalogue import entries
from studio.story.document import Character, Look

SCALE, WIDTH, HEIGHT, GROUND = 60, 400, 300, 60


def person(id="mira", kind="person", name="", description="", **look):
    return Character(id=id, name=name or id, kind=kind, description=description, look=Look(**look))


def draw(figure, moment, shade=None):
    canvas = Canvas(WIDTH, HEIGHT)
    canvas.view = np.array([[SCALE, 0, WIDTH / 2], [0, -SCALE, HEIGHT - GROUND]])
    figure.draw(canvas, moment, shade or Shade())
    return canvas.pixels()


def assert_inside_marks(figure, moment, slack=0.45):
    alpha = draw(figure, moment)[..., 3] > 40
    assert alpha.sum() > 300
    rows, columns = np.where(alpha)
    marks = figure.marks(moment)
    assert (HEIGHT - GROUND - rows.min()) / SCALE <= marks.top + slack
    assert (columns.min() - WIDTH / 2) / SCALE >= marks.left - slack
    assert (columns.max() - WIDTH / 2) / SCALE <= marks.right + slack


def test_the_same_declaration_is_the_same_puppet_and_the_same_pixels():
    one, two = cast(person(), "drama"), cast(person(), "drama")
    assert one is two
    moment = Moment(1.25, 4, Act("wave", "happy"))
    assert np.array_equal(draw(one, moment), draw(two, moment))


def test_an_unknown_kind_is_refused_with_the_choices():
    with pytest.raises(BadInput, match="person"):
        cast(person(kind="person-of-glass"), "drama")


@pytest.mark.parametrize("activity", ACTIVITIES)
def test_every_activity_draws_inside_its_marks(activity):
    for facing in (0.0, 0.5, -1.0):
        assert_inside_marks(cast(person()), Moment(1.5, 4, Act(activity), facing=facing))


@pytest.mark.parametrize("feeling", FEELINGS)
def test_every_feeling_changes_face_or_body(feeling):
    figure = cast(person())
    shown = draw(figure, Moment(1.0, 4, Act("stand", feeling), facing=0.0))
    plain = draw(figure, Moment(1.0, 4, Act("stand", "neutral"), facing=0.0))
    assert feeling == "neutral" or (shown != plain).any(-1).sum() > 20


@pytest.mark.parametrize("kind", sorted(entries("people")))
def test_every_kind_is_drawn(kind):
    slack = 2.2 if "strings" in entries("people")[kind].get("parts", []) else 0.9
    assert_inside_marks(cast(person(id=kind, kind=kind)), Moment(0.5, 4), slack)


def test_every_trade_dresses_somebody_and_no_two_look_alike():
    seen = set()
    for trade, entry in entries("trades").items():
        figure = cast(person(id=trade, name=entry["words"][0]))
        pixels = draw(figure, Moment(0.5, 4))
        assert (pixels[..., 3] > 40).sum() > 300
        seen.add(pixels.tobytes())
    assert len(seen) == len(entries("trades"))


@pytest.mark.parametrize("activity, speed", [("walk", 1.3), ("run", 3.2), ("talk", 1.0)])
def test_a_planted_foot_does_not_slide(activity, speed):
    body, seed = cast(person()).body, 3
    for facing in (1.0, -0.5):
        planted = []
        for n in range(48):
            x = n * speed / 24
            moment = Moment(n / 24, 4, Act(activity), travelled=x, speed=speed, facing=facing)
            j = joints(body, moment, seed)
            planted.append([(leg[2][0] + np.sign(facing) * x, leg[2][1]) for leg in j.legs])
        feet = np.array(planted)
        low = feet[:, :, 1] < feet[:, :, 1].min() + 0.004
        both = low[1:] & low[:-1]
        assert both.sum() > 8
        assert np.abs(np.diff(feet[:, :, 0], axis=0))[both].max() < 0.02


@pytest.mark.parametrize("activity", ACTIVITIES)
def test_neighbouring_frames_are_near_each_other(activity):
    body = cast(person()).body
    act = Act(activity, "happy")
    points = np.array(
        [
            np.vstack([*j.arms, *j.legs, j.head[None]])
            for j in (joints(body, Moment(n / 48, 4, act), 3) for n in range(150))
        ]
    )
    assert np.abs(np.diff(points, axis=0)).max() < 0.16


def test_turning_through_the_front_does_not_pop():
    body = cast(person()).body
    points = np.array(
        [
            np.vstack([*j.arms, *j.legs])
            for j in (joints(body, Moment(1, 4, Act("point"), facing=f), 3) for f in np.linspace(-1, 1, 81))
        ]
    )
    assert np.abs(np.diff(points, axis=0)).max() < 0.16


def test_given_colours_win_and_change_the_picture():
    red = draw(cast(person(colours={"top": "#ff0000"}, clothes=["blue coat"])), Moment(0, 4))
    blue = draw(cast(person(clothes=["blue coat"])), Moment(0, 4))
    assert (red != blue).any(-1).sum() > 500
    assert ((red[..., 0] > 200) & (red[..., 1] < 60)).sum() > 200


def test_phrases_are_read_as_garments_hats_hair_and_things():
    coat = garment("forest-green canvas jacket")
    assert coat and (coat.slot, coat.colour) == ("over", named("forest green"))
    assert garment("long plum skirt").slot == "bottom" and garment("striped shirt").pattern == "stripes"
    assert (hat("black top hat"), hat("chef's hat"), hat("yellow sou'wester")) == ("top", "chef", "sou")
    assert hair("curly dark hair in a low bun")[0] in ("bun", "curly")
    assert hair("short white hair and full beard")[2] == "full"
    assert find("old brass lantern")[0] == "lantern" and find("quantum flux thingamajig")[0] == "parcel"


def test_eyes_blink_look_and_mouths_talk():
    figure = cast(person())

    def face(**more):
        canvas = Canvas(200, 200)
        marks = figure.marks(Moment(0.9, 4, facing=0.0))
        canvas.view = np.array([[500.0, 0, 100 - 500 * marks.head[0]], [0, -500.0, 100 + 500 * marks.head[1]]])
        figure.draw(canvas, Moment(0.9, 4, facing=0.0, **more), Shade())
        return canvas.pixels().astype(int)

    assert np.abs(face() - face(gaze=(1.0, 0.0))).sum() > 10_000
    assert np.abs(face() - face(talking=True)).sum() > 10_000
