"""Alternating least squares against `implicit`: seconds a sweep, and the loss after the same sweeps.

    python -m bench.micro.als --movielens DIR/movielens_1m_ncf/train.parquet --out bench/results/als.json

Both sides solve the same problem in float32 (confidence 1 + alpha, all other pairs 1); `implicit` runs with
its defaults, that is conjugate gradients of 3 steps from the last sweep's solution, and BLAS held to one
thread as it asks. Runs alternate; a figure is the median. Ours counts the whole fit, random start included,
divided by the sweeps; theirs is what its own callback reports for a sweep. The loss is over all pairs, in
double precision, by one function for both.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import implicit
import numpy as np
import pyarrow.parquet
import scipy.sparse
from threadpoolctl import threadpool_limits

from bench.command import new_parser, settings_of, write_result
from bench.machine import describe
from bench.micro.interleave import repeat_options
from samplew_gbm import native


def movielens(path: Path) -> scipy.sparse.csr_matrix:
    table = pyarrow.parquet.read_table(path, columns=["user", "item"])
    return as_matrix(table["user"].to_numpy(), table["item"].to_numpy())


def generated(n_users: int, n_items: int, n_interactions: int) -> scipy.sparse.csr_matrix:
    """Items by a power law of exponent 0.8, users by a milder one; doubled pairs count once."""
    rng = np.random.default_rng(1)
    popularity = np.cumsum(1.0 / np.arange(1, n_items + 1) ** 0.8)
    items = np.searchsorted(popularity / popularity[-1], rng.random(n_interactions))
    users = (n_users * rng.random(n_interactions) ** 1.6).astype(np.int64)
    return as_matrix(users, np.minimum(items, n_items - 1))


def as_matrix(users: np.ndarray, items: np.ndarray) -> scipy.sparse.csr_matrix:
    matrix = scipy.sparse.csr_matrix((np.ones(len(users), np.float32), (users, items)))
    matrix.sum_duplicates()
    matrix.data[:] = 1.0
    return matrix


class Ours:
    def __init__(self, matrix: scipy.sparse.csr_matrix, options: argparse.Namespace) -> None:
        self.rows = (
            matrix.indptr.astype(np.int64),
            matrix.indices.astype(np.int32),
            options.alpha * matrix.data,
        )
        self.transposed = native.csr_transpose(*self.rows, matrix.shape[1])
        self.options = options

    def __call__(self, n_sweeps: int, n_threads: int) -> tuple[float, float]:
        o = self.options
        begin = time.perf_counter()
        users, items = native.als_fit(
            *self.rows, *self.transposed, o.factors, o.regularization, n_sweeps, o.seed, n_threads
        )
        seconds = (time.perf_counter() - begin) / n_sweeps
        return seconds, native.als_loss(users, items, *self.rows, o.regularization)


class Theirs:
    def __init__(
        self, matrix: scipy.sparse.csr_matrix, rows: tuple[Any, ...], options: argparse.Namespace
    ) -> None:
        self.matrix, self.rows, self.options = matrix.copy(), rows, options
        self.matrix.data = 1.0 + options.alpha * matrix.data

    def __call__(self, n_sweeps: int, n_threads: int) -> tuple[float, float]:
        o, seconds = self.options, []
        model = implicit.als.AlternatingLeastSquares(
            o.factors,
            regularization=o.regularization,
            iterations=n_sweeps,
            num_threads=n_threads,
            random_state=o.seed,
        )
        model.fit(
            self.matrix,
            show_progress=False,
            callback=lambda sweep, took, loss: seconds.append(took),
        )
        factors = model.user_factors, model.item_factors
        return statistics.mean(seconds), native.als_loss(*factors, *self.rows, o.regularization)


def alternate(
    sides: dict[str, Callable[[int, int], tuple[float, float]]], n_sweeps: int, n_threads: int, repeats: int
) -> dict[str, Any]:
    runs: dict[str, list[tuple[float, float]]] = {name: [] for name in sides}
    for _ in range(repeats):
        for name, side in sides.items():
            runs[name].append(side(n_sweeps, n_threads))
    result: dict[str, Any] = {"n_sweeps": n_sweeps, "n_threads": n_threads}
    for name, pairs in runs.items():
        result[name] = {
            "sweep_seconds": statistics.median(seconds for seconds, _ in pairs),
            "all_sweep_seconds": [seconds for seconds, _ in pairs],
            "loss": pairs[-1][1],
        }
    result["speedup"] = result["implicit"]["sweep_seconds"] / result["samplew"]["sweep_seconds"]
    result["loss_ratio"] = result["samplew"]["loss"] / result["implicit"]["loss"]
    return result


def compare(name: str, matrix: scipy.sparse.csr_matrix, options: argparse.Namespace) -> dict[str, Any]:
    print(f"{name}: {matrix.shape[0]} users, {matrix.shape[1]} items, {matrix.nnz} pairs")
    ours = Ours(matrix, options)
    sides = {"implicit": Theirs(matrix, ours.rows, options), "samplew": ours}
    runs = []
    for n_threads in options.threads:
        run = alternate(sides, options.sweeps, n_threads, options.repeats)
        runs.append(run)
        print(
            f"  {n_threads} threads: implicit {run['implicit']['sweep_seconds']:.3f} s a sweep, samplew"
            f" {run['samplew']['sweep_seconds']:.3f} s, {run['speedup']:.2f} x; loss after {options.sweeps}"
            f" sweeps {run['implicit']['loss']:.6g} and {run['samplew']['loss']:.6g}"
        )
    return {"name": name, "shape": list(matrix.shape), "n_pairs": int(matrix.nnz), "runs": runs}


def parse() -> argparse.Namespace:
    parser = new_parser(__doc__)
    parser.add_argument("--movielens", type=Path, help="parquet file with columns user, item")
    parser.add_argument("--users", type=int, default=200_000, help="of the generated log; 0 skips it")
    parser.add_argument("--items", type=int, default=50_000)
    parser.add_argument("--interactions", type=int, default=10_000_000)
    parser.add_argument("--factors", type=int, default=64)
    parser.add_argument("--alpha", type=float, default=10.0)
    parser.add_argument("--regularization", type=float, default=0.01)
    parser.add_argument("--sweeps", type=int, default=5)
    repeat_options(parser, repeats=3)
    return parser.parse_args()


def main() -> None:
    options, logs = parse(), []
    with threadpool_limits(1, "blas"):
        if options.movielens and options.movielens.exists():
            logs.append(compare("movielens-1m", movielens(options.movielens), options))
        else:
            print("movielens-1m: skipped, --movielens names no file")
        if options.users:
            matrix = generated(options.users, options.items, options.interactions)
            logs.append(compare("generated", matrix, options))
    if options.out:
        machine = {**describe(), "implicit": implicit.__version__, "simd": native.instruction_set()}
        write_result(options.out, {"machine": machine, "settings": settings_of(options), "logs": logs})


if __name__ == "__main__":
    main()
