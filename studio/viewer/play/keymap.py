"""Which held keys make which action: an action's name says it, as in ``jump_right``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

HELD = ("left", "right", "up", "down", "jump", "run")
"""What keys, pads and touch buttons can hold; the page knows which key is which."""
SAME = {"duck": "down", "brake": "down", "gas": "up", "accelerate": "up"}
"""Words of actions that are another key's."""


@dataclass(frozen=True)
class Pad:
    """A touch button."""

    held: str
    sign: str


PADS = (Pad("left", "←"), Pad("up", "↑"), Pad("down", "↓"), Pad("right", "→"), Pad("run", "run"), Pad("jump", "jump"))


def table(names: Sequence[str]) -> list[dict[str, object]]:
    """For each action what must be held, ``needs``; None where no held keys mean it, so that a digit must."""
    rows: list[dict[str, object]] = []
    for index, name in enumerate(names):
        words = [SAME.get(word, word) for word in name.lower().removeprefix("move_").split("_")]
        needs: list[str] | None = [] if name == "noop" else words
        if any(word not in HELD for word in needs or []):
            needs = None
        rows.append({"action": index, "name": name, "needs": needs})
    return rows


def wants(names: Sequence[str]) -> set[str]:
    """Everything that some action needs held."""
    return {str(word) for row in table(names) for word in (row["needs"] or [])}  # type: ignore[attr-defined]
