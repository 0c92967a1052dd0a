"""Cross-fit a log: learn tables fold by fold, and make samples of the rows that each fold may judge."""

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.crossfit import judged_queries, plan_folds
from samplew_gbm.data.interactions import Interactions
from samplew_gbm.data.item_tables import EventTimes
from samplew_gbm.pipeline.factors import active_factors
from samplew_gbm.pipeline.learning import apart, learn_tables
from samplew_gbm.pipeline.newcomers import hidden_items, offered_items, without_events, without_items
from samplew_gbm.pipeline.samples import Samples, samples_of
from samplew_gbm.pipeline.signals import check_scheme
from samplew_gbm.pipeline.whole_lists import rows_to_ask
from samplew_gbm.progress import Progress
from samplew_gbm.settings import Settings


def cross_fitted_samples(
    interactions: Interactions,
    settings: Settings,
    events: EventTimes | None,
    *,
    only: NDArray[np.bool_] | None = None,
    ask: NDArray[np.bool_] | None = None,
    n_threads: int,
    progress: Progress,
) -> list[Samples]:
    """The samples of every fold, each judged by tables of its own; with ``only``, ``bool[n]``, of these rows.

    With ``ask``, ``bool[n]``, some of the queries that hold such rows keep whole lists.

    ``DataError``, before anything is learned, where the log lacks what the importance scheme or a factor
    requires.
    """
    check_scheme(interactions, settings.importance)
    active_factors(interactions, settings)
    folds = plan_folds(interactions, settings, only)
    if ask is not None:
        ask = rows_to_ask(interactions, folds, ask, settings.n_queries, settings.random_state)
    samples = []
    for number, fold in enumerate(folds, 1):
        label = f"fold {number} of {len(folds)}{apart(settings)}"
        hidden = hidden_items(interactions, settings.random_state, number)
        tables = learn_tables(
            without_items(interactions.take(fold.learn), hidden),
            settings,
            events=without_events(events, hidden),
            n_threads=n_threads,
            progress=progress,
            label=label,
        )
        judged = judged_queries(interactions, fold)
        with progress.stage(f"{label}: samples", len(judged)) as advance:
            offered = offered_items(interactions, fold)
            samples += [
                samples_of(
                    part, tables, settings, offered=offered, ask=ask, n_threads=n_threads, advance=advance
                )
                for part in judged.by_choice()
            ]
    return samples
