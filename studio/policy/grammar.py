"""The grammar of a direction: which value may follow, so that whatever the policy samples can be filmed.

A direction is seven tokens, one a slot, in the order of `SLOTS`. An open slot may take any of its values, except
where that would end in a direction that a retake has to avoid.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

from studio.story.direction import SLOTS, check

ACTIONS: tuple[tuple[str, str], ...] = tuple((slot, value) for slot, values in SLOTS.items() for value in values)
"""Every (slot, value); the index is the policy's action."""

INDEX = {action: number for number, action in enumerate(ACTIONS)}


def action_of(slot: str, value: str) -> int:
    """The action's number, 0 … len(ACTIONS) - 1."""
    return INDEX[(slot, value)]


def open_slots(forced: Mapping[str, str]) -> list[str]:
    """The slots left to the policy, in order of decoding; raises BadInput for an unknown slot or value."""
    check(forced)
    return [slot for slot in SLOTS if slot not in forced]


class Grammar:
    """Says which values an open slot may take, given those chosen before it.

    Args:
        forced: slot -> value, fixed by plan or person.
        avoid: earlier directions, oldest first; the result differs from each in at least one open slot. Where so many
            are given that nothing is left to choose, the oldest are let go.
    """

    def __init__(self, forced: Mapping[str, str], avoid: Sequence[Mapping[str, str]] = ()) -> None:
        self.forced = dict(forced)
        self.open = open_slots(forced)
        self._sizes = [len(SLOTS[slot]) for slot in self.open]
        self._avoid = self._projected(avoid)

    def _projected(self, avoid: Sequence[Mapping[str, str]]) -> set[tuple[str, ...]]:
        """The avoided directions as tuples over the open slots: the newest ones, fewer than there are choices."""
        if not self.open:
            return set()
        newest_first = dict.fromkeys(tuple(one[slot] for slot in self.open) for one in reversed(avoid))
        return set(list(newest_first)[: prod(self._sizes) - 1])

    def allowed(self, chosen: Sequence[str]) -> list[str]:
        """Values for the open slot after ``chosen`` (values of the open slots so far) that lead to a valid end."""
        depth = len(chosen)
        below = prod(self._sizes[depth + 1 :])
        prefix = tuple(chosen)
        spent = [one[depth] for one in self._avoid if one[:depth] == prefix]
        return [value for value in SLOTS[self.open[depth]] if spent.count(value) < below]

    def complete(self, chosen: Sequence[str]) -> dict[str, str]:
        """The whole direction, in slot order."""
        free = dict(zip(self.open, chosen, strict=True))
        return {slot: self.forced.get(slot) or free[slot] for slot in SLOTS}
