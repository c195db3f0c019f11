"""What fills the air: rain, snow, dust, leaves, bubbles, in depth and seamless in time."""

from __future__ import annotations

import cv2
import numpy as np

from studio.previz.camera import View
from studio.previz.stageset import Particles, StageSet

KINDS: dict[str, tuple[int, float, float, float, float, tuple[int, int, int], float]] = {
    # count, fall (frame heights a second), drift, length, width (shares of height), colour, opacity
    "rain": (150, 1.5, -0.18, 0.055, 0.0022, (205, 220, 235), 0.5),
    "snow": (120, 0.16, 0.05, 0.0, 0.0065, (250, 250, 252), 0.85),
    "leaves": (70, 0.14, 0.5, 0.012, 0.011, (196, 138, 66), 0.9),
    "dust": (26, -0.015, 0.02, 0.0, 0.0026, (255, 246, 220), 0.35),
    "bubbles": (34, -0.14, 0.02, 0.0, 0.006, (215, 240, 248), 0.5),
    "stars": (40, 0.0, 0.006, 0.0, 0.0018, (255, 255, 240), 0.7),
}


def air(out: np.ndarray, stage: StageSet, t: float, view: View, seed: int) -> np.ndarray:
    """Lay the set's particles over the frame."""
    for particles in stage.particles:
        out = _fog(out, t) if particles.kind == "fog" else _fall(out, particles, t, seed, stage.wind)
    return out


def _fall(out: np.ndarray, particles: Particles, t: float, seed: int, wind: float) -> np.ndarray:
    height, width = out.shape[:2]
    count, fall, drift, length, thick, colour, opacity = KINDS[particles.kind]
    rng = np.random.default_rng(seed % 2**32)
    count = int(count * particles.amount)
    x0, y0, near = rng.uniform(0, 1.2, count), rng.uniform(0, 1.2, count), rng.uniform(0.35, 1.5, count)
    sway = 0.02 * np.sin(t * 1.4 + x0 * 20) * (length < 0.03)
    x = (x0 + (drift + wind * 0.1) * near * t + sway) % 1.2 - 0.1
    y = (y0 + fall * near * t) % 1.2 - 0.1
    over = out.copy()
    for px, py, n in zip(x * width, y * height, near, strict=True):
        size = max(1, round(thick * height * n))
        if length > 0.02:
            tip = (int(px + drift * length * height * n), int(py + length * height * n))
            cv2.line(over, (int(px), int(py)), tip, colour, size, cv2.LINE_AA)
        else:
            cv2.circle(over, (int(px * 8), int(py * 8)), size * 8, colour, -1, cv2.LINE_AA, 3)
    return cv2.addWeighted(over, opacity, out, 1 - opacity, 0)


def _fog(out: np.ndarray, t: float) -> np.ndarray:
    height, width = out.shape[:2]
    y, x = np.linspace(0, 1, height)[:, None], np.linspace(0, 6, width)[None]
    # The bank is 0.26 + 0.14 sin(6x + slant) sin(3y + 1 + t/10): by the sum of angles, sines of a row and a column.
    swell, slant = 255 * 0.14 * np.sin(3 * y + 1 + 0.1 * t), 0.25 * t + 3 * y
    bank = (swell * np.cos(slant)).astype(np.float32) * np.sin(x).astype(np.float32)
    bank += (swell * np.sin(slant)).astype(np.float32) * np.cos(x).astype(np.float32)
    veil = (bank + np.float32(255 * 0.26)).astype(np.uint8)
    through = cv2.cvtColor(cv2.bitwise_not(veil), cv2.COLOR_GRAY2RGB)
    fog = cv2.cvtColor(cv2.convertScaleAbs(veil, alpha=214 / 255), cv2.COLOR_GRAY2RGB)
    return cv2.add(cv2.multiply(out, through, scale=1 / 255), fog)
