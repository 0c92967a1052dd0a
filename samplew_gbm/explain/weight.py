"""Why a row of a log weighs what it weighs: its factors, and what each of them saw."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.behaviours import labelled
from samplew_gbm.data.crossfit import Fold, judged_queries, plan_folds
from samplew_gbm.data.interactions import Interactions
from samplew_gbm.data.vocabulary import UNKNOWN
from samplew_gbm.embeddings.learner import embedding_units, learn_embeddings
from samplew_gbm.errors import DataError, SettingsError, UnknownIdError
from samplew_gbm.importance.factors.recency import age_in_days
from samplew_gbm.importance.weights import limited_product
from samplew_gbm.pipeline.crossfitting import cross_fitted_samples
from samplew_gbm.pipeline.learning import event_times
from samplew_gbm.pipeline.samples import Samples
from samplew_gbm.pipeline.signals import segments_of
from samplew_gbm.pipeline.weighing import RowWeights, row_weights
from samplew_gbm.progress import Progress
from samplew_gbm.runtime import resolve_threads
from samplew_gbm.settings import Settings

CLOSEST = 3  # items of the history that are named


@dataclass(frozen=True, slots=True)
class Near:
    """An item of the history, and the cosine of its embedding with that of the row's item."""

    item_id: str | int
    similarity: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """What attention saw: the affinity, and how many of the user's ``n_samples`` have a smaller one.
    By another ``axis`` they are those of the item or the query.

    ``closest`` are items of the ``n_history`` that the row was judged from. They are there to be read: the
    embeddings that chose them are the whole log's, which have seen the row, and no weight comes from them.
    """

    axis: str
    affinity: float
    n_samples: int
    n_below: int
    n_history: int
    closest: tuple[Near, ...]


@dataclass(frozen=True, slots=True)
class RowExplanation:
    """``sample_weight = base * limited``, and ``limited`` is ``product``, that of the factors, in its limits.

    ``row`` counts from 1 as messages do; ``judgement`` is ``None`` for a row that could not be judged, and
    ``n_past`` are the user's rows before it. The rest is what the factors look at, ``None`` where the log has
    it not.
    """

    row: int
    user_id: str | int
    item_id: str | int
    importance: float
    sample_weight: float
    base: float
    factors: dict[str, float]
    product: float
    limited: float
    judgement: Judgement | None
    n_past: int
    n_item_rows: int
    event: str | None
    age_days: float | None
    user_mean_value: float | None
    own_weight: float | None


@dataclass(frozen=True, slots=True)
class Explained:
    """The rows asked for, and the temperature of their attention."""

    temperature: float
    rows: tuple[RowExplanation, ...]


def place_of_row(interactions: Interactions, row: int, n_rows: int) -> int:
    """Where row ``row`` of a log of ``n_rows``, counted from 1, is; ``DataError`` where it is not."""
    if not 1 <= row <= n_rows:
        raise DataError(f"the log has {n_rows:,} rows and no row {row:,}; give one from 1 to {n_rows}")
    found = np.flatnonzero(interactions.row == row - 1)
    if not len(found):
        raise DataError(
            f"row {row} was dropped in cleaning and weighs 0 (of rows that repeat each other exactly the "
            "first is kept), or is of a user outside the sample of a memory budget; give a row that was kept"
        )
    return int(found[0])


def places_of_pair(interactions: Interactions, user: str | int, item: str | int) -> list[int]:
    """Where the rows of a user and an item are; ``DataError`` (``UnknownIdError``) where there is none."""
    user_index, item_index = interactions.users.find(user), interactions.items.find(item)
    for noun, name, index in (("user", user, user_index), ("item", item, item_index)):
        if index == UNKNOWN:
            raise UnknownIdError(f"{noun} {name!r} does not occur in the log; give one that does")
    start, stop = interactions.indptr[user_index : user_index + 2]
    places: list[int] = (start + np.flatnonzero(interactions.item_index[start:stop] == item_index)).tolist()
    if not places:
        raise DataError(f"no row of user {user!r} has item {item!r}; give an item that the user took")
    return places


def explain(
    interactions: Interactions,
    places: Sequence[int],
    settings: Settings | None = None,
    *,
    n_threads: int | None = None,
    progress: Progress | None = None,
) -> Explained:
    """The weights of some rows of the log as ``weigh`` makes them; ``places`` are those in ``interactions``.

    Costs what ``weigh`` costs and the embeddings of the whole log, which name the closest items.
    """
    settings, progress = settings or Settings(), progress or Progress()
    if settings.importance == "none":
        raise SettingsError("importance is 'none', by which every weight is 1; give a scheme to explain")
    interactions = labelled(interactions, settings)
    threads = resolve_threads(n_threads)
    samples = cross_fitted_samples(
        interactions, settings, event_times(interactions), n_threads=threads, progress=progress
    )
    weights = row_weights(interactions, samples, settings, n_threads=threads)
    with progress.stage("whole log: embeddings", embedding_units(interactions, settings)) as advance:
        embeddings = learn_embeddings(interactions, settings, n_threads=threads, progress=advance).items
    rows = tuple(
        _explanation(
            interactions,
            place,
            _judgement(interactions, place, samples, settings, embeddings),
            weights,
            settings,
        )
        for place in places
    )
    return Explained(weights.temperature, rows)


def _explanation(
    interactions: Interactions,
    place: int,
    judgement: Judgement | None,
    weights: RowWeights,
    settings: Settings,
) -> RowExplanation:
    factors = {name: factor[place : place + 1] for name, factor in weights.factors.items()}
    limited = limited_product(factors.values(), low=settings.weight_low, high=settings.weight_high)
    user, item = int(interactions.user_index[place]), int(interactions.item_index[place])
    return RowExplanation(
        row=int(interactions.row[place]) + 1,
        user_id=interactions.users.decode([user])[0].as_py(),
        item_id=interactions.items.decode([item])[0].as_py(),
        importance=float(weights.importance[place]),
        sample_weight=float(weights.sample_weight[place]),
        base=float(weights.base[place]),
        factors={name: float(factor[0]) for name, factor in factors.items()},
        product=float(np.prod([factor[0] for factor in factors.values()])),
        limited=float(limited[0]),
        judgement=judgement,
        n_past=place - int(interactions.indptr[user]),
        n_item_rows=int(np.count_nonzero(interactions.item_index == item)),
        event=None if interactions.event is None else interactions.event[place].as_py(),
        age_days=_age(interactions.timestamp, place),
        user_mean_value=_mean_value(interactions, user),
        own_weight=None if interactions.weight is None else float(interactions.weight[place]),
    )


def _judgement(
    interactions: Interactions,
    place: int,
    samples: list[Samples],
    settings: Settings,
    embeddings: NDArray[np.float32],
) -> Judgement | None:
    rows = np.concatenate([np.empty(0, np.int64), *(part.judged_rows for part in samples)])
    at = np.flatnonzero(rows == place)
    if not len(at):
        return None
    affinity = np.concatenate([part.affinity for part in samples])
    segment = segments_of(interactions, samples, settings.axis)
    peers = affinity[segment == segment[at[0]]]
    history = _history(interactions, place, settings)
    return Judgement(
        axis=settings.axis,
        affinity=float(affinity[at[0]]),
        n_samples=len(peers),
        n_below=int(np.count_nonzero(peers < affinity[at[0]])),
        n_history=len(history),
        closest=_closest(interactions, history, int(interactions.item_index[place]), embeddings),
    )


def _history(interactions: Interactions, place: int, settings: Settings) -> NDArray[np.int32]:
    """The items that the row was judged from."""
    fold = next(fold for fold in plan_folds(interactions, settings) if place in fold.judge)
    alone = Fold(fold.learn, np.array([place], np.int64))
    return judged_queries(interactions, alone).queries.histories.items


def _closest(
    interactions: Interactions, history: NDArray[np.int32], item: int, embeddings: NDArray[np.float32]
) -> tuple[Near, ...]:
    items = np.unique(history)
    vectors, own = embeddings[items].astype(np.float64), embeddings[item].astype(np.float64)
    lengths = np.linalg.norm(vectors, axis=1) * np.linalg.norm(own)
    similarity = vectors @ own / np.maximum(lengths, 1e-12)
    best = np.argsort(-similarity, kind="stable")[:CLOSEST]
    ids = interactions.items.decode(items[best]).to_pylist()
    return tuple(Near(*pair) for pair in zip(ids, similarity[best].tolist(), strict=True))


def _age(time: NDArray[np.float64] | None, place: int) -> float | None:
    return None if time is None else float(age_in_days(time)[place])


def _mean_value(interactions: Interactions, user: int) -> float | None:
    """The mean of the user's values, ``None`` without any."""
    if interactions.value is None:
        return None
    values = interactions.value[interactions.indptr[user] : interactions.indptr[user + 1]]
    return float(np.nanmean(values)) if not np.isnan(values).all() else None
