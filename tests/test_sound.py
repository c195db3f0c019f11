"""Sound: as loud as it must be, in time with the picture, the same on every run, and another for another film."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lab import HEARD, ROOT, Studio, sha256
from pydantic import ValidationError
from sounds import MERRY, SORRY, brief, centre, heard, sheet, streams

from studio.config import SoundSettings
from studio.sound import ambience, composer, foley, instruments, loudness, score, synth, track
from studio.sound.catalogue import read
from studio.sound.recipes import perform
from studio.story.catalogue import entries
from studio.story.document import GENRES, TIMES, WEATHERS


def assert_published(file: Path, facts: track.Facts) -> None:
    """Within the bounds, measured by ffmpeg's ebur128 in the file itself, and nothing clipped."""
    found = loudness.measure(file)
    assert -17 <= found.integrated <= -15 and found.true_peak <= -1
    assert (facts.integrated, facts.true_peak) == (found.integrated, found.true_peak)
    assert np.abs(heard(file)).max() < 1


@pytest.mark.parametrize(("scenes", "seconds"), [(1, 1.0), (6, 1.5), (12, 1.0)])
@pytest.mark.parametrize("genre", ["comedy", "horror"])
def test_loudness_peak_and_length(tmp_path: Path, genre: str, scenes: int, seconds: float) -> None:
    film = sheet(genre, scenes, seconds, weather="storm", fps=23.976)
    facts = track.make(film, SoundSettings(), tmp_path / "sound.m4a")
    assert_published(tmp_path / "sound.m4a", facts)
    assert abs(len(heard(tmp_path / "sound.m4a")) / synth.RATE - film.frames / film.fps) < 1 / film.fps


@pytest.mark.slow
@pytest.mark.parametrize("n", range(10))
def test_loudness_of_ten_films(tmp_path: Path, n: int) -> None:
    places = list(entries("places"))
    shot = brief("The keeper runs to the door.", place=places[5 * n], weather=WEATHERS[n % 7], kinds=("person", "dog"),
                 seconds=6)  # fmt: skip
    film = sheet(GENRES[n], 6, 6, text=SORRY if n % 2 else MERRY, seed=n, shot=shot)
    assert_published(tmp_path / "sound.m4a", track.make(film, SoundSettings(), tmp_path / "sound.m4a"))


@pytest.mark.parametrize("part", ["score", "ambience", "effects"])
def test_each_part_can_be_heard_alone(tmp_path: Path, part: str) -> None:
    alone = SoundSettings(**{name: name == part for name in ("score", "ambience", "effects")})
    facts = track.make(sheet(weather="storm"), alone, tmp_path / "sound.m4a")
    assert_published(tmp_path / "sound.m4a", facts)
    assert (bool(facts.key), bool(facts.ambiences), bool(facts.effects)) == tuple(
        part == name for name in ("score", "ambience", "effects")
    )


def test_silence_stays_silence(tmp_path: Path) -> None:
    still = sheet(shot=brief("Nothing.", kinds=()))
    facts = track.make(still, SoundSettings(score=False, ambience=False), tmp_path / "sound.m4a")
    assert facts.integrated is None and not heard(tmp_path / "sound.m4a").any()


def test_the_same_sheet_gives_the_same_bytes_on_any_number_of_threads(tmp_path: Path) -> None:
    told = sheet("fantasy", weather="storm").model_dump_json()
    program = (
        "import os, sys, pathlib\n"
        "if sys.argv[3] == 'one': os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "from studio.sound import track; from studio.sound.sheet import Sheet\n"
        "from studio.config import SoundSettings\n"
        "sheet = Sheet.model_validate_json(pathlib.Path(sys.argv[1]).read_text())\n"
        "track.make(sheet, SoundSettings(), pathlib.Path(sys.argv[2]))\n"
    )
    (tmp_path / "sheet.json").write_text(told)
    made = []
    for threads, cores in (("1", "one"), ("8", "all")):
        out = tmp_path / f"{threads}.m4a"
        env = {**os.environ, "OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads, "PYTHONPATH": str(ROOT)}
        arguments = [sys.executable, "-c", program, str(tmp_path / "sheet.json"), str(out), cores]
        subprocess.run(arguments, check=True, env=env, cwd=tmp_path)
        made.append(hashlib.sha256(out.read_bytes()).hexdigest())
    assert made[0] == made[1]


def test_beds_made_ahead_sound_the_same_and_those_of_another_plan_are_not_used() -> None:
    film, settings = sheet("drama", 2, 2.0), SoundSettings()
    bare = film.model_copy(update={"parts": tuple(part.model_copy(update={"cues": ()}) for part in film.parts)})
    wave, told = track.mix(film, settings)
    ready = track.beds(bare, settings)
    ahead, same = track.mix(film, settings, ready)
    assert np.array_equal(wave, ahead) and told == same
    silent = replace(ready, music=np.zeros_like(ready.music))
    assert not np.array_equal(track.mix(film, settings, silent)[0], wave), "what is ready is what is heard"
    other = track.beds(sheet("comedy", 3, 1.5), settings)
    assert np.array_equal(track.mix(film, settings, other)[0], wave)


def test_a_comedy_is_fast_bright_and_major_where_a_tragedy_is_slow_dark_and_minor() -> None:
    films = {"comedy": sheet("comedy", 4, 3, text=MERRY), "tragedy": sheet("drama", 4, 3, text=SORRY)}
    scores = {name: composer.compose(film) for name, film in films.items()}
    comedy, tragedy = scores["comedy"], scores["tragedy"]
    assert films["tragedy"].tragic and not films["comedy"].tragic
    assert comedy.tempo > 1.5 * tragedy.tempo
    assert comedy.key.mode == "major"
    assert {section.key.mode for section in tragedy.sections} <= {"minor", "dorian", "phrygian"}
    assert len(set(comedy.instruments) & set(tragedy.instruments)) <= 1
    waves = {name: score.render(written, films[name].samples) for name, written in scores.items()}
    assert centre(waves["comedy"]) > 1.3 * centre(waves["tragedy"])


def test_each_section_of_the_score_begins_on_a_cut_and_holds_whole_beats() -> None:
    film = sheet("adventure", 6, 2.37, fps=23.976)
    written = composer.compose(film)
    cuts = [0.0, *(part.first / film.fps for part in film.parts), film.parts[-1].last / film.fps]
    assert [section.start for section in written.sections] == cuts
    for section in written.sections:
        assert abs(section.pulse * written.tempo / 60 - 1) < 0.2, "no section is pressed or stretched much"
        starts = [note.start for note in written.notes if section.start <= note.start < section.end]
        assert min(starts) == section.start
    melody = [note for note in written.notes if note.instrument == written.sections[-1].lead]
    last = max(melody, key=lambda note: note.start)
    assert last.pitch is not None and (last.pitch - written.sections[-1].key.tonic) % 12 == 0, "it ends on the tonic"


def test_every_production_has_a_motif_of_its_own() -> None:
    lines = {
        tuple((n.pitch, round(n.start, 2)) for n in composer.compose(sheet("romance", seed=seed)).notes)
        for seed in range(6)
    }
    assert len(lines) == 6


def test_every_entry_of_the_catalogue_sounds() -> None:
    for name in instruments.instruments():
        wave = instruments.play(name, instruments.in_range(name, 60), 0.3)
        assert np.isfinite(wave).all() and 0.01 < np.abs(wave).max() < 1, name
    for table, model in (("drums", score.Drum), ("effects", foley.Effect)):
        for name, entry in read(table, model).items():
            wave = perform(entry.layers, synth.dice(name))
            assert np.isfinite(wave).all() and np.abs(wave).max() > 0.01, name
    played = {*instruments.instruments(), *read("drums", score.Drum), ""}
    figures = read("figures", composer.Figure)
    for genre in GENRES:
        style = read("styles", composer.Style)[genre]
        assert {*style.lead, style.chords, style.pad, style.bass, *style.drums} <= played and style.figure in figures
    for entry in [*read("ambiences", ambience.Ambience).values(), *read("effects", foley.Effect).values()]:
        assert set(entry.places) <= set(entries("places")), "a place that is not in the story's catalogue"
    with pytest.raises(ValidationError):
        foley.Effect.model_validate({"layers": [{"low": 1, "loud": 2}]})


def test_every_place_weather_and_hour_has_its_ambience() -> None:
    part = sheet().parts[0]
    for place in entries("places"):
        for weather in WEATHERS:
            for time in TIMES:
                assert ambience.of(part.model_copy(update={"place": place, "weather": weather, "time": time}))
    names = {w: set(ambience.of(part.model_copy(update={"weather": w}))) for w in WEATHERS}
    assert "rain" in names["rain"] and "wind" in names["wind"] and "sea" in names["clear"]
    assert "insects" in ambience.of(part.model_copy(update={"time": "night"}))


def test_thunder_begins_with_the_very_frame_of_its_lightning() -> None:
    from studio.previz.film import Film

    shot = brief("Nothing.", weather="storm", seconds=4, kinds=(), seed=7)
    film = sheet(scenes=1, seconds=4, shot=shot)
    events = foley.events(film)
    assert {event.effect for event in events} == {"thunder"}
    drawn = Film(shot)
    lit = {n for n in range(shot.frames) if drawn.frame(n).mean() > drawn.frame(max(0, n - 3)).mean() + 20}
    for event in events:
        assert event.frame - film.parts[0].first in lit and event.frame - film.parts[0].first - 1 not in lit
    wave = foley.render(film, events)
    first = int(np.flatnonzero(np.abs(wave).max(axis=1) > 1e-4)[0])
    assert 0 <= first - film.sample(events[0].frame) < film.sample(1)


def test_steps_fall_when_a_foot_does() -> None:
    from studio.previz.sets import build_set
    from studio.previz.staging import roles

    shot = brief("The keeper walks along.", seconds=4)
    film = sheet(scenes=1, seconds=4, shot=shot)
    steps = [event.frame - film.parts[0].first for event in foley.events(film) if event.effect.startswith("step")]
    stage = build_set(shot.location, "drama", "", "noon", "clear", "natural", "setup", shot.seed, shot.seconds)
    role = roles(shot, stage)[0]
    cycle = 1.5 * role.figure.body.leg / 2  # type: ignore[attr-defined]
    assert len(steps) == int(abs(role.travel) / cycle) > 1
    for k, frame in enumerate(steps, 1):
        before, after = (role.moment(n / 24, shot.seconds, 0.0).travelled for n in (frame - 2, frame))
        assert before < k * cycle <= after


@pytest.mark.parametrize(
    ("kind", "action", "place", "effect"),
    [
        ("dog", "The dog runs.", "forest", "step_grass"), ("gull", "The gull flies.", "coast", "wingbeat"),
        ("dragon", "The dragon flies.", "castle", "wingbeat"), ("person", "The girl swims.", "lake", "stroke"),
        ("giraffe", "The giraffe walks.", "desert", "step_sand"), ("robot", "It walks.", "spaceship", "step_metal"),
        ("penguin", "The penguin walks.", "snowfield", "step_snow"), ("whale", "The whale swims.", "sea", "whale"),
        ("gargoyle", "It walks.", "street", ""), ("snake", "The snake walks.", "desert", ""),
        ("octopus", "The octopus walks.", "underwater", ""),
    ],
)  # fmt: skip
def test_creatures_of_every_family_move_as_they_sound(kind: str, action: str, place: str, effect: str) -> None:
    shot = brief(action, place=place, seconds=4, kinds=(kind,))
    found = {event.effect for event in foley.events(sheet(scenes=1, seconds=4, shot=shot))}
    assert effect in found if effect else not found


@pytest.fixture(scope="module")
def film(package: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Studio, dict[str, Any]]:
    studio = Studio(package, tmp_path_factory.mktemp("sound"))
    return studio, studio.make("--name", "film", *HEARD)


def test_the_sound_is_planned_as_it_is_cut(film: tuple[Studio, dict[str, Any]]) -> None:
    studio, made = film
    program = (
        "import sys, pathlib; from studio.config import Workspace; from studio.crew.production import reopen\n"
        "from studio.crew import assembly, editor, sound; from studio.sound import track\n"
        "film = reopen(Workspace(pathlib.Path(sys.argv[1])), sys.argv[2])\n"
        "cut = sound.sheet(film, editor.items(film))\n"
        "planned = sound.planned(film, assembly._planned(film, cut.fps), cut.fps)\n"
        "print(track._beds_key(planned) == track._beds_key(cut))"
    )
    told = [sys.executable, "-c", program, str(studio.space), made["name"]]
    done = subprocess.run(told, env=studio.environment(), cwd=studio.space, capture_output=True, text=True, timeout=100)
    assert done.stdout == "True\n", done.stderr


def test_the_film_has_a_track_that_begins_and_ends_with_its_pictures(film: tuple[Studio, dict[str, Any]]) -> None:
    _, made = film
    found, report = streams(Path(made["film"])), made["report"]
    assert found["audio"][0] == found["video"][0] == 0
    assert abs(found["audio"][1] - found["video"][1]) < 1 / 24
    assert found["video"][1] == pytest.approx(report["production"]["frames"] / 24)
    assert -17 <= report["sound"]["integrated"] <= -15 and report["sound"]["true_peak"] <= -1
    assert report["sound"]["seconds"] == pytest.approx(report["production"]["film_seconds"], abs=1e-3)


def test_without_sound_the_film_has_the_same_pictures_and_no_track(film: tuple[Studio, dict[str, Any]]) -> None:
    from exports import packets

    studio, made = film
    silent = studio.make("--name", "silent")
    assert streams(Path(silent["film"])).keys() == {"video"} and silent["report"]["sound"] is None
    pictures = [packet for packet in packets(Path(made["film"])) if packet[0] == 0]
    assert packets(Path(silent["film"])) == pictures, "each picture is shown when it was, and is the same to the bit"


def test_a_replay_takes_the_track_from_the_cache_and_a_damaged_one_is_made_again(
    film: tuple[Studio, dict[str, Any]],
) -> None:
    studio, made = film
    tracks = list((studio.space / "runs" / ".takes" / "sound").iterdir())
    slate, whole = str(studio.space / "runs" / "film" / "slate.json"), tracks[0].read_bytes()
    stamp = tracks[0].stat().st_mtime_ns
    assert studio("make", "--slate", slate, "--name", "again").returncode == 0
    assert sha256(studio.space / "runs" / "again" / "film.mp4") == sha256(made["film"])
    assert tracks[0].stat().st_mtime_ns == stamp
    tracks[0].write_bytes(whole[:-9] + b"not a track")
    assert studio("make", "--slate", slate, "--name", "third").returncode == 0
    assert sha256(studio.space / "runs" / "third" / "film.mp4") == sha256(made["film"])
    assert tracks[0].read_bytes() == whole
