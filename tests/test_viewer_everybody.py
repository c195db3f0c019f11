"""Nobody is kept out of the screening room: axe-core, the keyboard, no JavaScript, and productions that are broken."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from browser_lab import Visit, plotted, until, viewing, visiting
from lab import Studio
from playwright.sync_api import Browser, expect
from screening_lab import plan, shelve, take

from studio.config import Workspace

pytestmark = pytest.mark.timeout(240)

FILM = "/productions/film"
PAGES = ("/", FILM, f"{FILM}/takes/1", f"{FILM}/shots/1/1", f"{FILM}/curves", f"{FILM}/bible", "/compare",
         "/compare?a=film&b=film", "/?q=nothing-of-the-kind")  # fmt: skip


@pytest.mark.parametrize(
    ("width", "scheme"),
    [
        (390, "dark"),
        *(pytest.param(*each, marks=pytest.mark.slow) for each in ((1280, "light"), (390, "light"), (1280, "dark"))),
    ],
)
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


def test_empty_broken_and_half_made_productions_look_right(package: Path, tmp_path: Path, browser: Browser) -> None:
    space = Workspace(tmp_path)
    with viewing(Studio(package, tmp_path)) as address, visiting(browser, address) as visit:
        visit.enter()
        expect(visit.page.get_by_text("No productions yet")).to_be_visible()
        assert visit.axe() == []
        shelve(space, "half", status="stopped", film=None)
        expect(visit.page.locator('.card a[href="/productions/half"]')).to_be_visible()  # it came by itself
        row = take("broken", number=2)
        folder = shelve(space, "broken", take("broken"), row, document=plan(scenes=2, shots=2), cut_frames=99)
        (folder / "report.json").write_text("{")
        for file in ("film.mp4", row.file, "scenes/01/shot-01/take-2.jpg"):
            (folder / file).unlink()
        future = shelve(space, "future", take("future"), document={"title": "of another version"})
        (future / "report.json").write_text('{"schema_version": 99}')
        shutil.rmtree(shelve(space, "lost", take("lost"), document=plan()))
        for name, said in (
            ("half", "goes on where it was"), ("broken", "film.mp4 is missing"), ("future", "schema version 99"),
            ("lost", "files are gone"),
        ):  # fmt: skip
            for room in ("", "/curves", "/bible", "/shots/1/1"):
                page = visit.open(f"/productions/{name}{room}")
                assert visit.axe() == [], (name, room)
            page = visit.open(f"/productions/{name}")
            expect(page.get_by_text(said).first).to_be_visible()
        broken = [fault for fault in visit.faults if "404" not in fault]
        assert broken == [], "what is missing is said, and nothing else goes wrong"


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
