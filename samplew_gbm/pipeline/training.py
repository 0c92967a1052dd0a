"""Training: log -> cross-fitted samples -> importance -> weighted ranker -> model."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.crossfit import Judged, judged_queries, plan_folds
from samplew_gbm.data.interactions import Interactions
from samplew_gbm.data.item_tables import EventTimes
from samplew_gbm.data.queries import Lists, gather_ranges
from samplew_gbm.errors import DataError
from samplew_gbm.importance.attention import importance_of
from samplew_gbm.importance.weights import effective_share, sample_weight
from samplew_gbm.kernels.ranking import binary_ndcg
from samplew_gbm.pipeline.learning import event_times, learn_tables
from samplew_gbm.pipeline.model import Model, TrainingReport
from samplew_gbm.pipeline.samples import NEGATIVE, Samples, samples_of
from samplew_gbm.progress import Progress
from samplew_gbm.ranking.ranker import Ranker, RankerData, train_ranker
from samplew_gbm.runtime import peak_rss_bytes, resolve_threads
from samplew_gbm.settings import Settings

VALID_SHARE = 0.1  # of the users; their queries stop the training
LEAST_VALID = 20  # queries; with fewer nothing can be told, and all trees are grown
STOP_K = 10  # of the NDCG that decides when to stop


@dataclass(frozen=True, slots=True, eq=False)
class RowWeights:
    """Of every row of an ``Interactions``: importance and sample weight, ``float64[n]``, means about 1.

    A row that could not be judged (it has no past to be judged from) has 1 and 1.
    """

    importance: NDArray[np.float64]
    sample_weight: NDArray[np.float64]


def train(
    interactions: Interactions,
    settings: Settings | None = None,
    *,
    n_threads: int | None = None,
    progress: Progress | None = None,
) -> Model:
    """Train a model on a log. ``DataError`` where the log is too small to learn a ranking from."""
    settings = settings or Settings()
    progress = progress or Progress()
    threads = resolve_threads(n_threads)
    begin = len(progress.stages)
    events = event_times(interactions)
    samples = cross_fitted_samples(interactions, settings, events, n_threads=threads, progress=progress)
    weights = row_weights(interactions, samples, settings, n_threads=threads)
    ranker, validation = _train(samples, weights, settings, threads, progress)
    tables = learn_tables(
        interactions, settings, events=events, n_threads=threads, progress=progress, label="whole log"
    )
    report = _report(interactions, samples, weights, ranker, validation, progress, begin)
    return Model(
        settings=settings,
        order=interactions.order,
        users=interactions.users,
        items=interactions.items,
        histories=Lists(interactions.indptr, interactions.item_index),
        history_time=interactions.timestamp,
        tables=tables,
        ranker=ranker,
        report=report,
    )


def weigh(
    interactions: Interactions,
    settings: Settings | None = None,
    *,
    n_threads: int | None = None,
    progress: Progress | None = None,
) -> RowWeights:
    """Importance and sample weight of every row of a log, for this or any other trainer."""
    settings = settings or Settings()
    progress = progress or Progress()
    threads = resolve_threads(n_threads)
    events = event_times(interactions)
    samples = cross_fitted_samples(interactions, settings, events, n_threads=threads, progress=progress)
    return row_weights(interactions, samples, settings, n_threads=threads)


def cross_fitted_samples(
    interactions: Interactions,
    settings: Settings,
    events: EventTimes | None,
    *,
    n_threads: int,
    progress: Progress,
) -> list[Samples]:
    """The samples of every fold, each judged by tables of its own."""
    folds = plan_folds(
        interactions,
        n_folds=settings.n_folds,
        n_queries=settings.n_queries,
        random_state=settings.random_state,
    )
    samples = []
    for number, fold in enumerate(folds, 1):
        label = f"fold {number} of {len(folds)}"
        tables = learn_tables(
            interactions.take(fold.learn),
            settings,
            events=events,
            n_threads=n_threads,
            progress=progress,
            label=label,
        )
        judged: Judged = judged_queries(interactions, fold)
        with progress.stage(f"{label}: samples", len(judged.queries)) as advance:
            samples.append(samples_of(judged, tables, settings, n_threads=n_threads, advance=advance))
    return samples


def row_weights(
    interactions: Interactions, samples: list[Samples], settings: Settings, *, n_threads: int
) -> RowWeights:
    """Importance of the judged rows over each user's samples, and the sample weights."""
    importance = np.ones(len(interactions))
    weight = np.ones(len(interactions))
    if settings.importance == "none" or not samples:
        return RowWeights(importance, weight)
    rows = np.concatenate([part.judged_rows for part in samples])
    affinity = np.concatenate([part.affinity for part in samples])
    judged = importance_of(
        affinity, interactions.user_index[rows], temperature=settings.temperature, n_threads=n_threads
    )
    importance[rows] = judged
    weight[rows] = sample_weight(judged, mix=settings.mix, low=settings.weight_low, high=settings.weight_high)
    return RowWeights(importance, weight)


def _train(
    samples: list[Samples], weights: RowWeights, settings: Settings, n_threads: int, progress: Progress
) -> tuple[Ranker, dict[str, float]]:
    users = np.concatenate([np.empty(0, np.int32), *(part.user_index for part in samples)])
    if not len(users):
        raise DataError(
            "the log is too small to learn a ranking from: no user's held-out item was among the candidates; "
            "give more interactions per user, or more users"
        )
    names = samples[0].names
    whole = _assemble(samples, weights, weighted=settings.importance != "none")
    held = _held_out_queries(users, settings.random_state)
    with progress.stage("train the ranker", settings.n_trees) as advance:
        if np.count_nonzero(held) < LEAST_VALID:
            return train_ranker(
                whole, None, None, settings, names=names, n_threads=n_threads, advance=advance
            ), {}
        data, valid = _rows_of(whole, ~held), _rows_of(whole, held, weighted=False)
        del whole

        def metric(scores: NDArray[np.float64]) -> float:
            return float(binary_ndcg(scores, valid.label, valid.indptr, STOP_K))

        ranker = train_ranker(
            data, valid, metric, settings, names=names, n_threads=n_threads, advance=advance
        )
        return ranker, {f"NDCG@{STOP_K}": metric(ranker.scorer(n_threads)(valid.features))}


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


def _held_out_queries(users: NDArray[np.int32], random_state: int) -> NDArray[np.bool_]:
    """All queries of a random share of the users."""
    distinct = np.unique(users)
    rng = np.random.default_rng(random_state)
    chosen = rng.random(len(distinct)) < VALID_SHARE
    return np.isin(users, distinct[chosen])


def _rows_of(data: RankerData, queries: NDArray[np.bool_], *, weighted: bool = True) -> RankerData:
    index = np.flatnonzero(queries)
    rows = gather_ranges(data.indptr[index], data.indptr[index + 1])
    sizes = np.diff(data.indptr)[index]
    weight = data.weight[rows] if weighted and data.weight is not None else None
    return RankerData(data.features[rows], data.label[rows], np.concatenate([[0], np.cumsum(sizes)]), weight)


def _report(
    interactions: Interactions,
    samples: list[Samples],
    weights: RowWeights,
    ranker: Ranker,
    validation: dict[str, float],
    progress: Progress,
    begin: int,
) -> TrainingReport:
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
        seconds={stage.name: stage.seconds for stage in progress.stages[begin:]},
        peak_rss_bytes=peak_rss_bytes(),
    )
