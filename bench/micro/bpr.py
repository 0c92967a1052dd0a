"""Bayesian personalised ranking against `implicit`: seconds an epoch, and the AUC of held-out rows.

    python -m bench.micro.bpr --movielens DIR/movielens_1m_ncf/train.parquet --out bench/results/bpr.json

A tenth of the rows is held out. All sides take as many samples an epoch as there are rows, with the same
factors, rate and regularization. `implicit` draws negatives in proportion to popularity, as ``samplew`` does
here (``negative_power=1``); ``samplew_alike`` draws all items alike, as the paper does. ``one_block`` is the
plain order of steps, without strata. The AUC is a user's held-out items against all items that he did not
take, by one function.
"""

import argparse
from pathlib import Path

import implicit
import numpy as np
import scipy.sparse

from bench.command import new_parser, settings_of, write_result
from bench.machine import describe
from bench.micro.interleave import Fit, compare, movielens, repeat_options
from samplew_gbm import native

Factors = tuple[np.ndarray, np.ndarray, np.ndarray | float]


def split(path: Path, seed: int) -> tuple[scipy.sparse.csr_matrix, scipy.sparse.csr_matrix]:
    users, items = movielens(path)
    held = np.random.default_rng(seed).random(len(users)) < 0.1
    shape = (users.max() + 1, items.max() + 1)
    parts = [(users[part], items[part]) for part in (~held, held)]
    train, test = (scipy.sparse.csr_matrix((np.ones(len(u), np.float32), (u, i)), shape) for u, i in parts)
    return train, test


def auc(factors: Factors, train: scipy.sparse.csr_matrix, test: scipy.sparse.csr_matrix) -> float:
    users, items, bias = factors
    found = []
    for user in np.flatnonzero(np.diff(test.indptr)):
        scores = users[user] @ items.T + bias
        wanted = test.indices[test.indptr[user] : test.indptr[user + 1]]
        others = np.ones(len(items), bool)
        others[wanted] = others[train.indices[train.indptr[user] : train.indptr[user + 1]]] = False
        below = np.sort(scores[others])
        ranks = np.searchsorted(below, scores[wanted]) + np.searchsorted(below, scores[wanted], "right")
        found.append(ranks.mean() / 2 / len(below))
    return float(np.mean(found))


def sides_of(train: scipy.sparse.csr_matrix, o: argparse.Namespace) -> dict[str, Fit]:
    rows = train.indptr.astype(np.int64), train.indices.astype(np.int32), train.shape[1]

    def theirs(n_threads: int) -> Factors:
        model = implicit.bpr.BayesianPersonalizedRanking(
            o.factors,
            learning_rate=o.rate,
            regularization=o.regularization,
            iterations=o.epochs,
            num_threads=n_threads,
            random_state=o.seed,
        )
        model.fit(train, show_progress=False)
        return model.user_factors, model.item_factors, 0.0

    def ours(power: float, n_blocks: int) -> Fit:
        options = (o.factors, o.rate, o.regularization, o.epochs, o.seed)
        return lambda n_threads: native.bpr_fit(
            *rows, *options, n_threads, negative_power=power, n_blocks=n_blocks
        )

    return {
        "implicit": theirs,
        "samplew": ours(1.0, 0),
        "samplew_alike": ours(0.0, 0),
        "one_block": ours(1.0, 1),
    }


def parse() -> argparse.Namespace:
    parser = new_parser(__doc__)
    parser.add_argument("--movielens", type=Path, required=True, help="parquet file: user, item, time_rank")
    parser.add_argument("--factors", type=int, default=64)
    parser.add_argument("--rate", type=float, default=0.05)
    parser.add_argument("--regularization", type=float, default=0.01)
    parser.add_argument("--epochs", type=int, default=10)
    repeat_options(parser, repeats=5)
    return parser.parse_args()


def main() -> None:
    options = parse()
    train, test = split(options.movielens, options.seed)
    runs = compare(
        sides_of(train, options), "implicit", options, lambda factors: {"auc": auc(factors, train, test)}
    )
    if options.out:
        machine = {**describe(), "implicit": implicit.__version__, "simd": native.instruction_set()}
        write_result(options.out, {"machine": machine, "settings": settings_of(options), "runs": runs})


if __name__ == "__main__":
    main()
