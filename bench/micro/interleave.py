"""Learners of embeddings beside each other, in turn, so that what else the machine does hits all alike."""

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
from threadpoolctl import threadpool_limits

from bench.command import out_option

Fit = Callable[[int], Any]


def repeat_options(parser: argparse.ArgumentParser, repeats: int) -> None:
    """How often each side runs, on how many threads, from which seed, and where the result goes."""
    parser.add_argument("--repeats", type=int, default=repeats)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--seed", type=int, default=0)
    out_option(parser, required=False)


def compare(
    sides: dict[str, Fit], peer: str, options: argparse.Namespace, judge: Callable[[Any], dict[str, float]]
) -> list[dict[str, Any]]:
    """A run for each number of threads, BLAS held to one; ``judge`` says how good is what a side fitted."""
    runs = []
    for n_threads in options.threads:
        with threadpool_limits(1, "blas"):
            run = interleave(sides, peer, n_threads, options.epochs, options.repeats)
        for name, fitted in run.pop("fitted").items():
            quality = judge(fitted)
            run[name] |= quality
            print(
                f"{n_threads} threads, {name}: {run[name]['epoch_seconds']:.3f} s an epoch, "
                f"{run[name]['speedup']:.2f} x (processor {run[name]['processor_speedup']:.2f} x), "
                + ", ".join(f"{metric} {value:.4f}" for metric, value in quality.items()),
                flush=True,
            )
        runs.append(run)
    return runs


def interleave(
    sides: dict[str, Fit], peer: str, n_threads: int, n_epochs: int, repeats: int
) -> dict[str, Any]:
    """Seconds an epoch of each side by the clock and by the processor, and the peer's in units of them.

    Medians of the rounds; a ratio is that of one round. ``fitted`` holds what the last run of each side gave.
    """
    clock: dict[str, list[float]] = {name: [] for name in sides}
    processor: dict[str, list[float]] = {name: [] for name in sides}
    fitted: dict[str, Any] = {}
    for _ in range(repeats):
        for name, fit in sides.items():
            begin, busy = time.perf_counter(), time.process_time()
            fitted[name] = fit(n_threads)
            clock[name].append((time.perf_counter() - begin) / n_epochs)
            processor[name].append((time.process_time() - busy) / n_epochs)
    result: dict[str, Any] = {"n_threads": n_threads, "n_epochs": n_epochs, "fitted": fitted}
    for name in sides:
        result[name] = {
            "epoch_seconds": statistics.median(clock[name]),
            "epoch_processor_seconds": statistics.median(processor[name]),
            "all_epoch_seconds": clock[name],
            "speedup": _ratio(clock[peer], clock[name]),
            "processor_speedup": _ratio(processor[peer], processor[name]),
        }
    return result


def _ratio(peer: list[float], side: list[float]) -> float:
    return statistics.median(theirs / ours for theirs, ours in zip(peer, side, strict=True))


def movielens(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Users and items of the log, each user's rows in the order of time."""
    table = pyarrow.parquet.read_table(path, columns=["user", "item", "time_rank"])
    users, items, rank = (table[name].to_numpy() for name in ("user", "item", "time_rank"))
    order = np.lexsort((rank, users))
    return users[order], items[order].astype(np.int32)
