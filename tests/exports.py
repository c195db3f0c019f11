"""What the tests of delivery share: a storyboard full of tricks, and the contract that every format keeps."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import av
import opentimelineio as otio
import pytest
from lab import sha256

from studio.config import Workspace
from studio.crew import delivery
from studio.crew.production import reopen
from studio.edit.exports.base import Delivery
from studio.edit.probe import probe
from studio.errors import DiskFull
from studio.plugins import load

EDITING = {"otio": "otio_json", "edl": "cmx_3600", "fcp7xml": "fcp_xml"}
TRICKS = [
    "<script>alert(1)</script> & --> {\\an8}", "=cmd|' /C calc'!A1", "灯台守が鯨を見つける", "Смотритель маяка",
    "a\n\n00:00:00,000 --> 9", "@SUM(A1)",
]  # fmt: skip
"""What is hard to print in one format or another; each is the title of a scene and the action of its shots."""
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
        self, run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
    ) -> None:
        out = tmp_path / f"film{self.suffix}"
        out.write_text("the old one")

        def fails(temporary: Path, final: Path) -> None:
            assert temporary.is_file() and temporary.parent == final.parent == out.parent
            raise error

        monkeypatch.setattr(delivery, "publish_path", fails)
        code, _, said = run("export", "one", "--to", self.to, "--out", str(out))
        assert code in (1, 2) and len(said.strip().splitlines()) == 1
        assert out.read_text() == "the old one" and list(tmp_path.iterdir()) == [out]

    @pytest.mark.parametrize(
        ("name", "out", "said"),
        [
            ("ghost", "film", "there are: one, six"),
            ("../one", "film", "there are: one, six"),
            ("bare", "film", "has not been cut yet; `studio resume bare`"),
            ("one", "nowhere/film", "no folder"),
            ("one", "/proc/film", "cannot write"),
            ("one", "n" * 300, "name too long"),
        ],
    )
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


class Signed(Contract):
    """What a signed format promises instead of equal bytes: equal pictures and sound."""

    @pytest.mark.parametrize("name", ["one", "six"])
    def test_the_same_film_gives_the_same_bytes(self, export: Export, films: Workspace, name: str) -> None:
        film = gathered(films, name).film
        before = sha256(film)
        assert packets(export(name, self.to)) == packets(film)
        assert sha256(film) == before, "film.mp4 itself stays unsigned"


def packets(film: Path) -> list[tuple[int, Fraction, bytes]]:
    """(stream, seconds at which it is shown, bytes) of every packet."""
    with av.open(str(film)) as container:
        return [(p.stream_index, (p.pts or 0) * p.time_base, bytes(p)) for p in container.demux() if p.size]


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
        assert [(t.in_offset + t.out_offset).value for t in fades] == [
            p.piece.dissolve for p in laid if p.piece.dissolve
        ]
        assert {t.transition_type for t in fades} == {"SMPTE_Dissolve"}

    @pytest.mark.parametrize("name", ["one", "six"])
    def test_media_is_there_and_long_enough(self, export: Export, name: str) -> None:
        for clip in self.read(export(name, self.to)).video_tracks()[0].find_clips():
            media = Path(otio.url_utils.filepath_from_url(clip.media_reference.target_url))
            assert media.is_absolute() and media.is_file()
            held, used = probe(media).frames, clip.source_range
            assert used.start_time.value >= 0 and used.end_time_exclusive().value <= held
            if self.to != "edl":  # an EDL knows no more of a file than what is used
                assert clip.media_reference.available_range.duration.value == held

    @pytest.mark.parametrize("name", ["one", "six"])
    def test_the_sound_lies_under_the_whole_film(self, export: Export, films: Workspace, name: str) -> None:
        tracks = self.read(export(name, self.to)).audio_tracks()
        if self.to == "edl":
            assert tracks == []
            return
        (clip,) = tracks[0].find_clips()
        media = Path(otio.url_utils.filepath_from_url(clip.media_reference.target_url))
        with av.open(str(media)) as sound:
            seconds = float(sound.streams.audio[0].duration * sound.streams.audio[0].time_base)
        assert clip.source_range.start_time.value == 0
        assert clip.source_range.duration.value == frames_in(films, name)
        assert abs(seconds - frames_in(films, name) / 24) < 1 / 24

    def test_notes_are_markers_on_their_clip(self, export: Export) -> None:
        clips = {c.name: c for c in self.read(export("one", self.to)).video_tracks()[0].find_clips()}
        marks = {n: [(m.name.lower(), m.marked_range.start_time.value) for m in c.markers] for n, c in clips.items()}
        assert marks["sc01_sh01_tk1"] == [("critic: flickering: 2 jumps (first at frame 31; all)", 31)]
        assert marks["sc01_sh02_tk1"][-1] == ("user: closer, at night", 0)
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


TIME = r"(\d\d):(\d\d):(\d\d)[.,](\d{3})"


def spans(text: str) -> list[tuple[int, int]]:
    """(start, end) of every cue, in milliseconds."""
    found = re.findall(rf"(?m)^{TIME} --> {TIME}$", text)
    times = [tuple(map(int, cue)) for cue in found]
    return [tuple(((h * 60 + m) * 60 + s) * 1000 + ms for h, m, s, ms in (t[:4], t[4:])) for t in times]  # type: ignore[misc]


class Links(HTMLParser):
    """Tags of a page, and where it points."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.targets: list[str] = []
        self.handlers: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.targets += [value or "" for name, value in attrs if name in ("src", "href", "poster")]
        self.handlers += [name for name, _ in attrs if name.startswith("on")]
