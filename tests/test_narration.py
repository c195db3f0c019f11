"""Narration: read aloud by what is there, over everything else, and refused in one line where nothing is there."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
from lab import Studio
from sounds import heard, sheet

from studio.config import SoundSettings
from studio.errors import BadInput
from studio.sound import loudness, narration, synth, track

ALOUD = """
import io, math, struct, sys, wave
text = sys.stdin.buffer.read().decode()
with wave.open(out := io.BytesIO(), "wb") as file:
    file.setparams((1, 2, 16000, 0, "NONE", ""))
    count = 16000 * len(text) // 20
    file.writeframes(b"".join(struct.pack("<h", int(9000 * math.sin(n * 0.35))) for n in range(count)))
sys.stdout.buffer.write(out.getvalue())
"""
"""A narrator with one tone for a voice: a second for twenty letters."""
TEXT = "The sea was empty. "


@pytest.fixture
def narrator(tmp_path: Path) -> str:
    (tmp_path / "aloud.py").write_text(ALOUD)
    return f"{sys.executable} {tmp_path / 'aloud.py'}"


def test_a_command_reads_each_scene_after_its_cut_and_all_else_gives_way(tmp_path: Path, narrator: str) -> None:
    film = sheet("romance", 2, 3, narration=TEXT * 2)
    settings = SoundSettings(narration=True, narrator=narrator)
    voice, spoken = narration.render(film, settings)
    assert [first for first, _ in spoken] == [
        film.sample(part.first) + synth.samples(narration.BEFORE) for part in film.parts
    ]
    assert spoken[0][1] - spoken[0][0] == pytest.approx(synth.RATE * len((TEXT * 2).strip()) // 20, abs=200)
    assert np.abs(voice[: spoken[0][0]]).max() == 0 and np.abs(voice).max() > 0.1
    facts = track.make(film, settings, tmp_path / "sound.m4a")
    assert facts.narrated == 2 and -17 <= loudness.measure(tmp_path / "sound.m4a").integrated <= -15
    music = np.ones((film.samples, 2), np.float32)
    ducked = track._ducked(music, spoken, track.DUCK["score"])
    first, end = spoken[0]
    assert ducked[first:end].max() < 0.3 and ducked[first - synth.RATE // 2].min() == 1.0


def test_a_voice_keeps_its_pitch_when_it_is_brought_to_the_track_rate() -> None:
    tone = np.sin(2 * np.pi * 440 * np.arange(22050) / 22050).astype(np.float32)
    out = narration._resampled(tone, 22050)
    assert len(out) == synth.RATE and int(np.argmax(np.abs(np.fft.rfft(out)))) == 440
    assert np.abs(out).max() == pytest.approx(1, abs=0.02)


def test_a_narrator_that_gives_no_sound_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "mute.py").write_text("import sys; sys.exit('no voice today')")
    settings = SoundSettings(narration=True, narrator=f"{sys.executable} {tmp_path / 'mute.py'}")
    with pytest.raises(BadInput, match="gave no WAV file: no voice today"):
        narration.render(sheet(narration=TEXT), settings)


def test_asking_for_a_narrator_who_is_not_there_starts_nothing(studio: Studio) -> None:
    done = studio("make", "--prompt", "x", "--set", "sound.narration=true", "--set", "sound.narrator=nobody-at-all")
    assert done.returncode == 2 and "no such command" in done.stderr and len(done.stderr.strip().splitlines()) == 1
    assert not (studio.space / "runs").exists()


def test_without_espeak_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(narration, "find_spec", lambda name: None)
    with pytest.raises(BadInput, match=r"pip install 'studio-film\[narration\]'"):
        narration.who(SoundSettings(narration=True))
    assert narration.who(SoundSettings()) == ""


@pytest.mark.skipif(importlib.util.find_spec("espeakng_loader") is None, reason="needs the extra `narration`")
def test_espeak_speaks_and_hurries_where_the_scene_is_short(tmp_path: Path) -> None:
    settings = SoundSettings(narration=True, score=False, ambience=False, effects=False)
    slow = narration.read_aloud(TEXT * 3, "espeak", "en", synth.RATE * 60)
    fast = narration.read_aloud(TEXT * 3, "espeak", "en", len(slow) * 2 // 3)
    assert len(slow) > synth.RATE and len(fast) <= len(slow) * 0.72
    film = sheet(scenes=1, seconds=4, narration=TEXT)
    files = [tmp_path / "a.m4a", tmp_path / "b.m4a"]
    for file in files:
        track.make(film, settings, file)
    assert files[0].read_bytes() == files[1].read_bytes() and np.abs(heard(files[0])).max() > 0.1
    with pytest.raises(BadInput, match="has no voice"):
        narration.read_aloud(TEXT, "espeak", "klingon-xyz", synth.RATE)
