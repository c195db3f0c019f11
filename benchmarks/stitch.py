"""Stitching: packets copied and dissolves encoded, against one pass of ffmpeg's xfade and against MoviePy.

    python benchmarks/stitch.py                six clips of 6 s; about three minutes on two cores
    python benchmarks/stitch.py --clips 4 --seconds 3

All three get the same clips, preset and CRF in one run. CPU is user + system time of the process and its children;
memory is the peak of both. PSNR is against a lossless one-pass dissolve of the same clips.
"""

from __future__ import annotations

import argparse
import multiprocessing
import re
import resource
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from studio.edit import stitch
from studio.edit.encode import Encoder, ffmpeg_exe
from studio.edit.probe import decode_strictly, probe
from studio.edit.stitch import Item, total_frames

WIDTH, HEIGHT, FPS, FADE = 832, 480, 24, 12
PRESET, CRF = "veryfast", 20


@dataclass(frozen=True)
class Cost:
    cpu: float
    """Seconds."""
    memory: float
    """MiB at the peak."""


def clips(folder: Path, count: int, seconds: float) -> list[Item]:
    """Real previz shots, encoded as the engine encodes them."""
    from studio.previz.film import Film
    from studio.story.brief import Brief
    from studio.story.direction import Direction
    from studio.story.document import Character, Location, Look

    keeper = Character(
        id="keeper", name="the keeper", kind="person", description="a keeper", look=Look(clothes=["yellow raincoat"])
    )
    frames = round(seconds * FPS)
    found = []
    for n, (place, move) in enumerate(zip(("coast", "forest", "street", "kitchen", "field", "harbour"),
                                          ("push-in", "pan-left", "track", "locked", "crane", "handheld"), strict=True)):  # fmt: skip
        if n == count:
            break
        brief = Brief(
            engine="previz", engine_version="benchmark", prompt="", frames=frames, fps=FPS, seed=n, action="walks",
            direction=Direction(shot_size="full", camera_move=move), characters=[keeper],
            location=Location(id=place, name=place, kind=place, description=place),
        )  # fmt: skip
        film, path = Film(brief), folder / f"clip-{n}.mp4"
        with Encoder(path, WIDTH, HEIGHT, FPS, keyframes=[FADE, frames - FADE], crf=CRF, preset=PRESET) as encoder:
            for k in range(frames):
                encoder.write(film.frame(k))
        found.append(Item(path, frames, FADE if n else 0))
    return found


def smart(items: list[Item], out: Path) -> None:
    stitch.smart(items, out, {}, probe(items[0].path))


def xfade(items: list[Item], out: Path) -> None:
    stitch.one_pass(items, out, {}, probe(items[0].path))


def moviepy(items: list[Item], out: Path) -> None:
    from moviepy import CompositeVideoClip, VideoFileClip, vfx

    placed, at = [], 0.0
    for item in items:
        clip = VideoFileClip(str(item.path))
        if item.dissolve:
            at -= item.dissolve / FPS
            clip = clip.with_effects([vfx.CrossFadeIn(item.dissolve / FPS)])
        placed.append(clip.with_start(at))
        at += item.frames / FPS
    film = CompositeVideoClip(placed).with_duration(total_frames(items) / FPS)
    film.write_videofile(str(out), fps=FPS, codec="libx264", preset=PRESET, audio=False, threads=1, logger=None,
                         ffmpeg_params=["-crf", str(CRF), "-pix_fmt", "yuv420p"])  # fmt: skip


def check(items: list[Item], out: Path) -> None:
    """What Studio adds to either method: every frame of the result is decoded strictly."""
    decode_strictly(out if out.is_file() else items[0].path)


METHODS: dict[str, Callable[[list[Item], Path], None]] = {
    "smart": smart,
    "one-pass xfade": xfade,
    "MoviePy": moviepy,
    "strict check": check,
}


def _work(name: str, items: list[Item], out: Path, answer: multiprocessing.Queue[Cost]) -> None:
    METHODS[name](items[:2], out.with_name("warm.mp4"))  # imports and caches are not what is compared
    before = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    METHODS[name](items, out)
    after = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(b.ru_utime + b.ru_stime - a.ru_utime - a.ru_stime for a, b in zip(before, after, strict=True))
    answer.put(Cost(cpu, sum(b.ru_maxrss for b in after) / 1024))


def measure(name: str, items: list[Item], out: Path) -> Cost:
    """Cost of one method in a process of its own."""
    context = multiprocessing.get_context("spawn")
    answer: multiprocessing.Queue[Cost] = context.Queue()
    process = context.Process(target=_work, args=(name, items, out, answer))
    process.start()
    cost = answer.get()
    process.join()
    return cost


def psnr(film: Path, reference: Path) -> float:
    """Mean PSNR in dB over all planes and frames."""
    done = subprocess.run([ffmpeg_exe(), "-hide_banner", "-i", str(film), "-i", str(reference), "-lavfi", "psnr", "-f", "null", "-"],
                          capture_output=True, text=True, check=True)  # fmt: skip
    found = re.search(r"average:([\d.]+|inf)", done.stderr)
    assert found, done.stderr[-500:]
    return float(found.group(1))


def lossless(items: list[Item], out: Path) -> None:
    """The same dissolves without loss."""
    inputs = [argument for item in items for argument in ("-i", str(item.path))]
    graph, last, length = [], "0:v", items[0].frames / FPS
    for n, item in enumerate(items[1:], 1):
        offset = length - item.dissolve / FPS
        graph.append(f"[{last}][{n}:v]xfade=transition=fade:duration={item.dissolve / FPS}:offset={offset}[v{n}]")
        last, length = f"v{n}", length + (item.frames - item.dissolve) / FPS
    subprocess.run([ffmpeg_exe(), "-hide_banner", "-loglevel", "error", "-y", *inputs, "-filter_complex", ";".join(graph), "-map",
                    f"[{last}]", "-c:v", "libx264", "-qp", "0", "-preset", "ultrafast", str(out)], check=True)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=6, choices=range(2, 7))
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--no-scaling", action="store_true", help="leave out the 12 and 60 clips")
    chosen = parser.parse_args()
    console = Console()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        items = clips(folder, chosen.clips, chosen.seconds)
        lossless(items, folder / "reference.mkv")
        films = {method: folder / f"{n}.mp4" for n, method in enumerate(METHODS)} | {"strict check": folder / "0.mp4"}
        costs = {method: measure(method, items, film) for method, film in films.items()}
        checked = costs.pop("strict check")
        table = Table(
            f"{len(items)} clips of {chosen.seconds:g} s", "CPU s", "× smart", "peak MiB", "frames", "strict", "PSNR dB"
        )
        for method, cost in costs.items():
            film = films[method]
            decode_strictly(film)
            frames = f"{probe(film).frames} of {total_frames(items)}"
            table.add_row(method, f"{cost.cpu:.2f}", f"{cost.cpu / costs['smart'].cpu:.1f}", f"{cost.memory:.0f}", frames,
                          "clean", f"{psnr(film, folder / 'reference.mkv'):.2f}")  # fmt: skip
        console.print(table)
        console.print(f"Studio's strict check of the film, the same after each: {checked.cpu:.2f} s")
        if not chosen.no_scaling:
            many = {count: [items[n % len(items)] for n in range(count)] for count in (12, 60)}
            many = {
                count: [Item(i.path, i.frames, FADE if n else 0) for n, i in enumerate(rows)]
                for count, rows in many.items()
            }
            peaks = {count: measure("smart", rows, folder / f"many-{count}.mp4").memory for count, rows in many.items()}
            console.print(f"smart, peak memory: 12 clips {peaks[12]:.0f} MiB, 60 clips {peaks[60]:.0f} MiB")


if __name__ == "__main__":
    main()
