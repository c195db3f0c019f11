"""Curves over takes, drawn on the server: reward and its terms, and the health of the policy's updates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from studio.viewer.screening import TakeView

WIDTH, HEIGHT = 960, 300
LEFT, RIGHT, TOP, BOTTOM = 76, 40, 16, 34
Read = Callable[[TakeView], float | None]
HEALTH = ("kl", "entropy", "clip_fraction", "explained_variance", "policy_loss", "value_loss")


@dataclass(frozen=True)
class Dot:
    """One take on a curve."""

    x: float
    y: float
    value: float
    take: TakeView
    retake: bool


@dataclass(frozen=True)
class Line:
    """One curve: ``path`` is SVG path data with gaps where a value does not apply; ``ink`` numbers its colour."""

    name: str
    ink: int
    path: str
    dots: list[Dot]


@dataclass(frozen=True)
class Chart:
    """A chart in user units of its view box."""

    title: str
    lines: list[Line]
    ticks: list[tuple[float, str]]
    """Height and label of each grid line."""
    names: list[tuple[float, str]]
    """Place and label of takes along the bottom, as many as there is room for."""
    threshold: float | None = None
    """Height of the acceptance threshold."""
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    bottom: int = HEIGHT - BOTTOM


def reward_chart(takes: Sequence[TakeView], threshold: float | None) -> Chart:
    """Reward and its terms over takes, from 0 to 1."""
    names = list(dict.fromkeys(term.name for take in takes for term in take.terms if term.value is not None))
    series: dict[str, Read] = {"reward": lambda take: take.row.reward}
    if len(names) > 1:
        series |= {name: _term(name) for name in names}
    return _chart("Reward and its terms", takes, series, 0.0, 1.0, threshold)


def health_charts(takes: Sequence[TakeView]) -> list[Chart]:
    """One chart for each figure of the policy's updates that any take has."""
    charts = []
    for name in HEALTH:
        values = [take.health[name] for take in takes if name in take.health]
        if values:
            low, high = min(0.0, *values), max(0.0, *values)
            title = name.replace("_", " ").replace("kl", "KL")
            charts.append(_chart(title, takes, {name: _health(name)}, low, high if high > low else low + 1.0))
    return charts


def _term(name: str) -> Read:
    return lambda take: next((term.value for term in take.terms if term.name == name), None)


def _health(name: str) -> Read:
    return lambda take: take.health.get(name)


def _chart(
    title: str, takes: Sequence[TakeView], series: dict[str, Read],
    low: float, high: float, threshold: float | None = None,
) -> Chart:  # fmt: skip
    step = (WIDTH - LEFT - RIGHT) / max(1, len(takes) - 1)

    def across(n: int) -> float:
        return round(LEFT + n * step, 1) if len(takes) > 1 else WIDTH / 2

    def up(value: float) -> float:
        share = (min(high, max(low, value)) - low) / (high - low)
        return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)

    lines = []
    for ink, (name, read) in enumerate(series.items()):
        dots = [
            Dot(across(n), up(value), value, take, take.row.number > 1)
            for n, take in enumerate(takes)
            if (value := read(take)) is not None
        ]
        lines.append(Line(name.replace("_", " "), ink, _path([read(take) for take in takes], across, up), dots))
    every = max(1, -(-len(takes) // 10))
    names = [(across(n), f"{t.row.scene}.{t.row.shot}/{t.row.number}") for n, t in enumerate(takes) if n % every == 0]
    ticks = [(up(low + share * (high - low)), f"{low + share * (high - low):.3g}") for share in (0, 0.25, 0.5, 0.75, 1)]
    return Chart(title, lines, ticks, names, None if threshold is None else up(threshold))


def _path(values: Sequence[float | None], across: Callable[[int], float], up: Callable[[float], float]) -> str:
    """SVG path data through the values; a None lifts the pen."""
    parts, down = [], False
    for n, value in enumerate(values):
        if value is not None:
            parts.append(f"{'L' if down else 'M'}{across(n)} {up(value)}")
        down = value is not None
    return " ".join(parts)
