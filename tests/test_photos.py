"""Photographs as references: read as data, stripped of what the camera noted, and kept whoever draws the rest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lab import FLAT, Said, Studio, here, sha256
from PIL import Image
from PIL.PngImagePlugin import PngImageFile

from studio.config import Workspace
from studio.crew.bibles import check_label
from studio.errors import BadInput

VIEWS = ("front", "three_quarter", "full_body")


def photograph(path: Path, colour: str = "red", size: tuple[int, int] = (400, 600), turn: int = 1) -> str:
    """A JPEG as a telephone takes it: with a place, a camera, and an orientation."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = turn, "A Camera"
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0)})
    Image.new("RGB", size, colour).save(path, exif=exif, comment=b"at home")
    return str(path)


def bring(*arguments: str) -> Said:
    return here("bible", "import", *arguments)


def brought(space: Workspace, name: str = "family") -> dict[str, Any]:
    told: dict[str, Any] = json.loads((space.bibles / name / "references.json").read_text())
    return told


def test_photographs_become_views_in_their_order_and_a_place_has_its_own(space: Workspace) -> None:
    files = [photograph(space.root / f"{colour}.jpg", colour) for colour in ("red", "green", "blue")]
    done = bring("family", "--character", "Anna", *(word for file in files for word in ("--photo", file)))
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [f"characters/anna/{view}" for view in VIEWS]
    assert bring("family", "--location", "Home", "--kind", "kitchen", "--photo", files[0]).returncode == 0
    folder = space.bibles / "family"
    records = brought(space)
    assert set(records) == {*(f"characters/anna/{view}" for view in VIEWS), "locations/home/wide"}
    for label, record in records.items():
        assert record["artist"] == "photo" and record["sha256"] == sha256(folder / "references" / f"{label}.png")
    with Image.open(folder / "references/characters/anna/full_body.png") as whole:
        assert whole.getpixel((whole.width // 2, 10))[2] > 200, "the third file is the third view"
    bible = json.loads((folder / "bible.json").read_text())
    assert [(c["id"], c["name"], c["kind"]) for c in bible["characters"]] == [("anna", "Anna", "person")]
    assert [(p["id"], p["kind"]) for p in bible["locations"]] == [("home", "kitchen")]
    assert "Anna" in here("bible", "show", "family").stdout


def test_nothing_that_the_camera_noted_comes_along(space: Workspace) -> None:
    file = photograph(space.root / "a.jpg")
    assert b"A Camera" in Path(file).read_bytes() and Image.open(file).getexif().get_ifd(0x8825)
    bring("family", "--character", "Anna", "--photo", file)
    path = space.bibles / "family/references/characters/anna/front.png"
    opened = Image.open(path)
    assert isinstance(opened, PngImageFile)
    opened.load()
    assert not opened.getexif() and not opened.info and not opened.text
    assert not any(word in path.read_bytes() for word in (b"Camera", b"eXIf", b"tEXt", b"home"))


def test_a_picture_taken_on_its_side_is_turned_upright(space: Workspace) -> None:
    lying = Image.new("RGB", (600, 400), "red")
    lying.paste("blue", (0, 0, 300, 400))  # turned by a quarter clockwise, blue is on top
    exif = Image.Exif()
    exif[0x0112] = 6
    lying.save(space.root / "a.jpg", exif=exif)
    bring("family", "--character", "Anna", "--photo", f"full_body={space.root / 'a.jpg'}")
    pixels = np.asarray(Image.open(space.bibles / "family/references/characters/anna/full_body.png")).astype(int)
    top, bottom = pixels[100, 320], pixels[-100, 320]
    assert top[2] > 200 > top[0] and bottom[0] > 200 > bottom[2]


def test_a_whole_figure_is_never_cut_off(space: Workspace) -> None:
    wide = Image.new("RGB", (900, 300), "red")
    wide.save(space.root / "a.png")
    bring("family", "--character", "Rex", "--kind", "dog", "--photo", f"full_body={space.root / 'a.png'}")
    pixels = np.asarray(Image.open(space.bibles / "family/references/characters/rex/full_body.png"))
    assert (pixels[0] == 255).all() and (pixels[-1] == 255).all(), "white above and below"
    middle = pixels[pixels.shape[0] // 2]
    assert (middle == (255, 0, 0)).all(), "from edge to edge"


def test_a_folder_names_the_views_by_its_files(space: Workspace) -> None:
    folder = space.root / "anna"
    folder.mkdir()
    photograph(folder / "full_body.jpg", "blue")
    photograph(folder / "01.jpg", "red")
    done = bring("family", "--character", "Anna", "--photo", str(folder))
    assert done.stdout.split() == ["characters/anna/front", "characters/anna/full_body"]


def test_a_reference_is_named_by_a_view_it_can_have() -> None:
    for label in ("locations/home/wide", "locations/home/detail_dusk", "characters/anna/front"):
        assert check_label(label) == label
    for label in ("locations/home/wide_noon", "characters/anna/front_night", "locations/home/front"):
        with pytest.raises(BadInput, match="not the name of a reference"):
            check_label(label)


@pytest.mark.parametrize("name", ["../../etc/passwd", "Åsa /../", "李雷", "x" * 60, "Anna\nBob", "$(rm -rf .)"])
def test_names_are_text_and_never_a_path(space: Workspace, name: str) -> None:
    file = photograph(space.root / "a.jpg")
    done = bring("family", "--character", name, "--photo", file, "--description", "../../boom")
    assert done.returncode == 0, done.stderr
    bible = json.loads((space.bibles / "family" / "bible.json").read_text())
    assert bible["characters"][0]["name"] == " ".join(name.split())
    assert sorted(path.name for path in space.root.iterdir()) == ["a.jpg", "story_bible"]
    assert [path.name for path in (space.bibles / "family/references/characters").iterdir()] == [
        bible["characters"][0]["id"]
    ]


def test_two_names_in_another_script_are_two_characters(space: Workspace) -> None:
    file = photograph(space.root / "a.jpg")
    for name in ("李雷", "韩梅梅"):
        assert bring("family", "--character", name, "--photo", file).returncode == 0
    assert len(json.loads((space.bibles / "family" / "bible.json").read_text())["characters"]) == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--character", "Anna"), "no photograph"), (("--character", "Anna", "--photo", "none.jpg"), "no such file"),
        (("--character", "Anna", "--photo", "TEXT"), "not a picture"),
        (("--character", "Anna", "--photo", "CUT"), "decoded"),
        (("--character", "Anna", "--photo", "SMALL"), "at least 128"), (("--photo", "GOOD"), "--character"),
        (("--character", "Anna", "--location", "Home", "--photo", "GOOD"), "one"),
        (("--character", "Anna", "--photo", "back=GOOD"), "back"), (("--character", "!?", "--photo", "GOOD"), "name"),
        (("--character", "Anna", "--kind", "unicorn-car", "--photo", "GOOD"), "dog"),
        (("--location", "Home", "--photo", "GOOD"), "kitchen"),
        (("--character", "Anna", *("--photo", "GOOD") * 4), "3 views"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_one_line_and_writes_nothing(
    space: Workspace, tmp_path_factory: pytest.TempPathFactory, arguments: tuple[str, ...], said: str
) -> None:
    files = tmp_path_factory.mktemp("photos")
    photograph(files / "GOOD.jpg")
    (files / "TEXT.jpg").write_text("GIF89a is what this is not")
    (files / "CUT.jpg").write_bytes((files / "GOOD.jpg").read_bytes()[:800])
    photograph(files / "SMALL.jpg", size=(100, 400))
    words = []
    for word in arguments:
        view, _, file = word.rpartition("=")
        words.append(f"{view}={files / file}.jpg" if view else str(files / f"{word}.jpg") if word.isupper() else word)
    done = bring("family", *words)
    assert done.returncode == 2 and said in done.stderr and len(done.stderr.strip().splitlines()) == 1
    assert list(space.root.iterdir()) == []


def test_a_character_is_replaced_only_when_told(space: Workspace) -> None:
    red, blue = photograph(space.root / "a.jpg"), photograph(space.root / "b.jpg", "blue")
    bring("family", "--character", "Anna", "--photo", red, "--photo", red)
    before = brought(space)
    again = bring("family", "--character", "Anna", "--photo", blue)
    assert again.returncode == 2 and "--replace" in again.stderr and brought(space) == before
    assert bring("family", "--character", "Anna", "--photo", blue, "--replace").returncode == 0
    assert set(brought(space)) == {"characters/anna/front"}
    assert not (space.bibles / "family/references/characters/anna/three_quarter.png").exists()


def test_an_exported_bible_keeps_its_photographs(space: Workspace) -> None:
    bring("family", "--character", "Anna", "--photo", photograph(space.root / "a.jpg"))
    out = space.root / "family.zip"
    assert here("bible", "export", "family", "--out", str(out)).returncode == 0
    done = bring(str(out), "--name", "copy")
    assert done.returncode == 0 and "1 pictures" in done.stdout
    assert brought(space, "copy") == brought(space)
    assert sha256(space.bibles / "copy/references/characters/anna/front.png") == sha256(
        space.bibles / "family/references/characters/anna/front.png"
    )


@pytest.mark.parametrize("label", ["../../../evil", "characters/anna/../../x", "characters/anna/back", "/etc/passwd"])
def test_a_zip_cannot_name_a_path(space: Workspace, label: str) -> None:
    import zipfile

    out = space.root / "evil.zip"
    with zipfile.ZipFile(out, "w") as bundle:
        bundle.writestr("bible.json", '{"name": "x"}')
        bundle.writestr("references.json", json.dumps({label: {"sha256": "0", "artist": "photo"}}))
        bundle.writestr(f"references/{label}.png", b"x")
    done = bring(str(out), "--name", "copy")
    assert done.returncode == 2 and len(done.stderr.strip().splitlines()) == 1
    assert [path.name for path in space.root.iterdir()] == ["evil.zip"]


def test_a_zip_whose_pictures_are_not_what_it_lists_is_refused(space: Workspace) -> None:
    import zipfile

    bring("family", "--character", "Anna", "--photo", photograph(space.root / "a.jpg"))
    out = space.root / "family.zip"
    with zipfile.ZipFile(out, "w") as bundle:
        for file in ("bible.json", "references.json"):
            bundle.write(space.bibles / "family" / file, file)
        bundle.writestr("references/characters/anna/front.png", b"something else")
    done = bring(str(out), "--name", "copy")
    assert done.returncode == 2 and "not the one" in done.stderr and not (space.bibles / "copy").exists()


def test_a_production_keeps_the_photographs_whoever_draws_the_rest(studio: Studio) -> None:
    space = Workspace(studio.space)
    files = [photograph(space.root / f"{colour}.jpg", colour) for colour in ("red", "green")]
    done = studio("bible", "import", "family", "--character", "keeper", "--photo", files[0], "--photo", files[1])
    assert done.returncode == 0, done.stderr
    photos = brought(space)
    made = studio.make("--scenes", "1", "--bible", "family", "--set", "rl.learn=false", "--name", "film")
    records = brought(space, "film")
    for view in ("front", "three_quarter"):
        label = f"characters/keeper/{view}"
        assert records[label]["artist"] == "photo" and records[label]["sha256"] == photos[label]["sha256"]
        assert sha256(space.bibles / "film/references" / f"{label}.png") == photos[label]["sha256"]
    assert "characters/keeper/full_body" not in records
    assert any("no picture as full body" in text for text in made["report"]["warnings"])
    assert any("engine flat follows no reference pictures" in text for text in made["report"]["warnings"])
    assert records["characters/whale/front"]["artist"] == "flat"
    assert brought(space) == photos, "the bible itself is left alone"

    (space.bibles / "family/references/characters/keeper/front.png").write_bytes(b"spoilt")
    slate = str(space.runs / "film/slate.json")
    again = studio("make", "--slate", slate, "--name", "again", "--json")
    assert again.returncode == 0, "the first production still has the photographs"
    assert sha256(json.loads(again.stdout)["film"]) == sha256(made["film"])
    refused = studio("make", "--prompt", "A keeper", *FLAT, "--bible", "family", "--name", "third")
    assert refused.returncode == 2 and "import it again" in refused.stderr and not (space.runs / "third").exists()


def test_a_production_does_not_write_over_an_imported_bible(space: Workspace) -> None:
    bring("family", "--character", "Anna", "--photo", photograph(space.root / "a.jpg"))
    done = here("make", "--prompt", "A cat", "--bible", "family", "--name", "family")
    assert done.returncode == 2 and "family-2" in done.stderr and not space.runs.exists()
