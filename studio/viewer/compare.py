"""Two of a kind beside each other: two takes of a shot, or the slates of two productions; what differs comes first."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from studio.viewer.screening import Screening, ShotView, TakeView

ABSENT = "–"
_HASH = re.compile(r"[0-9a-f]{40,64}")


@dataclass(frozen=True)
class Difference:
    """One thing that both sides have a word on."""

    name: str
    a: str
    b: str

    @property
    def differs(self) -> bool:
        return self.a != self.b


def differences(a: Mapping[str, Any], b: Mapping[str, Any], sort: bool = True) -> list[Difference]:
    """Every key of either side in the order of ``a``; with ``sort`` those that differ come first.

    >>> [(d.name, d.a, d.b) for d in differences({"seed": 1, "llm": "offline"}, {"seed": 1, "llm": "openai"})]
    [('llm', 'offline', 'openai'), ('seed', '1', '1')]
    """
    found = [Difference(name, told(a.get(name)), told(b.get(name))) for name in dict.fromkeys([*a, *b])]
    return sorted(found, key=lambda each: not each.differs) if sort else found


def told(value: Any) -> str:
    """A setting or figure as a person reads it."""
    if value is None or value == "":
        return ABSENT
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | tuple):
        return ", ".join(map(told, value)) or ABSENT
    return f"{value[:12]}…" if isinstance(value, str) and _HASH.fullmatch(value) else str(value)


def flat(data: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested settings under dotted names.

    >>> flat({"rl": {"learn": True}})
    {'rl.learn': True}
    """
    found: dict[str, Any] = {}
    for name, value in data.items():
        found |= flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {f"{prefix}{name}": value}
    return found


def slate(screening: Screening) -> dict[str, Any]:
    """What a production was made with: its slate's settings, seed, versions and prompt, but not its plan."""
    row = screening.record.production
    known = {"prompt": row.prompt, **row.slate}
    said_elsewhere = ("name", "seed")
    versions = {k: v for k, v in known.items() if not isinstance(v, dict | list) and k not in said_elsewhere}
    return {**versions, **flat(screening.settings)}


def outcome(screening: Screening) -> dict[str, Any]:
    """What came of it, in figures."""
    takes, shots = screening.takes(), list(screening.shots())
    scored = [take.row.reward for take in takes if take.row.reward is not None]
    return {
        "mean reward of the circle takes": screening.reward,
        "mean reward of all takes": sum(scored) / len(scored) if scored else None,
        "shots": len(shots),
        "takes": len(takes),
        "retakes": len(takes) - sum(bool(shot.takes) for _scene, shot in shots),
        "accepted takes": sum(take.row.accepted for take in takes),
        "film, seconds": screening.seconds,
        "status": screening.state,
    }


def choose(shot: ShotView, a: str | None, b: str | None) -> tuple[TakeView | None, TakeView | None]:
    """The two takes that an address asks for by their ids; else the last two, the circle take being B."""
    if not shot.takes:
        return None, None
    by_id = {str(take.row.id): take for take in shot.takes}
    second = by_id.get(b or "") or shot.circle or shot.takes[-1]
    others = [take for take in shot.takes if take is not second] or [second]
    return by_id.get(a or "") or others[-1], second


def of_take(take: TakeView) -> dict[str, Any]:
    """What two takes of a shot may differ in."""
    return {
        "reward": take.row.reward,
        **{term.name: term.value for term in take.terms if term.weight},
        "accepted": take.row.accepted,
        **take.part("direction"),
        "seed": take.data.get("seed"),
        "prompt": take.data.get("prompt"),
        "policy": (take.row.policy_version or "")[:12],
    }
