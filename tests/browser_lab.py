"""A real browser at a real viewer: Debian's Chromium, driven by Playwright, watching a production that Studio made."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from lab import Studio
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
TWICE = ("--set", "rl.takes_per_shot=2", "--set", "rl.reward_threshold=1")
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium() -> str:
    """Path of a Chromium. Without one the tests fail in CI and are skipped, loudly, elsewhere."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        said = f"no browser: none of {', '.join(NAMES)} is on PATH (Debian: apt-get install chromium)"
        if os.environ.get("CI"):
            pytest.fail(said)
        print(f"\nstudio: THE BROWSER TESTS ARE SKIPPED: {said}", file=sys.__stderr__, flush=True)
        pytest.skip(said)
    return found


@contextmanager
def browsing() -> Iterator[Browser]:
    """Chromium without a window."""
    path = chromium()
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--disable-dev-shm-usage", "--autoplay-policy=no-user-gesture-required"],
        )
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def viewing(studio: Studio) -> Iterator[str]:
    """`studio view` in a workspace; yields the address that it prints."""
    process = subprocess.Popen(
        [sys.executable, "-m", "studio", "view", "--no-browser"], env=studio.environment(), cwd=studio.space,
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait(20)


@dataclass
class Visit:
    """One browser window, and what went wrong in it."""

    page: Page
    address: str
    faults: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    @property
    def origin(self) -> str:
        match = re.match(r"http://[^/]+", self.address)
        assert match is not None
        return match[0]

    def enter(self) -> Any:
        """Redeem the printed address; returns the cookies for other windows."""
        self.page.goto(self.address)
        self.page.locator("h1").wait_for()
        return self.page.context.storage_state()

    def open(self, path: str) -> Page:
        self.page.goto(self.origin + path)
        return self.page

    def heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(f"{message.text} ({message.location})")

    def sent(self, request: Request) -> None:
        self.asked.append(request.url)

    def assert_clean(self) -> None:
        """The console is empty and nothing was asked of anybody else."""
        assert self.faults == []
        foreign = [url for url in self.asked if not url.startswith((self.origin, "blob:", "data:"))]
        assert foreign == []

    def axe(self) -> list[str]:
        """What keeps people out of the page: serious and critical findings of axe-core."""
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        assert len(found["passes"]) > 5, "axe-core has looked at the page"
        return [
            f"{v['id']} ({v['impact']}): {v['nodes'][0]['html'][:160]} {v['nodes'][0].get('failureSummary', '')[:200]}"
            for v in found["violations"]
            if v["impact"] in ("serious", "critical")
        ]  # fmt: skip


@contextmanager
def visiting(browser: Browser, address: str, **options: Any) -> Iterator[Visit]:
    """A window whose visitor has the cookie; ``address`` is redeemed by the first, whose cookie the rest inherit."""
    context = browser.new_context(**options)
    page = context.new_page()
    visit = Visit(page, address)
    page.on("console", visit.heard)
    page.on("pageerror", lambda error: visit.faults.append(str(error)))
    page.on("request", visit.sent)
    try:
        yield visit
    finally:
        context.close()


def until(page: Page, script: str, arg: Any = None, seconds: float = 15.0) -> None:
    """Wait until ``script`` is true. Playwright's own waiting evaluates text in the page, which our policy forbids."""
    end = time.monotonic() + seconds
    while not page.evaluate(script, arg):
        assert time.monotonic() < end, f"never came true: {script}"
        page.wait_for_timeout(40)


def loaded(page: Page) -> None:
    """Wait until the film knows its length."""
    until(page, "document.querySelector('video[data-main]').readyState > 0")


def plotted(page: Page) -> None:
    """Wait until every picture has become a plot."""
    until(page, "document.querySelectorAll('.uplot').length === document.querySelectorAll('[data-chart]').length")


# Fixtures


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as found:
        yield found


@pytest.fixture(scope="module")
def screened(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Studio:
    """A workspace with ``film``: two scenes of two shots of 48 frames, each taken twice."""
    made = Studio(package, tmp_path_factory.mktemp("screening"))
    made.make("--name", "film", *TWICE)
    return made


@pytest.fixture(scope="module")
def entered(screened: Studio, browser: Browser) -> Iterator[tuple[str, Any]]:
    """The viewer's address, and the cookies of one who has opened it."""
    with viewing(screened) as address, visiting(browser, address) as visit:
        yield address, visit.enter()


@pytest.fixture
def visit(entered: tuple[str, Any], browser: Browser) -> Iterator[Visit]:
    """A fresh window; at the end its console must be clean and nothing asked off-origin."""
    address, state = entered
    with visiting(browser, address, storage_state=state) as opened:
        yield opened
        opened.assert_clean()
