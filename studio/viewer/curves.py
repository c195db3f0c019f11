"""Curves over takes: reward and its terms, and the health of the policy's updates; as a picture and as numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from studio.viewer.screening import TakeView

WIDTH, HEIGHT = 960, 300
LEFT, RIGHT, TOP, BOTTOM = 76, 40, 16, 34
Read = Callable[[TakeView], float | None]
HEALTH = ("kl", "entropy", "clip_fraction", "explained_variance", "policy_loss", "value_loss")


@dataclass(frozen=True)
class Roll:
    """Takes of one production in the order in which they were learnt from; ``root`` is where its pages lie."""

    name: str
    root: str
    takes: list[TakeView]

    def link(self, take: TakeView) -> str:
        return f"{self.root}/takes/{take.row.id}"


@dataclass(frozen=True)
class Dot:
    """One take on a curve."""

    x: float
    y: float
    value: float
    slate: str
    link: str
    retake: bool


@dataclass(frozen=True)
class Line:
    """One curve: ``path`` is SVG path data with gaps where a value does not apply; ``ink`` numbers its colour."""

    name: str
    ink: int
    roll: Roll
    values: list[float | None]
    path: str
    dots: list[Dot]


@dataclass(frozen=True)
class Chart:
    """A chart in user units of its view box."""

    title: str
    lines: list[Line]
    low: float
    high: float
    ticks: list[tuple[float, str]]
    """Height and label of each grid line."""
    names: list[tuple[float, str]]
    """Place and label of takes along the bottom, as many as there is room for."""
    labels: list[str]
    """Label of every place."""
    bar: float | None = None
    """The acceptance threshold."""
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    bottom: int = HEIGHT - BOTTOM

    def up(self, value: float) -> float:
        """Height of a value."""
        share = (min(self.high, max(self.low, value)) - self.low) / (self.high - self.low)
        return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)

    @property
    def data(self) -> dict[str, Any]:
        """The same as plain numbers, for whoever draws it better."""
        return {
            "title": self.title, "low": self.low, "high": self.high, "bar": self.bar, "labels": self.labels,
            "lines": [
                {
                    "name": line.name, "ink": line.ink, "values": line.values,
                    "links": [line.roll.link(take) for take in line.roll.takes],
                    "slates": [take.slate for take in line.roll.takes],
                    "retakes": [take.row.number > 1 for take in line.roll.takes],
                }
                for line in self.lines
            ],
        }  # fmt: skip


def curves(roll: Roll, threshold: float | None) -> list[Chart]:
    """Reward and its terms in one chart, then one for each figure of the policy's updates that any take has."""
    if not roll.takes:
        return []
    names = _terms(roll)
    series: dict[str, Read] = {"reward": _reward} | ({name: _term(name) for name in names} if len(names) > 1 else {})
    reads = [(name, roll, read) for name, read in series.items()]
    return [_chart("Reward and its terms", reads, (0.0, 1.0), threshold), *_health_charts([roll])]


def overlaid(rolls: Sequence[Roll], threshold: float | None) -> list[Chart]:
    """The curves of several productions over each other: one chart for the reward, each term and each figure."""
    rolls = [roll for roll in rolls if roll.takes]
    if not rolls:
        return []
    names = list(dict.fromkeys(name for roll in rolls for name in _terms(roll)))
    charts = [_chart("Reward", [(roll.name, roll, _reward) for roll in rolls], (0.0, 1.0), threshold)]
    for name in names if len(names) > 1 else []:
        charts.append(_chart(_title(name), [(roll.name, roll, _term(name)) for roll in rolls], (0.0, 1.0)))
    return charts + _health_charts(rolls)


def _health_charts(rolls: Sequence[Roll]) -> list[Chart]:
    charts = []
    for name in HEALTH:
        values = [take.health[name] for roll in rolls for take in roll.takes if name in take.health]
        if values:
            low, high = min(0.0, *values), max(0.0, *values)
            reads = [(roll.name if len(rolls) > 1 else name, roll, _health(name)) for roll in rolls]
            charts.append(_chart(_title(name), reads, (low, high if high > low else low + 1.0)))
    return charts


def _title(name: str) -> str:
    return name.replace("_", " ").replace("kl", "KL")


def _terms(roll: Roll) -> list[str]:
    """Names of the reward terms that apply to any take."""
    return list(dict.fromkeys(term.name for take in roll.takes for term in take.terms if term.value is not None))


def _reward(take: TakeView) -> float | None:
    return take.row.reward


def _term(name: str) -> Read:
    return lambda take: next((term.value for term in take.terms if term.name == name), None)


def _health(name: str) -> Read:
    return lambda take: take.health.get(name)


def _chart(
    title: str, reads: Sequence[tuple[str, Roll, Read]], span: tuple[float, float], bar: float | None = None
) -> Chart:
    longest = max((roll for _name, roll, _read in reads), key=lambda roll: len(roll.takes))
    shared = all(roll is longest for _name, roll, _read in reads)
    count, (low, high) = len(longest.takes), span
    step = (WIDTH - LEFT - RIGHT) / max(1, count - 1)

    def across(n: int) -> float:
        return round(LEFT + n * step, 1) if count > 1 else WIDTH / 2

    labels = [
        f"{t.row.scene}.{t.row.shot}/{t.row.number}" if shared else str(n + 1) for n, t in enumerate(longest.takes)
    ]
    every = max(1, -(-count // 10))
    chart = Chart(
        title, [], low, high, [], [(across(n), label) for n, label in enumerate(labels) if n % every == 0], labels, bar
    )
    for share in (0, 0.25, 0.5, 0.75, 1):
        chart.ticks.append((chart.up(low + share * (high - low)), f"{low + share * (high - low):.3g}"))
    for ink, (name, roll, read) in enumerate(reads):
        values = [read(take) for take in roll.takes]
        dots = [
            Dot(across(n), chart.up(value), value, take.slate, roll.link(take), take.row.number > 1)
            for n, (take, value) in enumerate(zip(roll.takes, values, strict=True))
            if value is not None
        ]
        chart.lines.append(Line(name.replace("_", " "), ink, roll, values, _path(values, across, chart.up), dots))
    return chart


def _path(values: Sequence[float | None], across: Callable[[int], float], up: Callable[[float], float]) -> str:
    """SVG path data through the values; a None lifts the pen."""
    parts, down = [], False
    for n, value in enumerate(values):
        if value is not None:
            parts.append(f"{'L' if down else 'M'}{across(n)} {up(value)}")
        down = value is not None
    return " ".join(parts)
