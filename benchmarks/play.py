"""Play, measured: what a step costs by runtime and steps, how far each runtime is from float32, and then what a player
in Chromium gets: frames a second, key to paint (p50, p95, by part) and the server's memory over time.

    python benchmarks/play.py                          # latent_flow's default settings, random weights
    python benchmarks/play.py --model runs/.worlds/models/base/latent_flow/weights.safetensors --seconds 600

Needs the development packages, and Chromium for the second half (`--no-browser` leaves it out). Times of the first half
are CPU time on one thread; those of the second are wall time, so that the load of the machine is printed beside them.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import torch

from studio.worlds.models.base import build, load_weights, save_weights
from studio.worlds.play.players import RUNTIMES, ready
from studio.worlds.play.starts import made

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
KEYS = ("ArrowRight", "Space", "ArrowLeft", "d", "ArrowDown")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--model", type=Path, help="weights of a latent_flow [default: random ones]")
    asked.add_argument("--seconds", type=float, default=30, help="of play in the browser, for each number of steps")
    asked.add_argument("--steps", type=int, nargs="+", default=[2, 4])
    asked.add_argument("--runtime", default="int8", choices=RUNTIMES)
    asked.add_argument("--threads", type=int, default=2, help="of the server")
    asked.add_argument("--no-browser", action="store_true")
    asked.add_argument("--no-steps", action="store_true", help="the browser alone")
    options = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        path = options.model or home / "random.safetensors"
        if options.model is None:
            save_weights(random_flow(), path)
        about_the_machine()
        if not options.no_steps:
            steps_by_runtime(path, home)
        if not options.no_browser:
            in_the_browser(path.resolve(), home, options)


def random_flow() -> Any:
    """The default flow; what begins at zero is random too."""
    torch.manual_seed(0)
    model = build("latent_flow", {})
    for parameter in model.parameters():
        if parameter.dim() >= 2 and not parameter.abs().sum():
            parameter.data.normal_(0, 0.02)
    return model


def about_the_machine() -> None:
    torch.set_num_threads(1)
    a = torch.randn(1024, 1024)
    speed = 2 * 1024**3 / cpu_ms(lambda: a @ a, 10) / 1e6
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    print(f"{os.cpu_count()} cores, load {load}; matrix product {speed:.0f} GFLOP/s on one thread")


def cpu_ms(call: Callable[[], Any], times: int) -> float:
    """Median CPU time of a call in this thread, milliseconds."""
    found = []
    with torch.inference_mode():
        for n in range(times + 2):
            start = time.thread_time()
            call()
            if n >= 2:
                found.append(1e3 * (time.thread_time() - start))
    return float(np.median(found))


def steps_by_runtime(path: Path, home: Path) -> None:
    """CPU time of a frame, and of what is done after it was shown; PSNR against float32 in torch."""
    starts = made(2)
    true = opened(path, starts, home, "torch")
    print(f"\n{'runtime':<9} {'steps':>5} {'frame ms':>9} {'after ms':>9}   PSNR to torch, one frame / after 16")
    for runtime in ("torch", "bfloat16", "float32", "int8"):
        model = opened(path, starts, home, runtime)
        for steps in (1, 2, 4):
            model.sampling(steps)
            frame, after = timed(model, starts.moments[0])
            print(f"{runtime:<9} {steps:>5} {frame:>9.1f} {after:>9.1f}", end="", flush=True)
            near = [psnr(model, true, starts.moments, steps, n) for n in (1, 16)] if steps == 2 else []
            print("   " + " / ".join(f"{each:.1f}" for each in near) + " dB" * bool(near))


def opened(path: Path, starts: Any, home: Path, runtime: str) -> Any:
    model = load_weights(path) if runtime in ("torch", "bfloat16") else None
    if model is None:
        return ready(str(path), starts.size, len(starts.action_names), home / "exports", runtime, 1)
    if runtime == "bfloat16":
        model.trunk.bfloat16()
    return model


def timed(model: Any, start: Any) -> tuple[float, float]:
    context, generator = begun(model, start), torch.Generator().manual_seed(0)
    frames, afters = [], []
    for n in range(8):
        frames.append(cpu_once(lambda n=n: model.step(context, torch.tensor([n % 8]), generator)))
        afters.append(cpu_once(lambda: model.settle(context)))
    return float(np.median(frames)), float(np.median(afters))


def cpu_once(call: Callable[[], Any]) -> float:
    with torch.inference_mode():
        start = time.thread_time()
        call()
        return 1e3 * (time.thread_time() - start)


def begun(model: Any, start: Any) -> Any:
    with torch.inference_mode():
        return model.init_context(torch.from_numpy(start.frames)[None], torch.from_numpy(start.actions)[None])


def psnr(model: Any, true: Any, starts: Any, steps: int, frames: int) -> float:
    """Of the last of so many frames, played by both with the same actions and noise."""
    errors = []
    for start in starts:
        last = []
        for each in (model, true):
            each.sampling(steps)
            context, generator = begun(each, start), torch.Generator().manual_seed(1)
            with torch.inference_mode():
                for n in range(frames):
                    frame = each.step(context, torch.tensor([(2, 2, 5, 7)[n % 4]]), generator)
            last.append(frame.float())
        errors.append((last[0] - last[1]).square().mean().item())
    return float(10 * np.log10(255**2 / max(np.mean(errors), 1e-9)))


def in_the_browser(path: Path, home: Path, options: argparse.Namespace) -> None:
    from playwright.sync_api import sync_playwright

    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        print("\nno Chromium on PATH: the second half is left out")
        return
    command = [sys.executable, "-m", "studio", "world", "play", str(path), "--no-open"]
    command += ["--runtime", options.runtime, "--threads", str(options.threads)]
    env = {**os.environ, "STUDIO_WORKSPACE": str(home)}
    server = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        address = server.stdout.readline().strip()
        with sync_playwright() as driver:
            chromium = driver.chromium.launch(executable_path=browser, args=["--no-sandbox", "--disable-dev-shm-usage"])
            page = chromium.new_page()
            page.goto(address)
            page.wait_for_selector("[data-begin]:not([disabled])", timeout=120_000)
            for steps in options.steps:
                played(page, steps, options.seconds, psutil.Process(server.pid))
            chromium.close()
    finally:
        server.terminate()
        server.wait(20)


def played(page: Any, steps: int, seconds: float, server: psutil.Process) -> None:
    """Press keys for so long, and print what the meter says and how much memory the server held."""
    choices = ["1", "2", "4", "8"]
    page.locator("[data-steps]").focus()
    page.keyboard.press("Home")
    for _ in range(choices.index(str(steps))):
        page.keyboard.press("ArrowRight")
    page.locator("[data-connection]:text('playing'), [data-connection]:text('paused')").wait_for()
    page.wait_for_timeout(500)
    assert page.text_content("[data-steps-told]") == str(steps)
    page.locator("[data-dream]").focus()
    print(f"\n{steps} steps in Chromium, load {os.getloadavg()[0]:.1f}")
    held, start, shown, n = [], time.monotonic(), 0.0, 0
    while time.monotonic() - start < seconds:
        page.keyboard.down(KEYS[n % len(KEYS)])
        page.wait_for_timeout(110 + 37 * (n % 3))
        page.keyboard.up(KEYS[n % len(KEYS)])
        page.wait_for_timeout(90 + 29 * (n % 4))
        n += 1
        held.append(server.memory_info().rss / 2**20)
        if time.monotonic() - start - shown >= max(10, seconds / 10):
            shown = time.monotonic() - start
            print(f"  {shown:5.0f} s  {held[-1]:6.0f} MB  {told(page)}")
    quarter = max(1, len(held) // 4)
    print(f"  at the end: {told(page)}, load {os.getloadavg()[0]:.1f}")
    print(
        f"  memory: {np.mean(held[:quarter]):.0f} MB in the first quarter, {np.mean(held[-quarter:]):.0f} in the last"
    )


def told(page: Any) -> str:
    facts = json.loads(page.get_attribute("[data-meter]", "data-figures") or "{}")
    parts = ", ".join(f"{name} {facts[name]:.1f}" for name in ("network", "wait", "model", "encoding", "paint"))
    return f"{facts['fps']:.1f} fps, p50 {facts['p50']:.0f} ms, p95 {facts['p95']:.0f} ms ({parts})"


if __name__ == "__main__":
    main()
