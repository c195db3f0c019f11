"""Direction: how a shot is filmed, in seven slots of one word each (the policy's vocabulary)."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict

from studio.errors import BadInput

SLOTS: dict[str, tuple[str, ...]] = {
    "shot_size": ("extreme-wide", "wide", "full", "medium", "medium-close", "close", "extreme-close"),
    "angle": ("low", "eye", "high", "overhead"),
    "camera_move": (
        "locked", "pan-left", "pan-right", "tilt-up", "tilt-down", "push-in", "pull-out", "track", "crane", "handheld",
    ),
    "lighting": ("natural", "high-key", "low-key", "golden", "silhouette", "practical"),
    "detail": ("lean", "balanced", "rich"),
    "continuity": ("light", "firm", "strict"),
    "style": ("subtle", "clear", "strong"),
}  # fmt: skip
"""Slot -> its values, in the order in which the policy decodes them."""


class Direction(BaseModel):
    """One complete direction: a valid value in every slot."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    shot_size: str = "medium"
    angle: str = "eye"
    camera_move: str = "locked"
    lighting: str = "natural"
    detail: str = "balanced"
    continuity: str = "firm"
    style: str = "clear"

    def model_post_init(self, _context: object) -> None:
        check(self.model_dump())


def check(slots: Mapping[str, str]) -> dict[str, str]:
    """Return ``slots`` as a plain dict; raises BadInput naming the slot, the value and the choices."""
    for slot, value in slots.items():
        if slot not in SLOTS:
            raise BadInput(f"unknown direction slot {slot!r}; choose from: {', '.join(SLOTS)}")
        if value not in SLOTS[slot]:
            raise BadInput(f"direction {slot}={value!r} is not known; choose from: {', '.join(SLOTS[slot])}")
    return dict(slots)
