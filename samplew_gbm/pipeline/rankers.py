"""Several rankers of the same rows, each stopped on users of its own, joined into one."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.queries import gather_ranges
from samplew_gbm.kernels.ranking import binary_ndcg, graded_ndcg
from samplew_gbm.progress import Advance, Progress
from samplew_gbm.ranking.joining import join_rankers
from samplew_gbm.ranking.ranker import Binned, Ranker, RankerData, train_ranker
from samplew_gbm.settings import Settings

SHARES = 10  # of the users; the queries of one stop the training
LEAST_VALID = 20  # queries; with fewer nothing can be told, and all trees are grown
STOP_K = 10  # of the NDCG that decides when to stop


def train_rankers(
    data: RankerData,
    users: NDArray[np.int32],
    settings: Settings,
    *,
    names: tuple[str, ...],
    monotone: dict[str, int] | None,
    start: Ranker | None = None,
    n_threads: int,
    progress: Progress,
    categorical: tuple[str, ...] = (),
    valid: RankerData | None = None,
    binned: dict[int, Binned] | None = None,
    first: int = 0,
) -> tuple[Ranker, dict[str, float]]:
    """The joined ranker, and the mean NDCG of its parts on the users kept from them.

    ``users`` is ``int32[q]``, whose query each is. With ``start`` its trees come first. Each new ranker goes
    on from an equal part of its scores, so that their sum goes on from ``start`` itself, and joins only if
    it raises the NDCG of the users kept from it. With ``valid`` all queries are learned from, and all rankers
    stop on the one set of rows given. ``binned`` is filled, by the number of a ranker, for further trainings
    on these queries with other weights. Rankers before the ``first`` are left out: their sum is another's.
    """
    if start is not None:
        data = replace(data, base=start.scorer(n_threads, raw=True)(data.features) / settings.n_rankers)
    share = _share_of_queries(users, settings.random_state)
    rankers = [] if start is None else [start]
    metrics = []
    with progress.stage("train the ranker", settings.n_trees * settings.n_rankers) as advance:
        for number in range(first, settings.n_rankers):
            train_one = partial(
                train_ranker,
                settings=settings,
                seed=_seed(settings.random_state, number),
                names=names,
                n_threads=n_threads,
                advance=partial(_advance_from, advance, number * settings.n_trees),
                monotone=monotone,
                categorical=categorical,
                binned=None if binned is None else binned.setdefault(number, Binned()),
            )
            if valid is None:
                ranker, metric = _train_and_stop(data, share == number, train_one, n_threads)
            else:
                ranker, metric = _stopped_on(data, valid, train_one, n_threads)
            rankers += [] if ranker is None else [ranker]
            metrics += [] if metric is None else [metric]
    return join_rankers(rankers), {f"NDCG@{STOP_K}": float(np.mean(metrics))} if metrics else {}


def _advance_from(advance: Advance, begin: int, done: int) -> None:
    advance(begin + done)


def _train_and_stop(
    data: RankerData, held: NDArray[np.bool_], train_one: Callable[..., Ranker], n_threads: int
) -> tuple[Ranker | None, float | None]:
    """A ranker that stops on the queries held out, and its NDCG of them; all trees where they are too few."""
    if np.count_nonzero(held) < LEAST_VALID:
        return train_one(data, None, None), None
    return _stopped_on(_rows_of(data, ~held), _rows_of(data, held, weighted=False), train_one, n_threads)


def _stopped_on(
    learn: RankerData, valid: RankerData, train_one: Callable[..., Ranker], n_threads: int
) -> tuple[Ranker | None, float]:
    """The ranker that stops on ``valid``, and its NDCG of it; none where what it goes on from is as good."""
    ndcg = graded_ndcg if valid.label.max(initial=0) > 1 else binary_ndcg

    def metric(scores: NDArray[np.float64]) -> float:
        return float(ndcg(scores, valid.label, valid.indptr, STOP_K))

    ranker = train_one(learn, valid, metric)
    if valid.base is None:
        return ranker, metric(ranker.scorer(n_threads)(valid.features))
    added = ranker.scorer(n_threads, raw=True)(valid.features)
    before, after = metric(valid.base), metric(valid.base + added)
    return (ranker, after) if after > before else (None, before)


def _share_of_queries(users: NDArray[np.int32], random_state: int) -> NDArray[np.int64]:
    """Which of the ``SHARES`` equal parts of the users each query's user is in, ``int64[q]``."""
    distinct, place = np.unique(users, return_inverse=True)
    share: NDArray[np.int64] = np.random.default_rng(random_state).integers(0, SHARES, len(distinct))[place]
    return share


def _seed(random_state: int, number: int) -> int:
    """One of 31 bits for each ranker of a run."""
    return int(np.random.SeedSequence((random_state, number)).generate_state(1)[0] >> 1)


def _rows_of(data: RankerData, queries: NDArray[np.bool_], *, weighted: bool = True) -> RankerData:
    index = np.flatnonzero(queries)
    rows = gather_ranges(data.indptr[index], data.indptr[index + 1])
    sizes = np.diff(data.indptr)[index]
    weight = data.weight[rows] if weighted and data.weight is not None else None
    base = None if data.base is None else data.base[rows]
    indptr = np.concatenate([[0], np.cumsum(sizes)])
    return RankerData(data.features[rows], data.label[rows], indptr, weight, base)
