"""The same numbers from the same weights, wherever and in whatever thread they are computed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

T = TypeVar("T")


@contextmanager
def one_thread() -> Iterator[None]:
    """Torch sums in one order: one thread, deterministic kernels; what was set before comes back.

    The number of threads is set about every computation, because OpenMP keeps it for each calling thread by itself.
    """
    import torch

    threads, strict = torch.get_num_threads(), torch.get_deterministic_debug_mode()
    torch.set_num_threads(1)
    # As use_deterministic_algorithms(True), which would import torch's compiler: a second and a half.
    torch.set_deterministic_debug_mode("error")
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.set_deterministic_debug_mode(strict)


def in_halves(compute: Callable[[slice], T], count: int) -> list[T]:
    """``compute`` of the first and of the last half of ``count`` things, side by side; each sums in one thread.

    Where the halves part depends on ``count`` alone: a machine of one core gives the same numbers. Without gradients.
    """
    import torch

    def half(part: slice) -> T:
        torch.set_num_threads(1)
        with torch.no_grad():  # kept for each thread by itself, as the number of threads is
            return compute(part)

    with one_thread():
        if count < 2:
            return [half(slice(0, count))]
        first = _helper().submit(half, slice(0, count // 2))
        last = half(slice(count // 2, count))
        return [first.result(), last]


@cache
def _helper() -> ThreadPoolExecutor:
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(1, "half")
