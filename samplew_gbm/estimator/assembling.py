"""From the arguments of ``fit`` to rows of whole queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.encoding import Encoding
from samplew_gbm.data.vocabulary import Vocabulary
from samplew_gbm.errors import DataError
from samplew_gbm.estimator.columns import (
    check_known_items,
    check_rankable,
    ids_of,
    labels_of,
    positions_of,
    queries_of,
    weights_of,
)
from samplew_gbm.importance.factors.propensity import inverse_examination
from samplew_gbm.pipeline.matrix_rows import MatrixRows, canonical_order


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """What a caller gave beside ``X``, one entry a row each, unchecked; None where it was not given."""

    y: Any
    query_id: Any = None
    user_id: Any = None
    item_id: Any = None
    sample_weight: Any = None
    position: Any = None


def assemble(
    features: NDArray[np.float32],
    encoding: Encoding,
    given: Given,
    *,
    item_vectors: Any = None,
    position_power: float = 0.0,
) -> tuple[MatrixRows, NDArray[np.int64]]:
    """The rows by query, and the place in ``X`` of each, ``int64[n]``.

    ``DataError`` names the argument, and the first rows of it, that cannot be used.
    """
    n = len(features)
    label, query = labels_of(given.y, n), queries_of(given.query_id, n)
    own = None if given.sample_weight is None else weights_of(given.sample_weight, n)
    position = None if given.position is None else positions_of(given.position, n)
    user, item, vectors = _pairs_of(given, item_vectors, n)
    check_rankable(label, query)
    exposure = None
    if position is not None and position_power:
        taken, exposure = label > 0, np.ones(n)
        exposure[taken] = inverse_examination(position[taken], power=position_power)
    order = canonical_order(query, features, label, own, exposure, user, item)
    indptr = np.concatenate([[0], np.cumsum(np.bincount(query))]).astype(np.int64)
    rows = MatrixRows(
        names=encoding.plain_names,
        categorical=encoding.categorical,
        features=features[order],
        label=label[order],
        indptr=indptr,
        owner=_owner(user, query, indptr, order),
        user=None if user is None else user[order],
        item=None if item is None else item[order],
        vectors=vectors,
        own=None if own is None else own[order],
        exposure=None if exposure is None else exposure[order],
    )
    return rows, order


def _pairs_of(
    given: Given, item_vectors: Any, n: int
) -> tuple[NDArray[np.int32] | None, NDArray[np.int32] | None, NDArray[np.float32] | None]:
    """Users and items as indices, and the ready vectors that the items point into."""
    missing = [name for name in ("user_id", "item_id") if getattr(given, name) is None]
    if len(missing) == 2 and item_vectors is None:
        return None, None, None
    if missing:
        why = "item_vectors were given" if len(missing) == 2 else "its sister was given"
        raise DataError(f"{missing[0]} is missing, and {why}; give both user_id and item_id, or neither")
    _, user = ids_of(given.user_id, "user_id", n)
    items, item = ids_of(given.item_id, "item_id", n)
    if item_vectors is None:
        return user, item, None
    known, vectors = _checked_vectors(item_vectors)
    place = known.encode(items.ids)
    check_known_items(given.item_id, place, known)
    table = np.zeros((len(items), vectors.shape[1]), np.float32)
    table[place >= 0] = vectors[place[place >= 0]]
    return user, item, table


def _checked_vectors(item_vectors: Any) -> tuple[Vocabulary, NDArray[np.float32]]:
    """Ids and vectors of a table of them; all 0 stands for an item that it does not know."""
    known, vectors = item_vectors.ids, np.asarray(item_vectors.vectors)
    if vectors.ndim != 2 or len(vectors) != len(known) or vectors.dtype.kind != "f":
        raise DataError(
            f"item_vectors are of shape {vectors.shape} for {len(known)} ids; give float32[ids, width]"
        )
    bad = ~np.isfinite(vectors).all(axis=1)
    if bad.any():
        which = known.ids[int(np.argmax(bad))].as_py()
        raise DataError(f"item_vectors hold a NaN or infinite number for id {which!r}; give finite numbers")
    return known, vectors.astype(np.float32)


def _owner(
    user: NDArray[np.int32] | None,
    query: NDArray[np.int64],
    indptr: NDArray[np.int64],
    order: NDArray[np.int64],
) -> NDArray[np.int64]:
    """The user of each query, ``int64[q]``; each query for itself where one has several users."""
    queries = np.arange(len(indptr) - 1)
    if user is None:
        return queries
    first = user[order][indptr[:-1]]
    if (user != first[query]).any():
        return queries
    return first.astype(np.int64)


def valid_set(eval_set: Any) -> Sequence[Any] | None:
    """``(X, y)`` or ``(X, y, query_id)`` of an ``eval_set``, which may be a list of one."""
    if eval_set is None:
        return None
    if isinstance(eval_set, list) and len(eval_set) == 1:
        eval_set = eval_set[0]
    if not isinstance(eval_set, tuple) or len(eval_set) not in (2, 3):
        raise DataError("eval_set is no tuple (X, y) or (X, y, query_id); give one such tuple")
    return eval_set
