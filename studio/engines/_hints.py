"""VACE's control hints under a cache: added once, also on the passes that skip blocks.

VACE adds a hint after each of its layers, outside of the blocks. A cache that keeps what all blocks together changed
(first-block, mag) keeps the hints with it, and a pass that skips the blocks would be given them twice: once from what
was kept, once anew. So they are taken out of what is kept; the fresh ones of each pass then count alone."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

RESIDUALS = {"fbc_block_hook": "tail_block_residuals", "mag_cache_block_hook": "previous_residual"}
"""Hook on the last block -> where its state keeps what the blocks changed."""


def count_once(denoiser: Any) -> list[Callable[[], None]]:
    """Take the hints out of what a cache keeps; returns what undoes it. Does nothing for models without hints."""
    if not hasattr(denoiser, "vace_blocks"):
        return []
    tail = denoiser.blocks[-1]
    hooks = getattr(tail, "_diffusers_hook", None)
    kept = {name: hooks.get_hook(name) for name in RESIDUALS} if hooks else {}
    found = [(RESIDUALS[name], hook) for name, hook in kept.items() if hook is not None]
    if not found:
        return []
    hints = _Hints(denoiser.config.vace_layers, len(denoiser.blocks) - 1, *found[0])
    handles = [denoiser.register_forward_pre_hook(hints.begin, with_kwargs=True)]
    for n, block in enumerate(denoiser.vace_blocks):
        handles.append(block.register_forward_hook(partial(hints.add, n)))
    handles.append(tail.register_forward_hook(hints.take_out))
    return [handle.remove for handle in handles]


class _Hints:
    """The sum of the hints that one pass adds before the last block's end."""

    def __init__(self, layers: list[int], last: int, where: str, hook: Any) -> None:
        self.layers, self.last, self.where, self.hook = layers, last, where, hook
        self.scales: Any = None
        self.sum: Any = None

    def begin(self, _module: Any, _args: Any, given: dict[str, Any]) -> None:
        self.scales, self.sum = given.get("control_hidden_states_scale"), None

    def add(self, n: int, _module: Any, _args: Any, output: Any) -> None:
        if self.layers[n] < self.last:
            hint = output[0] if self.scales is None else output[0] * self.scales[n]
            self.sum = hint if self.sum is None else self.sum + hint

    def take_out(self, _module: Any, _args: Any, _output: Any) -> None:
        state = self.hook.state_manager.get_state()
        if not state.should_compute or self.sum is None:
            return
        residual = getattr(state, self.where)
        if residual is None:  # MagCache has just forgotten it: that was the last step
            return
        if isinstance(residual, tuple):
            setattr(state, self.where, (residual[0] - self.sum, *residual[1:]))
        else:
            setattr(state, self.where, residual - self.sum)
