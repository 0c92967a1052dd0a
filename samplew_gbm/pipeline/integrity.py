"""Does a model that was read fit together? Kernels do not check bounds: a damaged one must not reach them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.interactions import Order
from samplew_gbm.data.item_tables import ItemTable, ItemTables, NextTable, SpectralTable
from samplew_gbm.data.side import SideTables
from samplew_gbm.features import repeats
from samplew_gbm.pipeline.model import Model

TABLES = ("first_order", "second_order", "transitions", "sessions", "linear", "linear_next")


def check_model(model: Model) -> None:
    """``ValueError`` that names the part whose type, shape or indices do not fit the others."""
    n_users, n_items = len(model.users), len(model.items)
    tables = model.tables
    _check_array("counts", tables.counts, np.float32, (n_items,))
    width = tables.embeddings.items.shape[-1] if tables.embeddings.items.ndim else 0
    _check_array("embeddings", tables.embeddings.items, np.float32, (n_items, width))
    if not width:
        raise ValueError("embeddings have no columns")
    _check_rows("history", model.histories.indptr, model.histories.items, n_users)
    _check_indices("history.items", model.histories.items, n_items)
    for name in TABLES:
        table: ItemTable | None = getattr(tables, name)
        if table is not None:
            _check_rows(name, table.indptr, table.indices, n_items)
            _check_indices(f"{name}.indices", table.indices, n_items)
            _check_array(f"{name}.data", table.data, np.float32, table.indices.shape)
    if tables.spectral is not None:
        _check_spectral(tables.spectral, n_items)
    _check_taste(tables, n_items)
    if tables.softmax_next is not None:
        _check_next(tables.softmax_next, n_items)
    if tables.content is not None:
        content = tables.content
        _check_rows("content", content.indptr, content.tokens, n_items)
        _check_indices("content.tokens", content.tokens, content.n_tokens)
        _check_array("content.weight", content.weight, np.float32, content.tokens.shape)
    if tables.side is not None:
        _check_side(tables.side, n_users, n_items)
    _check_times(model, n_items)
    _check_repeats(model)


def _check_spectral(table: SpectralTable, n_items: int) -> None:
    width = table.vectors.shape[-1] if table.vectors.ndim else 0
    _check_array("spectral.vectors", table.vectors, np.float32, (n_items, width))
    _check_array("spectral.root", table.root, np.float32, (n_items,))
    if not width:
        raise ValueError("spectral has no columns")
    if not (np.isfinite(table.vectors).all() and np.isfinite(table.root).all() and (table.root > 0).all()):
        raise ValueError("spectral has numbers that are not finite, or roots that are not above 0")


def _check_taste(tables: ItemTables, n_items: int) -> None:
    """``tables.histories`` too: with the table they are members of their own."""
    table, histories = tables.taste, tables.histories
    if table is None:
        return
    n_models, width = (table.topics.shape[0], table.topics.shape[2]) if table.topics.ndim == 3 else (0, 0)
    _check_array("taste.topics", table.topics, np.float32, (n_models, n_items, width))
    _check_array("taste.noise", table.noise, np.float32, (n_items,))
    _check_array("taste.least", table.least, np.float32, (n_items,))
    if not n_models or not width:
        raise ValueError("taste has no topics")
    if not all(np.isfinite(part).all() for part in (table.topics, table.noise, table.least)):
        raise ValueError("taste has numbers that are not finite")
    if min(part.min(initial=0) for part in (table.topics, table.noise, table.least)) < 0:
        raise ValueError("taste has chances below 0")
    if histories is not None:
        _check_rows("meant", histories.indptr, histories.items, max(0, histories.indptr.size - 1))
        _check_indices("meant.items", histories.items, n_items)


def _check_next(table: NextTable, n_items: int) -> None:
    width = table.items.shape[-1] if table.items.ndim else 0
    _check_array("softmax_next.items", table.items, np.float32, (n_items, width))
    _check_array("softmax_next.following", table.following, np.float32, (n_items, width))
    _check_array("softmax_next.bias", table.bias, np.float32, (n_items,))
    _check_array("softmax_next.lag_weights", table.lag_weights, np.float32, (table.lag_weights.size,))
    if not width or not table.lag_weights.size:
        raise ValueError("softmax_next has no columns, or no weights of lags")
    if not all(
        np.isfinite(part).all() for part in (table.items, table.following, table.bias, table.lag_weights)
    ):
        raise ValueError("softmax_next has numbers that are not finite")


def _check_side(side: SideTables, n_users: int, n_items: int) -> None:
    widths = {vectors.name: vectors.unit.shape[-1] for vectors in side.item_vectors}
    of_items = [(vectors, n_items) for vectors in side.item_vectors]
    for vectors, n_rows in [*of_items, *((vectors, n_users) for vectors in side.user_vectors)]:
        width = widths.get(vectors.name, 0)
        _check_array(f"vectors {vectors.name}", vectors.unit, np.float32, (n_rows, width))
        if not width or not np.isfinite(vectors.unit).all():
            raise ValueError(f"vectors {vectors.name} have no columns, or numbers that are not finite")
    for numbers, n_rows in ((side.item_numbers, n_items), (side.user_numbers, n_users)):
        if numbers is not None:
            _check_array("side numbers", numbers.values, np.float32, (n_rows, len(numbers.names)))
            if np.isinf(numbers.values).any():
                raise ValueError("side numbers are infinite")


def _check_times(model: Model, n_items: int) -> None:
    """A clock comes with the times of histories and events, and no other order does."""
    time, events = model.history_time, model.tables.events
    timed = model.order is Order.CLOCK
    if (time is not None) != timed or (events is not None) != timed:
        raise ValueError(f"times do not fit the order {model.order.value!r}")
    if time is not None:
        _check_array("history.time", time, np.float64, model.histories.items.shape)
    if events is not None:
        _check_rows("events", events.indptr, events.time, n_items)
        _check_array("events.time", events.time, np.float64, events.time.shape)


def _check_repeats(model: Model) -> None:
    """The trees split on features of repeats exactly where the tables say so, and never of a set."""
    said = model.tables.repeats
    if any((name in model.feature_names) != said for name in repeats.COLUMNS):
        raise ValueError("the features of repeats do not fit what the log is said to have")
    if said and model.order is Order.NONE:
        raise ValueError(f"repeats do not fit the order {model.order.value!r}")


def _check_rows(name: str, indptr: NDArray[Any], entries: NDArray[Any], n_rows: int) -> None:
    _check_array(f"{name}.indptr", indptr, np.int64, (n_rows + 1,))
    if indptr[0] != 0 or entries.shape != (indptr[-1],) or np.any(np.diff(indptr) < 0):
        raise ValueError(f"{name}.indptr does not cut its {len(entries)} entries into rows")


def _check_indices(name: str, indices: NDArray[Any], n_items: int) -> None:
    _check_array(name, indices, np.int32, indices.shape)
    if len(indices) and not (indices.min() >= 0 and indices.max() < n_items):
        raise ValueError(f"{name} points outside the {n_items} there are")


def _check_array(name: str, array: NDArray[Any], dtype: Any, shape: tuple[int, ...]) -> None:
    if array.dtype != dtype or array.shape != shape:
        wanted = f"{np.dtype(dtype)}{list(shape)}"
        raise ValueError(f"{name} is {array.dtype}{list(array.shape)}, expected {wanted}")
