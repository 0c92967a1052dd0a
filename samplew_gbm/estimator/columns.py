"""Values that come beside a feature matrix, one a row: checked, and named where they are wrong."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.frames import column_of
from samplew_gbm.data.identifiers import checked_ids
from samplew_gbm.data.matrix_columns import LARGEST_LABEL
from samplew_gbm.data.validation import reject_rows, rows_text
from samplew_gbm.data.vocabulary import Vocabulary
from samplew_gbm.errors import DataError
from samplew_gbm.ranking.groups import MOST_ROWS


def ids_of(values: Any, name: str, n_rows: int) -> tuple[Vocabulary, NDArray[np.int32]]:
    """The ids of ``n_rows`` rows and the ``int32[n]`` index of each row's; text or whole numbers of any kind.

    ``DataError`` names the argument ``name`` where it has another length, or a row has no id.
    """
    column = column_of(values if hasattr(values, "__len__") else np.asarray(values), name, "fit", ids=True)
    check_length(len(column), name, n_rows)
    return Vocabulary.factorize(checked_ids(column, where="fit", column=name))


def encoded_ids(values: Any, name: str, known: Vocabulary) -> NDArray[np.int64]:
    """The index of each id in a vocabulary, ``int64[n]``; -1 where it is not known or missing."""
    column = column_of(values, name, "transform", ids=True)
    return known.encode(column).astype(np.int64)


def numbers_of(values: Any, name: str, n_rows: int) -> NDArray[np.float64]:
    """One number a row, ``float64[n]``. ``DataError`` for another shape, and for what is no number."""
    try:
        numbers = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise DataError(f"{name} holds something that is no number; give one number a row") from None
    if numbers.ndim != 1:
        raise DataError(f"{name} has shape {numbers.shape}; give one number a row, in one dimension")
    check_length(len(numbers), name, n_rows)
    return numbers


def check_length(n: int, name: str, n_rows: int) -> None:
    """``DataError`` where an argument has more or fewer entries than ``X`` has rows."""
    if n != n_rows:
        raise DataError(f"{name} has {n} entries, but X has {n_rows} rows; give one for each row of X")


def labels_of(y: Any, n_rows: int, name: str = "y") -> NDArray[np.int32]:
    """Grades from 0 on, ``int32[n]``; ``DataError`` for anything else."""
    values = numbers_of(y, name, n_rows)
    reject_rows(np.isnan(values), f"{name} is NaN in", "give each row a label")
    whole = (values == np.trunc(values)) & (values >= 0) & (values <= LARGEST_LABEL)
    reject_rows(
        ~whole,
        f"{name} is no grade in",
        f"labels are whole numbers from 0 to {LARGEST_LABEL}; map them to such",
    )
    return values.astype(np.int32)


def weights_of(sample_weight: Any, n_rows: int) -> NDArray[np.float64]:
    """The caller's own weights at mean 1, ``float64[n]``; a single number weighs all rows alike."""
    if isinstance(sample_weight, int | float):
        sample_weight = np.full(n_rows, sample_weight)
    weight = numbers_of(sample_weight, "sample_weight", n_rows)
    bad = ~(np.isfinite(weight) & (weight >= 0))
    reject_rows(bad, "sample_weight is NaN, infinite or negative in", "a weight is a number from 0 on")
    if not weight.any():
        raise DataError("sample_weight is zero in every row; give at least one row a weight")
    scaled: NDArray[np.float64] = weight / weight.mean()
    return scaled


def positions_of(position: Any, n_rows: int) -> NDArray[np.int32]:
    """Places in the list that was shown, from 1 on, ``int32[n]``."""
    values = numbers_of(position, "position", n_rows)
    bad = ~((values >= 1) & (values == np.trunc(values)) & (values < 2**31))
    reject_rows(bad, "position is no place from 1 on in", "count the places of a list from 1")
    return values.astype(np.int32)


def queries_of(query_id: Any, n_rows: int) -> NDArray[np.int64]:
    """The number of each row's query, ``int64[n]``, by the order of the ids; without ids all rows are one.

    ``DataError`` for a query longer than LightGBM takes.
    """
    if query_id is None:
        _check_sizes(np.array([n_rows]), None)
        return np.zeros(n_rows, np.int64)
    queries, index = ids_of(query_id, "query_id", n_rows)
    _check_sizes(np.bincount(index, minlength=len(queries)), queries)
    return index.astype(np.int64)


def _check_sizes(sizes: NDArray[np.int64], queries: Vocabulary | None) -> None:
    long = np.flatnonzero(sizes > MOST_ROWS)
    if not len(long):
        return
    n, most = sizes[long[0]], f"at most {MOST_ROWS:,} rows a query"
    if queries is None:
        raise DataError(
            f"without query_id all {n:,} rows are one query, and LightGBM takes {most}; give query_id"
        )
    which = repr(queries.ids[int(long[0])].as_py())
    more = f" (and {len(long) - 1} more)" if len(long) > 1 else ""
    raise DataError(
        f"query_id {which}{more} has {n:,} rows, and LightGBM takes {most}; keep the candidates that matter"
    )


def check_rankable(label: NDArray[np.int32], query: NDArray[np.int64]) -> None:
    """``DataError`` where no query has rows of different labels: there is no order to learn."""
    n = len(label)
    if n < 2:
        raise DataError(
            f"X has {n} sample{'s' if n != 1 else ''}; a ranking needs at least 2 rows of a query"
        )
    order = np.lexsort((label, query))
    differ = (np.diff(label[order]) != 0) & (np.diff(query[order]) == 0)
    if not differ.any():
        held = ", ".join(str(value) for value in np.unique(label)[:5].tolist())
        raise DataError(
            f"y has only one class in every query (its labels are {held}), so there is no order to learn; "
            "give each query rows of different labels, or check query_id"
        )


def check_known_items(item: Any, found: NDArray[np.int32], vocabulary: Vocabulary) -> None:
    """``DataError`` where ready embeddings lack every item of the rows."""
    if not (found >= 0).any():
        rows = rows_text(np.arange(len(found)))
        raise DataError(
            f"item_vectors know none of the {len(found):,} item_ids, first in {rows}; "
            f"they hold {len(vocabulary):,} ids of type {vocabulary.ids.type}: use the same ids in both"
        )
