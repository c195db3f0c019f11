"""The desk in a real browser: a film is started, watched, directed and cut anew without leaving it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest
from browser_lab import Visit, browsing, viewing, visiting
from lab import Studio
from playwright.sync_api import expect
from test_viewer_desk import TOML

FILM = "/productions/film"
MINUTES = 3 * 60 * 1000


@pytest.fixture
def desk(studio: Studio) -> Iterator[tuple[Studio, Visit]]:
    (studio.space / "studio.toml").write_text(TOML)
    with viewing(studio) as address, browsing() as browser, visiting(browser, address) as visit:
        visit.enter()
        yield studio, visit


def start(visit: Visit, review: bool = False) -> None:
    page = visit.open("/start")
    page.get_by_label("What the film is about").fill("A keeper finds a whale")
    page.get_by_label("Scenes").fill("2")
    page.get_by_label("Name").fill("film")
    if review:
        page.get_by_label("Wait for my word").check()
    page.get_by_role("button", name="Start").click()
    page.wait_for_url("**/productions/film", timeout=MINUTES)


def test_a_film_is_started_watched_circled_and_retaken(desk: tuple[Studio, Visit]) -> None:
    studio, visit = desk
    start(visit)
    page = visit.page
    expect(page.locator(".state.finished")).to_be_visible(timeout=MINUTES)  # it comes without reloading
    with sqlite3.connect(studio.space / "runs" / "studio.db") as connection:
        others = "SELECT id FROM take WHERE (scene, shot, number) NOT IN (SELECT scene, shot, number FROM circle)"
        (other,) = connection.execute(others).fetchone()
    take = page.locator(f"#take-{other}")
    expect(take.locator(".circling button")).to_be_visible()
    take.locator(".circling button").click()
    expect(take.locator(".circle")).to_be_visible(timeout=MINUTES)
    expect(take.locator(".circling button")).to_be_hidden()
    expect(page.get_by_text("circled by hand")).to_be_visible(timeout=MINUTES)
    before = page.locator("#takes-2-1 > .take").count()
    retake = page.locator("#shot-2-1 .retaking")
    retake.locator("summary").focus()
    page.keyboard.press("Enter")
    retake.get_by_label("What should be different").fill("closer <b>now</b>")
    retake.get_by_label("angle").select_option("low")
    retake.get_by_role("button", name="Ask for a retake").click()
    expect(page.locator("#takes-2-1 > .take").nth(before)).to_be_visible(timeout=MINUTES)
    expect(page.locator("#requests")).to_have_count(0, timeout=MINUTES)
    expect(page.locator(".state.finished")).to_be_visible(timeout=MINUTES)
    with page.expect_download() as download:
        page.get_by_role("button", name="srt", exact=True).click()
    assert download.value.suggested_filename == "film.srt"
    visit.assert_clean()


def test_a_note_takes_the_frame_on_the_screen_and_forms_keep_nobody_out(desk: tuple[Studio, Visit]) -> None:
    _studio, visit = desk
    start(visit, review=True)
    page = visit.page
    for gate in ("plan", "references", "scene 1"):
        expect(page.get_by_role("heading", name=f"Your word on the {gate}")).to_be_visible(timeout=MINUTES)
        assert visit.axe() == [], gate
        if gate != "scene 1":
            page.get_by_role("button", name="Approve").click()
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true })")
    assert visit.axe() == []
    video, note = page.locator("#take-1 video"), page.locator('[data-note-of="1"]')
    video.evaluate("(each) => { each.preload = 'auto'; each.currentTime = 13.5 / 24 }")
    expect(note.get_by_label("Frame")).to_have_value("13", timeout=30_000)
    note.get_by_label("What there is to see").fill("his hat is gone")
    note.get_by_role("button", name="Note it").click()
    expect(page.locator("#notes")).to_contain_text("frame 13")
    for path in ("/start", f"{FILM}/bible", f"{FILM}/takes/1"):
        page = visit.open(path)
        page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true })")
        assert visit.axe() == [], path
        page.set_viewport_size({"width": 390, "height": 844})
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{path} is {wide} px too wide"
    visit.assert_clean()
