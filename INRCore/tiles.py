"""Work on tiles of a batch, each small enough for a processor core's cache, on a thread for each core.

A thread takes a tile through all layers, so threads meet once in a pass and not once in every operation, and what a
layer leaves is still in the cache when the next one needs it.
"""

from __future__ import annotations

import itertools
import math
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

import numpy as np
import torch

Result = TypeVar("Result")


def tiles_of_threads(points: int, largest: int) -> list[list[slice]]:
    """The points cut into tiles of about the same size, at most `largest`, in one list for each thread."""
    fewest = math.ceil(points / largest)
    threads = min(torch.get_num_threads(), fewest)
    count = math.ceil(fewest / threads) * threads
    bounds = [points * n // count for n in range(count + 1)]
    tiles = [slice(start, stop) for start, stop in itertools.pairwise(bounds)]
    each = count // threads
    return [tiles[n * each : (n + 1) * each] for n in range(threads)]


def on_threads(work: Callable[[list[slice]], Result], shares: Sequence[list[slice]]) -> list[Result]:
    """`work` of every share, without gradients, in the order of the shares."""

    def without_gradients(share: list[slice]) -> Result:
        # Like torch, no warnings of numbers that are not finite: the fit loop judges the loss.
        with torch.no_grad(), np.errstate(all="ignore"):
            return work(share)

    if len(shares) == 1:
        return [without_gradients(shares[0])]
    return list(_pool(len(shares)).map(without_gradients, shares))


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    """Threads whose own torch operations keep to one core."""
    before, all_started = torch.get_num_threads(), threading.Barrier(threads)

    def begin() -> None:
        torch.set_num_threads(1)
        torch.get_num_threads()  # a thread's number is fixed when it is first asked for
        all_started.wait()

    pool = ThreadPoolExecutor(threads, "tiles")
    for started in [pool.submit(begin) for _ in range(threads)]:
        started.result()
    torch.set_num_threads(before)  # a number set in any thread is also the default of new ones
    return pool
