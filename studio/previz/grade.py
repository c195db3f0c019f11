"""The grade: exposure and contrast, saturation, lightning, vignette and grain, each one table or one bitmap."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from studio.previz.stageset import Light


class Grade:
    """Finishes frames of ``width`` × ``height`` pixels under one light."""

    def __init__(self, light: Light, width: int, height: int) -> None:
        x = np.arange(256) / 255
        x = np.clip((x - light.black) / (1 - 1.6 * light.black), 0, 1)
        curve = ((x - 0.45) * light.contrast + 0.45) * light.exposure
        self.curve = (curve.clip(0, 1) * 255).astype(np.uint8)
        self.saturation = light.saturation
        grey = np.array([0.299, 0.587, 0.114], np.float32)
        self.mixing = light.saturation * np.eye(3, dtype=np.float32) + (1 - light.saturation) * grey
        self.vignette = _vignette(light.vignette, width, height)
        self.lighter, self.darker = _grain(light.grain, width, height)

    def __call__(self, out: np.ndarray, flash: bool) -> np.ndarray:
        """The finished frame; ``flash`` lights it as lightning does."""
        out = cv2.LUT(out, self.curve)
        if self.saturation != 1.0:
            out = cv2.transform(out, self.mixing)
        if flash:
            out = cv2.addWeighted(out, 0.55, np.full_like(out, 245), 0.45, 0)
        out = cv2.multiply(out, self.vignette, scale=1 / 255)
        return cv2.subtract(cv2.add(out, self.lighter), self.darker)


@lru_cache(maxsize=8)
def _vignette(amount: float, width: int, height: int) -> np.ndarray:
    v, u = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    falloff = 1 - amount * np.clip((u * u + v * v) / 2, 0, 1) ** 1.3
    return np.repeat((falloff * 255)[..., None], 3, 2).astype(np.uint8)


@lru_cache(maxsize=8)
def _grain(amount: float, width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    """What grain adds and what it takes away."""
    grain = np.random.default_rng(11).normal(0, 255 * amount * 0.5, (height, width)).astype(np.float32)
    grain = cv2.GaussianBlur(grain, (0, 0), 0.6)
    lighter, darker = (np.repeat(np.clip(sign * grain, 0, 8)[..., None], 3, 2).astype(np.uint8) for sign in (1, -1))
    return lighter, darker
