"""Pictures of the viewer's pages for the documentation, taken in Chromium.

    python tests/screenshots.py                       makes two films first: some minutes
    python tests/screenshots.py --workspace DIR the-keeper the-cat      of two that are there

Writes docs/viewer-*.png, each in few colours so that the repository stays small.
"""

from __future__ import annotations

import argparse
import io
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from browser_lab import Visit, browsing, plotted, until, viewing, visiting
from lab import ROOT, Studio
from PIL import Image
from playwright.sync_api import Browser, Page

PROMPTS = {
    "the-cat": "A noir detective follows a cat through the rainy city at night",
    "the-keeper": "A lighthouse keeper adopts a lost whale",
}
DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"}
TALL: dict[str, Any] = {**DESKTOP, "viewport": {"width": 1280, "height": 1500}}
LIGHT: dict[str, Any] = {**DESKTOP, "color_scheme": "light"}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark", "device_scale_factor": 2}
BIGGEST = 400_000


def at_the_third_shot(page: Page) -> None:
    page.locator(".strip a").nth(2).click()
    until(
        page, "() => { const v = document.querySelector('video[data-main]'); return v.currentTime > 1 && !v.seeking }"
    )
    page.evaluate("scrollTo(0, 0)")


def wiped(page: Page) -> None:
    until(page, "[...document.querySelectorAll('.pair video')].every(v => v.readyState > 1)")
    for _ in range(30):
        page.keyboard.press(".")
        page.wait_for_timeout(20)
    page.keyboard.press("w")
    page.locator("[data-wipe]").fill("42")
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")


def pointed_at(page: Page) -> None:
    plotted(page)
    box = page.locator(".plot .u-over").first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.3)


def nothing(page: Page) -> None:
    page.wait_for_timeout(200)


Act = Callable[[Page], None]


def shots(visit: Visit, name: str, other: str) -> list[tuple[str, str, dict[str, Any], Act]]:
    """Name of each picture, page, window, and what is done there first."""
    film = f"/productions/{name}"
    page = visit.open(film)
    pairs = page.locator(".pairing:visible a")
    pair = pairs.first.get_attribute("href") if pairs.count() else f"{film}/shots/1/1"
    take = page.locator(".take:has(.circle):has(.notes) h4 a").first.get_attribute("href")
    assert pair and take
    return [
        ("productions", "/", DESKTOP, nothing),
        ("start", "/start", DESKTOP, nothing),
        ("production", film, DESKTOP, at_the_third_shot),
        ("production-light", film, LIGHT, at_the_third_shot),
        ("production-phone", film, PHONE, at_the_third_shot),
        ("take", take, TALL, nothing),
        ("wipe", pair, DESKTOP, wiped),
        ("curves", f"{film}/curves", TALL, pointed_at),
        ("curves-light", f"{film}/curves", LIGHT, pointed_at),
        ("bible", f"{film}/bible", DESKTOP, nothing),
        ("compare", f"/compare?a={name}&b={other}", TALL, pointed_at),
    ]


def save(picture: bytes, path: Path) -> None:
    """A PNG of as many colours as keep it small."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    image.thumbnail((1280, 1800))
    for colours in (256, 128, 64):
        # k-means keeps the few bright colours of an interface that median cut gives to the picture.
        image.quantize(colours, kmeans=4, dither=Image.Dither.NONE).save(path, optimize=True)
        if path.stat().st_size < BIGGEST:
            return


def shoot(browser: Browser, studio: Studio, name: str, other: str, out: Path) -> None:
    """Open every page of a production and keep what is seen."""
    with ExitStack() as stack:
        address = stack.enter_context(viewing(studio))
        first = stack.enter_context(visiting(browser, address))
        state = first.enter()
        for label, path, window, act in shots(first, name, other):
            with visiting(browser, address, storage_state=state, **window) as visit:
                page = visit.open(path)
                page.wait_for_timeout(600)
                act(page)
                page.wait_for_timeout(400)
                save(page.screenshot(), out / f"viewer-{label}.png")
                visit.assert_clean()
                print(f"viewer-{label}.png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=["the-keeper", "the-cat"])
    parser.add_argument("--workspace", type=Path)
    parser.add_argument("--out", type=Path, default=ROOT / "docs")
    given = parser.parse_args()
    os.environ["PYTHONPATH"] = str(ROOT)
    with tempfile.TemporaryDirectory() as made, browsing() as browser:
        studio = Studio(ROOT, (given.workspace or Path(made)).resolve())
        if not given.workspace:
            for name, prompt in PROMPTS.items():
                command = [sys.executable, "-m", "studio", "make", "--prompt", prompt, "--name", name]
                subprocess.run(command, env=studio.environment(), cwd=studio.space, check=True)
        shoot(browser, studio, *given.names[:2], given.out)


if __name__ == "__main__":
    main()
