"""Several rankers of the same rows, each stopped on users of its own, joined into one."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.queries import gather_ranges
from samplew_gbm.evaluation.bootstrap import is_ahead
from samplew_gbm.kernels.ranking import binary_ndcg, graded_ndcg, mean_of_known
from samplew_gbm.progress import Advance, Progress
from samplew_gbm.ranking.joining import join_rankers
from samplew_gbm.ranking.ranker import Binned, Ranker, RankerData, train_ranker
from samplew_gbm.settings import Settings

SHARES = 10  # of the users; the queries of one stop the training
LEAST_VALID = 20  # queries; with fewer nothing can be told: all trees are grown, or none where some are there
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
    on from an equal part of its scores, so that their sum goes on from ``start`` itself, and joins only if it
    raises the NDCG of the users kept from it by more than a standard error. With ``valid`` all queries are
    learned from, and all rankers stop on the one set of rows given. ``binned`` is filled, by the number of a
    ranker, for further trainings on these queries with other weights. Rankers before the ``first`` are left
    out: their sum is another's.
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
    """A ranker that stops on the queries held out, and its NDCG of them; where they are too few all trees,
    or nothing where there is a ranker to go on from, which trees that nobody judged could spoil."""
    if np.count_nonzero(held) < LEAST_VALID:
        return (train_one(data, None, None) if data.base is None else None), None
    return _stopped_on(_rows_of(data, ~held), _rows_of(data, held, weighted=False), train_one, n_threads)


def _stopped_on(
    learn: RankerData, valid: RankerData, train_one: Callable[..., Ranker], n_threads: int
) -> tuple[Ranker | None, float]:
    """The ranker that stops on ``valid``, and its NDCG of it; none that is not clearly better than what it
    goes on from: the number of its trees is the best by these very queries, so it looks better than it is."""
    ndcg = graded_ndcg if valid.label.max(initial=0) > 1 else binary_ndcg

    def of_queries(scores: NDArray[np.float64]) -> NDArray[np.float64]:
        values: NDArray[np.float64] = ndcg(scores, valid.label, valid.indptr, STOP_K)
        return values

    def metric(scores: NDArray[np.float64]) -> float:
        return float(mean_of_known(of_queries(scores)))

    ranker = train_one(learn, valid, metric)
    if valid.base is None:
        return ranker, metric(ranker.scorer(n_threads)(valid.features))
    added = ranker.scorer(n_threads, raw=True)(valid.features)
    before, after = of_queries(valid.base), of_queries(valid.base + added)
    joins = is_ahead(after, before)
    return ranker if joins else None, float(mean_of_known(after if joins else before))


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
