"""Loudness: measured by ffmpeg's ebur128 filter, set by gain, kept below the ceiling by a look-ahead limiter.

-16 LUFS integrated is what AES TD1008 recommends for streams; true peak is read on the signal at four times its rate
(ITU-R BS.1770-4, annex 2), because the wave between two samples may be higher than both.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from studio.edit.encode import ffmpeg_exe
from studio.errors import EngineFailed
from studio.sound import synth
from studio.sound.synth import RATE, Wave

TARGET = -16.0
"""LUFS, integrated."""
CEILING = -2.6
"""dBFS of true peak before AAC, which may add a little; the published file stays below -1."""
LOOK = 240
"""Samples (5 ms) in which the limiter sees a peak coming."""
SILENCE = -70.0
"""LUFS: the gate of BS.1770; below it there is nothing to measure."""
ROUNDS = 4
BLOCK = 1 << 14
"""Samples that are oversampled at a time."""


@dataclass(frozen=True)
class Loudness:
    """What ebur128 says: LUFS integrated, dBFS of true peak, LU of range."""

    integrated: float
    true_peak: float
    span: float


def measure(source: Path | Wave, peak: bool = True) -> Loudness:
    """Loudness of a file's sound or of samples; without ``peak`` it is quicker. Raises EngineFailed where it cannot."""
    command = [ffmpeg_exe(), "-hide_banner", "-nostats"]
    data = None
    if isinstance(source, Path):
        command += ["-nostdin", "-threads", "1", "-i", str(source), "-map", "0:a:0"]
    else:
        command += ["-f", "f32le", "-ar", str(RATE), "-ac", "2", "-i", "pipe:"]
        data = np.ascontiguousarray(source, "<f4").tobytes()
    command += ["-af", f"ebur128=peak={'true' if peak else 'none'}:framelog=quiet", "-f", "null", "-"]
    done = subprocess.run(command, input=data, capture_output=True, timeout=600)
    text = done.stderr.decode(errors="replace")
    told = text.rpartition("Summary:")[2]
    found = dict(re.findall(r"(I|Peak|LRA):\s+(-?[\d.]+|-?inf|nan)", told))
    if done.returncode != 0 or "I" not in found:
        raise EngineFailed(f"ffmpeg could not measure the sound: {text.strip()[-200:]}")
    return Loudness(float(found["I"]), float(found.get("Peak", "nan")), float(found["LRA"]))


def mastered(wave: Wave, target: float = TARGET, ceiling: float = CEILING) -> Wave:
    """``wave`` at the target loudness with no true peak above the ceiling; silence stays silence."""
    now = measure(wave, peak=False).integrated
    if not now > SILENCE:
        return wave
    wanted = out = push = wave * np.float32(synth.gain(target - now))
    for _ in range(ROUNDS):  # what the limiter takes away is given back, and limited again
        out = limited(push, ceiling)
        short = _power(wanted) / max(1e-12, _power(out))
        if short < 1.04:
            break
        push = push * np.float32(short**0.5)
    return out


def _power(wave: Wave) -> float:
    return float(np.mean(np.square(wave), dtype=np.float64))


def limited(wave: Wave, ceiling: float) -> Wave:
    """``wave`` with every true peak brought under ``ceiling`` dBFS by a gain that moves smoothly."""
    top = synth.gain(ceiling)
    peaks = _true_peaks(wave, top)
    if float(peaks.max(initial=0.0)) <= top:
        return wave
    wanted = np.minimum(1.0, top / np.maximum(peaks, 1e-9)).astype(np.float32)
    low = _lowest(wanted, LOOK)
    return wave * np.minimum(_mean(low, LOOK), 1.0)[:, None]


def _true_peaks(wave: Wave, top: float) -> Wave:
    """``(n,)``: the highest magnitude of both channels in each sample, also between the samples (four times the rate).

    Where samples stay far below ``top`` nothing between them reaches it, and they are not looked at closer."""
    found = _higher(np.abs(wave))
    for start in range(0, len(wave), BLOCK):
        if float(found[start : start + BLOCK].max()) < 0.6 * top:
            continue
        first = max(0, start - 512)
        piece = wave[first : start + BLOCK + 512]
        n = len(piece)
        spectrum = np.fft.rfft(piece, axis=0)
        finer = np.fft.irfft(spectrum, 4 * n, axis=0) * 4
        both = _higher(np.abs(finer))
        high = np.maximum(np.maximum(both[0::4], both[1::4]), np.maximum(both[2::4], both[3::4]))
        inner = high[start - first : start - first + BLOCK]
        found[start : start + len(inner)] = np.maximum(found[start : start + len(inner)], inner)
    return found


def _higher(pairs: Wave) -> Wave:
    return np.maximum(pairs[:, 0], pairs[:, 1])


def _lowest(gains: Wave, reach: int) -> Wave:
    """The lowest gain within ``reach`` samples on either side (van Herk 1992, by doubling)."""
    out, width = gains, 1
    padded = np.concatenate([np.ones(reach, np.float32), out, np.ones(reach, np.float32)])
    size = 2 * reach + 1
    while width * 2 <= size:
        padded = np.minimum(padded[:-width], padded[width:])
        width *= 2
    rest = size - width
    return np.minimum(padded[: len(padded) - rest], padded[rest:]) if rest else padded


def _mean(gains: Wave, reach: int) -> Wave:
    """The running mean over ``reach`` samples on either side: never above what the peak in the middle allows."""
    padded = np.concatenate([np.full(reach + 1, gains[0]), gains, np.full(reach, gains[-1])]).astype(np.float64)
    total = np.cumsum(padded)
    return ((total[2 * reach + 1 :] - total[: -2 * reach - 1]) / (2 * reach + 1)).astype(np.float32)
