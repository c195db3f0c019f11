"""LoRAs: which few-step ones are known, under which licence, and what they ask of sampling."""

from __future__ import annotations

from dataclasses import dataclass

from studio.licences import Part

UNSTATED = "unstated"
"""Licence of a LoRA whose user did not say; it must be accepted like any other."""


@dataclass(frozen=True)
class Lora:
    """One file, for the pipelines of some roles."""

    source: str
    """Repository and file."""
    roles: tuple[str, ...]
    into: str = "transformer"


@dataclass(frozen=True)
class Preset:
    """LoRAs that were distilled for few steps without guidance, and how they are sampled."""

    loras: tuple[Lora, ...]
    licence: Part
    steps: int = 4
    guidance: float = 1.0
    flow_shift: float | None = None


def part(licence: str) -> Part:
    """The licence of a user's own LoRA."""
    if licence == UNSTATED:
        return Part(UNSTATED, "say in lora_licence what the LoRA's licence is")
    return Part(licence)
