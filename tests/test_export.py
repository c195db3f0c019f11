"""Delivery: what leaves for the editing room says of every cut, dissolve and word what the film says, to the frame."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest
from lab import Studio

from studio import cli
from studio.config import Workspace
from studio.crew import delivery
from studio.crew.production import reopen
from studio.edit.exports.base import Delivery, Placed
from studio.edit.probe import probe
from studio.errors import BadInput, DiskFull
from studio.memory.store import Memory
from studio.memory.tables import Request
from studio.plugins import load, names

EDITING = {"otio": "otio_json", "edl": "cmx_3600", "fcp7xml": "fcp_xml"}
TRICKS = ["<script>alert(1)</script> & --> {\\an8}", "=cmd|' /C calc'!A1", "灯台守が鯨を見つける", "Смотритель маяка", "a\n\n00:00:00,000 --> 9",
          "@SUM(A1)"]  # fmt: skip
CHEAP = [
    "--engine", "flat", "--artist", "flat", "--llm", "canned", "--set", "production.width=128",
    "--set", "production.height=96", "--set", "reward.visual_quality=1", "--set", "reward.character_consistency=0",
    "--set", "reward.location_consistency=0", "--set", "reward.narrative_coherence=0", "--set", "rl.learn=false",
    "--set", "rl.takes_per_shot=1",
]  # fmt: skip
"""The laboratory's film without its reward term, so that these slates mean something outside it too."""
Export = Callable[..., Path]


def board() -> dict[str, Any]:
    """Six scenes of one shot or two; the first is narrated, in the second two speak, in the fourth all do and more."""
    scenes = [
        {
            "number": n, "title": TRICKS[n - 1], "summary": "They meet.", "location": "shore", "characters": ["keeper"],
            "narration": "The sea was empty for a long, long year. " * 3 if n in (1, 4) else "",
            "shots": [
                {"number": s, "action": TRICKS[n - 1], "characters": ["keeper"], "seconds": 2, "dialogue": []}
                for s in range(1, 3 if n == 1 else 2)
            ],
        }
        for n in range(1, 7)
    ]  # fmt: skip
    scenes[1]["shots"][0]["dialogue"] = [{"character": "keeper", "text": t} for t in ("Hello <b>you</b>.", "=1+1")]
    scenes[3]["shots"][0]["dialogue"] = [{"character": "keeper", "text": TRICKS[4]}]
    keeper = {"id": "keeper", "name": "-the <keeper>", "kind": "person", "description": "A keeper."}
    shore = {"id": "shore", "name": "+the shore", "kind": "coast", "description": "A shore."}
    return {"title": "Кит & <i>keeper</i> 🐳", "logline": TRICKS[0], "characters": [keeper], "locations": [shore],
            "scenes": scenes}  # fmt: skip


@pytest.fixture(scope="module")
def films(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with the finished productions ``one`` (a scene of two shots) and ``six``, and ``bare``, not cut."""
    home = tmp_path_factory.mktemp("export")
    (home / "board.json").write_text(json.dumps(board()))
    studio = Studio(package, home)
    for name, what in (("one", ["--prompt", "A keeper", "--scenes", "1"]), ("six", ["--storyboard", "board.json"])):
        done = studio("make", "--name", name, *what, *CHEAP)
        assert done.returncode == 0, done.stderr
    (home / "runs" / "bare").mkdir()
    shutil.copy(home / "runs" / "one" / "slate.json", home / "runs" / "bare")
    memory = Memory(home / "runs" / "studio.db")
    take = memory.takes("one")[0]
    take.data = {**take.data, "critic": {**take.data["critic"], "notes": ["flickering: 2 jumps (first at frame 31; all)"]}}
    memory.commit_take(take)
    memory.ask(Request(production="one", scene=1, shot=2, note="closer,\nat night", done=True))
    return Workspace(home)


@pytest.fixture
def run(films: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """`studio …` in this process: exit code, stdout, stderr."""
    monkeypatch.setenv("STUDIO_WORKSPACE", str(films.root))
    monkeypatch.chdir(films.root)

    def command(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["studio", *arguments])
        with pytest.raises(SystemExit) as left:
            cli.main()
        said = capsys.readouterr()
        return int(left.value.code or 0), said.out, said.err

    return command


@pytest.fixture
def export(run: Callable[..., Any], tmp_path: Path) -> Export:
    """Export a film to a format; returns the file."""

    def exported(name: str, to: str) -> Path:
        out = tmp_path / f"{name}{load('edit.exports', to).Export.suffix}"
        code, said, error = run("export", name, "--to", to, "--out", str(out))
        assert code == 0, error
        assert said == f"{out}\n"
        return out

    return exported


def gathered(films: Workspace, name: str) -> Delivery:
    return delivery.gather(reopen(films, name))


def frames_in(films: Workspace, name: str) -> int:
    report = json.loads((films.runs / name / "report.json").read_text())
    return int(report["production"]["frames"])


class Contract:
    """What every format promises. A format's tests inherit this and name it."""

    to = ""

    @property
    def suffix(self) -> str:
        return str(load("edit.exports", self.to).Export.suffix)

    @pytest.mark.parametrize("name", ["one", "six"])
    def test_the_same_film_gives_the_same_bytes(self, export: Export, films: Workspace, name: str) -> None:
        whole = export(name, self.to).read_bytes()
        assert export(name, self.to).read_bytes() == whole

    def test_json_says_what_was_written_beside_the_film(self, run: Callable[..., Any], films: Workspace) -> None:
        code, said, _ = run("export", "six", "--to", self.to, "--json")
        told = json.loads(said)
        file = films.runs / "six" / "exports" / f"six{self.suffix}"
        assert code == 0 and told["file"] == str(file) and told["bytes"] == file.stat().st_size
        assert told["frames"] == frames_in(films, "six") and told["seconds"] == round(told["frames"] / 24, 3)

    @pytest.mark.parametrize("error", [DiskFull("full"), OSError(5, "Input/output error")])
    def test_a_file_that_cannot_be_published_leaves_the_old_one(
        self, run: Callable[..., Any], films: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
    ) -> None:  # fmt: skip
        out = tmp_path / f"film{self.suffix}"
        out.write_text("the old one")

        def fails(temporary: Path, final: Path) -> None:
            assert temporary.is_file() and temporary.parent == final.parent == out.parent
            raise error

        monkeypatch.setattr(delivery, "publish_file", fails)
        code, _, said = run("export", "one", "--to", self.to, "--out", str(out))
        assert code in (1, 2) and len(said.strip().splitlines()) == 1
        assert out.read_text() == "the old one" and list(tmp_path.iterdir()) == [out]

    @pytest.mark.parametrize(
        ("name", "out", "said"),
        [
            ("ghost", "film", "there are: one, six"), ("bare", "film", "has not been cut yet; `studio resume bare`"),
            ("../one", "film", "there are"), ("one", "nowhere/film", "no folder"), ("one", "/proc/film", "cannot write"),
            ("one", "n" * 300, "name too long"),
        ],
    )  # fmt: skip
    def test_bad_input_is_one_line_and_writes_nothing(
        self, run: Callable[..., Any], tmp_path: Path, name: str, out: str, said: str
    ) -> None:
        code, stdout, error = run("export", name, "--to", self.to, "--out", str(tmp_path / (out + self.suffix)))
        assert (code, stdout) == (2, "") and said in error and len(error.strip().splitlines()) == 1
        assert list(tmp_path.iterdir()) == []

    def test_another_suffix_or_a_folder_is_refused(self, run: Callable[..., Any], tmp_path: Path) -> None:
        for out, said in ((tmp_path / "film.avi", f"try {tmp_path / 'film'}{self.suffix}"), (tmp_path, "is a folder")):
            code, _, error = run("export", "one", "--to", self.to, "--out", str(out))
            assert code == 2 and said in error and list(tmp_path.iterdir()) == []


class TimeLine(Contract):
    """What the formats of editing programs promise on top."""

    def read(self, file: Path) -> otio.schema.Timeline:
        read = otio.adapters.read_from_file(str(file), EDITING[self.to])
        return read if isinstance(read, otio.schema.Timeline) else read[0]

    @pytest.mark.parametrize("name", ["one", "six"])
    def test_cuts_dissolves_and_lengths_read_back_to_the_frame(
        self, export: Export, films: Workspace, name: str
    ) -> None:
        track = self.read(export(name, self.to)).video_tracks()[0]
        laid = gathered(films, name).placed()
        assert track.duration().value == frames_in(films, name) == probe(films.runs / name / "film.mp4").frames
        assert [clip.name for clip in track.find_clips()] == [p.piece.name for p in laid]
        assert seen(track) == [(p.first - p.head, p.piece.frames) for p in laid]
        fades = [item for item in track if isinstance(item, otio.schema.Transition)]
        assert [(t.in_offset + t.out_offset).value for t in fades] == [p.piece.dissolve for p in laid if p.piece.dissolve]
        assert {t.transition_type for t in fades} == {"SMPTE_Dissolve"}

    @pytest.mark.parametrize("name", ["one", "six"])
    def test_media_is_there_and_long_enough(self, export: Export, name: str) -> None:
        for clip in self.read(export(name, self.to)).find_clips():
            media = Path(otio.url_utils.filepath_from_url(clip.media_reference.target_url))
            assert media.is_absolute() and media.is_file()
            held, used = probe(media).frames, clip.source_range
            assert 0 <= used.start_time.value and used.end_time_exclusive().value <= held
            if self.to != "edl":  # an EDL knows no more of a file than what is used
                assert clip.media_reference.available_range.duration.value == held

    def test_notes_are_markers_on_their_clip(self, export: Export) -> None:
        clips = {c.name: c for c in self.read(export("one", self.to)).find_clips()}
        marks = {n: [(m.name.lower(), m.marked_range.start_time.value) for m in c.markers] for n, c in clips.items()}
        assert marks["sc01_sh01_tk1"] == [("critic: flickering: 2 jumps (first at frame 31; all)", 31)]
        assert marks["sc01_sh02_tk1"] == [("user: closer, at night", 0)]
        assert marks["title"] == marks["end"] == []


def seen(track: otio.schema.Track) -> list[tuple[float, float]]:
    """(first frame, frames) of each clip as far as it is seen, fading or alone; independent of where a cut is put."""
    out = []
    for n, item in enumerate(track):
        if isinstance(item, otio.schema.Clip):
            at = track.range_of_child_at_index(n)
            first, last = at.start_time.value, at.end_time_exclusive().value
            if n and isinstance(track[n - 1], otio.schema.Transition):
                first -= track[n - 1].in_offset.value
            if n + 1 < len(track) and isinstance(track[n + 1], otio.schema.Transition):
                last += track[n + 1].out_offset.value
            out.append((first, last - first))
    return out


class TestOtio(TimeLine):
    to = "otio"


class TestEdl(TimeLine):
    to = "edl"

    def test_reels_have_eight_characters_and_lines_are_not_forged(self, export: Export) -> None:
        lines = export("six", "edl").read_text().splitlines()
        events = [line for line in lines if re.match(r"\d{3}  ", line)]
        assert all(re.fullmatch(r"\d{3}  .{8} V     [CD] .{6}( \d\d(:\d\d){3}){4}", line) for line in events)
        assert all(line.startswith(("* ", "TITLE: ")) for line in lines if line and line not in events)


class TestFcp7Xml(TimeLine):
    to = "fcp7xml"

    def test_picture_size_and_silence_are_told(self, export: Export) -> None:
        text = export("one", "fcp7xml").read_text()
        assert text.count("<width>128</width>") == 1 + text.count("<file id=") and "<sourcetrack>" not in text


@pytest.mark.parametrize("to", ["edl", "fcp7xml"])
def test_a_rate_without_time_code_is_refused_with_the_way_out(films: Workspace, tmp_path: Path, to: str) -> None:
    slow = replace(gathered(films, "one"), fps=16.0)
    with pytest.raises(BadInput, match="24, 25, 30, 48, 50, 60 frames a second, one has 16; use --to otio"):
        load("edit.exports", to).Export().write(slow, tmp_path / "x")
    load("edit.exports", "otio").Export().write(slow, tmp_path / "x")
