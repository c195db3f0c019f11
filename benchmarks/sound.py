"""Loudness, true peak and CPU time of the sound tracks of ten films, and what two of them look like.

    python benchmarks/sound.py [FOLDER]      keeps the tracks in FOLDER and draws docs/sound-comedy.png and -tragedy.png

The films are planned by the offline director and never rendered: sound needs their briefs alone.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from rich.console import Console
from rich.table import Table

from studio.config import SoundSettings
from studio.edit.burnin import write
from studio.edit.encode import ffmpeg_exe
from studio.llm._offline.plan import plan
from studio.sound import composer, loudness, track
from studio.sound.sheet import Cue, Part, Sheet
from studio.sound.synth import RATE
from studio.story.brief import Brief
from studio.story.document import CreativeDocument, Scene

FILMS = {
    "comedy": "A slapstick comedy: two clumsy movers carry a piano up the stairs while a cat keeps getting in the way",
    "tragedy": "A widow mourns her dead son by the grave at night, and then the fever kills her only friend",
    "lighthouse": "A lighthouse keeper adopts a lost whale",
    "noir": "A noir detective follows a cat through the rainy city at night",
    "space": "A retired astronaut teaches a shy robot to garden on a rooftop while the city sleeps",
    "fairy-tale": "Once upon a time a little goose girl found a golden key in the forest, and an old witch wanted it back",
    "western": "A western: a tired sheriff rides into a desert town to face a bandit at noon",
    "horror": "A horror film: a girl hears steps in the attic of a haunted house during a storm",
    "documentary": "A documentary about emperor penguins raising their chicks in Antarctica during the long winter night",
    "romance": "A romance: a baker and a violinist meet in a café in the rain",
}
CARD, FPS = 2.5, 24.0


def sheet(document: CreativeDocument) -> Sheet:
    """The film's cue sheet, with a dissolve of half a second between its scenes."""
    first, parts = round(CARD * FPS), []
    for scene in document.scenes:
        cues, start = [], first
        for shot in scene.shots:
            frames = round(shot.seconds * FPS)
            cues.append(Cue(shot=shot.number, brief=_brief(document, scene, shot.number), start=start, frames=frames))
            start += frames
        text = " ".join([scene.summary, *(shot.action for shot in scene.shots)])
        parts.append(
            Part(
                scene=scene.number, first=first, last=start, beat=document.beat_of(scene), text=text, cues=tuple(cues),
                place=document.location(scene.location).kind, time=scene.time_of_day, weather=scene.weather,
            )
        )  # fmt: skip
        first = start
    return Sheet(
        title=document.title, logline=document.logline, genre=document.genre, seed=0, fps=FPS,
        frames=first + round(CARD * FPS), parts=tuple(parts),
    )  # fmt: skip


def _brief(document: CreativeDocument, scene: Scene, number: int) -> Brief:
    shot = next(shot for shot in scene.shots if shot.number == number)
    return Brief(
        engine="previz", engine_version="benchmark", prompt="", seed=number, frames=round(shot.seconds * FPS), fps=FPS,
        action=shot.action, characters=document.in_frame(shot), location=document.location(scene.location),
        time_of_day=scene.time_of_day, weather=scene.weather, genre=document.genre, beat=document.beat_of(scene),
    )  # fmt: skip


def picture(file: Path, written: composer.Score, title: str) -> np.ndarray:
    """The spectrogram of a track: seconds across, 40 Hz … 16 kHz upward in octaves, -90 … 0 dB as colour."""
    command = [ffmpeg_exe(), "-v", "error", "-i", str(file), "-f", "f32le", "-ac", "1", "-ar", str(RATE), "-"]
    wave = np.frombuffer(subprocess.run(command, capture_output=True, check=True).stdout, "<f4")
    width, height, left, low = 1000, 300, 60, 40
    size = 8192
    starts = np.linspace(0, len(wave) - size, width).astype(int)
    window = np.hanning(size).astype(np.float32)
    power = np.abs(np.fft.rfft(wave[starts[:, None] + np.arange(size)] * window, axis=1)).T / size
    rows = np.geomspace(16_000, low, height) * size / RATE
    decibels = 20 * np.log10(power[np.round(rows).astype(int)] + 1e-9)
    colours = cv2.applyColorMap(np.clip((decibels + 90) / 90 * 255 + 40, 0, 255).astype(np.uint8), cv2.COLORMAP_MAGMA)
    page = np.full((height + 80, width + left + 10, 3), 18, np.uint8)
    page[40 : 40 + height, left : left + width] = colours[..., ::-1]
    write(page, title, left, 26, 16)
    for hz in (50, 100, 200, 400, 800, 1600, 3200, 6400, 12800):
        y = 40 + round(height * np.log(16_000 / hz) / np.log(16_000 / low))
        write(page, f"{hz}", 12, y + 4, 12)
        page[y, left - 6 : left] = 200
    seconds = len(wave) / RATE
    for section in written.sections:
        x = left + round(width * section.start / seconds)
        page[40 + height : 48 + height, x] = 255
        short = section.beat in ("title", "end")
        write(page, section.beat if short else f"{section.beat} {section.key.name}", x + 3, 40 + height + 22, 12)
        write(page, f"{section.start:.1f} s", x + 3, 40 + height + 37, 11)
    return page


def main(folder: Path) -> None:
    table = Table("film", "genre", "seconds", "LUFS", "dBFS peak", "LU", "key", "beats/min", "effects", "CPU s")
    for name, prompt in FILMS.items():
        told = {"prompt": prompt, "scenes": 6, "seed": 0, "max_characters": 8, "max_locations": 8, "bible": None}
        document = CreativeDocument.model_validate(plan(told)[0])
        film, out = sheet(document), folder / f"{name}.m4a"
        before = os.times()
        facts = track.make(film, SoundSettings(), out)
        after = os.times()
        cpu = sum(after[:4]) - sum(before[:4])
        found = loudness.measure(out)
        table.add_row(
            name, document.genre, f"{facts.seconds:.1f}", f"{found.integrated:.1f}", f"{found.true_peak:.1f}",
            f"{found.span:.1f}", facts.key, f"{facts.tempo:.0f}", str(facts.effects), f"{cpu:.1f}",
        )  # fmt: skip
        if name in ("comedy", "tragedy"):
            written = composer.compose(film)
            title = f"{document.title}: {document.genre}, {facts.key}, {facts.tempo:.0f} beats a minute"
            drawn = picture(out, written, title)
            Image.fromarray(drawn).quantize(48).save(f"docs/sound-{name}.png", optimize=True)
    Console(width=120).print(table)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as temporary:
            main(Path(temporary))
