"""What stands still, painted once a level: sky and far hills, near hills and set flats, the ground's tiles."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from studio.worlds.envs._backlot.constants import HEIGHT, ROWS, TILE, WIDTH
from studio.worlds.envs._backlot.cutting import FINE, Colour, Cutout, cutout, mixed, packed
from studio.worlds.envs._backlot.level import CRATE, EMPTY, PLANK, SOLID, Level
from studio.worlds.envs._backlot.sprites import WOOD, WOOD_DARK, WOOD_LIGHT, tile_colours


@dataclass(frozen=True)
class Theme:
    """Colours of one time of day."""

    name: str
    sky: tuple[Colour, Colour]
    sun: Colour
    cloud: Colour
    far: Colour
    near: Colour
    flats: Colour
    ground: Colour
    grass: Colour


THEMES = (
    Theme("morning", ((150, 206, 236), (226, 240, 240)), (255, 240, 180), (250, 250, 246), (150, 196, 190),
          (112, 172, 138), (222, 178, 130), (150, 104, 78), (98, 170, 84)),
    Theme("dusk", ((246, 178, 130), (252, 222, 170)), (255, 246, 206), (255, 214, 176), (214, 138, 132),
          (160, 96, 124), (110, 72, 112), (104, 62, 82), (200, 104, 88)),
    Theme("night", ((30, 38, 84), (74, 84, 142)), (240, 240, 214), (92, 104, 160), (52, 66, 122),
          (42, 54, 100), (84, 92, 150), (64, 62, 104), (92, 122, 160)),
    Theme("desert", ((118, 200, 206), (244, 228, 184)), (255, 250, 220), (250, 240, 214), (232, 186, 128),
          (214, 150, 98), (178, 96, 72), (184, 118, 70), (240, 196, 116)),
)  # fmt: skip
"""One a level, by its seed."""


class Scenery:
    """Strips as wide as the camera needs them; ``far`` is opaque, the others are cutouts. All [96, w] uint32."""

    def __init__(self, level: Level) -> None:
        theme = THEMES[level.theme]
        travel = level.width - WIDTH
        rng = np.random.default_rng(level.seed)
        self.far = _far(theme, WIDTH + travel // 4 + 2, rng)
        self.near = _near(theme, WIDTH + travel // 2 + 2, rng)
        self.ground = _ground(theme, level)


def _ridge(width: int, base: float, swing: float, wave: float, rng: np.random.Generator) -> np.ndarray:
    """A smooth outline: heights in pixels from the top for every column."""
    x = np.arange(width * FINE) / FINE
    phases = rng.uniform(0, 2 * np.pi, 3)
    waves = (
        np.sin(x / wave + phases[0]),
        0.5 * np.sin(x / wave * 2.3 + phases[1]),
        0.25 * np.sin(x / wave * 4.1 + phases[2]),
    )
    return base + swing * sum(waves)


def _fill_below(fine: np.ndarray, ridge: np.ndarray, colour: tuple[int, ...]) -> None:
    bottom = fine.shape[0]
    points = np.stack([np.arange(len(ridge)), np.clip(ridge * FINE, 0, bottom)], 1).astype(np.int32)
    cv2.fillPoly(fine, [np.concatenate([points, [[len(ridge), bottom], [0, bottom]]]).astype(np.int32)], colour)


def _far(theme: Theme, width: int, rng: np.random.Generator) -> np.ndarray:
    fine = np.zeros((HEIGHT * FINE, width * FINE, 3), np.uint8)
    for band in range(12):  # strips of paper rather than a gradient
        top = band * HEIGHT * FINE // 12
        fine[top : top + HEIGHT * FINE // 12] = mixed(*theme.sky, min(1.0, band / 8))
    sun = (int(rng.integers(50, WIDTH)) * FINE, int(rng.integers(14, 28)) * FINE)
    cv2.circle(fine, sun, 12 * FINE, mixed(theme.sky[0], theme.sun, 0.45), -1)
    cv2.circle(fine, sun, 9 * FINE, theme.sun, -1)
    for x in range(int(rng.integers(0, 30)), width, 46):
        y = int(rng.integers(8, 36))
        _cloud(fine, x, y + 1, mixed(theme.sky[0], (0, 0, 0), 0.12))
        _cloud(fine, x - 1, y, theme.cloud)
    ridge = _ridge(width, 52, 6, 17, rng)
    _fill_below(fine, ridge - 1.5, mixed(theme.far, (255, 255, 255), 0.35))
    _fill_below(fine, ridge, theme.far)
    small = cv2.resize(fine, (width, HEIGHT), interpolation=cv2.INTER_AREA)
    return packed(np.dstack([small, np.zeros(small.shape[:2], np.uint8)]))


def _cloud(fine: np.ndarray, x: int, y: int, colour: Colour) -> None:
    for dx, dy, r in ((0, 0, 4), (5, -2, 5), (11, 0, 4), (6, 1, 4)):
        cv2.circle(fine, ((x + dx) * FINE, (y + dy) * FINE), r * FINE, colour, -1)


def _near(theme: Theme, width: int, rng: np.random.Generator) -> Cutout:
    fine = np.zeros((HEIGHT * FINE, width * FINE, 4), np.uint8)
    ridge = _ridge(width, 68, 4, 11, rng)
    for x in range(int(rng.integers(4, 24)), width - 16, 34):
        at = int(ridge[x * FINE])
        (_tree, _flat, _lamp)[int(rng.integers(3))](fine, theme, x, at)
    _fill_below(fine, ridge - 1.3, (*mixed(theme.near, (255, 255, 255), 0.25), 255))
    _fill_below(fine, ridge, (*theme.near, 255))
    small = cv2.resize(fine, (width, HEIGHT), interpolation=cv2.INTER_AREA)
    alpha = np.where(small[..., 3:] >= 128, 255, 0)
    colour = small[..., :3] * (255 / np.maximum(small[..., 3:], 1))
    return cutout(np.concatenate([np.clip(colour, 0, 255), alpha], -1).astype(np.uint8), 2)


def _rectangle(fine: np.ndarray, colour: Colour, x0: float, y0: float, x1: float, y1: float) -> None:
    a, b = (round(x0 * FINE), round(y0 * FINE)), (round(x1 * FINE) - 1, round(y1 * FINE) - 1)
    cv2.rectangle(fine, a, b, (*colour, 255), -1)


def _tree(fine: np.ndarray, theme: Theme, x: int, y: int) -> None:
    _rectangle(fine, mixed(theme.near, (0, 0, 0), 0.35), x + 4, y - 12, x + 6, y + 6)
    for dy, r in ((-14, 6), (-19, 4)):
        cv2.circle(
            fine, ((x + 5) * FINE, (y + dy) * FINE), r * FINE, (*mixed(theme.near, (255, 255, 255), 0.12), 255), -1
        )


def _flat(fine: np.ndarray, theme: Theme, x: int, y: int) -> None:
    """A painted house front, propped up from behind: this is a backlot."""
    _rectangle(fine, theme.flats, x, y - 18, x + 16, y + 8)
    roof = np.array([(x - 1, y - 18), (x + 8, y - 24), (x + 17, y - 18)]) * FINE
    cv2.fillPoly(fine, [roof.astype(np.int32)], (*mixed(theme.flats, (0, 0, 0), 0.3), 255))
    for wx in (x + 3, x + 10):
        _rectangle(fine, mixed(theme.flats, theme.sun, 0.6), wx, y - 14, wx + 3, y - 9)


def _lamp(fine: np.ndarray, theme: Theme, x: int, y: int) -> None:
    """A studio lamp on a stand."""
    dark = mixed(theme.flats, (0, 0, 0), 0.4)
    _rectangle(fine, dark, x + 4, y - 20, x + 5.5, y + 6)
    _rectangle(fine, dark, x, y - 26, x + 8, y - 19)
    _rectangle(fine, theme.sun, x - 1.5, y - 25, x, y - 20)


def _ground(theme: Theme, level: Level) -> Cutout:
    picture = np.zeros((HEIGHT, level.width + TILE, 4), np.uint8)
    for column, tiles in enumerate(level.tiles):
        for row in range(ROWS):
            if tiles[row] != EMPTY:
                above = tiles[row - 1] if row else SOLID
                cell = picture[row * TILE : (row + 1) * TILE, column * TILE : (column + 1) * TILE]
                {SOLID: _soil, PLANK: _plank, CRATE: _crate}[tiles[row]](cell, theme, above, column, row)
    return cutout(picture, 2)


def _soil(cell: np.ndarray, theme: Theme, above: int, column: int, row: int) -> None:
    face, light, dark = tile_colours(theme.ground)
    cell[:] = (*face, 255)
    if (column * 7 + row * 3) % 5 == 0:
        cell[3:5, 2:5] = (*dark, 255)
    if (column * 5 + row * 11) % 7 == 0:
        cell[5:6, 4:7] = (*light, 255)
    if above in (EMPTY, PLANK, CRATE):
        grass, bright, shade = tile_colours(theme.grass)
        cell[:3] = (*grass, 255)
        cell[0] = (*bright, 255)
        cell[3, (column % 2) :: 2] = (*shade, 255)


def _plank(cell: np.ndarray, theme: Theme, above: int, column: int, row: int) -> None:
    cell[:4] = (*WOOD, 255)
    cell[0] = (*WOOD_LIGHT, 255)
    cell[3] = (*WOOD_DARK, 255)
    cell[1:3, 7] = (*WOOD_DARK, 255)


def _crate(cell: np.ndarray, theme: Theme, above: int, column: int, row: int) -> None:
    cell[:] = (*WOOD_DARK, 255)
    cell[1:7, 1:7] = (*WOOD, 255)
    for i in range(1, 7):
        cell[i, i] = (*WOOD_LIGHT, 255)
    cell[0, :] = (*WOOD_LIGHT, 255)
