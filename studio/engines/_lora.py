"""LoRAs: which ones are known, under which licence, and what they ask of sampling."""

from __future__ import annotations

from dataclasses import dataclass

from studio.licences import Part

UNSTATED = "unstated"
"""Licence of a LoRA whose user did not say; it must be accepted like any other."""


@dataclass(frozen=True)
class Preset:
    """A LoRA that was distilled for few steps without guidance."""

    source: str
    """Repository and file."""
    licence: Part
    steps: int = 4
    guidance: float = 1.0
    flow_shift: float | None = None


def part(licence: str) -> Part:
    """The licence component of a user's own LoRA."""
    if licence == UNSTATED:
        return Part(UNSTATED, "say what the LoRA's licence is in lora_licence")
    return Part(licence)
