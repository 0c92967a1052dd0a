"""Threads and memory of this process."""

import os
import resource
import sys
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from samplew_gbm.errors import SettingsError

BLOCKS_PER_THREAD = 8

Result = TypeVar("Result")


def resolve_threads(n_threads: int | None) -> int:
    """Number of threads to use; ``None`` means every CPU this process may run on."""
    if n_threads is None:
        available = (
            os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
        )
        return len(available)
    if n_threads < 1:
        raise SettingsError(f"n_threads is {n_threads}; give a number of at least 1")
    return n_threads


def run_blocks(kernel: Callable[[int, int], object], n: int, n_threads: int) -> None:
    """Call ``kernel(start, stop)`` over a partition of ``range(n)`` from ``n_threads`` threads.

    The kernel must release the GIL and write disjoint outputs: then the result cannot depend on the
    number of threads. The first exception of a block is raised here once the running blocks ended.
    """
    if n <= 0:
        return
    if n_threads == 1:
        kernel(0, n)
        return
    n_blocks = min(n, n_threads * BLOCKS_PER_THREAD)
    edges = [n * block // n_blocks for block in range(n_blocks + 1)]
    with ThreadPoolExecutor(n_threads) as pool:
        try:
            for _ in pool.map(kernel, edges[:-1], edges[1:]):
                pass
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def map_blocks(function: Callable[[int, int], Result], n: int, size: int, n_threads: int) -> Iterator[Result]:
    """``function(start, stop)`` of every block of at most ``size`` of ``range(n)``, in order.

    The blocks depend on ``size`` alone, so the results do not depend on the number of threads. A thread
    starts no block more than a few ahead of the caller, which bounds the memory of results in waiting.
    """
    edges = [(start, min(n, start + size)) for start in range(0, n, size)]
    if n_threads == 1:
        yield from (function(*edge) for edge in edges)
        return
    with ThreadPoolExecutor(n_threads) as pool:
        waiting: deque[Future[Result]] = deque()
        try:
            for edge in edges:
                waiting.append(pool.submit(function, *edge))
                if len(waiting) > 2 * n_threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def peak_rss_bytes() -> int:
    """Largest resident memory of this process so far, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
