"""Clips of other rates and sizes in the film: exact length, true speed, nothing squeezed, packets still copied."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from lab import Studio, sha256

from studio.config import Settings, Workspace
from studio.crew import conforming, enricher, opening
from studio.edit.conform import Format, conform, describe, fit, length
from studio.edit.encode import Encoder
from studio.edit.probe import decode_strictly, probe
from studio.edit.stitch import Item, stitch
from studio.engines.base import Capabilities
from studio.errors import EngineFailed
from studio.plugins import load as load_writer
from studio.story.direction import Direction
from studio.story.document import CreativeDocument

SPEED, SIDE = 20.0, 16
TOLD = {"scenes": 1, "max_characters": 8, "max_locations": 1, "seed": 0, "bible": None}


def clip(path: Path, made: Format, seconds: float, handles: int = 0) -> Path:
    """A white square of 16 pixels whose left edge starts at 0 and moves 20 pixels a second."""
    frames = round(seconds * made.fps)
    with Encoder(path, made.width, made.height, made.fps, keyframes=(handles, frames - handles)) as encoder:
        for n in range(frames):
            picture = np.full((made.height, made.width, 3), 40, np.uint8)
            left = round(SPEED * n / made.fps)
            picture[:, left : left + SIDE] = 235
            encoder.write(picture)
    return path


def pictures(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def left_edge(picture: np.ndarray) -> int:
    """Column in which the square begins, in the middle row."""
    return int(np.flatnonzero(picture[picture.shape[0] // 2, :, 0] > 140)[0])


@pytest.mark.parametrize(
    ("native", "film"), [(8, 24), (16, 24), (30, 24), (7, 24), (24, 16), (30, 16), (16, 30), (8, 23.976)]
)
def test_motion_keeps_its_true_speed_at_another_rate(tmp_path: Path, native: float, film: float) -> None:
    shot, wanted = Format(144, 96, native), Format(144, 96, film)
    source = clip(tmp_path / "shot.mp4", shot, seconds=4)
    frames = length(probe(source).frames, native, film)
    conform(source, tmp_path / "film.mp4", shot, wanted, frames)
    made = pictures(tmp_path / "film.mp4")
    assert len(made) == frames
    assert abs(frames / film - 4) <= 0.5 / film + 0.5 / native, "it lasts as long as before"
    step = SPEED / native
    for n in range(0, frames, 5):
        assert abs(left_edge(made[n]) - SPEED * n / film) <= step / 2 + 2.0, f"where the square is at {n / film:.2f} s"


def test_a_conformed_clip_has_the_films_size_rate_and_colours_and_decodes(tmp_path: Path) -> None:
    shot, film = Format(96, 64, 8), Format(128, 80, 24)
    source = clip(tmp_path / "shot.mp4", shot, seconds=2)
    conform(source, tmp_path / "film.mp4", shot, film, 48, handles=12)
    decode_strictly(tmp_path / "film.mp4")
    fact = probe(tmp_path / "film.mp4")
    assert (fact.frames, fact.fps, fact.width, fact.height) == (48, 24, 128, 80)
    with av.open(str(tmp_path / "film.mp4")) as container:
        context = container.streams.video[0].codec_context
        assert (context.color_primaries, context.color_trc, context.colorspace) == (1, 1, 1), "BT.709 by tag"
    before, after = pictures(source)[0], pictures(tmp_path / "film.mp4")[0]
    assert abs(int(before[32, 50, 0]) - int(after[40, 66, 0])) <= 3, (
        "BT.709 by pixel: the ground stays as dark as it was"
    )


def test_nearly_the_same_shape_fills_the_frame_and_another_shape_gets_bars(tmp_path: Path) -> None:
    film = Format(128, 64, 8)
    wide, square = Format(112, 64, 8), Format(64, 64, 8)
    assert (fit(wide, film), fit(square, film)) == ("crop", "pad")
    conform(clip(tmp_path / "wide.mp4", wide, 1), tmp_path / "filled.mp4", wide, film, 8)
    conform(clip(tmp_path / "square.mp4", square, 1), tmp_path / "barred.mp4", square, film, 8)
    filled, barred = pictures(tmp_path / "filled.mp4")[0], pictures(tmp_path / "barred.mp4")[0]
    assert filled[:, -4:].min() > 20, "no bars"
    assert barred[:, :28].max() < 20 and barred[:, -28:].max() < 20, "bars left and right"
    width = int((barred[32, :, 0] > 140).sum())
    assert abs(width - SIDE) <= 2, "nothing is squeezed"
    assert "12% cut away" in describe(wide, film) and "black bars" in describe(square, film)


def test_the_same_clip_is_conformed_to_the_same_bytes(tmp_path: Path) -> None:
    shot, film = Format(96, 64, 8), Format(128, 80, 24)
    source = clip(tmp_path / "shot.mp4", shot, seconds=1)
    for name in ("one.mp4", "two.mp4"):
        conform(source, tmp_path / name, shot, film, 24, handles=6)
    assert sha256(tmp_path / "one.mp4") == sha256(tmp_path / "two.mp4")


def test_packets_of_conformed_clips_are_copied_into_the_film(tmp_path: Path) -> None:
    shot, film = Format(96, 64, 8), Format(128, 80, 24)
    card = clip(tmp_path / "card.mp4", film, seconds=2, handles=12)
    conform(clip(tmp_path / "shot.mp4", shot, 3), tmp_path / "conformed.mp4", shot, film, 72, handles=12)
    made = stitch(
        [Item(card, 48), Item(tmp_path / "conformed.mp4", 72, 12), Item(card, 48, 12)], tmp_path / "film.mp4", {}
    )
    assert (made.method, made.notes, made.frames) == ("smart", [], 48 + 72 + 48 - 24)


def test_a_file_that_is_no_video_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "broken.mp4").write_bytes(b"no video")
    with pytest.raises(EngineFailed, match=r"could not conform broken\.mp4"):
        conform(tmp_path / "broken.mp4", tmp_path / "film.mp4", Format(96, 64, 8), Format(96, 64, 24), 24)
    assert [path.name for path in tmp_path.iterdir()] == ["broken.mp4"]


@pytest.fixture(scope="module")
def conformed(package: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A film at 24 fps and 128x96 by an engine of 8 fps and 144x96, with a shot that it cannot render whole."""
    studio = Studio(package, tmp_path_factory.mktemp("conformed"))
    made = studio.make(
        "--engine", "square", "--name", "film", "--scenes", "1", "--set", "production.fps=24",
        "--set", "rl.takes_per_shot=1", "--set", "sound.score=false", "--set", "sound.effects=false",
    )  # fmt: skip
    return {**made, "studio": studio}


def test_a_film_of_another_rate_has_the_length_that_it_plays(conformed: dict[str, Any]) -> None:
    report, fact = conformed["report"], probe(Path(conformed["film"]))
    assert (fact.fps, fact.width, fact.height) == (24, 128, 96)
    assert fact.frames == report["production"]["frames"]
    assert report["production"]["film_seconds"] == pytest.approx(fact.frames / 24, abs=1e-3)
    shots = [shot for scene in report["scenes"] for shot in scene["shots"]]
    clips = sum(length(shot["frames"], 8, 24) for shot in shots)
    cards, dissolves = 2 * 60, 2 * 12
    assert fact.frames == cards + clips - dissolves
    assert report["cuts"][-1]["method"] == "smart"


def test_the_report_says_what_was_conformed_and_what_was_too_long(conformed: dict[str, Any]) -> None:
    warnings = " ".join(conformed["report"]["warnings"])
    assert "144x96 at 8 fps are conformed to the film's 128x96 at 24 fps" in warnings
    assert "renders at most 9 frames" in warnings, "the shot is planned longer than the engine can render"


def test_a_shot_of_the_film_moves_at_its_true_speed(conformed: dict[str, Any]) -> None:
    film = pictures(Path(conformed["film"]))
    first = 60 - 12  # the first shot fades in over the end of the title card
    for n in (14, 19, 24):
        edge = left_edge(film[first + n])
        scale, shift = 1.0, (144 - 128) / 2  # filled: 8 columns are cut away on either side
        assert abs(edge - max(0.0, SPEED * n / 24 * scale - shift)) <= 3.5


def test_timelines_and_the_viewer_place_conformed_shots_where_they_play(conformed: dict[str, Any]) -> None:
    studio: Studio = conformed["studio"]
    done = studio("export", "film", "--to", "otio", "--out", str(studio.space / "film.otio"), "--json")
    assert done.returncode == 0, done.stderr
    timeline = json.loads((studio.space / "film.otio").read_text())
    clips = [c for c in timeline["tracks"]["children"][0]["children"] if c["OTIO_SCHEMA"].startswith("Clip")]
    played = sum(c["source_range"]["duration"]["value"] for c in clips)
    assert played == conformed["report"]["production"]["frames"]
    for c in clips:
        media = next(iter(c["media_references"].values()))
        held = probe(Path(media["target_url"].removeprefix("file://")))
        assert held.fps == 24 and held.frames == media["available_range"]["duration"]["value"]

    from studio.viewer.library import Library
    from studio.viewer.media import Vault
    from studio.viewer.screening import screen

    library = Library(Workspace(studio.space))
    listed = library.listing()[0]
    assert listed.seconds == pytest.approx(conformed["report"]["production"]["film_seconds"], abs=1e-3)
    shown = screen(library.record("film"), Vault(Workspace(studio.space)))
    shots = [shot for _, shot in shown.shots()]
    assert shown.fps == 24 and shots[0].start == 60 - 12
    assert [shot.end for shot in shots][:-1] == [shot.start for shot in shots][1:], "one after the other, cut to cut"


@pytest.mark.parametrize(
    ("able", "seconds", "frames", "handles", "film_frames", "too_long"),
    [
        (Capabilities(fps=8.0, frame_step=8, frame_offset=1, max_frames=49), 4, 33, 4, 99, False),  # CogVideoX
        (Capabilities(fps=8.0, frame_step=16, max_frames=16), 6, 16, 4, 48, True),  # Latte
        (Capabilities(fps=16.0, frame_step=4, frame_offset=1, max_frames=481), 6, 97, 8, 146, False),  # Wan
        (Capabilities(fps=30.0, frame_step=6, frame_offset=1, max_frames=163), 4, 121, 15, 97, False),  # Mochi
        (Capabilities(fps=30.0, frame_step=8, frame_offset=1, max_frames=601), 6, 177, 15, 142, False),  # LTX
        (Capabilities(fps=24.0, any_fps=True), 6, 144, 12, 144, False),  # previz
    ],
)
def test_a_brief_counts_in_frames_of_its_engine_and_the_film_in_its_own(
    tmp_path: Path, able: Capabilities, seconds: float, frames: int, handles: int, film_frames: int, too_long: bool
) -> None:
    space = Workspace(tmp_path)
    settings = Settings.model_validate({"production": {"fps": 24}})
    slate, policy = opening.write_slate(space, settings, prompt="A film", name=None)
    production = opening.open_production(space, slate, policy)
    document = (
        load_writer("llm", "offline")
        .Writer(settings)
        .write(
            [{"role": "user", "content": json.dumps({"variables": {**TOLD, "prompt": "A keeper finds a whale"}})}],
            CreativeDocument,
        )
    )
    production.memory.memoise("plan", {"production": production.name}, document.model_dump(mode="json"))
    production.memory.memoise("references", {"production": production.name}, {})
    production.engine.capabilities = able
    scene = production.document.scenes[0]
    shot = scene.shots[0].model_copy(update={"seconds": seconds})
    brief = enricher.write_brief(production, scene, shot, Direction(), 7, time_of_day="noon", weather="clear")
    assert (brief.frames, brief.fps, brief.parameters["handles"]) == (frames, able.fps, handles)
    assert conforming.film_frames(production, brief.model_dump()) == film_frames
    assert abs(film_frames / 24 - brief.seconds) <= 0.5 / 24, "at true speed"
    assert bool(production.memory.remarks(production.name, "warning")) == too_long
