"""A sheet of paper as a bitmap: cut to what it covers, lit once, then only moved under the camera."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from studio.previz.stageset import SKY, Light


@dataclass
class Sheet:
    """Premultiplied RGBA pixels (four channels warp twice as fast as three) and where they lie."""

    paper: np.ndarray
    matrix: np.ndarray
    """2×3: metres at the sheet's depth to its own pixels."""
    z: float = 0.0
    solid: bool = False
    """Whether it hides everything behind it."""

    def lay(self, out: np.ndarray, matrix: np.ndarray, below: int | None = None) -> None:
        """Lay the sheet over ``out`` (RGB, changed in place) as a camera with ``matrix`` sees it; nobody sees the rows
        from ``below`` on, since something nearer hides them."""
        if matrix[0, 0] <= 0 or self.matrix[0, 0] <= 0:
            return  # the camera has gone past it
        k = matrix[0, 0] / self.matrix[0, 0]
        dx, dy = matrix[:, 2] - k * self.matrix[:, 2]
        height, width = self.paper.shape[:2]
        rows = out.shape[0] if below is None else below
        x0, y0 = max(0, int(np.floor(dx))), max(0, int(np.floor(dy)))
        x1, y1 = min(out.shape[1], int(np.ceil(dx + k * width))), min(rows, int(np.ceil(dy + k * height)))
        if self.solid:  # the backdrop goes on beyond its edges rather than leave the frame empty
            x0, y0, x1, y1 = 0, 0, out.shape[1], rows
        if x0 >= x1 or y0 >= y1:
            return
        paper = self._seen(k, dx - x0, dy - y0, (x1 - x0, y1 - y0))
        if self.solid:
            cv2.cvtColor(paper, cv2.COLOR_RGBA2RGB, dst=out[:y1])
            return
        through = cv2.cvtColor(cv2.bitwise_not(alpha_of(paper)), cv2.COLOR_GRAY2RGB)
        part = out[y0:y1, x0:x1]
        cv2.add(cv2.multiply(part, through, scale=1 / 255), cv2.cvtColor(paper, cv2.COLOR_RGBA2RGB), dst=part)

    def hides_from(self, matrix: np.ndarray, width: int, height: int) -> int:
        """The row of a frame from which the sheet hides, to the bottom, all that lies behind it; ``height`` if none."""
        if self.solid:
            return 0
        if matrix[0, 0] <= 0 or self.matrix[0, 0] <= 0:
            return height
        k = matrix[0, 0] / self.matrix[0, 0]
        dx, dy = matrix[:, 2] - k * self.matrix[:, 2]
        # Pixels are mixed of two neighbours, and their places rounded: a pixel more on every side.
        left, right, last = -dx / k - 1, (width - dx) / k + 2, int((height - dy) / k) + 2
        if left < 0 or right > self.paper.shape[1] or last > self.paper.shape[0] or last < 1:
            return height
        first, end = self._opaque
        open_ = np.flatnonzero((first[:last] > left) | (end[:last] < right))
        above = open_[-1] + 1 if len(open_) else 0
        return min(height, max(0, int(np.ceil(dy + k * above)) + 1))

    @cached_property
    def _opaque(self) -> tuple[np.ndarray, np.ndarray]:
        """For each row, where the run of opaque pixels begins and ends that holds the row's middle."""
        clear = self.paper[..., 3] < 255
        middle, width = clear.shape[1] // 2, clear.shape[1]
        left, right = clear[:, middle::-1], clear[:, middle:]
        first = np.where(left.any(1), middle - left.argmax(1) + 1, 0)
        end = np.where(right.any(1), middle + right.argmax(1), width)
        return first, end

    def _seen(self, k: float, dx: float, dy: float, size: tuple[int, int]) -> np.ndarray:
        """The paper scaled and moved; a bitmap that fits pixel for pixel is only sliced."""
        x, y = round(-dx), round(-dy)
        height, width = self.paper.shape[:2]
        still = abs(k - 1) < 1e-6 and abs(x + dx) < 1e-3 and abs(y + dy) < 1e-3
        if still and x >= 0 and y >= 0 and x + size[0] <= width and y + size[1] <= height:
            return self.paper[y : y + size[1], x : x + size[0]]
        mode = cv2.BORDER_REPLICATE if self.solid else cv2.BORDER_CONSTANT
        matrix = np.array([[k, 0, dx], [0, k, dy]])
        seen: np.ndarray = cv2.warpAffine(self.paper, matrix, size, flags=cv2.INTER_LINEAR, borderMode=mode)
        return seen


def alpha_of(paper: np.ndarray) -> np.ndarray:
    """The alpha of RGBA pixels as an array of its own (in half of ``cv2.extractChannel``'s time)."""
    return np.ascontiguousarray(paper[..., 3])


def cut(paper: np.ndarray, matrix: np.ndarray, z: float = 0.0, solid: bool = False) -> Sheet | None:
    """A sheet from premultiplied RGBA whose pixels ``matrix`` places; None where nothing was drawn.

    ``solid`` says that the paper may cover the whole stage: where it does, it hides what lies behind it.
    """
    if solid and paper[..., 3].min() == 255:
        return Sheet(paper, matrix, z, solid=True)
    x, y, w, h = bounds(paper)
    if not w:
        return None
    moved = matrix.copy()
    moved[:, 2] -= (x, y)
    return Sheet(np.ascontiguousarray(paper[y : y + h, x : x + w]), moved, z)


def bounds(paper: np.ndarray, rim: int = 2) -> tuple[int, int, int, int]:
    """x, y, width and height of what is not transparent, with a clear rim where there is room; zeros if empty."""
    alpha = alpha_of(paper)
    x, y, w, h = cv2.boundingRect(alpha)
    if not w:
        return 0, 0, 0, 0
    x0, y0 = max(0, x - rim), max(0, y - rim)
    return x0, y0, min(alpha.shape[1], x + w + rim) - x0, min(alpha.shape[0], y + h + rim) - y0


def over(base: np.ndarray, top: np.ndarray, shadow: float) -> np.ndarray:
    """Lay premultiplied RGBA over another, with the soft shadow (0…1) that it throws."""
    x, y, w, h = bounds(top, 24)
    if not w:
        return base
    rows, columns = slice(y, y + h), slice(x, x + w)
    part, paper = base[rows, columns], np.ascontiguousarray(top[rows, columns])
    if shadow:
        alpha = cv2.warpAffine(
            paper[..., 3], np.array([[1.0, 0, 4], [0, 1, 3]]), (w, h), borderMode=cv2.BORDER_REPLICATE
        )
        alpha = cv2.GaussianBlur(alpha, (0, 0), 5)
        keep = cv2.convertScaleAbs(alpha, alpha=-shadow, beta=255)
        keep = cv2.merge([keep, keep, keep, np.full_like(keep, 255)])
        part = cv2.multiply(part, keep, scale=1 / 255)
    through = cv2.cvtColor(cv2.bitwise_not(alpha_of(paper)), cv2.COLOR_GRAY2RGBA)
    through[..., 3] = through[..., 0]
    base[rows, columns] = cv2.add(cv2.multiply(part, through, scale=1 / 255), paper)
    return base


def lit(paper: np.ndarray, z: float, light: Light) -> np.ndarray:
    """Premultiplied RGBA, changed in place, under key, ambient and haze at depth ``z`` (metres): one linear map of each
    pixel."""
    shade = light.shade
    if z == SKY:
        return paper
    amount = shade.amount * (light.behind if z > 1 else 1.0)
    share = 1 - 0.5 ** (max(0.0, min(z, 400.0)) / light.haze_distance)
    keep = np.array(shade.key[:3]) * (1 - amount) * (1 - share)
    fill = np.array(shade.ambient[:3]) * amount * (1 - share) + np.array(light.haze[:3]) * share
    mixing = np.zeros((4, 4), np.float32)
    mixing[range(3), range(3)] = keep
    mixing[:3, 3] = fill
    mixing[3, 3] = 1.0
    x, y, w, h = bounds(paper)  # most papers cover little of their canvas
    if not w:
        return paper
    part = paper[y : y + h, x : x + w]
    toned = cv2.transform(part, mixing)
    if amount > 0.15:  # lit windows and lamps stay lit: what was brightest keeps its own colour
        bright = cv2.inRange(part, (236, 116, 116, 0), (255, 255, 255, 255))
        cv2.copyTo(part, bright, toned)
    part[...] = toned
    return paper
