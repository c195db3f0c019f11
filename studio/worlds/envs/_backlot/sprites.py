"""What moves on the backlot, cut from paper: stunt performer, beetles, birds, coins, platforms, clapperboard."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from studio.worlds.envs._backlot.cutting import Colour, Cutout, Sheet, cutout, mirrored

COAT, COAT_DARK, SKIN, HAT, BOOT = (214, 58, 52), (168, 38, 44), (247, 205, 165), (44, 46, 74), (52, 40, 52)
TROUSERS, SCARF = (58, 86, 140), (250, 214, 92)
BEETLE_SHELL, BEETLE_SPOT, BEETLE_LEG = (120, 60, 150), (186, 120, 206), (60, 30, 70)
BIRD_BODY, BIRD_WING, BIRD_BEAK = (30, 138, 140), (92, 196, 190), (246, 168, 60)
GOLD, GOLD_LIGHT, GOLD_DARK = (248, 196, 48), (255, 236, 150), (200, 140, 24)
WOOD, WOOD_LIGHT, WOOD_DARK, STEEL = (176, 116, 66), (214, 158, 100), (118, 72, 44), (120, 128, 140)
WHITE, INK = (250, 246, 236), (36, 34, 44)

PERFORMER_SIZE = (14, 18)
"""Width and height of the performer's cutouts; the feet stand on row 16, the shadow falls beyond."""
POSES = ("stand", "walk0", "walk1", "walk2", "walk3", "rise", "drop", "duck", "hurt", "wire")


def _legs(sheet: Sheet, left: tuple[float, float], right: tuple[float, float], hip: float) -> None:
    for foot, side in ((left, 5.6), (right, 7.4)):
        sheet.bar(TROUSERS, side, hip, foot[0], foot[1] - 1, 2)
        sheet.box(BOOT, foot[0] - 1, foot[1] - 2, foot[0] + 2, foot[1])


def _performer(pose: str) -> np.ndarray:
    sheet = Sheet(*PERFORMER_SIZE)
    if pose == "duck":
        return _ducking(sheet)
    lift = {"walk1": 1, "walk3": 1, "rise": 0, "hurt": 1}.get(pose, 0)
    top = 2 - lift
    feet = {
        "stand": ((5, 16), (8, 16)),
        "walk0": ((2.5, 16), (10, 15.5)),
        "walk1": ((5, 16), (7, 14.5)),
        "walk2": ((9, 16), (3.5, 15)),
        "walk3": ((7, 16), (5, 14.5)),
        "rise": ((3.5, 14.5), (9, 15.5)),
        "drop": ((3, 16), (10, 15)),
        "hurt": ((2.5, 14), (10.5, 14)),
        "wire": ((5, 16), (8, 15.5)),
    }[pose]
    _legs(sheet, *feet, hip=11)
    swing = {"walk0": 3.0, "walk2": -3.0, "rise": 4.0, "drop": -4.0, "hurt": -5.0, "wire": -6.0}.get(pose, 0.0)
    sheet.bar(COAT_DARK, 6, 8 - lift, 6 - abs(swing) * 0.8, 11 - lift - max(0.0, -swing), 2)
    sheet.polygon(COAT, (4, 7 - lift), (9, 7 - lift), (9.6, 12), (3.4, 12))
    sheet.bar(COAT_DARK, 7, 8 - lift, 7 + swing, 11 - lift - abs(swing) * 0.5, 2)
    sheet.box(SCARF, 4, 6.4 - lift, 9.4, 8 - lift)
    if pose in ("walk0", "walk2", "rise", "drop"):
        sheet.box(SCARF, 1.5, 6.6 - lift, 4.5, 7.8 - lift)
    _head(sheet, 7, top + 2.6)
    return sheet.small()


def _head(sheet: Sheet, x: float, y: float) -> None:
    sheet.disc(SKIN, x, y + 0.6, 3, 2.8)
    sheet.box(HAT, x - 3.2, y - 2.6, x + 3, y - 0.4)
    sheet.box(HAT, x - 1, y - 1.2, x + 5, y - 0.2)
    sheet.box(INK, x + 1, y + 0.3, x + 2, y + 1.6)


def _ducking(sheet: Sheet) -> np.ndarray:
    sheet.box(BOOT, 2, 14, 12, 16)
    sheet.polygon(COAT, (3, 10.5), (10.5, 10.5), (11.5, 14.4), (2, 14.4))
    sheet.box(SCARF, 4, 10, 10, 11.4)
    _head(sheet, 7, 8.4)
    return sheet.small()


def _beetle(step: int) -> np.ndarray:
    sheet = Sheet(12, 10)
    for leg in (2.5, 5.5, 8.5):
        sheet.bar(BEETLE_LEG, leg, 5, leg + (1.2 if step else -1.2), 8, 1.2)
    sheet.disc(BEETLE_SHELL, 5, 4.6, 5, 4.4)
    sheet.box(BEETLE_LEG, 0, 6, 10, 7)
    sheet.disc(BEETLE_SPOT, 3.6, 3.4, 1.3)
    sheet.disc(BEETLE_SPOT, 6.8, 3.2, 1.0)
    sheet.disc(WHITE, 9, 4.6, 1.4)
    sheet.box(INK, 9, 4, 10, 5.4)
    sheet.fine[8 * 8 :] = 0
    return sheet.small()


def _squashed() -> np.ndarray:
    sheet = Sheet(12, 10)
    sheet.disc(BEETLE_SHELL, 5, 7, 5, 1.4)
    sheet.box(BEETLE_LEG, 0, 7, 10, 8)
    return sheet.small()


def _bird(flap: int) -> np.ndarray:
    sheet = Sheet(12, 12)
    wing = ((3, 4), (8, 4), (5, -1)) if flap else ((3, 4), (8, 4), (5, 9.5))
    sheet.disc(BIRD_BODY, 5, 4.4, 4.6, 2.8)
    sheet.polygon(BIRD_BODY, (0, 1.5), (3, 4), (0.5, 6))
    sheet.polygon(BIRD_BEAK, (9, 3), (12, 4.4), (9, 5.4))
    sheet.box(WHITE, 7, 2.6, 9, 4.2)
    sheet.box(INK, 8, 2.8, 9, 4.0)
    sheet.polygon(BIRD_WING, *wing)
    return sheet.small()


def _coin(turn: int) -> np.ndarray:
    sheet = Sheet(9, 9)
    half = (3.5, 2.5, 1.0, 2.5)[turn]
    sheet.disc(GOLD_DARK, 4, 4, half, 3.6)
    sheet.disc(GOLD, 4, 3.8, max(0.8, half - 0.7), 2.9)
    if half > 2:
        sheet.disc(GOLD_LIGHT, 4 - half * 0.25, 3, half * 0.35, 1.2)
    return sheet.small()


def _platform(width: int) -> np.ndarray:
    """A trolley on a rail's wheel: light top, dark belly."""
    sheet = Sheet(width + 1, 8)
    sheet.box(WOOD_DARK, 0, 0, width, 5)
    sheet.box(WOOD, 0, 1, width, 4)
    sheet.box(WOOD_LIGHT, 0, 0, width, 1.6)
    for x in range(6, width, 8):
        sheet.box(WOOD_DARK, x, 1.4, x + 1, 4)
    for hub in (3.5, width - 3.5):
        sheet.disc(STEEL, hub, 5.2, 1.8)
    return sheet.small()


def _clapperboard() -> np.ndarray:
    """The goal: a clapperboard on a pole."""
    sheet = Sheet(24, 34)
    sheet.box(STEEL, 4, 4, 6, 32)
    sheet.box(INK, 4, 8, 22, 22)
    for i in range(4):
        x = 5.0 + i * 4.5
        sheet.polygon(WHITE, (x, 8), (x + 2, 8), (x + 3.2, 11), (x + 1.2, 11))
    sheet.polygon(INK, (4, 6.5), (21, 1.5), (22, 4), (4, 9))
    for i in range(4):
        x = 5.5 + i * 4.2
        sheet.polygon(
            WHITE, (x, 6.4 - i * 1.2), (x + 1.8, 5.8 - i * 1.2), (x + 2.4, 7.6 - i * 1.2), (x + 0.8, 8.2 - i * 1.2)
        )
    sheet.polygon(GOLD, *(_star(13, 16.6, 4.2)))
    return sheet.small()


def _star(x: float, y: float, r: float) -> list[tuple[float, float]]:
    return [
        (
            x + math.sin(math.pi * i / 5) * (r if i % 2 == 0 else r * 0.45),
            y - math.cos(math.pi * i / 5) * (r if i % 2 == 0 else r * 0.45),
        )
        for i in range(10)
    ]


def _both(rgba: np.ndarray, shift: int) -> tuple[Cutout, Cutout]:
    """Facing left and right; ``shift``: empty columns at the right edge that the mirror would put on the left."""
    left = np.roll(mirrored(rgba), -shift, axis=1)
    return cutout(left), cutout(rgba)


@lru_cache(maxsize=1)
def performer() -> dict[str, tuple[Cutout, Cutout]]:
    """Pose -> (facing left, facing right)."""
    return {pose: _both(_performer(pose), 0) for pose in POSES}


@lru_cache(maxsize=1)
def beetles() -> tuple[tuple[tuple[Cutout, Cutout], ...], Cutout]:
    """Two steps of the walk, each (left, right); and one squashed."""
    return tuple(_both(_beetle(i), 2) for i in (0, 1)), cutout(_squashed())


@lru_cache(maxsize=1)
def birds() -> tuple[tuple[Cutout, Cutout], ...]:
    return tuple(_both(_bird(i), 0) for i in (0, 1))


@lru_cache(maxsize=1)
def coins() -> tuple[Cutout, ...]:
    return tuple(cutout(_coin(i)) for i in range(4))


@lru_cache(maxsize=8)
def platform(width: int) -> Cutout:
    return cutout(_platform(width))


@lru_cache(maxsize=1)
def clapperboard() -> Cutout:
    return cutout(_clapperboard(), 2)


def tile_colours(base: Colour) -> tuple[Colour, Colour, Colour]:
    """Face, light and dark of paper of one colour."""
    light: Colour = tuple(min(255, c + 26) for c in base)  # type: ignore[assignment]
    dark: Colour = tuple(int(c * 0.78) for c in base)  # type: ignore[assignment]
    return base, light, dark
