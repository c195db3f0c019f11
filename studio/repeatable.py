"""The same numbers from the same weights, wherever and in whatever thread they are computed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


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
