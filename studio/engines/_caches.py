"""Caches that skip blocks of a denoiser where its input has hardly changed, and the count that proves it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Any, Literal

from studio.engines import _loading
from studio.engines._hints import count_once
from studio.errors import EngineFailed

CacheName = Literal["", "first-block", "mag", "pyramid", "taylor"]
THRESHOLDS = {"first-block": 0.05, "mag": 0.06}
"""diffusers' defaults: how much a residual may change, and MagCache's accumulated error."""
PYRAMID_RANGE = 2
PYRAMID_TIMESTEPS = (100, 800)
"""Pyramid Attention Broadcast (arXiv 2408.12588): every second attention in the middle of the noise."""
TAYLOR_INTERVAL = 4
ATTENTIONS = [r"(blocks|vace_blocks|transformer_blocks|single_transformer_blocks)\.\d+\.attn\d?"]
"""What TaylorSeer predicts; without identifiers its own pattern misses some models' blocks."""


def enable(
    pipe: Any, denoiser: Any, name: CacheName, threshold: float | None, steps: int, magnitudes: list[float]
) -> None:
    """Enable a cache on one denoiser; raises EngineFailed where it would not give what the model gives."""
    import diffusers

    kind = type(denoiser).__name__
    limit = threshold if threshold is not None else THRESHOLDS.get(name, 0.0)
    if not hasattr(denoiser, "enable_cache"):
        raise EngineFailed(f"cache = {name!r}: {kind} has no caches; use cache = ''")
    if name == "first-block":
        config = diffusers.FirstBlockCacheConfig(threshold=limit)
    elif name == "mag":
        config = diffusers.MagCacheConfig(threshold=limit, num_inference_steps=steps, mag_ratios=magnitudes)
    elif name == "pyramid":
        config = diffusers.PyramidAttentionBroadcastConfig(
            spatial_attention_block_skip_range=PYRAMID_RANGE, spatial_attention_timestep_skip_range=PYRAMID_TIMESTEPS,
            current_timestep_callback=lambda: pipe.current_timestep,
        )  # fmt: skip
    else:
        config = diffusers.TaylorSeerCacheConfig(cache_interval=TAYLOR_INTERVAL, cache_identifiers=ATTENTIONS)
    denoiser.enable_cache(config)


class BlockCount:
    """Context of one pipeline call: counts what the cache computed, and fails loudly if it skipped nothing.

    ``branches`` is how often the denoiser runs a step: Pyramid Attention Broadcast keeps one state a layer, so that
    of two runs the second would be given the first one's attention; here each has its own."""

    def __init__(self, pipe: Any, name: CacheName, branches: int, notes: list[str]) -> None:
        self.pipe, self.name, self.branches, self.notes = pipe, name, branches, notes
        self.asked = self.computed = 0
        self._undo: list[Callable[[], None]] = []

    def __enter__(self) -> BlockCount:
        for denoiser in _loading.denoisers(self.pipe) if self.name else []:
            denoiser._reset_stateful_cache()
            hooks = [hook for module in denoiser.modules() for hook in _hooks(module)]
            for hook in hooks:
                self._count(hook)
            self._undo += count_once(denoiser)
            if self.name == "pyramid" and self.branches > 1:
                self._split(denoiser, hooks)
            handle = denoiser.register_forward_pre_hook(partial(self._ask, len(hooks)))
            self._undo.append(handle.remove)
        return self

    def _ask(self, count: int, *_: Any) -> None:
        self.asked += count

    def _count(self, hook: Any) -> None:
        import torch

        original = hook.fn_ref.original_forward

        @torch.compiler.disable
        def tick() -> None:
            self.computed += 1

        def counted(*args: Any, **kwargs: Any) -> Any:
            tick()
            return original(*args, **kwargs)

        hook.fn_ref.original_forward = counted
        self._undo.append(lambda: setattr(hook.fn_ref, "original_forward", original))

    def _split(self, denoiser: Any, hooks: list[Any]) -> None:
        """Give each branch its own states; the denoiser's runs alternate between them."""
        states = [[type(hook.state)() for hook in hooks] for _ in range(self.branches)]
        runs = 0

        def turn(*_: Any) -> None:
            nonlocal runs
            for hook, state in zip(hooks, states[runs % self.branches], strict=True):
                hook.state = state
            runs += 1

        self._undo.append(denoiser.register_forward_pre_hook(turn).remove)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for undo in reversed(self._undo):
            undo()
        if not self.name or kind is not None:
            return
        if self.computed >= self.asked:
            raise EngineFailed(
                f"cache = {self.name!r} skipped nothing in {self.asked} block calls; "
                "raise cache_threshold, take more steps, or leave the cache out"
            )
        share = 1 - self.computed / self.asked
        self.notes.append(f"cache {self.name}: {share:.0%} of {self.asked} block calls skipped")


def _hooks(module: Any) -> list[Any]:
    registry = getattr(module, "_diffusers_hook", None)
    if registry is None:
        return []
    return [hook for name, hook in registry.hooks.items() if "cache" in name or "fbc" in name or "broadcast" in name]
