"""Attention importance against NumPy, and against the speed at which this machine gathers rows.

    python -m bench.micro.attention --samples 1e6 2e6 5e6 10e6

Bytes are those of the key rows, samples x factors x 4, for the kernel and for both gathers alike. The
gathers read the same rows in the same random order on the same threads, and only sum them; one is the
plain loop, the other asks for rows ahead as the kernel does. Every figure is the best of interleaved
repetitions; NumPy (gather, einsum, reduceat) runs whole and, more kindly, in blocks that fit the cache.
On a machine that others use too, --clock cpu counts the processor time of the process over the threads
at work: a time slice given to somebody else does not count, their use of the memory still does.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from bench.command import new_parser, out_option, settings_of, threads_option, write_result
from bench.machine import describe
from samplew_gbm.kernels import jit
from samplew_gbm.kernels.attention import ROWS_AHEAD, attention_importance
from samplew_gbm.kernels.prefetch import prefetch_row
from samplew_gbm.runtime import resolve_threads, run_blocks
from tests.reference.attention import numpy_importance

BLOCK_SEGMENTS = 20


@jit(reassociate=True)
def gather(keys, key_index, start, stop):
    total = np.float32(0)
    for i in range(start, stop):
        row = key_index[i]
        for k in range(keys.shape[1]):
            total += keys[row, k]
    return total


@jit(reassociate=True)
def gather_ahead(keys, key_index, start, stop):
    total = np.float32(0)
    last = key_index.shape[0] - 1
    for i in range(start, stop):
        row = key_index[i]
        prefetch_row(keys, key_index[min(i + ROWS_AHEAD, last)])
        for k in range(keys.shape[1]):
            total += keys[row, k]
    return total


def numpy_in_blocks(queries, keys, indptr, query_index, key_index):
    out = np.empty(len(key_index), np.float32)
    for first in range(0, len(query_index), BLOCK_SEGMENTS):
        edges = indptr[first : first + BLOCK_SEGMENTS + 1]
        own = query_index[first : first + BLOCK_SEGMENTS]
        rows = slice(edges[0], edges[-1])
        out[rows] = numpy_importance(queries, keys, edges - edges[0], own, key_index[rows])
    return out


def make_case(n_samples: int, n_items: int, n_factors: int, mean_size: int) -> tuple[Any, ...]:
    """Random users, items and rows: every user has at least one row, ``mean_size`` on average."""
    rng = np.random.default_rng(0)
    n_users = max(1, n_samples // mean_size)
    sizes = rng.poisson(mean_size - 1, n_users) + 1
    indptr = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    users = rng.standard_normal((n_users, n_factors), dtype=np.float32)
    items = rng.standard_normal((n_items, n_factors), dtype=np.float32)
    key_index = rng.integers(0, n_items, int(indptr[-1]), dtype=np.int32)
    return users, items, indptr, rng.permutation(n_users).astype(np.int32), key_index


def best_of(
    work: dict[str, tuple[Callable[[], object], int]], repetitions: int, clock: str
) -> dict[str, float]:
    """Seconds of each (function, threads): best of the repetitions, in turn so that a slow spell hits all."""
    now = time.process_time if clock == "cpu" else time.perf_counter
    best = dict.fromkeys(work, float("inf"))
    for _ in range(repetitions):
        for name, (function, n_threads) in work.items():
            begin = now()
            function()
            best[name] = min(best[name], (now() - begin) / (n_threads if clock == "cpu" else 1))
    return best


def measure(n_samples: int, arguments: argparse.Namespace) -> dict[str, Any]:
    case = make_case(n_samples, arguments.items, arguments.factors, arguments.mean_size)
    keys, key_index, n = case[1], case[4], resolve_threads(arguments.threads)
    work: dict[str, tuple[Callable[[], object], int]] = {
        "attention": (lambda: attention_importance(*case, n_threads=n), n),
        "standardised": (lambda: attention_importance(*case, standardise=True, n_threads=n), n),
        "one_thread": (lambda: attention_importance(*case, n_threads=1), 1),
        "gather": (lambda: run_blocks(lambda a, b: gather(keys, key_index, a, b), len(key_index), n), n),
        "gather_ahead": (
            lambda: run_blocks(lambda a, b: gather_ahead(keys, key_index, a, b), len(key_index), n),
            n,
        ),
    }
    importance = attention_importance(*case)
    gather(keys, key_index, 0, 10)
    gather_ahead(keys, key_index, 0, 10)
    seconds = best_of(work, arguments.repetitions, arguments.clock)
    if not arguments.without_numpy:
        ways = {
            "numpy": (lambda: numpy_importance(*case), 1),
            "numpy_in_blocks": (lambda: numpy_in_blocks(*case), 1),
        }
        seconds |= best_of(ways, 2, arguments.clock)
        difference = np.abs(numpy_in_blocks(*case) / importance - 1).max()
        assert difference < 1e-3, difference
    n_bytes = len(key_index) * arguments.factors * 4
    return {
        "samples": len(key_index),
        "threads": n,
        "clock": arguments.clock,
        "seconds": seconds,
        "gigabytes_per_second": {name: n_bytes / value / 1e9 for name, value in seconds.items()},
        "nanoseconds_per_sample": seconds["attention"] / len(key_index) * 1e9,
        "share_of_gather": seconds["gather"] / seconds["attention"],
        "share_of_gather_ahead": seconds["gather_ahead"] / seconds["attention"],
        "times_numpy": seconds.get("numpy", float("nan")) / seconds["attention"],
        "times_numpy_in_blocks": seconds.get("numpy_in_blocks", float("nan")) / seconds["attention"],
    }


def main() -> None:
    parser = new_parser(__doc__)
    parser.add_argument("--samples", type=float, nargs="+", default=[1e6, 2e6, 5e6, 10e6])
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--factors", type=int, default=64)
    parser.add_argument("--mean-size", type=int, default=50)
    threads_option(parser)
    parser.add_argument("--repetitions", type=int, default=7)
    parser.add_argument("--clock", choices=("wall", "cpu"), default="wall")
    parser.add_argument("--without-numpy", action="store_true")
    out_option(parser, required=False)
    arguments = parser.parse_args()
    results = []
    for n_samples in arguments.samples:
        result = measure(int(n_samples), arguments)
        results.append(result)
        print(json.dumps(result, indent=1), file=sys.stdout, flush=True)
    if arguments.out:
        found = {"machine": describe(), "settings": settings_of(arguments), "results": results}
        write_result(arguments.out, found)


if __name__ == "__main__":
    main()
