"""Levels of Backlot from a seed: a row of set pieces, each of which the stunt performer can cross.

The invariant that makes every level solvable: ``Ground`` joins two pieces only by what `reach` allows. A pit is no
wider than a jump from a walk carries (or has a platform that comes within that distance of both rims), a step up is
no higher than a jump (or has a lift that goes from below the one side to the other). Enemies knock back but never
block, and a fall puts the performer back, so nothing else can end a level before its goal.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from studio.worlds.envs._backlot.constants import GRAVITY, JUMP, PIXEL, ROWS, TILE, WALK

EMPTY, SOLID, PLANK, CRATE = 0, 1, 2, 3
"""Kinds of tile. Planks carry from above only; crates are solid."""
BEETLE, BIRD = 0, 1
HIGHEST, LOWEST = 5, 10
"""Rows that the ground's top may have, counted from the top of the frame."""


def reach() -> tuple[int, int]:
    """Whole tiles that a held jump from a walk surely carries: (across a pit, up a step); a pixel is kept in hand."""
    y, vy, frames, top = 0, -JUMP, 0, 0
    while y <= 0:
        vy += GRAVITY
        y += vy
        top = min(top, y)
        frames += 1
    return (frames * WALK - PIXEL) // (TILE * PIXEL), (-top - PIXEL) // (TILE * PIXEL)


@dataclass(frozen=True, slots=True)
class Mover:
    """Something that goes to and fro between two points, as a function of time alone.

    ``x``, ``y``: left and top at the near end, in subpixels; ``dx``, ``dy``: from there to the far end;
    ``half``: steps from one end to the other; ``phase``: steps that it is ahead at time 0.
    """

    x: int
    y: int
    dx: int
    dy: int
    half: int
    phase: int
    width: int
    kind: int = 0

    def at(self, time: int) -> tuple[int, int]:
        """Left and top at ``time``, in whole subpixels."""
        u = (time + self.phase) % (2 * self.half)
        if u > self.half:
            u = 2 * self.half - u
        return self.x + self.dx * u // self.half, self.y + self.dy * u // self.half


@dataclass
class Level:
    """One level: ``tiles[column][row]``, what moves, coins as (column, row), and the goal's column and ground row."""

    seed: int
    theme: int
    tiles: list[list[int]] = field(default_factory=list)
    platforms: list[Mover] = field(default_factory=list)
    enemies: list[Mover] = field(default_factory=list)
    coins: list[tuple[int, int]] = field(default_factory=list)
    goal: tuple[int, int] = (0, 0)

    @property
    def width(self) -> int:
        """In pixels."""
        return len(self.tiles) * TILE


class _Builder:
    """Lays set pieces from left to right; ``row`` is the top row of the ground at the right end."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(f"backlot-1-{seed}")
        self.level = Level(seed, self.rng.randrange(4))
        self.row = 9
        self.across, self.up = reach()

    def ground(self, columns: int, row: int) -> int:
        """Lay ``columns`` of ground whose top is ``row``; gives the first column."""
        start = len(self.level.tiles)
        for _ in range(columns):
            self.level.tiles.append([SOLID if r >= row else EMPTY for r in range(ROWS)])
        self.row = row
        return start

    def pit(self, columns: int) -> int:
        """Leave ``columns`` empty down to the bottom; gives the first column."""
        start = len(self.level.tiles)
        self.level.tiles.extend([EMPTY] * ROWS for _ in range(columns))
        return start

    def coin_row(self, start: int, columns: int, row: int) -> None:
        self.level.coins.extend((c, row) for c in range(start, start + columns) if row > 0)

    def enemy(self, start: int, columns: int, height: int, kind: int) -> None:
        """An enemy whose box is ``height`` pixels above the ground, between two columns."""
        rng, box = self.rng, 10
        reachable = columns * TILE - box
        top = self.row * TILE - 8 - height
        speed = rng.choice((12, 16) if kind == BEETLE else (16, 20, 24))
        half = max(8, reachable * PIXEL // speed)
        bob = rng.choice((0, 0, 4)) * PIXEL if kind == BIRD else 0
        self.level.enemies.append(
            Mover(start * TILE * PIXEL, top * PIXEL, reachable * PIXEL, bob, half, rng.randrange(2 * half), box, kind)
        )

    # --- set pieces

    def flat(self) -> None:
        start = self.ground(n := self.rng.randint(5, 8), self.row)
        what = self.rng.random()
        if what < 0.45:
            self.enemy(start + 1, n - 1, 0, BEETLE)
        elif what < 0.7:
            self.enemy(start, n, self.rng.choice((9, 16)), BIRD)
        if self.rng.random() < 0.5:
            self.coin_row(start + 1, 3, self.row - self.rng.choice((1, 3)))

    def step(self) -> None:
        row = self.row + self.rng.choice((-2, -1, 1, 2, 3))
        self.ground(self.rng.randint(4, 6), min(LOWEST, max(HIGHEST, row)))

    def gap(self) -> None:
        width = self.rng.randint(2, self.across)
        start = self.pit(width)
        self.coin_row(start, width, self.row - 3)
        self.ground(self.rng.randint(4, 6), min(LOWEST, self.row + self.rng.choice((0, 0, 1))))

    def ferry(self) -> None:
        """A wide pit with a platform that comes within a tile of both rims."""
        columns, width = self.rng.randint(7, 10), 24
        start = self.pit(columns)
        run = (columns * TILE - width - 2 * 6) * PIXEL
        half = run // self.rng.choice((16, 20))
        x, y = (start * TILE + 6) * PIXEL, self.row * TILE * PIXEL
        self.level.platforms.append(Mover(x, y, run, 0, half, self.rng.randrange(2 * half), width))
        self.coin_row(start + columns // 2 - 1, 3, self.row - 3)
        self.ground(self.rng.randint(5, 7), self.row)

    def lift(self) -> None:
        """A wall too high to jump, with a lift in the shaft before it."""
        if self.row - 4 < HIGHEST - 1:
            return self.step()
        high, low = self.row - self.rng.choice((4, min(5, self.row - HIGHEST + 1))), self.row
        start = self.pit(4)
        x, y = (start * TILE + 5) * PIXEL, low * TILE * PIXEL
        rise = (high - low) * TILE * PIXEL
        half = -rise // self.rng.choice((14, 18))
        self.level.platforms.append(Mover(x, y, 0, rise, half, self.rng.randrange(2 * half), 22))
        self.ground(self.rng.randint(4, 6), high)

    def crates(self) -> None:
        start = self.ground(n := self.rng.randint(7, 9), self.row)
        at = start + 2
        for height in self.rng.choice(((1,), (1, 2), (2,), (1, 0, 0, 1), (2, 1))):
            for r in range(height):
                self.level.tiles[at][self.row - 1 - r] = CRATE
            at += 1
        if self.rng.random() < 0.5 and start + n - at >= 3:
            self.enemy(at, start + n - at, 0, BEETLE)

    def shelf(self) -> None:
        """Planks overhead with coins on them: another way to go."""
        start = self.ground(n := self.rng.randint(7, 9), self.row)
        row = max(3, self.row - self.up)
        for c in range(start + 2, start + n - 1):
            self.level.tiles[c][row] = PLANK
        self.coin_row(start + 3, n - 5, row - 1)
        if self.rng.random() < 0.5:
            self.enemy(start + 1, n - 1, 0, BEETLE)


def generate(seed: int) -> Level:
    """The level of ``seed``: between 88 and about 120 tiles long. Equal seeds give equal levels for ever."""
    build = _Builder(seed)
    build.ground(8, build.row)
    pieces = ("flat", "step", "gap", "ferry", "lift", "crates", "shelf")
    last = ""
    while len(build.level.tiles) < 84:
        piece = build.rng.choices(pieces, (4, 2, 3, 2, 1.5, 2, 2))[0]
        if piece == last and piece != "flat":
            continue
        getattr(build, last := piece)()
        if build.row <= HIGHEST - 1:  # come down from a lift before the next one
            build.ground(4, build.row + 3)
    start = build.ground(10, build.row)
    build.level.goal = (start + 5, build.row)
    return build.level
