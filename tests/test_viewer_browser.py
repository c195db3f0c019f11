"""The screening room in Debian's Chromium: what a person does there, on a production that `studio make` made."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser_lab import Visit, browsing, until, viewing, visiting
from lab import FLAT, Studio
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.timeout(240)
TWICE = ("--set", "rl.takes_per_shot=2", "--set", "rl.reward_threshold=1")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as found:
        yield found


@pytest.fixture(scope="module")
def studio(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Studio:
    """A workspace with ``film``: two scenes of two shots of 48 frames, each taken twice."""
    made = Studio(package, tmp_path_factory.mktemp("screening"))
    made.make("--name", "film", *TWICE)
    return made


@pytest.fixture(scope="module")
def entered(studio: Studio, browser: Browser) -> Iterator[tuple[str, Any]]:
    """The viewer's address, and the cookies of one who has opened it."""
    with viewing(studio) as address, visiting(browser, address) as visit:
        yield address, visit.enter()


@pytest.fixture
def visit(entered: tuple[str, Any], browser: Browser) -> Iterator[Visit]:
    """A fresh window; at the end its console must be clean and nothing asked off-origin."""
    address, state = entered
    with visiting(browser, address, storage_state=state) as opened:
        yield opened
        opened.assert_clean()


def frame_of(page: Page, selector: str = "video[data-main]") -> int:
    """Number of the frame that a video shows."""
    script = "v => Math.floor(v.currentTime * Number(v.dataset.fps) + 1e-3)"
    return int(page.eval_on_selector(selector, script))


def loaded(page: Page) -> None:
    """Wait until the film knows its length."""
    until(page, "document.querySelector('video[data-main]').readyState > 0")


def seeks(page: Page) -> None:
    """Count the film's ``seeked`` events from here on."""
    page.eval_on_selector(
        "video[data-main]", "v => { window.seeked = 0; v.addEventListener('seeked', () => window.seeked++) }"
    )


def test_a_film_is_found_opened_and_played(visit: Visit) -> None:
    page = visit.open("/")
    page.locator(".card a").first.click()
    film = page.locator("video[data-main]")
    expect(page.locator("[data-transport]")).to_be_visible()
    page.keyboard.press("k")
    until(page, "document.querySelector('video[data-main]').currentTime > 0.4")
    page.keyboard.press("k")
    assert film.evaluate("v => v.paused")
    expect(page.locator("[data-timecode]")).not_to_have_text("00:00:00:00")


def test_the_strip_seeks_to_the_first_whole_frame_of_each_shot(visit: Visit) -> None:
    page = visit.open("/productions/film")
    loaded(page)
    seeks(page)
    shots = page.locator(".strip a[data-frame]")
    assert shots.count() == 4
    for n in range(4):
        shot = shots.nth(n)
        shot.click()
        until(page, "n => window.seeked > n", n)
        assert abs(frame_of(page) - int(shot.get_attribute("data-frame") or -9)) <= 1
        expect(shot).to_have_attribute("aria-current", "true")


def test_frames_are_stepped_by_comma_and_point(visit: Visit) -> None:
    page = visit.open("/productions/film")
    loaded(page)
    seeks(page)
    for n, (key, wanted) in enumerate([(".", 1), (".", 2), (".", 3), (",", 2), (",", 1)]):
        page.keyboard.press(key)
        until(page, "n => window.seeked > n", n)
        assert frame_of(page) == wanted
        expect(page.locator("[data-timecode]")).to_have_text(f"00:00:00:0{wanted}")


# Live


def test_a_film_arrives_live_take_by_take_without_reloading(studio: Studio, visit: Visit) -> None:
    page = visit.open("/")
    command = [
        sys.executable,
        "-m",
        "studio",
        "make",
        "--prompt",
        "A whale comes home",
        "--name",
        "coming",
        *FLAT,
        *TWICE,
    ]
    process = subprocess.Popen(
        command, env=studio.environment(), cwd=studio.space, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        card = page.locator('.card a[href="/productions/coming"]')
        expect(card).to_be_visible(timeout=60_000)
        card.click()
        page.evaluate("window.unreloaded = true")
        expect(page.locator("#now")).to_contain_text("shots", timeout=60_000)
        curves = page.context.new_page()
        curves.goto(f"{visit.origin}/productions/coming/curves")
        expect(page.locator(".take")).to_have_count(8, timeout=90_000)
        until(curves, "document.querySelectorAll('.numbers tbody tr').length > 0 || document.querySelector('.uplot')")
        expect(page.locator("video[data-main]")).to_have_count(1, timeout=60_000)
        expect(page.locator("#meta .state")).to_have_text("finished", timeout=60_000)
        assert page.evaluate("window.unreloaded") is True
        curves.locator(".plot").first.focus()
        curves.keyboard.press("End")
        expect(curves.locator(".plot [role=status]").first).to_contain_text("2.2/2: reward")
        expect(page.locator("#now")).to_be_hidden()
        expect(page.locator(".take .circle")).to_have_count(4)
        page.locator(".strip a[data-frame]").nth(2).click()
        until(page, "document.querySelector('video[data-main]').currentTime > 1")
    finally:
        process.wait(120)
    assert process.returncode == 0
    film = page.locator("video[data-main]").get_attribute("src")
    assert studio("retake", "coming", "1.1", "--note", "closer").returncode == 0
    expect(page.locator("#takes-1-1 .take").nth(2)).to_be_visible(timeout=30_000)
    expect(page.locator("video[data-main]")).not_to_have_attribute("src", film or "", timeout=30_000)
    assert page.evaluate("window.unreloaded") is True


def test_a_page_that_is_left_rests_and_comes_back_to_what_it_missed(visit: Visit) -> None:
    page = visit.open("/productions/film")
    loaded(page)
    page.eval_on_selector("video[data-main]", "v => { v.dataset.mark = 'mine' }")
    look = """hidden => {
        Object.defineProperty(document, 'hidden', {value: hidden, configurable: true});
        document.dispatchEvent(new Event('visibilitychange'));
    }"""
    page.evaluate(look, True)
    page.evaluate("document.querySelectorAll('.take')[7].remove()")  # as if it had been made meanwhile
    listened = len([url for url in visit.asked if "/live?" in url])
    page.evaluate(look, False)
    expect(page.locator(".take")).to_have_count(8)
    page.wait_for_timeout(1000)
    expect(page.locator(".take")).to_have_count(8)
    again = [url for url in visit.asked if "/live?" in url][listened:]
    assert len(again) == 1 and "seen=7" in again[0]
    assert page.eval_on_selector("video[data-main]", "v => v.dataset.mark") == "mine", "the film was left alone"


# Two takes


def shown(page: Page) -> list[int]:
    """Frames that A and B show."""
    script = (
        "() => [...document.querySelectorAll('.pair video')].map(v => Math.floor(v.currentTime * v.dataset.fps + 1e-3))"
    )
    return [int(n) for n in page.evaluate(script)]


def test_two_takes_run_together_side_by_side_and_as_a_wipe(visit: Visit) -> None:
    page = visit.open("/productions/film")
    page.locator("text=Compare the takes of 1.1").click()
    expect(page.locator("[data-transport]")).to_be_visible()
    until(page, "[...document.querySelectorAll('.pair video')].every(v => v.readyState > 1)")
    a, b = (page.locator(f'[data-side="{side}"] video').get_attribute("src") for side in "AB")
    assert a != b
    page.keyboard.press("k")
    until(page, "[...document.querySelectorAll('.pair video')].every(v => v.currentTime > 0.5)")
    first, second = shown(page)
    assert abs(first - second) <= 3, "they run together"
    page.keyboard.press("k")
    until(page, "[...document.querySelectorAll('.pair video')].every(v => v.paused && !v.seeking)")
    page.wait_for_timeout(200)
    assert shown(page)[0] == shown(page)[1], "and stand on the same frame"
    start = shown(page)[0]
    page.keyboard.press(".")
    page.wait_for_timeout(300)
    assert shown(page) == [start + 1, start + 1]
    page.keyboard.press("w")
    wipe = page.locator("[data-wipe]")
    wipe.focus()
    page.keyboard.press("Home")
    clip = "getComputedStyle(document.querySelector('[data-side=A] video')).clipPath"
    assert "100%" in page.evaluate(clip)
    page.keyboard.press("End")
    assert "100%" not in page.evaluate(clip).replace("calc(100% - 100%)", "")
    page.keyboard.press("Tab")
    page.keyboard.press("w")
    expect(wipe).to_be_hidden()


def test_a_take_loops_and_runs_backwards(visit: Visit) -> None:
    page = visit.open("/productions/film/takes/1")
    expect(page.locator("[data-transport]")).to_be_visible()
    loaded(page)
    page.keyboard.press("/")
    expect(page.locator('[data-do="/"]')).to_have_attribute("aria-pressed", "true")
    page.eval_on_selector("video[data-main]", "v => { v.currentTime = v.duration - 0.3 }")
    page.keyboard.press("k")
    until(page, "document.querySelector('video[data-main]').currentTime < 0.5")
    until(page, "document.querySelector('video[data-main]').currentTime > 0.6")
    page.keyboard.press("j")
    until(page, "document.querySelector('video[data-main]').currentTime < 0.3")
    page.keyboard.press("k")
    assert page.eval_on_selector("video[data-main]", "v => v.paused")


# Curves


def plotted(page: Page) -> None:
    """Wait until every picture has become a plot."""
    until(page, "document.querySelectorAll('.uplot').length === document.querySelectorAll('[data-chart]').length")


def test_a_point_of_a_curve_opens_its_take_by_pointer_and_by_keys(visit: Visit) -> None:
    page = visit.open("/productions/film/curves")
    plotted(page)
    over = page.locator(".plot .u-over").first
    box = over.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.02, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.up()
    expect(page.locator("h1")).to_contain_text("Take 1")
    page.go_back()
    plotted(page)
    page.locator(".plot").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".plot [role=status]").first).to_contain_text("1.1/2: reward")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("Take 2")


def test_two_productions_are_laid_over_each_other(visit: Visit) -> None:
    page = visit.open("/compare")
    for letter in "ab":
        page.locator(f"select[name={letter}]").select_option("film")
    page.get_by_role("button", name="Show").click()
    plotted(page)
    expect(page.get_by_text("Both were made with the same settings.")).to_be_visible()
    assert page.locator(".uplot").count() >= 5


# For everybody


FILM = "/productions/film"
PAGES = ("/", FILM, f"{FILM}/takes/1", f"{FILM}/shots/1/1", f"{FILM}/curves", f"{FILM}/bible", "/compare",
         "/compare?a=film&b=film", "/?q=nothing-of-the-kind")  # fmt: skip


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("width", [390, 1280])
def test_no_page_keeps_anybody_out(entered: tuple[str, Any], browser: Browser, scheme: Any, width: int) -> None:
    address, state = entered
    size: Any = {"width": width, "height": 844}
    with visiting(browser, address, storage_state=state, color_scheme=scheme, viewport=size) as visit:
        for path in PAGES:
            page = visit.open(path)
            if page.locator("[data-curves]").count():
                plotted(page)
            assert visit.axe() == [], path
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, f"{path} is {wide} px too wide"
        visit.assert_clean()


def test_every_page_can_be_read_without_javascript(entered: tuple[str, Any], browser: Browser) -> None:
    address, state = entered
    with visiting(browser, address, storage_state=state, java_script_enabled=False) as visit:
        for path in PAGES:
            page = visit.open(path)
            expect(page.locator("h1, h2").first).to_be_visible()
            assert page.locator("button:visible").count() == page.locator("form button:visible").count(), path
        visit.open("/productions/film/curves")
        expect(visit.page.locator("svg .curve").first).to_be_visible()
        visit.assert_clean()


def test_every_place_is_reached_with_the_tab_key(visit: Visit) -> None:
    page = visit.open("/productions/film")
    expect(page.locator("[data-transport]")).to_be_visible()
    script = """() => {
        const found = [...document.querySelectorAll('a[href], button, input, select, summary, video[controls]')];
        return found.filter(e => e.checkVisibility() && e.tabIndex < 0).map(e => e.outerHTML.slice(0, 120));
    }"""
    assert page.evaluate(script) == []
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.locator(".strip a").nth(1).focus()
    page.keyboard.press("Enter")
    until(page, "document.querySelector('video[data-main]').currentTime > 2")
