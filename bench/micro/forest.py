"""Scores of a trained forest by the C core against LightGBM's own, in turn; they must be the same bits.

    python -m bench.micro.forest --out bench/results/forest.json

One forest of the size that `samplew train` grows; calls of many rows, and of one request. LightGBM is loaded
from the same text and told the same number of threads. "read" is what either takes to be ready to score.
"""

import argparse
import time
from collections.abc import Callable
from typing import Any

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from bench.command import new_parser, settings_of, write_result
from bench.machine import describe
from bench.micro.interleave import interleave, repeat_options
from samplew_gbm.ranking.ranker import RankerData, train_ranker
from samplew_gbm.ranking.scoring import scorer_of
from samplew_gbm.settings import Settings

QUERY_ROWS, TRAINED = 100, 100_000
Score = Callable[[NDArray[np.float32]], NDArray[np.float64]]


def rows(n: int, options: argparse.Namespace, seed: int) -> NDArray[np.float32]:
    values = np.random.default_rng(seed).normal(size=(n, options.features)).astype(np.float32)
    values[values < -2] = np.nan
    return values


def grown(options: argparse.Namespace) -> tuple[str, tuple[str, ...]]:
    """The text of a ranker whose labels follow some of the features, and chance; and its columns."""
    features = rows(TRAINED, options, options.seed)
    worth = np.nan_to_num(features[:, :6]).prod(axis=1) + np.nan_to_num(features[:, :10]).sum(axis=1)
    label = (worth + 3 * np.random.default_rng(1).normal(size=TRAINED) > 6).astype(np.int32)
    data = RankerData(features, label, np.arange(0, TRAINED + 1, QUERY_ROWS))
    names = tuple(f"feature_{i}" for i in range(options.features))
    settings = Settings(n_trees=options.trees, n_leaves=options.leaves)
    ranker = train_ranker(
        data, None, None, settings, seed=options.seed, names=names, n_threads=2, advance=lambda _: None
    )
    return ranker.text, names


def many_calls(score: Score, asked: NDArray[np.float32], n_calls: int) -> NDArray[np.float64]:
    for _ in range(n_calls - 1):
        score(asked)
    return score(asked)


def compare(text: str, names: tuple[str, ...], n_rows: int, n_threads: int, options: Any) -> dict[str, Any]:
    asked, n_calls = rows(n_rows, options, seed=2), max(1, 20_000 // n_rows)
    own, booster = scorer_of(text, names, n_threads=n_threads, raw=False), lgb.Booster(model_str=text)
    sides = {
        "lightgbm": lambda n: many_calls(lambda x: booster.predict(x, num_threads=n), asked, n_calls),
        "samplew": lambda _: many_calls(own, asked, n_calls),
    }
    found = interleave(sides, "lightgbm", n_threads, n_calls, options.repeats)
    fitted = found.pop("fitted")
    found["same_bits"] = bool((fitted["lightgbm"] == fitted["samplew"]).all())
    found["n_rows"] = n_rows
    per_row = {side: 1e6 * found[side]["epoch_seconds"] / n_rows for side in sides}
    print(
        f"{n_rows} rows, {n_threads} threads: LightGBM {per_row['lightgbm']:.2f} us a row, "
        f"ours {per_row['samplew']:.2f}, {found['samplew']['speedup']:.1f} x, same bits: {found['same_bits']}"
    )
    return found


def time_of(call: Callable[[], object], repeats: int) -> float:
    seconds = []
    for _ in range(repeats):
        begin = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - begin)
    return min(seconds)


def main() -> None:
    parser = new_parser(__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[200, 10_000, 500_000])
    parser.add_argument("--features", type=int, default=60)
    parser.add_argument("--trees", type=int, default=850)
    parser.add_argument("--leaves", type=int, default=16)
    repeat_options(parser, repeats=5)
    options = parser.parse_args()
    text, names = grown(options)
    runs = [compare(text, names, n, threads, options) for threads in options.threads for n in options.rows]
    read = {
        "lightgbm": time_of(lambda: lgb.Booster(model_str=text), options.repeats),
        "samplew": time_of(lambda: scorer_of(text, names, n_threads=1, raw=False), options.repeats),
    }
    print("read: " + ", ".join(f"{side} {seconds * 1e3:.1f} ms" for side, seconds in read.items()))
    if options.out:
        result = {"machine": describe(), "settings": settings_of(options), "runs": runs, "read_seconds": read}
        write_result(options.out, result)


if __name__ == "__main__":
    main()
