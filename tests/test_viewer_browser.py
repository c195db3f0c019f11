"""The screening room in Debian's Chromium: what a person does there, on a production that `studio make` made."""

from __future__ import annotations

import subprocess
import sys

import pytest
from browser_lab import TWICE, Visit, loaded, plotted, until
from lab import FLAT, Studio
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.timeout(240)


def frame_of(page: Page, selector: str = "video[data-main]") -> int:
    """Number of the frame that a video shows."""
    script = "v => Math.floor(v.currentTime * Number(v.dataset.fps) + 1e-3)"
    return int(page.eval_on_selector(selector, script))


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
    page.keyboard.press(" ")
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


def test_a_film_arrives_live_take_by_take_without_reloading(screened: Studio, visit: Visit) -> None:
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
        command, env=screened.environment(), cwd=screened.space, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
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
    assert screened("retake", "coming", "1.1", "--note", "closer").returncode == 0
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
