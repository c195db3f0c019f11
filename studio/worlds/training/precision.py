"""In which numbers a training computes: bfloat16 where the device has it, float32 where it would be emulated.

Without instructions of its own for it a CPU computes bfloat16 by conversion: with AVX2 alone a matrix product took 70
times, a convolution 5 times as long as in float32.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch

Precision = Literal["no", "bf16"]
WORDS: dict[Precision, str] = {"no": "float32", "bf16": "bfloat16"}
INSTRUCTIONS = ("avx512_bf16", "amx_bf16", "bf16")
"""By any of these a CPU computes in bfloat16: x86's two, and ARM's, as `torch.cpu.get_capabilities` calls them."""


def training_device() -> torch.device:
    """Where trainings run."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def has_bfloat16(device: torch.device) -> bool:
    """Whether ``device`` has instructions for bfloat16, and torch uses them."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    told = getattr(torch.cpu, "get_capabilities", None)  # earlier versions of torch do not tell
    return told is not None and torch.backends.mkldnn.is_available() and any(map(told().get, INSTRUCTIONS))


def effective(asked: Precision, device: torch.device, say: Callable[[str], None] = lambda line: None) -> Precision:
    """The precision that ``device`` computes in where ``asked`` is wanted; ``say`` hears where it is another."""
    if asked == "no" or has_bfloat16(device):
        return asked
    say(f"WARNING: bf16 was asked for, but this {device.type.upper()} has no instructions for it: float32 instead")
    return "no"


def another(used: Precision) -> Precision:
    """The one that was not ``used``."""
    return "no" if used == "bf16" else "bf16"


def refusal(used: Precision) -> str:
    """Why a training in the other precision does not go on in ``used``, and what helps."""
    return (
        f"a training in {WORDS[another(used)]}, which cannot go on in {WORDS[used]} to the same bits; go on where the "
        "device and --precision are as they were, or choose another --out"
    )
