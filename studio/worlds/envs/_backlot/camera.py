"""One frame of Backlot: scenery behind, then everything that moves, laid like cut paper."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from studio.worlds.envs._backlot import sprites
from studio.worlds.envs._backlot.constants import BODY, HEIGHT, PIXEL, ROWS, TILE, WIDTH
from studio.worlds.envs._backlot.cutting import Cutout, blend, lay, packed
from studio.worlds.envs._backlot.level import BEETLE, Level
from studio.worlds.envs._backlot.physics import Simulation
from studio.worlds.envs._backlot.scenery import Scenery

KINDS = ("performer", "platform", "beetle", "bird", "coin", "goal")
_WIRE_COLOUR = np.array([[[60, 56, 66, 0]]], np.uint8)
_SQUASHED = 8
"""Steps for which a squashed beetle can be seen."""


class Camera:
    """Draws a level; pieces are cut once, the frame is drawn in place."""

    def __init__(self, level: Level) -> None:
        self.scenery = Scenery(level)
        self.frame = np.zeros((HEIGHT, WIDTH), np.uint32)
        self._wire = packed(_WIRE_COLOUR)[0, 0]
        self._coins = _by_column(level)

    def draw(self, world: Simulation) -> np.ndarray:
        """The frame as the camera stands: uint8 RGB [96, 128, 3], a new array."""
        left, frame, scenery = world.camera, self.frame, self.scenery
        at = left // 4
        np.copyto(frame, scenery.far[:, at : at + WIDTH])
        for strip, at in ((scenery.near, left // 2), (scenery.ground, left)):
            part = np.s_[:, at : at + WIDTH]
            blend(frame, strip.ink[part], strip.keep[part], strip.shade[part])
        for piece, x, y, _kind in self.actors(world):
            lay(frame, piece, x, y)
        if world.wire:
            x = world.x // PIXEL + BODY // 2 - left
            if 0 <= x < WIDTH:
                frame[: max(0, world.y // PIXEL - 14), x] = self._wire
        return cv2.cvtColor(frame.view(np.uint8).reshape(HEIGHT, WIDTH, 4), cv2.COLOR_RGBA2RGB)

    def actors(self, world: Simulation) -> Iterator[tuple[Cutout, int, int, int]]:
        """Everything that moves and may be in the frame, from back to front: piece, left, top, index in KINDS."""
        level, time, left = world.level, world.time, world.camera
        column, row = level.goal
        if column * TILE < left + WIDTH:
            yield sprites.clapperboard(), column * TILE - left, row * TILE - 32, 5
        for i in world.visible_platforms[left // TILE]:
            platform = level.platforms[i]
            x, y = platform.at(time)
            yield sprites.platform(platform.width), x // PIXEL - left, y // PIXEL, 1
        turn = sprites.coins()[(time // 3) % 4]
        for index, c, r in self._coins[left // TILE]:
            if index not in world.taken:
                yield turn, c * TILE - left, r * TILE, 4
        yield from self._enemies(world)
        pose = sprites.performer()[_pose(world)][world.facing > 0]
        if not (world.safe and not world.wire and time % 4 < 2 and not world.stunned):
            yield pose, world.x // PIXEL - 3 - left, world.y // PIXEL - 16, 0

    def _enemies(self, world: Simulation) -> Iterator[tuple[Cutout, int, int, int]]:
        time, left = world.time, world.camera
        walking, flat = sprites.beetles()
        for i in world.visible_enemies[left // TILE]:
            enemy = world.level.enemies[i]
            hit = world.squashed.get(i)
            if hit is not None:
                x, y = enemy.at(hit)
                if time - hit < _SQUASHED:
                    fallen = 0 if enemy.kind == BEETLE else (time - hit) * 4
                    yield flat, x // PIXEL - left, y // PIXEL + fallen, 2 + enemy.kind
                continue
            x, y = enemy.at(time)
            right = (time + enemy.phase) % (2 * enemy.half) < enemy.half
            pieces = walking if enemy.kind == BEETLE else sprites.birds()
            yield pieces[(time // 3) % 2][right], x // PIXEL - left, y // PIXEL, 2 + enemy.kind

    def boxes(self, world: Simulation) -> list[tuple[int, int, int, int, int]]:
        """What moves in the frame, back to front: (kind + 1, left, top, right, bottom), cut off at the frame."""
        found = []
        for piece, x, y, kind in self.actors(world):
            height, width = piece.ink.shape
            box = (max(0, x), max(0, y), min(WIDTH, x + width), min(HEIGHT, y + height))
            if box[0] < box[2] and box[1] < box[3]:
                found.append((kind + 1, *box))
        return found


def _pose(world: Simulation) -> str:
    if world.wire:
        return "wire"
    if world.stunned:
        return "hurt"
    if world.ducking:
        return "duck"
    if not world.ground:
        return "rise" if world.vy < 0 else "drop"
    if abs(world.vx) < 4:
        return "stand"
    return f"walk{(world.x // (4 * PIXEL)) % 4}"


def _by_column(level: Level) -> list[tuple[tuple[int, int, int], ...]]:
    """For each tile that the camera can stand at, the coins that can be in its frame: (index, column, row)."""
    across = WIDTH // TILE
    return [
        tuple((i, c, r) for i, (c, r) in enumerate(level.coins) if left <= c <= left + across and r < ROWS)
        for left in range(len(level.tiles) - across + 2)
    ]
