"""Tables of one fold of a tiny log, and the queries that they judge."""

from dataclasses import dataclass

import numpy as np

from samplew_gbm.data.crossfit import Fold, Judged, judged_queries, plan_folds
from samplew_gbm.data.interactions import Interactions
from samplew_gbm.data.item_tables import ItemTables
from samplew_gbm.pipeline.learning import event_times, learn_tables
from samplew_gbm.progress import Progress
from samplew_gbm.settings import Settings
from tests.pipeline.tiny_logs import TINY, encoded, random_log, random_table


@dataclass(frozen=True)
class Learned:
    log: Interactions
    fold: Fold
    tables: ItemTables
    judged: Judged


def tables_of(
    log: Interactions, rows: np.ndarray, settings: Settings = TINY, n_threads: int = 1
) -> ItemTables:
    """What training learns from ``rows`` of a log; the times of the events are the whole log's."""
    return learn_tables(
        log.take(rows),
        settings,
        events=event_times(log),
        n_threads=n_threads,
        progress=Progress(),
        label="test",
    )


def folds_of(log: Interactions, settings: Settings = TINY) -> list[Fold]:
    return plan_folds(log, settings)


def learned(order, settings: Settings = TINY, **options) -> Learned:
    """The last fold of a random log."""
    return _learned(random_log(order, **options), settings)


def learned_of_few(n_items: int, n_taken: int) -> Learned:
    """The same of a catalogue of which only the first ``n_taken`` items were ever taken."""
    return _learned(encoded(random_table(n_items=n_taken, n_rows=420), n_items=n_items), TINY)


def _learned(log: Interactions, settings: Settings) -> Learned:
    fold = folds_of(log, settings)[-1]
    return Learned(log, fold, tables_of(log, fold.learn, settings), judged_queries(log, fold))
