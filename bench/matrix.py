"""ImportanceRanker on ready feature matrices, against its unweighted twin and a plain LGBMRanker.

python -m bench.matrix mq2008 --data DIR --out bench/results/matrix_mq2008.json

Of five folds three train, one stops the training and one tests, in rotation. All queries that are tested are
judged together: NDCG@10, and paired bootstrap intervals over the queries. ``lgbm`` has the parameters of one
of our rankers; ``swapped`` is the same ranker inside ``ImportanceRanker(estimator=...)``.
"""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from bench.command import data_option, new_parser, out_option, parse_words, threads_option, write_result
from bench.datasets import DataError, find_data
from bench.machine import describe
from bench.matrices import FOLDS, Matrix, read_homedepot, read_mq2008
from samplew_gbm import ImportanceRanker
from samplew_gbm.evaluation import evaluate
from samplew_gbm.evaluation.bootstrap import paired_difference
from samplew_gbm.ranking.groups import group_of
from samplew_gbm.ranking.ranker import LEAF_SHARE, PATIENCE, ROWS_PER_LEAF, TRUNCATION
from samplew_gbm.runtime import resolve_threads

SETS: dict[str, Callable[[Path], Matrix]] = {"mq2008": read_mq2008, "homedepot": read_homedepot}
K = 10
ARMS: dict[str, dict[str, Any]] = {
    "default": {},
    "search": {"search": True},
    "not gated": {"gate": False},
    "twin": {"importance": "none"},
}
"""Parameters of each ImportanceRanker."""
LGBM = "lgbm"
SWAPPED: dict[str, dict[str, Any]] = {
    "swapped": {},
    "swapped, not gated": {"gate": False},
    "swapped twin": {"importance": "none"},
}
"""The same of those that train a plain ranker."""
COMPARED = (
    ("default", "twin"),
    ("search", "twin"),
    ("not gated", "twin"),
    ("default", LGBM),
    ("swapped", LGBM),
    ("swapped", "swapped twin"),
    ("swapped, not gated", "swapped twin"),
    ("swapped twin", LGBM),
)


def plain_ranker(n_rows: int, seed: int, n_threads: int) -> lgb.LGBMRanker:
    """A LightGBM ranker with the parameters that one of our rankers has on so many rows."""
    ours = ImportanceRanker()
    return lgb.LGBMRanker(
        n_estimators=ours.n_trees,
        learning_rate=ours.learning_rate,
        num_leaves=ours.n_leaves,
        reg_lambda=ours.leaf_regularization,
        min_child_samples=int(np.clip(n_rows * LEAF_SHARE, *ROWS_PER_LEAF)),
        colsample_bytree=0.8,
        lambdarank_truncation_level=TRUNCATION,
        early_stopping_round=PATIENCE,
        metric="ndcg",
        deterministic=True,
        force_row_wise=True,
        random_state=seed,
        n_jobs=n_threads,
        verbosity=-1,
    )


def by_query(matrix: Matrix) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The rows by query, and where each query begins."""
    order = np.argsort(matrix.query, kind="stable")
    sizes = np.unique(matrix.query, return_counts=True)[1]
    return order, np.concatenate([[0], np.cumsum(sizes)])


def scores_of_plain(
    train: Matrix, valid: Matrix, test: Matrix, seed: int, n_threads: int
) -> NDArray[np.float64]:
    (own, begins), (held, ends) = by_query(train), by_query(valid)
    ranker = plain_ranker(len(train.y), seed, n_threads)
    ranker.fit(
        train.X[own],
        train.y[own],
        group=group_of(begins),
        eval_X=valid.X[held],
        eval_y=valid.y[held],
        eval_group=[group_of(ends)],
        eval_at=(K,),
    )
    return np.asarray(ranker.predict(test.X), np.float64)


def judge(arm: str, train: Matrix, valid: Matrix, test: Matrix, seed: int, n_threads: int) -> dict[str, Any]:
    """NDCG of every query of ``test``, what the gate said, and how long training took."""
    begin, verdict = time.perf_counter(), None
    if arm == LGBM:
        scores = scores_of_plain(train, valid, test, seed, n_threads)
    else:
        parameters = {**ARMS, **SWAPPED}[arm] | {"random_state": seed, "n_threads": n_threads}
        if arm in SWAPPED:
            parameters["estimator"] = plain_ranker(len(train.y), seed, n_threads)
        ranker = ImportanceRanker(**parameters)
        ranker.fit(train.X, train.y, query_id=train.query, eval_set=(valid.X, valid.y, valid.query))
        scores, verdict = ranker.predict(test.X), ranker.verdict_
    order, indptr = by_query(test)
    found = evaluate(scores[order], test.y[order], indptr, metrics=("ndcg",), ks=(K,))
    return {
        "values": found.per_query[f"ndcg@{K}"],
        "verdict": None if verdict is None else verdict.words(),
        "seconds": time.perf_counter() - begin,
    }


def summary(runs: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """Means over the folds, and the differences of the arms over all queries."""
    values = {arm: np.concatenate([run["values"] for run in found]) for arm, found in runs.items()}
    arms = {
        arm: {
            "ndcg@10": float(np.mean([np.nanmean(run["values"]) for run in found])),
            "folds": [float(np.nanmean(run["values"])) for run in found],
            "verdicts": [run["verdict"] for run in found],
            "seconds": sum(run["seconds"] for run in found),
        }
        for arm, found in runs.items()
    }
    differences = {
        f"{a} - {b}": asdict(paired_difference(values[a], values[b]))
        for a, b in COMPARED
        if a in values and b in values
    }
    return {"arms": arms, "differences": differences}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = new_parser(__doc__)
    parser.add_argument("set", choices=SETS)
    data_option(parser)
    known = (*ARMS, LGBM, *SWAPPED)
    parser.add_argument("--arms", nargs="+", choices=known, default=known, metavar="ARM")
    parser.add_argument("--seed", type=int, default=0)
    threads_option(parser)
    out_option(parser)
    given, line = parse_words(parser, "bench.matrix", arguments)
    result: dict[str, Any] = {"machine": describe(), "line": line}
    try:
        matrix = SETS[given.set](find_data(given.data))
    except DataError as error:
        sys.exit(str(error))
    result |= {"n_rows": len(matrix.y), "n_queries": len(np.unique(matrix.query))}
    runs: dict[str, list[dict[str, Any]]] = {arm: [] for arm in given.arms}
    for test in range(FOLDS):
        valid = (test + FOLDS - 1) % FOLDS
        rest = [fold for fold in range(FOLDS) if fold not in (test, valid)]
        for arm, found in runs.items():
            parts = [matrix.part(folds) for folds in (rest, [valid], [test])]
            found.append(judge(arm, *parts, given.seed, resolve_threads(given.threads)))
            mean = np.nanmean(found[-1]["values"])
            print(f"fold {test + 1} {arm:<20} {mean:.4f}  {found[-1]['seconds']:.1f} s", flush=True)
    result |= summary(runs)
    write_result(given.out, result)
    for arm, found in result["arms"].items():
        print(f"{arm:<20} NDCG@10 {found['ndcg@10']:.4f}")
    for name, found in result["differences"].items():
        low, high = found["low"], found["high"]
        print(
            f"{name:<30} {found['mean']:+.4f}  95 % interval {low:+.4f} to {high:+.4f}, {found['n']} queries"
        )


if __name__ == "__main__":
    main()
