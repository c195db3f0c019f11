"""Pictures that were never rendered: hues turned about the grey axis, and everything seen in a mirror.

A matcher should compare colours, not remember them: turned hues give every pair of pictures colours that no wardrobe
has, and what was the same stays the same.
"""

from __future__ import annotations

import numpy as np

TURNED = 0.5
"""Share of the batches whose hues are turned."""


def turn(rng: np.random.Generator, share: float = TURNED) -> np.ndarray | None:
    """A rotation of RGB ``(3, 3)`` about the grey axis by any angle (Rodrigues' formula), or None: leave as it is."""
    if rng.uniform() >= share:
        return None
    angle = rng.uniform(0, 2 * np.pi)
    axis = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / np.sqrt(3)
    return np.asarray(np.eye(3) + np.sin(angle) * axis + (1 - np.cos(angle)) * axis @ axis, np.float32)


def turned(pictures: np.ndarray, by: np.ndarray | None) -> np.ndarray:
    """uint8 pictures ``(…, 3 or 4)`` with their hues turned; a fourth channel, the mask, stays."""
    if by is None:
        return pictures
    out = pictures.copy()
    out[..., :3] = np.clip(pictures[..., :3].astype(np.float32) @ by.T + 0.5, 0, 255)
    return out


def mirrored_some(crops: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """``(n, views, h, w, c)`` with half of the figures facing the other way, all their views alike."""
    out = crops.copy()
    chosen = rng.uniform(size=len(crops)) < 0.5
    out[chosen] = crops[chosen][:, :, :, ::-1]
    return out


def mirrored_heads(heat: np.ndarray, boxes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The finder's truth ``(n, h, w)`` and ``(n, 7, h, w)`` for mirrored frames: offsets across change their sign."""
    boxes = boxes[..., ::-1].copy()
    boxes[:, [0, 2]] *= -1
    return heat[..., ::-1].copy(), boxes


def lit(crops: np.ndarray, lights: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A little lighter or darker, and a little noise: what must not matter."""
    gains = rng.uniform(0.9, 1.1, len(crops)).astype(np.float32)
    noise = rng.normal(0, 2.5, crops.shape[1:]).astype(np.float32)
    noise[..., 3] = 0
    out = crops.astype(np.float32)
    out[..., :3] *= gains[:, None, None, None, None]
    return np.clip(out + noise, 0, 255).astype(np.uint8), lights * gains[:, None]
