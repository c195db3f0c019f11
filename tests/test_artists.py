"""One contract for all artists: the right views as PNG, the same picture for the same commission, others for others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lab import here, sha256
from PIL import Image

from studio.artists._ground import on_white
from studio.artists._wording import prompt
from studio.artists.base import CHARACTER_VIEWS, LOCATION_VIEWS, Artist, Commission
from studio.config import Settings, Workspace
from studio.errors import BadInput
from studio.plugins import load, names
from studio.story.document import Character, Location, Look
from studio.tool import build

A = Character(
    id="a", name="Anna", kind="person", description="A tall woman with red hair.", look=Look(hair="short red")
)
B = Character(id="b", name="the sailor", kind="person", description="An old sailor in a blue coat.")
SHORE = Location(id="a", name="the shore", kind="coast", description="A windy shore with a lighthouse.")
KITCHEN = Location(id="b", name="the kitchen", kind="kitchen", description="A small kitchen with a green stove.")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Artist]]:
    """A miniature of each artist, made once."""
    import torch

    torch.set_num_threads(1)
    artists = {}
    for name in names("artists"):
        folder = tmp_path_factory.mktemp(name)
        artists[name] = load("artists", name).Draughtsman.tiny(folder)
    yield artists
    for artist in artists.values():
        artist.close()


@pytest.fixture(params=names("artists"))
def artist(request: pytest.FixtureRequest, drawn: dict[str, Artist]) -> Artist:
    return drawn[request.param]


def pixels(artist: Artist, folder: Path, commission: Commission) -> np.ndarray:
    out = folder / "picture.png"
    artist.draw(commission, out)
    with Image.open(out) as opened:
        assert opened.format == "PNG" and opened.mode == "RGB" and not opened.info
        return np.asarray(opened)


@pytest.mark.parametrize(
    ("subject", "view"), [*((A, view) for view in CHARACTER_VIEWS), *((SHORE, view) for view in LOCATION_VIEWS)]
)
def test_every_view_is_a_png_of_the_right_form(
    artist: Artist, tmp_path: Path, subject: Character | Location, view: str
) -> None:
    commission = Commission(subject, view)
    assert artist.can_draw(commission)
    height, width = pixels(artist, tmp_path, commission).shape[:2]
    if isinstance(subject, Location):
        assert width > height, "a place is shown wide"
    else:
        assert height >= width, "a character is shown square or upright"


def test_the_same_commission_gives_the_same_picture(artist: Artist, tmp_path: Path) -> None:
    commission = Commission(A, "front", seed=3)
    first = pixels(artist, tmp_path, commission)
    pixels(artist, tmp_path, Commission(SHORE, "wide", seed=9))
    assert np.array_equal(first, pixels(artist, tmp_path, commission))


def test_another_subject_is_another_picture(artist: Artist, tmp_path: Path) -> None:
    for one, other, view in ((A, B, "front"), (SHORE, KITCHEN, "wide")):
        pictures = [pixels(artist, tmp_path, Commission(subject, view)) for subject in (one, other)]
        assert not np.array_equal(*pictures)


def test_a_place_at_night_is_drawn_by_those_who_relight_it(artist: Artist, tmp_path: Path) -> None:
    if not artist.relights:
        pytest.skip("shows places by day alone")
    night = Commission(SHORE, "wide", hour="night")
    assert night.label == "locations/a/wide_night"
    by_day, dark = (pixels(artist, tmp_path, one).mean() for one in (Commission(SHORE, "wide"), night))
    assert dark < 0.75 * by_day


def test_another_view_is_another_picture(artist: Artist, tmp_path: Path) -> None:
    front, turned = (pixels(artist, tmp_path, Commission(A, view)) for view in ("front", "three_quarter"))
    assert not np.array_equal(front, turned)


def test_a_later_view_depends_on_the_first_where_the_artist_follows_it(artist: Artist, tmp_path: Path) -> None:
    if not artist.follows:
        pytest.skip("draws every view from the look, or not at all")
    seen = []
    for colour in ("red", "blue"):
        first = tmp_path / f"{colour}.png"
        Image.new("RGB", (64, 64), colour).save(first)
        seen.append(pixels(artist, tmp_path, Commission(A, "full_body", first=first)))
    alone = pixels(artist, tmp_path, Commission(A, "full_body"))
    assert not np.array_equal(*seen) and not np.array_equal(alone, seen[0])


def test_artists_that_draw_several_candidates_draw_another_for_each_seed(artist: Artist, tmp_path: Path) -> None:
    if artist.candidates == 1:
        pytest.skip("draws one picture of a view")
    pictures = [pixels(artist, tmp_path, Commission(A, "front", seed=seed)) for seed in range(artist.candidates)]
    assert all(not np.array_equal(pictures[0], other) for other in pictures[1:])


def test_closing_gives_the_model_back_and_drawing_loads_it_again(artist: Artist, tmp_path: Path) -> None:
    before = pixels(artist, tmp_path, Commission(A, "front"))
    artist.close()
    assert "pipe" not in artist.__dict__
    assert np.array_equal(before, pixels(artist, tmp_path, Commission(A, "front")))


def test_kontext_turns_the_first_view_round(tmp_path: Path) -> None:
    artist = load("artists", "flux").Draughtsman.tiny(tmp_path, kontext=True)
    first = tmp_path / "first.png"
    Image.new("RGB", (48, 64), "red").save(first)
    turned = pixels(artist, tmp_path, Commission(A, "full_body", first=first))
    Image.new("RGB", (48, 64), "blue").save(first)
    assert not np.array_equal(turned, pixels(artist, tmp_path, Commission(A, "full_body", first=first)))
    assert turned.shape == pixels(artist, tmp_path, Commission(A, "full_body")).shape


def test_the_ip_adapters_scale_counts_for_later_views_alone(drawn: dict[str, Artist], tmp_path: Path) -> None:
    sdxl = drawn["sdxl"]
    assert sdxl.options.ip_adapter_scale == 0.7
    off = type(sdxl)({**sdxl.options.model_dump(), "ip_adapter_scale": 0.0}, sdxl.weights)
    first = tmp_path / "first.png"
    Image.new("RGB", (64, 64), "red").save(first)
    later = Commission(A, "full_body", first=first)
    assert np.array_equal(pixels(off, tmp_path, later), pixels(off, tmp_path, replace(later, first=None))), (
        "at scale 0 the first view counts for nothing"
    )
    assert not np.array_equal(pixels(off, tmp_path, later), pixels(sdxl, tmp_path, later))
    front = Commission(A, "front")
    assert np.array_equal(pixels(off, tmp_path, front), pixels(sdxl, tmp_path, front))


@pytest.mark.parametrize(
    ("artist", "options", "refused"),
    [
        ("flux", {}, set()),
        ("flux", {"model": "black-forest-labs/FLUX.1-dev"}, {"weights", "derivatives"}),
        ("flux", {"kontext": "black-forest-labs/FLUX.1-Kontext-dev"}, {"FLUX.1 Kontext", "derivatives"}),
        ("sdxl", {}, {"weights", "derivatives"}), ("photo", {}, set()), ("previz", {}, set()),
    ],
)  # fmt: skip
def test_artists_are_under_what_their_owners_say(
    space: Workspace, artist: str, options: dict[str, Any], refused: set[str]
) -> None:
    settings = Settings.model_validate({"production": {"artist": artist}, "artists": {artist: options}})
    licence = build("artists", artist, settings, space).licence
    assert set(licence.refused(settings.licence.allowed)) == refused


def test_an_adapter_that_is_a_pickle_is_refused(space: Workspace) -> None:
    with pytest.raises(BadInput, match="safetensors"):
        build("artists", "sdxl", Settings(artists={"sdxl": {"ip_adapter_file": "ip-adapter_sdxl.bin"}}), space)


def test_a_prompt_says_the_view_the_ground_and_what_the_description_leaves_out() -> None:
    told = prompt(Commission(A, "full_body", style="oil painting"))
    assert "head to feet" in told and "white background" in told and "oil painting" in told
    assert A.description.rstrip(".") in told and "short red hair" in told
    assert "nobody there" in prompt(Commission(SHORE, "wide")) and "white" not in prompt(Commission(SHORE, "wide"))


def test_a_grey_studio_ground_becomes_white_and_the_figure_stays() -> None:
    picture = np.full((80, 60, 3), 228, np.uint8)
    picture[20:, 20:40] = (40, 90, 160)
    done = on_white(picture)
    assert (done[:10] == 255).all() and (done[40:60, 25:35] == (40, 90, 160)).all()
    busy = np.random.default_rng(0).integers(0, 255, (80, 60, 3)).astype(np.uint8)
    assert np.array_equal(on_white(busy), busy), "a ground that is not plain is left alone"


def make(*arguments: str) -> dict[str, Any]:
    done = here("make", "--prompt", "A keeper walks along the shore", "--scenes", "1", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


QUICK = [
    "--set", "production.width=128", "--set", "production.height=96", "--set", "rl.learn=false",
    "--set", "sound.score=false", "--set", "sound.ambience=false", "--set", "sound.effects=false",
    "--set", "rl.takes_per_shot=1",
]  # fmt: skip


def test_a_production_draws_casts_and_records_with_sdxl_and_a_replay_draws_nothing(
    space: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from studio.artists.sdxl import Draughtsman

    tiny = Draughtsman.tiny(space.root / "weights")
    options = tiny.options.model_dump()
    sets = [f"artists.sdxl.{key}={json.dumps(options[key])}" for key in ("model", "ip_adapter", "side", "steps")]
    flags = [word for one in sets for word in ("--set", one)]
    made = make("--artist", "sdxl", *QUICK, *flags, "--accept-licence", "OpenRAIL++-M", "--name", "film")
    folder = space.bibles / "film"
    records = json.loads((folder / "references.json").read_text())
    assert {label.rpartition("/")[2] for label in records} == {*CHARACTER_VIEWS, *LOCATION_VIEWS}
    for label, record in records.items():
        assert record["sha256"] == sha256(folder / "references" / f"{label}.png")
        scores = [candidate["score"] for candidate in record["candidates"]]
        assert len(scores) == 3 and record["artist"] == "sdxl"
        best = record["candidates"][scores.index(max(scores))]
        assert record["seed"] == best["seed"], "the best candidate became the reference"
        first = label.rpartition("/")[2] in ("front", "wide")
        assert (record["after"] == "") == first and (best["likeness"] is None) == first
        if not first:
            before = "front" if label.startswith("characters") else "wide"
            assert record["after"] == records[f"{label.rpartition('/')[0]}/{before}"]["sha256"]
    assert made["report"]["licences"]["tools"]["artist sdxl"]["weights"]["name"] == "OpenRAIL++-M"
    log = [json.loads(line) for line in (space.runs / "film" / "log.jsonl").read_text().splitlines()]
    said = {entry["label"]: entry["seed"] for entry in log if entry["event"] == "reference_drawn"}
    assert said == {label: record["seed"] for label, record in records.items()}

    monkeypatch.setattr(Draughtsman, "draw", lambda *_: pytest.fail("drawn again"))
    done = here("make", "--slate", str(space.runs / "film" / "slate.json"), "--name", "again", "--json")
    assert done.returncode == 0, done.stderr
    again = json.loads((space.bibles / "again" / "references.json").read_text())
    assert again == records and sha256(json.loads(done.stdout)["film"]) == sha256(made["film"])


def test_without_an_encoder_that_reads_the_first_candidate_is_taken_and_that_is_said(
    space: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from studio.artists.previz import Draughtsman

    monkeypatch.setattr("studio.perception.casting.WEIGHTS", space.root / "none.safetensors")
    monkeypatch.setattr(Draughtsman, "candidates", 2)
    made = make(*QUICK, "--name", "film")
    assert any("no encoder could choose among 2" in text for text in made["report"]["fallbacks"])
    records = json.loads((space.bibles / "film" / "references.json").read_text())
    assert all(record["candidates"] == [] for record in records.values())
    assert not list(space.bibles.rglob(".*.png"))


@pytest.mark.slow
def test_a_stop_between_pictures_costs_no_picture_that_was_drawn(
    space: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from studio.artists.previz import Draughtsman

    draw, drawn = Draughtsman.draw, []

    def failing(artist: Draughtsman, commission: Commission, out: Path) -> None:
        if len(drawn) == 3:
            raise RuntimeError("out of memory")
        drawn.append(commission.label)
        draw(artist, commission, out)

    def counting(artist: Draughtsman, commission: Commission, out: Path) -> None:
        drawn.append(commission.label)
        draw(artist, commission, out)

    monkeypatch.setattr(Draughtsman, "draw", failing)
    command = ["make", "--prompt", "A keeper walks along the shore", "--scenes", "1", *QUICK, "--name", "film"]
    stopped = here(*command)
    assert stopped.returncode == 1 and "out of memory" in stopped.stderr and "resume film" in stopped.stderr
    monkeypatch.setattr(Draughtsman, "draw", counting)
    assert here("resume", "film").returncode == 0
    assert len(drawn) == len(set(drawn)) == len(json.loads((space.bibles / "film" / "references.json").read_text()))
