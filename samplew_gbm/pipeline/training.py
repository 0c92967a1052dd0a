"""Training: log -> cross-fitted samples -> importance -> weighted ranker -> model."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.interactions import Interactions, Order
from samplew_gbm.data.item_tables import ItemTables
from samplew_gbm.data.queries import Lists, gather_ranges
from samplew_gbm.errors import DataError
from samplew_gbm.features.affinity import directions
from samplew_gbm.importance.weights import effective_share
from samplew_gbm.kernels.ranking import binary_ndcg
from samplew_gbm.pipeline.crossfitting import cross_fitted_samples
from samplew_gbm.pipeline.learning import event_times, learn_tables
from samplew_gbm.pipeline.model import Model, TrainingReport
from samplew_gbm.pipeline.samples import NEGATIVE, Samples
from samplew_gbm.pipeline.weighing import RowWeights, row_weights
from samplew_gbm.progress import Advance, Progress, StageRecord
from samplew_gbm.ranking.joining import join_rankers
from samplew_gbm.ranking.ranker import Ranker, RankerData, train_ranker
from samplew_gbm.runtime import peak_rss_bytes, resolve_threads
from samplew_gbm.settings import Settings

SHARES = 10  # of the users; the queries of one stop the training
LEAST_VALID = 20  # queries; with fewer nothing can be told, and all trees are grown
STOP_K = 10  # of the NDCG that decides when to stop


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """All of training that does not depend on the weights: a model and its twin share it.

    ``samples`` are the folds', cross-fitted; ``tables`` are learned from the whole log.
    """

    interactions: Interactions
    samples: list[Samples]
    tables: ItemTables
    stages: list[StageRecord]


def train(
    interactions: Interactions,
    settings: Settings | None = None,
    *,
    n_threads: int | None = None,
    progress: Progress | None = None,
) -> Model:
    """Train a model on a log. ``DataError`` where the log is too small to learn a ranking from."""
    settings = settings or Settings()
    prepared = prepare(interactions, settings, n_threads=n_threads, progress=progress)
    return fit(prepared, settings, n_threads=n_threads, progress=progress)


def prepare(
    interactions: Interactions,
    settings: Settings,
    *,
    n_threads: int | None = None,
    progress: Progress | None = None,
) -> Prepared:
    """Cross-fit the samples, and learn the tables that recommending will use."""
    progress = progress or Progress()
    threads = resolve_threads(n_threads)
    begin = len(progress.stages)
    events = event_times(interactions)
    samples = cross_fitted_samples(interactions, settings, events, n_threads=threads, progress=progress)
    tables = learn_tables(
        interactions, settings, events=events, n_threads=threads, progress=progress, label="whole log"
    )
    return Prepared(interactions, samples, tables, progress.stages[begin:])


def fit(
    prepared: Prepared,
    settings: Settings,
    *,
    n_threads: int | None = None,
    progress: Progress | None = None,
) -> Model:
    """Weigh the samples and train the ranker; ``settings`` may differ from the prepared ones in both."""
    progress = progress or Progress()
    threads = resolve_threads(n_threads)
    begin = len(progress.stages)
    interactions = prepared.interactions
    weights = row_weights(interactions, prepared.samples, settings, n_threads=threads)
    ranker, validation = _train(prepared, weights, settings, threads, progress)
    stages = [*prepared.stages, *progress.stages[begin:]]
    return Model(
        settings=settings,
        order=interactions.order,
        users=interactions.users,
        items=interactions.items,
        histories=Lists(interactions.indptr, interactions.item_index),
        history_time=interactions.timestamp,
        tables=prepared.tables,
        ranker=ranker,
        report=_report(prepared, weights, ranker, validation, stages),
    )


def _train(
    prepared: Prepared, weights: RowWeights, settings: Settings, n_threads: int, progress: Progress
) -> tuple[Ranker, dict[str, float]]:
    samples = prepared.samples
    users = np.concatenate([np.empty(0, np.int32), *(part.user_index for part in samples)])
    if not len(users):
        raise DataError(
            "the log is too small to learn a ranking from: no user's held-out item was among the candidates; "
            "give more interactions per user, or more users"
        )
    # Without an order affinity is all there is: held to its direction, the trees cannot learn its noise.
    is_set = prepared.interactions.order is Order.NONE
    monotone = directions(tuple(samples[0].found)) if is_set else None
    data = _assemble(samples, weights, weighted=settings.importance != "none")
    share = _share_of_queries(users, settings.random_state)
    rankers, metrics = [], []
    with progress.stage("train the ranker", settings.n_trees * settings.n_rankers) as advance:
        for number in range(settings.n_rankers):
            train_one = partial(
                train_ranker,
                settings=settings,
                seed=_seed(settings.random_state, number),
                names=samples[0].names,
                n_threads=n_threads,
                advance=partial(_advance_from, advance, number * settings.n_trees),
                monotone=monotone,
            )
            ranker, metric = _train_and_stop(data, share == number, train_one, n_threads)
            rankers.append(ranker)
            metrics += [] if metric is None else [metric]
    return join_rankers(rankers), {f"NDCG@{STOP_K}": float(np.mean(metrics))} if metrics else {}


def _advance_from(advance: Advance, begin: int, done: int) -> None:
    advance(begin + done)


def _train_and_stop(
    data: RankerData, held: NDArray[np.bool_], train_one: Callable[..., Ranker], n_threads: int
) -> tuple[Ranker, float | None]:
    """A ranker that stops on the queries held out, and its NDCG of them; all trees where they are too few."""
    if np.count_nonzero(held) < LEAST_VALID:
        return train_one(data, None, None), None
    learn, valid = _rows_of(data, ~held), _rows_of(data, held, weighted=False)

    def metric(scores: NDArray[np.float64]) -> float:
        return float(binary_ndcg(scores, valid.label, valid.indptr, STOP_K))

    ranker = train_one(learn, valid, metric)
    return ranker, metric(ranker.scorer(n_threads)(valid.features))


def _assemble(samples: list[Samples], weights: RowWeights, *, weighted: bool) -> RankerData:
    """The samples of all folds as one set; a positive has its row's weight, a negative 1."""
    row = np.concatenate([part.row for part in samples])
    sizes = np.concatenate([np.diff(part.indptr) for part in samples])
    weight = None
    if weighted:
        positive = row != NEGATIVE
        weight = np.ones(len(row))
        own = weights.sample_weight[row[positive]]
        weight[positive] = own / own.mean()
    return RankerData(
        features=np.concatenate([part.features for part in samples]),
        label=(row != NEGATIVE).astype(np.int32),
        indptr=np.concatenate([[0], np.cumsum(sizes)]),
        weight=weight,
    )


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
    return RankerData(data.features[rows], data.label[rows], np.concatenate([[0], np.cumsum(sizes)]), weight)


def _report(
    prepared: Prepared,
    weights: RowWeights,
    ranker: Ranker,
    validation: dict[str, float],
    stages: list[StageRecord],
) -> TrainingReport:
    interactions, samples = prepared.interactions, prepared.samples
    rows = np.concatenate([part.judged_rows for part in samples])
    found: dict[str, float] = {}
    for part in samples:
        for source, count in part.found.items():
            found[source] = found.get(source, 0.0) + count / len(rows)
    positives = sum(int(np.count_nonzero(part.row != NEGATIVE)) for part in samples)
    return TrainingReport(
        n_interactions=len(interactions),
        n_users=interactions.n_users,
        n_items=interactions.n_items,
        order=interactions.order.value,
        n_queries=sum(part.n_queries for part in samples),
        n_used_queries=sum(len(part.user_index) for part in samples),
        n_judged_rows=len(rows),
        candidate_recall=positives / len(rows),
        recall_by_source=found,
        n_rows=sum(len(part.row) for part in samples),
        n_trees=ranker.n_trees,
        validation=validation,
        effective_sample_size=effective_share(weights.sample_weight[rows]),
        feature_gain=ranker.gain,
        seconds={stage.name: stage.seconds for stage in stages},
        peak_rss_bytes=peak_rss_bytes(),
    )
