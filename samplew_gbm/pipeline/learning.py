"""Learn the item tables from a set of rows."""

import numpy as np

from samplew_gbm.data.interactions import Interactions, Order
from samplew_gbm.data.item_tables import EventTimes, ItemTables
from samplew_gbm.data.queries import Lists
from samplew_gbm.embeddings.covisitation import learn_covisitation, learn_sessions, learn_transitions
from samplew_gbm.embeddings.learner import embedding_units, learn_embeddings
from samplew_gbm.embeddings.linear import learn_linear
from samplew_gbm.embeddings.linear_next import learn_linear_next
from samplew_gbm.embeddings.softmax_next import learn_softmax_next, softmax_next_units
from samplew_gbm.embeddings.spectral import learn_spectral
from samplew_gbm.embeddings.width import spectral_width_of
from samplew_gbm.pipeline.denoising import denoised
from samplew_gbm.progress import Progress
from samplew_gbm.settings import Settings


def event_times(interactions: Interactions) -> EventTimes | None:
    """When each item was taken, over the whole log: readers look only at what lies before their query."""
    if interactions.timestamp is None:
        return None
    order = np.lexsort((interactions.timestamp, interactions.item_index))
    sizes = np.bincount(interactions.item_index, minlength=interactions.n_items)
    lists = Lists.from_sizes(sizes, interactions.item_index[order])
    return EventTimes(lists.indptr, interactions.timestamp[order])


def apart(settings: Settings) -> str:
    """What tells the stages over tables without accidents from those over all rows, which may run as well."""
    return " without accidents" if settings.denoise else ""


def learn_tables(
    interactions: Interactions,
    settings: Settings,
    *,
    events: EventTimes | None,
    n_threads: int,
    progress: Progress,
    label: str,
) -> ItemTables:
    """All item tables from these rows, or from those of them that ``settings.denoise`` leaves.

    ``events`` covers the whole log, ``label`` names the stages.
    """
    taste = None
    if settings.denoise:
        with progress.stage(f"{label}: denoising"):
            chosen = denoised(interactions, settings, n_threads=n_threads)
            interactions, taste = chosen.rows, chosen.taste
    counts = np.bincount(interactions.item_index, minlength=interactions.n_items).astype(np.float32)
    with progress.stage(f"{label}: co-visitation"):
        first, second = learn_covisitation(interactions, counts, n_threads=n_threads)
        transitions = learn_transitions(interactions, counts, n_threads=n_threads)
        sessions = learn_sessions(interactions, counts, n_threads=n_threads)
    with progress.stage(f"{label}: embeddings", embedding_units(interactions, settings)) as advance:
        embeddings = learn_embeddings(interactions, settings, n_threads=n_threads, progress=advance)
    linear = linear_next = None
    if interactions.n_items <= settings.linear_items:
        with progress.stage(f"{label}: linear item models"):
            linear = learn_linear(interactions)
            linear_next = learn_linear_next(interactions, n_threads=n_threads)
    spectral = None
    if n_frequencies := spectral_width_of(interactions, settings):
        with progress.stage(f"{label}: low frequencies"):
            spectral = learn_spectral(interactions, n_frequencies)
    softmax_next = None
    units = softmax_next_units(interactions, settings)
    if units is not None:
        with progress.stage(f"{label}: what comes next", units) as advance:
            softmax_next = learn_softmax_next(interactions, settings, n_threads=n_threads, progress=advance)
    histories = None
    if interactions.order is not Order.NONE:
        histories = Lists(interactions.indptr, interactions.item_index)
    return ItemTables(
        counts,
        first,
        second,
        embeddings,
        transitions,
        sessions,
        linear,
        linear_next,
        spectral,
        softmax_next,
        histories,
        events,
        interactions.content,
        interactions.side,
        interactions.repeats,
        taste,
    )
