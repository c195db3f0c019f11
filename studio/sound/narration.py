"""The narrator: a scene's narration, read aloud by eSpeak NG or by a command of the user's.

eSpeak NG comes with the extra ``narration`` (package espeakng-loader). A command reads UTF-8 text from its standard
input and writes a WAV file to its standard output.
"""

from __future__ import annotations

import io
import shlex
import shutil
import subprocess
import sys
import wave
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from studio.config import SoundSettings
from studio.errors import BadInput
from studio.sound import synth
from studio.sound.sheet import Sheet
from studio.sound.synth import RATE, Wave

BEFORE = 0.35
"""Seconds between the cut and the first word."""
PACE, HURRY = 155, 270
"""Words a minute: as a rule, and at most where the scene is short."""
VOICE_LEVEL = 0.16
"""RMS of what is spoken."""


def who(settings: SoundSettings) -> str:
    """Who narrates: ``espeak``, the command, or nobody (empty). Raises BadInput where nobody is there who was asked."""
    if not settings.narration:
        return ""
    if settings.narrator:
        program = shlex.split(settings.narrator)[:1]
        if not program or shutil.which(program[0]) is None:
            raise BadInput(f"sound.narrator = {settings.narrator!r}: no such command")
        return settings.narrator
    if find_spec("espeakng_loader") is None:
        raise BadInput(
            "sound.narration = true, but there is no narrator: pip install 'studio-film[narration]', "
            "or name a command in sound.narrator"
        )
    return "espeak"


def render(sheet: Sheet, settings: SoundSettings) -> tuple[Wave, list[tuple[int, int]]]:
    """``(samples,)`` of all narration, and the (first, end) samples in which somebody speaks."""
    out = np.zeros(sheet.samples, np.float32)
    spoken: list[tuple[int, int]] = []
    narrator = who(settings)
    for part in sheet.parts:
        text = " ".join(part.narration.split())
        if not (narrator and text):
            continue
        start = sheet.sample(part.spoken[0]) + synth.samples(BEFORE)
        room = max(RATE // 2, sheet.sample(part.spoken[1]) - start)
        voice = read_aloud(text, narrator, settings.voice, room)
        start = max(start, spoken[-1][1] + RATE // 4) if spoken else start
        synth.add(out, voice, start)
        spoken.append((start, min(start + len(voice), sheet.samples)))
    return synth.edges(out, 0.0, 0.3), spoken


def read_aloud(text: str, narrator: str, voice: str, room: int) -> Wave:
    """``(n,)`` at 48 kHz: the text; where it does not go into ``room`` samples, eSpeak reads as fast as it must."""
    if narrator != "espeak":
        return _even(_command(shlex.split(narrator), text))
    spoken = _espeak(text, voice, PACE)
    if len(spoken) > room:
        spoken = _espeak(text, voice, min(HURRY, round(PACE * len(spoken) / room * 1.05)))
    return _even(spoken)


def _espeak(text: str, voice: str, pace: int) -> Wave:
    return _command([sys.executable, str(Path(__file__).with_name("espeak.py")), voice, str(pace)], text)


def _even(spoken: Wave) -> Wave:
    loud = spoken[np.abs(spoken) > 0.02 * np.abs(spoken).max(initial=0.0)]
    rms = float(np.sqrt(np.mean(np.square(loud)))) if len(loud) else 1.0
    return spoken * np.float32(VOICE_LEVEL / max(1e-6, rms))


def _resampled(spoken: Wave, rate: int) -> Wave:
    """At 48 kHz, by way of its spectrum: what the voice lacks above its own rate stays silent."""
    n = round(len(spoken) * RATE / rate)
    spectrum, wide = np.fft.rfft(spoken), np.zeros(n // 2 + 1, np.complex128)
    kept = min(len(spectrum), len(wide))
    wide[:kept] = spectrum[:kept]
    return (np.fft.irfft(wide, n) * (n / max(1, len(spoken)))).astype(np.float32)


def _command(command: Sequence[str], text: str) -> Wave:
    """What a command says; raises BadInput where it gives no WAV file that can be read."""
    done = subprocess.run(command, input=text.encode(), capture_output=True, timeout=300)
    try:
        with wave.open(io.BytesIO(done.stdout)) as file:
            if file.getsampwidth() != 2:
                raise BadInput(f"the narrator's WAV file has {8 * file.getsampwidth()} bits; 16 are read")
            data = np.frombuffer(file.readframes(1 << 28), "<i2").astype(np.float32) / 32768
            return _resampled(data.reshape(-1, file.getnchannels()).mean(axis=1), file.getframerate())
    except (wave.Error, EOFError, ValueError) as error:
        why = done.stderr.decode(errors="replace").strip()[-200:] or str(error)
        raise BadInput(f"the narrator ({Path(command[0]).name}) gave no WAV file: {why}") from None
