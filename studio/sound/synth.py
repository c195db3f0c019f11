"""Synthesis: noise, plucked strings, sums of partials, envelopes, echoes: float32 at ``RATE`` samples a second.

Nothing here calls BLAS or starts a thread, so the same call gives the same samples on any number of cores.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

RATE = 48_000
"""Samples a second."""
Wave = np.ndarray
"""``(n,)`` or ``(n, 2)`` float32; full scale is ±1."""
_SILENT = np.log(1e3)
"""An exponential envelope counts as over at -60 dB."""


def samples(seconds: float) -> int:
    """Seconds as a number of samples."""
    return max(0, round(seconds * RATE))


def dice(*words: object) -> np.random.Generator:
    """Random numbers that depend on ``words`` alone."""
    return np.random.default_rng(list(hashlib.sha256("/".join(map(str, words)).encode()).digest()[:16]))


def gain(decibels: float) -> float:
    """Decibels as a factor."""
    return float(10 ** (decibels / 20))


def fading(n: int, seconds: float) -> Wave:
    """``n`` samples of an exponential decay that loses 60 dB in ``seconds``."""
    return np.exp(np.arange(n, dtype=np.float32) * np.float32(-_SILENT / max(1.0, seconds * RATE)))


def rise(n: int) -> Wave:
    """``n`` samples from 0 to 1 along a raised cosine."""
    return (0.5 - 0.5 * np.cos(np.linspace(0, np.pi, n, dtype=np.float32))).astype(np.float32)


def edges(wave: Wave, attack: float, release: float) -> Wave:
    """``wave`` with soft edges, in place; seconds."""
    n = len(wave)
    up, down = min(n, samples(attack)), min(n, samples(release))
    shape = (slice(None),) + (None,) * (wave.ndim - 1)
    if up:
        wave[:up] *= rise(up)[shape]
    if down:
        wave[n - down :] *= rise(down)[::-1][shape]
    return wave


def band(n: int, low: float, high: float, rng: np.random.Generator, tilt: float = 0.0) -> Wave:
    """``n`` samples of noise between ``low`` and ``high`` Hz at RMS 0.25, which repeat without a seam.

    ``tilt`` is the slope inside the band in dB an octave (0 white, -3 pink, -6 brown)."""
    size = 1 << max(4, (n - 1).bit_length())
    half = size // 2 + 1
    hz = np.arange(half, dtype=np.float32) * np.float32(RATE / size)
    hz[0] = 1.0
    shape = 1 / np.sqrt((1 + (low / hz) ** 4) * (1 + (hz / high) ** 4))
    if tilt:
        shape *= (hz / np.float32(1000)) ** np.float32(tilt / 6.02)
    parts = rng.standard_normal(2 * half, dtype=np.float32).view(np.complex64)
    wave = np.fft.irfft(parts * shape, size).astype(np.float32)[:n]
    return wave * np.float32(0.25 / max(1e-9, float(np.sqrt(np.mean(wave * wave)))))


def glide(n: int, start: float, end: float) -> Wave:
    """A sine whose pitch moves from ``start`` to ``end`` Hz, geometrically."""
    hz = start * (end / start) ** np.linspace(0, 1, max(2, n))[:n]
    turns = np.cumsum(hz) / RATE
    return np.sin(np.float32(2 * np.pi) * (turns - np.floor(turns)).astype(np.float32))


def pluck(hz: float, n: int, bright: float, seconds: float, rng: np.random.Generator) -> Wave:
    """A plucked string (Karplus & Strong 1983): a burst of noise runs round a delay line that softens it.

    The line has a whole number of samples; reading it at another speed puts it in tune. ``bright`` is 0…1, ``seconds``
    the time in which it falls by 60 dB."""
    period = max(4, int(RATE / hz))
    speed = hz * (period + 0.5) / RATE
    rounds = int(n * speed / period) + 2
    line = rng.uniform(-1, 1, period).astype(np.float32)
    soft = 0.5 * (line + np.roll(line, 1))
    line = bright * line + (1 - bright) * soft
    keep = np.float32(10 ** (-3 * period / (RATE * max(0.05, seconds))))
    out = np.empty((rounds, period), np.float32)
    for k in range(rounds):  # a round at a time: each sample needs only the round before
        out[k] = line
        last = line[-1]
        line = 0.5 * (line + np.concatenate(([out[k - 1, -1] if k else last], line[:-1])))
        line *= keep
    flat = out.ravel()
    return np.interp(np.arange(n) * speed, np.arange(len(flat)), flat).astype(np.float32)


def partials(
    hz: float, n: int, weights: Sequence[float], *, ratios: Sequence[float] = (), vibrato: float = 0.0,
    depth: float = 0.0, damp: Wave | None = None, phase: float = 0.0,
) -> Wave:  # fmt: skip
    """A sum of sines at the multiples of ``hz``, or at ``ratios`` of it; those above 18 kHz are left out.

    ``vibrato`` is in Hz and ``depth`` in cents; each partial is multiplied once more by ``damp`` than the one below.
    Multiples come from Chebyshev's recurrence: sin kx = 2 cos x sin (k-1)x - sin (k-2)x."""
    turns = np.arange(n) * (hz / RATE) + phase
    if depth:
        t = np.arange(n, dtype=np.float32) / np.float32(RATE)
        swing = np.float32(hz * (2 ** (depth / 1200) - 1) / (2 * np.pi * vibrato))
        turns += swing * (1 - np.cos(np.float32(2 * np.pi * vibrato) * t)) * np.minimum(1, t / np.float32(0.4))
    out, shade = np.zeros(n, np.float32), np.ones(1, np.float32)
    if ratios:
        for weight, ratio in zip(weights, ratios, strict=True):
            if hz * ratio < 18_000:
                out += weight * shade * _sine(turns * ratio)
                shade = shade * damp if damp is not None else shade
        return out
    last, now = np.zeros(n, np.float32), _sine(turns)
    twice = 2 * _sine(turns + 0.25)
    for k, weight in enumerate(weights, 1):
        if hz * k >= 18_000:
            break
        if weight:
            out += weight * shade * now
        last, now = now, twice * now - last
        shade = shade * damp if damp is not None else shade
    return out


def _sine(turns: np.ndarray) -> Wave:
    return np.sin(np.float32(2 * np.pi) * (turns - np.floor(turns)).astype(np.float32))


def convolve(wave: Wave, echo: Wave) -> Wave:
    """``wave`` heard through the impulse response ``echo``, cut to its own length (overlap-add in blocks)."""
    size = 1 << (len(echo) * 2).bit_length()
    step = size - len(echo) + 1
    heard, out = np.fft.rfft(echo, size), np.zeros(len(wave) + size, np.float32)
    for start in range(0, len(wave), step):
        block = np.fft.rfft(wave[start : start + step], size)
        out[start : start + size] += np.fft.irfft(block * heard, size).astype(np.float32)
    return out[: len(wave)]


def room(seconds: float, dark: float, rng: np.random.Generator) -> tuple[Wave, Wave]:
    """Left and right impulse responses of a room that rings for ``seconds`` (-60 dB): decaying noise (Moorer 1979).

    ``dark`` is where its walls begin to swallow treble, in Hz."""
    n = samples(seconds)
    tail = fading(n, seconds)
    tail[: samples(0.012)] *= 0.0
    sides = [band(n, 120.0, dark, rng) * tail for _ in "lr"]
    left, right = (side / np.sqrt(np.sum(side * side)) for side in sides)
    return left.astype(np.float32), right.astype(np.float32)


def add(out: Wave, wave: Wave, start: int) -> None:
    """Mix ``wave`` into ``out`` from sample ``start``; what sticks out at either end is cut off."""
    a, b = max(0, start), min(len(out), start + len(wave))
    if a < b:
        out[a:b] += wave[a - start : b - start]


def panned(wave: Wave, side: float) -> Wave:
    """``(n, 2)``: a mono wave at -1 (left) … 1 (right) with constant power."""
    angle = (side + 1) * np.pi / 4
    return wave[:, None] * np.array([np.cos(angle), np.sin(angle)], np.float32)
