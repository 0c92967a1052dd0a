"""Training: log -> cross-fitted samples -> importance -> weighted ranker -> model."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.behaviours import labelled
from samplew_gbm.data.interactions import Interactions, Order
from samplew_gbm.data.item_tables import ItemTables
from samplew_gbm.data.queries import Lists
from samplew_gbm.features.affinity import directions
from samplew_gbm.importance.weights import effective_share
from samplew_gbm.pipeline.assembling import TrainingRows, assemble, weight_of
from samplew_gbm.pipeline.crossfitting import cross_fitted_samples
from samplew_gbm.pipeline.learning import apart, event_times, learn_tables
from samplew_gbm.pipeline.model import Model, TrainingReport
from samplew_gbm.pipeline.rankers import train_rankers
from samplew_gbm.pipeline.samples import NEGATIVE, Samples
from samplew_gbm.pipeline.verdict import Verdict
from samplew_gbm.pipeline.weighing import RowWeights, row_weights
from samplew_gbm.pipeline.weight_summary import summary_of
from samplew_gbm.progress import Progress, StageRecord
from samplew_gbm.ranking.ranker import Binned, Ranker, RankerData
from samplew_gbm.runtime import peak_rss_bytes, resolve_threads
from samplew_gbm.settings import Settings


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """All of training that does not depend on the weights: a model and its twin share it.

    ``samples`` are the folds', cross-fitted; ``tables`` are learned from the whole log.
    """

    interactions: Interactions
    samples: list[Samples]
    tables: ItemTables
    stages: list[StageRecord]


def prepare(
    interactions: Interactions,
    settings: Settings,
    *,
    only: NDArray[np.bool_] | None = None,
    ask: NDArray[np.bool_] | None = None,
    n_threads: int | None = None,
    progress: Progress | None = None,
) -> Prepared:
    """Cross-fit the samples, and learn the tables that recommending will use.

    With ``only``, ``bool[n]``, samples are made of no other rows. A gate needs ``ask``, ``bool[n]``: the rows
    that it may judge by.
    """
    interactions = labelled(interactions, settings)
    progress = progress or Progress()
    threads = resolve_threads(n_threads)
    begin = len(progress.stages)
    events = event_times(interactions)
    samples = cross_fitted_samples(
        interactions, settings, events, only=only, ask=ask, n_threads=threads, progress=progress
    )
    tables = learn_tables(
        interactions,
        settings,
        events=events,
        n_threads=threads,
        progress=progress,
        label=f"whole log{apart(settings)}",
    )
    return Prepared(interactions, samples, tables, progress.stages[begin:])


def fit(
    prepared: Prepared,
    settings: Settings,
    *,
    verdict: Verdict | None = None,
    start: Ranker | None = None,
    n_threads: int | None = None,
    progress: Progress | None = None,
) -> Model:
    """Weigh the samples and train the ranker; ``settings`` may differ from the prepared ones in both.

    ``verdict`` is what a gate said of the weights: it is kept in the report. ``start`` is a ranker whose
    trees come first.
    """
    progress = progress or Progress()
    threads = resolve_threads(n_threads)
    begin = len(progress.stages)
    interactions = prepared.interactions
    weights = row_weights(interactions, prepared.samples, settings, n_threads=threads)
    ranker, validation = train_on(
        assemble(prepared.samples, interactions.grade),
        weights,
        interactions.order,
        settings,
        start=start,
        n_threads=threads,
        progress=progress,
    )
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
        report=_report(prepared, weights, settings, ranker, validation, stages, verdict),
    )


def train_on(
    rows: TrainingRows,
    weights: RowWeights,
    order: Order,
    settings: Settings,
    *,
    start: Ranker | None = None,
    binned: dict[int, Binned] | None = None,
    first: int = 0,
    n_threads: int,
    progress: Progress,
) -> tuple[Ranker, dict[str, float]]:
    """Train the ranker of ``settings`` on assembled rows; beside it what it reached on users of its own.

    With ``start`` its trees come first and the new ones go on from its scores. ``binned`` and ``first`` as in
    ``train_rankers``.
    """
    weight = weight_of(rows, weights, order, settings, n_threads=n_threads)
    data = RankerData(rows.features, rows.label, rows.indptr, weight)
    # Without an order affinity is all there is: held to its direction, the trees cannot learn its noise.
    monotone = directions(rows.sources) if order is Order.NONE else None
    return train_rankers(
        data,
        rows.user_index,
        settings,
        names=rows.names,
        monotone=monotone,
        start=start,
        binned=binned,
        first=first,
        n_threads=n_threads,
        progress=progress,
    )


def _report(
    prepared: Prepared,
    weights: RowWeights,
    settings: Settings,
    ranker: Ranker,
    validation: dict[str, float],
    stages: list[StageRecord],
    verdict: Verdict | None,
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
        verdict=verdict,
        weights=summary_of(weights, rows, settings),
    )
