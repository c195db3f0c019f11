"""The play page in Debian's Chromium: keys, frames, the meter, takes, and who can use it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from browser_lab import Visit, until, visiting
from play_lab import lively, weights
from playwright.sync_api import Browser, Page, expect

from studio.worlds.models.base import build

pytestmark = pytest.mark.timeout(240)
SMALL = {"hidden": 32, "layers": 1, "heads": 2, "window": 8,
         "codec_config": {"channels": 4, "widths": (8, 8, 16), "blocks": 1}}  # fmt: skip


def flow(folder: Path, config: dict[str, Any]) -> str:
    """Random weights for Backlot's frames and actions."""
    torch.manual_seed(0)
    return weights(folder, lively(build("latent_flow", config)))


@contextmanager
def playing(folder: Path, word: str) -> Iterator[str]:
    """`studio world play`; yields the address that it prints."""
    env = {**os.environ, "STUDIO_WORKSPACE": str(folder), "PYTHONPATH": str(Path(__file__).parent.parent)}
    command = [sys.executable, "-m", "studio", "world", "play", word, "--no-open"]
    process = subprocess.Popen(command, env=env, cwd=folder, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[tuple[str, Any, Path]]:
    """The address of a small model's page, the cookies of one who opened it, and the workspace."""
    folder = tmp_path_factory.mktemp("play")
    with playing(folder, flow(folder, SMALL)) as address, visiting(browser, address) as visit:
        yield address, visit.enter(), folder


@pytest.fixture
def visit(door: tuple[str, Any, Path], browser: Browser) -> Iterator[Visit]:
    """A fresh window at the page, ready to be played; at the end its console must be clean."""
    with visiting(browser, door[0], storage_state=door[1]) as opened:
        opened.open("/")
        until(opened.page, "!document.querySelector('[data-begin]').disabled")
        yield opened
        opened.assert_clean()


def figures(page: Page) -> dict[str, Any]:
    """What the meter shows."""
    text = page.get_attribute("[data-meter]", "data-figures")
    read: dict[str, Any] = json.loads(text or "{}")
    return read


def picture(page: Page, which: str = "dream") -> str:
    return str(page.eval_on_selector(f"canvas[data-{which}]", "c => c.toDataURL()"))


def tapped(page: Page, times: int, held: int = 130) -> None:
    """Press keys as a player does."""
    for n in range(times):
        key = ("ArrowRight", "Space", "a", "ArrowDown")[n % 4]
        page.keyboard.down(key)
        page.wait_for_timeout(held)
        page.keyboard.up(key)
        page.wait_for_timeout(held)


def test_keys_reach_the_model_and_the_meter_tells_how_long_it_took(visit: Visit) -> None:
    page = visit.page
    before = picture(page)
    expect(page.locator("[data-begin]")).to_be_visible()
    page.keyboard.down("ArrowRight")
    expect(page.locator("[data-begin]")).to_be_hidden()
    expect(page.locator("[data-action]")).to_have_text("right")
    page.keyboard.down("Space")
    expect(page.locator("[data-action]")).to_have_text("jump right")
    expect(page.locator(".actions .on")).to_contain_text("jump right")
    for key in ("ArrowRight", "Space"):
        page.keyboard.up(key)
    tapped(page, 4)
    assert picture(page) != before
    until(page, "JSON.parse(document.querySelector('[data-meter]').dataset.figures).keys >= 4")
    told = figures(page)
    assert told["fps"] > 1 and 0 < told["p50"] <= told["p95"] < 5000
    parts = [told[part] for part in ("network", "wait", "model", "encoding", "paint")]
    assert all(isinstance(part, int | float) for part in parts) and sum(parts) > 0
    expect(page.locator("[data-p95]")).to_contain_text("ms")
    expect(page.locator("[data-runtime]")).to_have_text("ONNX int8")


def test_pause_step_truth_place_and_model(visit: Visit) -> None:
    page = visit.page
    page.keyboard.press("t")
    expect(page.locator("[data-true]")).to_be_visible()
    page.keyboard.press(".")
    expect(page.locator("[data-timecode]")).to_have_text("00:00:00:01")
    page.keyboard.press(".")
    expect(page.locator("[data-timecode]")).to_have_text("00:00:00:02")
    expect(page.locator("[data-connection]")).to_have_text("paused")
    page.locator("[data-place='1']").click()
    expect(page.locator("[data-place='1']")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("[data-timecode]")).to_have_text("00:00:00:00")
    page.locator("[data-steps]").focus()
    page.keyboard.press("End")
    expect(page.locator("[data-steps-told]")).to_have_text("8")
    page.locator("[data-model]").select_option("copy_last")
    expect(page.locator("[data-word]")).to_have_text("copy_last")
    expect(page.locator("[data-fixed]")).to_be_visible()
    truth = picture(page, "true")
    dream = picture(page)
    page.locator("[data-dream]").focus()
    page.keyboard.press("p")
    page.keyboard.down("d")
    until(page, "document.querySelector('[data-timecode]').value > '00:00:00:06'")
    page.keyboard.up("d")
    assert picture(page, "true") != truth and picture(page) == dream, "the truth goes on, copy_last does not"


def test_a_take_is_recorded_with_r(visit: Visit, door: tuple[str, Any, Path]) -> None:
    page = visit.page
    page.keyboard.press("r")
    expect(page.locator("[data-tally]")).to_be_visible()
    tapped(page, 2)
    page.keyboard.press("r")
    expect(page.locator("[data-said]")).to_contain_text("runs/.worlds/takes/take-1.mp4")
    facts = json.loads((door[2] / "runs/.worlds/takes/take-1.json").read_text())
    assert facts["frames"] == len(facts["actions"]) + 1 > 3
    assert facts["action_names"].index("right") in facts["actions"]


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_keeps_nobody_out(door: tuple[str, Any, Path], browser: Browser, scheme: Any, width: int) -> None:
    size: Any = {"width": width, "height": 844}
    options = {"has_touch": True, "is_mobile": True} if width < 400 else {}
    with visiting(browser, door[0], storage_state=door[1], color_scheme=scheme, viewport=size, **options) as opened:
        page = opened.open("/")
        until(page, "!document.querySelector('[data-begin]').disabled")
        assert opened.axe() == []
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{wide} px too wide"
        if options:
            page.locator("[data-held=right]").tap()
            expect(page.locator("[data-connection]")).to_have_text("playing")
        opened.assert_clean()


@pytest.mark.slow
@pytest.mark.parametrize("model", ["pixel_film", "latent_flow"])
def test_play_is_fully_neural_at_twenty_frames_a_second_within_a_tenth_of_a_second(
    tmp_path: Path, browser: Browser, model: str
) -> None:
    """The film that ships, and a flow of the size that ships without its mover (random weights cost the same), 96×128,
    2 steps, two cores of an idle machine."""
    ships = {"hidden": 192, "layers": 4, "heads": 3, "window": 10}
    played = flow(tmp_path, ships) if model == "latent_flow" else model
    with playing(tmp_path, played) as address, visiting(browser, address) as opened:
        opened.enter()
        page = opened.page
        until(page, "!document.querySelector('[data-begin]').disabled", seconds=60)
        tapped(page, 100)
        told = figures(page)
        print(told)
        assert told["keys"] >= 190
        assert told["fps"] >= 19.5, "the pace of the world is 20"
        assert told["p95"] <= 100


def test_a_slider_stands_where_it_was_moved_however_late_the_answer(visit: Visit) -> None:
    page = visit.page
    page.locator("[data-steps]").focus()
    for key in ("Home", "ArrowRight", "ArrowRight", "ArrowLeft", "ArrowRight"):
        page.keyboard.press(key)
    page.wait_for_timeout(400)
    assert page.locator("[data-steps]").input_value() == "2"
    expect(page.locator("[data-steps-told]")).to_have_text("4")
