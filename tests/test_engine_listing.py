"""`studio engines`: what each engine can do, needs and may."""

from __future__ import annotations

import json

import pytest
from lab import Studio, here

from studio.config import Workspace


@pytest.mark.parametrize("family", [[], ["--artists"]])
def test_the_listing_has_all_four_parts_of_each_licence(space: Workspace, family: list[str]) -> None:
    done = here("engines", *family, "--json")
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    assert "previz" in [row["name"] for row in rows]
    for row in rows:
        told = row["licence"]
        assert list(told) == ["code", "weights", "components", "derivatives"]
        every = [told["code"], told["weights"], *told["components"].values(), told["derivatives"]]
        assert all(part.keys() == {"name", "terms"} for part in every)
        assert row["allowed"] == (not row["refused"]) and told["code"]["name"]


def test_an_engine_is_told_with_its_rules_weights_and_licence(studio: Studio) -> None:
    row = next(row for row in json.loads(studio("engines", "--json").stdout) if row["name"] == "rented")
    assert row["can"] == ["text", "first frame", "references"] and not row["last_frame"]
    assert (row["frame_step"], row["frame_offset"], row["max_frames"], row["fps"]) == (4, 1, 81, 16.0)
    assert (row["size_multiple"], row["fixed_size"], row["vram_gib"]) == (16, None, 8.0)
    assert row["refused"] == {"weights": "Rented-1.0", "derivatives": "Rented-Derivatives-1.0"}
    assert [weight["path"] for weight in row["weights"]] == [None]


def test_the_table_says_what_to_do(studio: Studio) -> None:
    text = studio("engines", COLUMNS="80").stdout
    row = next(line for line in text.splitlines() if line.startswith("rented"))
    for said in ("4k+1 ≤ 81", " 16 ", "/ 16", "0 of 1", "8 GiB", "no"):
        assert said in row
    assert "code Apache-2.0, weights Rented-1.0, text encoder MIT, derivatives Rented-Derivatives-1.0" in text
    assert f"hf download rented/base --local-dir {studio.space}/weights/base" in text
    assert "--accept-licence Rented-1.0 --accept-licence Rented-Derivatives-1.0" in text


def test_one_tool_with_wrong_options_does_not_hide_the_others(studio: Studio) -> None:
    (studio.space / "studio.toml").write_text("[engines.rented]\nlorra = 1\n")
    (studio.space / "weights" / "base").mkdir(parents=True)
    text = studio("engines", COLUMNS="150").stdout
    assert "unknown key 'lorra'" in text and "previz" in text
