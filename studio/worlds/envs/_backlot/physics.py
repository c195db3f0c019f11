"""Backlot's physics: one performer among tiles, platforms, enemies and coins, in whole numbers only."""

from __future__ import annotations

from typing import Any

from studio.worlds.envs._backlot.constants import (
    AIR_PUSH,
    BODY,
    BRAKE,
    DUCKING,
    FALL,
    GRAVITY,
    HEIGHT,
    JUMP,
    PIXEL,
    PUSH,
    ROWS,
    RUN,
    STANDING,
    TILE,
    WALK,
    WIDTH,
)
from studio.worlds.envs._backlot.level import BIRD, EMPTY, Level, Mover

UNIT = TILE * PIXEL
_STEER = (0, -1, 1, 0, -1, 1, 0, 1)
_JUMPS = (False, False, False, True, True, True, False, False)
DUCK, RUNNING = 6, 7
STUNNED, SAFE = 10, 30
"""Steps without control, and without further harm, after a knock."""
WIRE = 3 * PIXEL
"""Speed at which a fallen performer is let down on a wire."""
_FIELDS = (
    *("time", "x", "y", "vx", "vy", "facing", "ground", "riding", "ducking", "stunned", "safe", "wire", "home"),
    *("camera", "contact_ceiling", "contact_left", "contact_right", "contact_enemy", "score", "done"),
)


class Simulation:
    """The world's whole state. ``x``: the performer's left edge; ``y``: the feet; both in subpixels."""

    def __init__(self, level: Level) -> None:
        self.level = level
        self.time = self.vx = self.vy = self.stunned = self.safe = self.wire = self.score = 0
        self.x = self.home = 3 * UNIT
        self.y = self._surface(3)
        self.facing, self.ground, self.riding = 1, True, -1
        self.ducking = self.done = False
        self.contact_ceiling = self.contact_left = self.contact_right = self.contact_enemy = False
        self.camera = 0
        self.squashed = dict[int, int]()
        self.taken = frozenset[int]()
        self._coins = {place: i for i, place in enumerate(level.coins)}
        self._platforms = _by_column(level.platforms, len(level.tiles), 4)
        self._enemies = _by_column(level.enemies, len(level.tiles), 4)
        self.visible_platforms = _by_screen(level.platforms, level.width)
        self.visible_enemies = _by_screen(level.enemies, level.width)

    def _surface(self, column: int) -> int:
        tiles = self.level.tiles[column]
        return next(r for r in range(ROWS) if tiles[r] != EMPTY) * UNIT

    @property
    def height(self) -> int:
        """Of the performer's box, in subpixels."""
        return (DUCKING if self.ducking else STANDING) * PIXEL

    def snapshot(self) -> tuple[Any, ...]:
        """Everything that can change, by value."""
        return (*(getattr(self, name) for name in _FIELDS), tuple(self.squashed.items()), self.taken)

    def restore(self, snapshot: tuple[Any, ...]) -> None:
        """Go back to a snapshot of the same level."""
        for name, value in zip(_FIELDS, snapshot, strict=False):
            setattr(self, name, value)
        self.squashed, self.taken = dict(snapshot[-2]), snapshot[-1]

    def step(self, action: int) -> float:
        """One step; gives the reward: coin 1, stomp 1, knock or fall -1, goal 10."""
        self.time += 1
        self.contact_ceiling = self.contact_left = self.contact_right = self.contact_enemy = False
        if self.stunned:
            self.stunned -= 1
            action = 0
        if self.safe:
            self.safe -= 1
        reward = self._lowered() if self.wire else self._moved(action)
        self._follow()
        return reward

    def _moved(self, action: int) -> float:
        self._steer(action)
        above = self.y
        carried_x, carried_y = self._carried()
        self._move_x(self.vx + carried_x)
        self._move_y(self.vy, carried_y, above)
        reward = self._collect() + self._meet(above)
        if self.y > (HEIGHT + STANDING + 4) * PIXEL:
            self.x, self.y, self.vx, self.vy = self.home, 0, 0, 0
            self.wire, self.safe, self.stunned, self.ducking = 1, SAFE, 0, False
            return reward - 1
        column, row = self.level.goal
        if self.x + BODY * PIXEL > column * UNIT and self.y <= row * UNIT:
            self.done = True
            reward += 10
        self.score += int(reward)
        return reward

    def _steer(self, action: int) -> None:
        way = _STEER[action]
        standing_blocked = self.ducking and self._solid_at(self.y - STANDING * PIXEL)
        self.ducking = (action == DUCK and self.ground) or standing_blocked
        if self.ducking:
            way = 0
        if way:
            self.facing = way
            top = RUN if action == RUNNING else max(WALK, abs(self.vx)) if not self.ground else WALK
            push = PUSH if self.ground else AIR_PUSH
            wanted = way * top
            self.vx = min(wanted, self.vx + push) if self.vx < wanted else max(wanted, self.vx - push)
        elif not self.stunned:
            brake = BRAKE if self.ground else AIR_PUSH // 2
            self.vx = max(0, self.vx - brake) if self.vx > 0 else min(0, self.vx + brake)
        holds = _JUMPS[action]
        if holds and self.ground and not self.ducking:
            self.vy, self.ground, self.riding = -JUMP, False, -1
        weight = GRAVITY if self.vy >= 0 or holds or self.stunned else 2 * GRAVITY
        self.vy = min(FALL, self.vy + weight)

    def _carried(self) -> tuple[int, int]:
        if self.riding < 0:
            return 0, 0
        platform = self.level.platforms[self.riding]
        (x0, y0), (x1, y1) = platform.at(self.time - 1), platform.at(self.time)
        return x1 - x0, y1 - y0

    def _solid_at(self, y: int) -> bool:
        """Is there something solid in the row of ``y``, above the performer's box?"""
        row = y // UNIT
        tiles = self.level.tiles
        if not 0 <= row < ROWS:
            return False
        return any(tiles[c][row] & 1 for c in range(self.x // UNIT, (self.x + BODY * PIXEL - 1) // UNIT + 1))

    def _move_x(self, by: int) -> None:
        body = BODY * PIXEL
        x = self.x + by
        top, bottom = max(0, (self.y - self.height) // UNIT), min(ROWS - 1, (self.y - 1) // UNIT)
        tiles = self.level.tiles
        if by > 0:
            column = (x + body - 1) // UNIT
            if column >= len(tiles) or any(tiles[column][r] & 1 for r in range(top, bottom + 1)):
                x, self.vx, self.contact_right = column * UNIT - body, min(0, self.vx), True
        elif by < 0:
            column = x // UNIT
            if column < 0 or any(tiles[column][r] & 1 for r in range(top, bottom + 1)):
                x, self.vx, self.contact_left = (column + 1) * UNIT, max(0, self.vx), True
        self.x = x

    def _move_y(self, by: int, carried: int, above: int) -> None:
        riding, self.ground, self.riding = self.riding, False, -1
        y = above + by + (carried if riding >= 0 else 0)
        if by < 0:
            head = y - self.height
            if head >= 0 and self._solid_at(head):
                y, self.vy, self.contact_ceiling = (head // UNIT + 1) * UNIT + self.height, 0, True
            self.y = y
            return
        best, carrier = self._floor(above, y), -1
        for i in self._platforms[min(len(self._platforms) - 1, max(0, self.x // UNIT))]:
            platform = self.level.platforms[i]
            px, py = platform.at(self.time)
            was = platform.at(self.time - 1)[1]
            beside = self.x + BODY * PIXEL <= px or self.x >= px + platform.width * PIXEL
            if not beside and above <= was and py <= max(y, py if riding == i else y) and py < best:
                best, carrier = py, i
        if best <= y or carrier >= 0:
            y, self.vy, self.ground, self.riding = best, 0, True, carrier
            if carrier < 0:
                self._remember_home()
        self.y = y

    def _floor(self, above: int, y: int) -> int:
        """Top of the first tile that stops a fall from ``above`` to ``y``; far below where there is none."""
        tiles = self.level.tiles
        columns = range(self.x // UNIT, (self.x + BODY * PIXEL - 1) // UNIT + 1)
        for row in range(max(0, -(-above // UNIT)), min(ROWS - 1, y // UNIT) + 1):
            if any(tiles[c][row] for c in columns):
                return row * UNIT
        return 1 << 30

    def _remember_home(self) -> None:
        column, row = (self.x + BODY * PIXEL // 2) // UNIT, self.y // UNIT
        tiles = self.level.tiles
        near = range(max(0, column - 1), min(len(tiles), column + 2))
        if row < ROWS and all(tiles[c][row] == 1 for c in near):
            self.home = column * UNIT

    def _collect(self) -> float:
        gained = 0
        for c in range(self.x // UNIT, (self.x + BODY * PIXEL - 1) // UNIT + 1):
            for r in range((self.y - self.height) // UNIT, (self.y - 1) // UNIT + 1):
                coin = self._coins.get((c, r))
                if coin is not None and coin not in self.taken:
                    self.taken = self.taken | {coin}
                    gained += 1
        return gained

    def _meet(self, above: int) -> float:
        body, head = BODY * PIXEL, self.y - self.height
        for i in self._enemies[min(len(self._enemies) - 1, max(0, self.x // UNIT))]:
            if i in self.squashed:
                continue
            enemy = self.level.enemies[i]
            ex, ey = enemy.at(self.time)
            if self.x + body <= ex + PIXEL or self.x >= ex + (enemy.width - 1) * PIXEL:
                continue
            if self.y <= ey + PIXEL or head >= ey + (7 if enemy.kind == BIRD else 8) * PIXEL:
                continue
            self.contact_enemy = True
            if self.vy > 0 and above <= ey + 4 * PIXEL:
                self.squashed[i] = self.time
                self.vy, self.ground, self.riding = -JUMP * 3 // 4, False, -1
                return 1
            if not self.safe:
                away = -1 if self.x < ex else 1
                self.vx, self.vy, self.ground, self.riding = away * 40, -64, False, -1
                self.stunned, self.safe, self.ducking = STUNNED, SAFE, False
                return -1
        return 0

    def _lowered(self) -> float:
        """Let down on the wire, until there is ground."""
        y = self.y + WIRE
        floor = self._floor(self.y, y)
        self.y = min(y, floor)
        if floor <= y:
            self.wire, self.ground, self.safe = 0, True, SAFE
        return 0

    def _follow(self) -> None:
        """The camera keeps the performer between 40 and 64 pixels from the left, and pans 4 pixels a step at most."""
        x = self.x // PIXEL
        wanted = min(max(self.camera, x - 64), x - 40)
        wanted = max(0, min(wanted, self.level.width - WIDTH))
        self.camera += max(-4, min(4, wanted - self.camera))


def _by_column(movers: list[Mover], columns: int, margin: int) -> list[tuple[int, ...]]:
    """For each column, the movers that can come within ``margin`` columns of it."""
    found: list[list[int]] = [[] for _ in range(columns)]
    for i, mover in enumerate(movers):
        first = max(0, mover.x // UNIT - margin)
        last = min(columns - 1, (mover.x + mover.dx + mover.width * PIXEL) // UNIT + margin)
        for column in range(first, last + 1):
            found[column].append(i)
    return [tuple(each) for each in found]


def _by_screen(movers: list[Mover], width: int) -> list[tuple[int, ...]]:
    """For each tile that the camera can stand at, the movers that can be in its frame."""
    return [
        tuple(
            i
            for i, m in enumerate(movers)
            if m.x // PIXEL < left + WIDTH + TILE and (m.x + m.dx) // PIXEL + m.width > left
        )
        for left in range(0, max(1, width - WIDTH + 1) + TILE, TILE)
    ]
