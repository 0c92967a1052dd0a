"""LambdaRank with pair weights against LightGBM's own: seconds an iteration of training, and the trees.

    python -m bench.micro.lambdarank --out bench/results/lambdarank.json

All sides train by `train_ranker` with the project's parameters on the same rows: ``row`` is LightGBM's own
objective, ``pair`` ours without weights, whose trees must be the same, ``pair_weighted`` ours with weights.
An iteration counts from the end of the one before, so that it holds whatever a custom objective costs:
scores copied to Python, gradients, the tree. Runs alternate; a run's figure is the median of its iterations,
and what is reported the median of the runs. The processor time of all threads stands beside the clock's: on
a machine that others use too, time given to somebody else is not in it.
"""

import argparse
import statistics
import time
from typing import Any

import numpy as np

from bench.command import new_parser, settings_of, write_result
from bench.machine import describe
from bench.micro.interleave import repeat_options
from samplew_gbm.ranking.ranker import Ranker, RankerData, train_ranker
from samplew_gbm.settings import Settings

MOST_LABEL = {"taken or not": 1, "five grades": 4}


def generated(options: argparse.Namespace, most_label: int) -> RankerData:
    """Queries of about ``query_rows`` rows; the label follows three of the features, and chance."""
    rng = np.random.default_rng(options.seed)
    n_queries = options.rows // options.query_rows
    sizes = rng.integers(options.query_rows // 2, options.query_rows * 3 // 2, n_queries)
    features = rng.normal(size=(sizes.sum(), options.features)).astype(np.float32)
    worth = features[:, :3].sum(axis=1) + 2 * rng.normal(size=len(features))
    edges = np.quantile(worth, 1 - 0.05 * 2.0 ** np.arange(most_label)[::-1])
    label = np.searchsorted(edges, worth).astype(np.int32)
    return RankerData(features, label, np.concatenate([[0], np.cumsum(sizes)]))


def train(
    data: RankerData, weighting: str, n_threads: int, options: argparse.Namespace
) -> tuple[list[float], str]:
    """Seconds and processor seconds an iteration, and the trees."""
    names = tuple(f"feature_{i}" for i in range(data.features.shape[1]))
    ends: list[tuple[float, float]] = []
    ranker = train_ranker(
        data,
        None,
        None,
        Settings(n_trees=options.trees, weighting=weighting),
        seed=options.seed,
        names=names,
        n_threads=n_threads,
        advance=lambda _: ends.append((time.perf_counter(), time.process_time())),
    )
    return np.median(np.diff(ends, axis=0), axis=0).tolist(), trees_of(ranker)


def trees_of(ranker: Ranker) -> str:
    return ranker.text[ranker.text.index("Tree=0") : ranker.text.index("end of trees")]


def alternate(data: RankerData, n_threads: int, options: argparse.Namespace) -> dict[str, Any]:
    weight = np.random.default_rng(options.seed).gamma(2.0, 0.5, len(data.label))
    weighted = RankerData(data.features, data.label, data.indptr, weight)
    sides = {"row": (data, "row"), "pair": (data, "pair"), "pair_weighted": (weighted, "pair")}
    runs: dict[str, list[tuple[list[float], str]]] = {name: [] for name in sides}
    for _ in range(options.repeats):
        for name, (rows, weighting) in sides.items():
            runs[name].append(train(rows, weighting, n_threads, options))
    result: dict[str, Any] = {"n_threads": n_threads}
    for clock, place in (("iteration_seconds", 0), ("processor_seconds", 1)):
        found = {name: [times[place] for times, _ in pairs] for name, pairs in runs.items()}
        middle = {name: statistics.median(seconds) for name, seconds in found.items()}
        ratio = {name: middle[name] / middle["row"] for name in ("pair", "pair_weighted")}
        result[clock] = {"median": middle, "ratio": ratio, "all": found}
    result["same_trees"] = runs["row"][0][1] == runs["pair"][0][1]
    return result


def compare(labels: str, options: argparse.Namespace) -> dict[str, Any]:
    data, runs = generated(options, MOST_LABEL[labels]), []
    print(f"{labels}: {len(data.label)} rows, {len(data.indptr) - 1} queries")
    for n_threads in options.threads:
        run = alternate(data, n_threads, options)
        runs.append(run)
        print(f"  {n_threads} threads, the same trees: {run['same_trees']}")
        for clock in ("iteration_seconds", "processor_seconds"):
            median, ratio = run[clock]["median"], run[clock]["ratio"]
            print(
                f"    {clock}: LightGBM's own {median['row']:.4f}, ours {ratio['pair']:.3f} x,"
                f" with weights {ratio['pair_weighted']:.3f} x"
            )
    return {"labels": labels, "n_rows": len(data.label), "n_queries": len(data.indptr) - 1, "runs": runs}


def parse() -> argparse.Namespace:
    parser = new_parser(__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--features", type=int, default=20)
    parser.add_argument("--query-rows", type=int, default=60, help="of a query, on average")
    parser.add_argument("--trees", type=int, default=20)
    repeat_options(parser, repeats=5)
    return parser.parse_args()


def main() -> None:
    options = parse()
    data = [compare(labels, options) for labels in MOST_LABEL]
    if options.out:
        write_result(options.out, {"machine": describe(), "settings": settings_of(options), "data": data})


if __name__ == "__main__":
    main()
