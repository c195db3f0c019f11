"""Delivery: what leaves for the editing room says of every cut, dissolve and word what the film says, to the frame."""

from __future__ import annotations

import csv
import itertools
import json
import re
import shutil
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from exports import CHEAP, TRICKS, Contract, Export, Links, Signed, TimeLine, board, gathered, spans
from lab import Studio

from studio import cli
from studio.config import Workspace
from studio.edit.burnin import timecode
from studio.edit.exports._subtitles import _pages
from studio.errors import BadInput
from studio.memory.store import Memory
from studio.memory.tables import Circle, Request, Take
from studio.plugins import load, names


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
    take.data = {
        **take.data,
        "critic": {**take.data["critic"], "notes": ["flickering: 2 jumps (first at frame 31; all)"]},
    }
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


class TestOtio(TimeLine):
    to = "otio"


class TestMp4(Signed):
    to = "mp4"


class TestEdl(TimeLine):
    to = "edl"

    def test_reels_have_eight_characters_and_lines_are_not_forged(self, export: Export) -> None:
        lines = export("six", "edl").read_text().splitlines()
        events = [line for line in lines if re.match(r"\d{3}  ", line)]
        assert all(re.fullmatch(r"\d{3}  .{8} V     [CD] .{6}( \d\d(:\d\d){3}){4}", line) for line in events)
        assert all(line.startswith(("* ", "TITLE: ")) for line in lines if line and line not in events)


class TestFcp7Xml(TimeLine):
    to = "fcp7xml"

    def test_picture_size_is_told_of_the_film_and_of_each_clip(self, export: Export) -> None:
        text = export("one", "fcp7xml").read_text()
        assert text.count("<width>128</width>") == text.count("<file id=")  # the sound's file has none, the film has


@pytest.mark.parametrize("to", ["edl", "fcp7xml"])
def test_a_rate_without_time_code_is_refused_with_the_way_out(films: Workspace, tmp_path: Path, to: str) -> None:
    slow = replace(gathered(films, "one"), fps=16.0)
    with pytest.raises(BadInput, match="24, 25, 30, 48, 50, 60 frames a second, one has 16; use --to otio"):
        load("edit.exports", to).Export().write(slow, tmp_path / "x")
    load("edit.exports", "otio").Export().write(slow, tmp_path / "x")


class Subtitles(Contract):
    """What both formats of subtitles promise on top."""

    def test_cues_lie_inside_their_shot_or_scene_and_never_over_one_another(
        self, export: Export, films: Workspace
    ) -> None:
        cues = spans(export("six", self.to).read_text(encoding="utf-8"))
        assert all(start < end for start, end in cues)
        assert all(a[1] <= b[0] for a, b in itertools.pairwise(cues))
        laid = [(scene.number, placed) for placed, scene, _ in gathered(films, "six").shots()]
        bounds = {n: [p for of, p in laid if of == n] for n, _ in laid}
        inside = [
            n for start, end in cues for n, shots in bounds.items()
            if shots[0].first * 1000 / 24 - 1 <= start and end <= shots[-1].last * 1000 / 24 + 1
        ]  # fmt: skip
        assert inside == sorted(inside) and len(inside) == len(cues) and set(inside) == {1, 2, 4}
        spoken = [cue for cue, n in zip(cues, inside, strict=True) if n == 2]
        assert len(spoken) == 2 and abs((spoken[0][1] - spoken[0][0]) - (spoken[1][1] - spoken[1][0])) <= 1
        assert inside.count(1) == 2 and cues[1][1] == round(bounds[1][-1].last * 1000 / 24), "narrated to its end"

    def test_a_silent_film_has_empty_subtitles_and_that_is_said(self, run: Callable[..., Any], tmp_path: Path) -> None:
        out = tmp_path / f"one{self.suffix}"
        code, _, said = run("export", "one", "--to", self.to, "--out", str(out))
        assert code == 0 and "neither narration nor dialogue" in said and spans(out.read_text()) == []


@pytest.mark.parametrize("words", [1, 12, 15, 40, 400])
def test_a_long_text_is_told_in_cues_of_about_one_length(words: int) -> None:
    text = " ".join(["keeper"] * words)
    pages = _pages(text)
    assert " ".join(line for page in pages for line in page) == text
    assert all(len(page) <= 2 and max(map(len, page)) <= 42 for page in pages)
    lengths = [sum(map(len, page)) for page in pages]
    assert min(lengths) * 4 >= max(lengths), "no last word flashes by alone"


class TestSrt(Subtitles):
    to = "srt"

    def test_cues_are_numbered_and_what_is_said_gives_no_orders(self, export: Export) -> None:
        text = export("six", "srt").read_text(encoding="utf-8")
        blocks = text.strip().split("\n\n")
        assert [block.split("\n")[0] for block in blocks] == [str(n + 1) for n in range(len(blocks))]
        assert "-the ‹keeper›: Hello ‹b›you‹/b›." in text
        assert not re.search("[<{]", text) and text.count(">") == len(blocks), "the arrows of the times alone"


class TestVtt(Subtitles):
    to = "vtt"

    def test_what_is_said_is_escaped(self, export: Export) -> None:
        text = export("six", "vtt").read_text(encoding="utf-8")
        assert text.startswith("WEBVTT\n\n")
        assert "<v -the &lt;keeper&gt;>Hello &lt;b&gt;you&lt;/b&gt;." in text
        assert text.count("-->") == len(spans(text)) and text.count("<") == text.count("<v ")


class TestCsv(Contract):
    to = "csv"

    def test_a_row_a_shot_counts_every_frame_between_the_cards(self, export: Export, films: Workspace) -> None:
        with export("six", "csv").open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        title, *laid, _ = gathered(films, "six").placed()
        assert [(r["scene"], r["shot"], r["take"]) for r in rows][:3] == [
            ("1", "1", "1"),
            ("1", "2", "1"),
            ("2", "1", "1"),
        ]
        assert [int(r["frames"]) for r in rows] == [p.frames for p in laid]
        assert rows[0]["start timecode"] == timecode(title.last, 24)
        assert all(a["end timecode"] == b["start timecode"] for a, b in itertools.pairwise(rows))
        assert all(float(r["seconds"]) == round(int(r["frames"]) / 24, 3) for r in rows)
        assert all(r["size"] and r["angle"] and r["move"] for r in rows)

    def test_no_cell_is_a_formula(self, export: Export) -> None:
        with export("six", "csv").open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file))
        cells = [cell for row in rows for cell in row]
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) or "\n" in cell for cell in cells)
        assert "'" + TRICKS[1] in cells and "'+the shore" in cells and TRICKS[2] in cells


class TestPdf(Contract):
    to = "pdf"

    def test_every_shot_has_its_frame_and_words_and_what_cannot_be_set_is_said(
        self, run: Callable[..., Any], tmp_path: Path
    ) -> None:
        import pypdfium2

        out = tmp_path / "six.pdf"
        _, said, _ = run("export", "six", "--to", "pdf", "--out", str(out), "--json")
        assert json.loads(said)["notes"] == ["no typeface here has 1 character, shown as a question mark: 🐳"]
        pages = list(pypdfium2.PdfDocument(out))
        text = "\n".join(page.get_textpage().get_text_bounded() for page in pages)
        for told in ("2.1 take 1", "Camera: ", "Hello <b>you</b>.", "1.8 s", "Narrator: The sea was empty", "@SUM(A1)"):
            assert told in text
        images = [o for page in pages for o in page.get_objects() if o.type == pypdfium2.raw.FPDF_PAGEOBJ_IMAGE]
        frames = [image for image in images if image.get_px_size()[1] > 400]
        assert len(frames) == 7, "a frame a shot"
        assert len(images) > len(frames), "other scripts are set as pictures"

    def test_the_page_turns_where_a_shot_says_more_than_fits(self, films: Workspace, tmp_path: Path) -> None:
        import pypdfium2

        film = gathered(films, "one")
        piece = film.pieces[1]
        assert piece.shot is not None
        long = replace(piece, shot=piece.shot.model_copy(update={"action": "word " * 2000 + "x" * 500}))
        load("edit.exports", "pdf").Export().write(replace(film, pieces=[long]), tmp_path / "long.pdf")
        pages = pypdfium2.PdfDocument(tmp_path / "long.pdf")
        assert len(pages) > 2
        assert sum(page.get_textpage().get_text_bounded().count("word") for page in pages) == 2000


class TestZip(Contract):
    to = "zip"

    def test_the_page_opens_from_disk_alone(self, export: Export, films: Workspace) -> None:
        packed = zipfile.ZipFile(export("six", "zip"))
        page = Links(packed.read("index.html").decode())
        files = {target.split("#")[0] for target in page.targets}
        assert files == set(packed.namelist()) - {"index.html"}, "it points to all that is there, and nowhere else"
        assert packed.read("film.mp4") == (films.runs / "six" / "film.mp4").read_bytes()
        assert json.loads(packed.read("report.json")) == json.loads((films.runs / "six" / "report.json").read_text())
        assert packed.testzip() is None and {i.date_time for i in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}

    def test_what_people_and_models_wrote_is_text(self, export: Export) -> None:
        text = zipfile.ZipFile(export("six", "zip")).read("index.html").decode()
        page = Links(text)
        assert not page.tags & {"script", "i", "b", "keeper"} and page.handlers == []
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text and TRICKS[2] in text

    def test_without_a_report_there_is_none_to_pack(self, run: Callable[..., Any], films: Workspace) -> None:
        report = films.runs / "one" / "report.json"
        whole = report.read_bytes()
        try:
            for broken in (b"{", b'{"schema_version": 99}', b"\xff"):
                report.write_bytes(broken)
                code, _, said = run("export", "one", "--to", "zip")
                assert code == 2 and "no report.json that can be read" in said
        finally:
            report.write_bytes(whole)


def test_an_unknown_format_names_the_choices(run: Callable[..., Any]) -> None:
    code, _, said = run("export", "one", "--to", "avi")
    assert code == 2 and said.endswith("such format; choose from: csv, edl, fcp7xml, mp4, otio, pdf, srt, vtt, zip\n")
    assert run("export", "one")[0] == 2


def test_every_format_keeps_the_contract() -> None:
    kept = {test.to for test in globals().values() if isinstance(test, type) and issubclass(test, Contract)}
    assert kept - {""} == set(names("edit.exports"))


def test_a_format_is_one_new_file(films: Workspace, package: Path, tmp_path: Path) -> None:
    plugin = package / "studio" / "edit" / "exports" / "count.py"
    plugin.write_text(
        "from studio.edit.exports import base\n\nclass Export(base.Export):\n    suffix = '.txt'\n\n"
        "    def write(self, delivery, out):\n        out.write_text(str(delivery.frames))\n        return []\n"
    )
    done = Studio(package, films.root)("export", "one", "--to", "count", "--out", str(tmp_path / "n.txt"))
    plugin.unlink()
    assert done.returncode == 0, done.stderr
    assert int((tmp_path / "n.txt").read_text()) == gathered(films, "one").frames


def test_takes_that_are_not_in_the_film_yet_are_not_exported(run: Callable[..., Any], films: Workspace) -> None:
    memory = Memory(films.runs / "studio.db")
    circle, other = memory.circles("one")[(1, 1)], memory.takes("one", 1, 2)[0]
    take = memory.takes("one", 1, 1)[0]
    memory.commit_take(
        Take(**{**take.model_dump(exclude={"id"}), "number": 2, "key": other.key, "sha256": other.sha256})
    )
    memory.circle(Circle(**{**circle.model_dump(exclude={"id"}), "number": 2}))
    try:
        code, _, said = run("export", "one", "--to", "otio")
        assert code == 2 and "takes that are not in its film yet; `studio resume one`" in said
    finally:
        memory.circle(circle)
