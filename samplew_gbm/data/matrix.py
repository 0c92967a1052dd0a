"""A ready feature matrix: rows of queries, as other tools hand them to a ranker."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from samplew_gbm.columns import ITEM_ID, LABEL, POSITION, QUERY_ID, USER_ID, WEIGHT, MatrixColumns
from samplew_gbm.data.arrow import decoded
from samplew_gbm.data.conditions import parse_conditions
from samplew_gbm.data.encoding import Encoding, encoded_part
from samplew_gbm.data.matrix_categories import encoding_of_parts
from samplew_gbm.data.matrix_columns import check_values, has, ids_in, numbers_in, numbers_in_any
from samplew_gbm.data.matrix_rows import DEFAULT_COLUMNS
from samplew_gbm.data.request import Part, Request, make_request
from samplew_gbm.data.sources import read_parts
from samplew_gbm.data.validation import check_column, columns_text
from samplew_gbm.errors import SchemaError

IDS = (QUERY_ID, USER_ID, ITEM_ID)
LEARNED = (QUERY_ID, LABEL)  # without these nothing can be learned or judged
ADVICE = "leave it out by --leave-out, or encode it as numbers"


@dataclass(frozen=True, slots=True, eq=False)
class RankingMatrix:
    """``n`` rows in the order of the source; what was not asked for, or is not there, is None.

    ``features`` is ``float32[n, f]``, the columns of ``encoding``, NaN where missing. ``ids`` are those of
    ``query_id``, ``user_id`` and ``item_id`` that the source has, ``int64`` or ``string`` each, by our names.
    ``label`` is ``int32[n]`` from 0 to ``LARGEST_LABEL``; ``weight`` ``float64[n]``, finite and not negative;
    ``position`` ``int32[n]``, at least 1. ``n_unknown`` counts by column the rows of categories that
    training has not met.
    """

    encoding: Encoding
    features: NDArray[np.float32]
    ids: dict[str, pa.ChunkedArray]
    label: NDArray[np.int32] | None
    weight: NDArray[np.float64] | None
    position: NDArray[np.int32] | None
    n_unknown: dict[str, int]

    def __len__(self) -> int:
        return len(self.features)


def read_matrix(
    source: Any,
    *,
    columns: MatrixColumns = DEFAULT_COLUMNS,
    leave_out: Collection[str] = (),
    categorical: Collection[str] = (),
    where: Sequence[str] = (),
) -> RankingMatrix:
    """Read a matrix to train on; rows of a query may stand anywhere.

    ``source`` and ``where`` as in ``read_log``. Every column that ``columns`` does not name is a feature: of
    numbers, or of categories (``encoding_of_parts``; ``categorical`` names those that would be taken for
    numbers). What is in ``leave_out`` is used for nothing. Values that ``float32`` cannot tell apart become
    equal.
    ``SchemaError`` and ``DataError`` name the file, the column and the first rows, counted from 1, for
    everything that LightGBM would refuse or take in silence.
    """
    known = {column: getattr(columns, column) for column in (USER_ID, ITEM_ID, WEIGHT, POSITION)}
    used = tuple(column for column, name in known.items() if name and name not in leave_out)
    wanted = partial(make_request, columns, LEARNED, used, leave_out=leave_out)
    request, parts = _read(source, wanted, where)
    names = _feature_names(parts, request, leave_out)
    for name in categorical:
        check_column(name, names, parts[0].where, "--categorical", advice="name one of these features")
    return _matrix(parts, request, encoding_of_parts(parts, names, categorical), "error")


def read_matrix_like(
    source: Any,
    encoding: Encoding,
    *,
    columns: MatrixColumns = DEFAULT_COLUMNS,
    labelled: bool,
    unknown: str = "error",
    where: Sequence[str] = (),
) -> RankingMatrix:
    """Read the features that a model was trained on, by its ``encoding``; other columns are passed over.

    ``labelled`` also reads labels and queries, which must be there. ``unknown`` says what a category is that
    training has not met: ``"missing"``, or an ``"error"``. Raises as ``read_matrix`` does, and
    ``SchemaError`` where a feature is not there.
    """
    required, optional = (LEARNED, ()) if labelled else ((), IDS)
    wanted = partial(make_request, columns, required, optional, rest=encoding.names)
    request, parts = _read(source, wanted, where)
    for part in parts:
        _check_known(part, encoding)
    return _matrix(parts, request, encoding, unknown)


def _read(source: Any, wanted: Callable[..., Request], where: Sequence[str]) -> tuple[Request, list[Part]]:
    request = wanted(keep_rest=True, as_spelled=True, conditions=parse_conditions(where))
    parts = read_parts(source, request)
    for part in parts:
        check_values(part, request)
    return request, parts


def _matrix(parts: list[Part], request: Request, encoding: Encoding, unknown: str) -> RankingMatrix:
    features = np.concatenate(
        [encoded_part(part, encoding, unknown=unknown, advice=ADVICE) for part in parts]
    )
    names = request.mapped
    label = numbers_in(parts, names[LABEL]) if LABEL in names else None
    weight, position = (
        numbers_in_any(parts, names[column]) if column in names else None for column in (WEIGHT, POSITION)
    )
    return RankingMatrix(
        encoding=encoding,
        features=features,
        ids={
            column: ids_in(parts, names[column], needed=label is not None)
            for column in IDS
            if column in names and has(parts, names[column])
        },
        label=None if label is None else label.astype(np.int32),
        weight=weight,
        position=None if position is None else position.astype(np.int32),
        n_unknown=_unknown(parts, encoding, features),
    )


def _unknown(parts: list[Part], encoding: Encoding, features: NDArray[np.float32]) -> dict[str, int]:
    """The categories that are missing in the features, and not in the source."""
    counts = {}
    for place, name in enumerate(encoding.names):
        if name in encoding.categories:
            missing = sum(decoded(part.table[name]).null_count for part in parts)
            counts[name] = int(np.isnan(features[:, place]).sum()) - missing
    return {name: count for name, count in counts.items() if count > 0}


def _check_known(part: Part, encoding: Encoding) -> None:
    """``SchemaError`` where a file lacks a feature that a model was trained on."""
    missing = [name for name in encoding.names if name not in part.table.column_names]
    if not missing:
        return
    advice = "give them, with no value where it is not known"
    if not encoding.named:
        advice = f"it was trained on an array: name its columns {encoding.names[0]} to {encoding.names[-1]}"
    raise SchemaError(f"{part.where}: lacks {columns_text(missing)} of the model; {advice}")


def _feature_names(parts: list[Part], request: Request, leave_out: Collection[str]) -> tuple[str, ...]:
    known = list(dict.fromkeys(name for part in parts for name in part.table.column_names))
    taken = {*request.mapped.values(), *leave_out}
    names = tuple(name for name in known if name not in taken)
    if not names:
        found = ", ".join(repr(name) for name in known)
        raise SchemaError(
            f"{parts[0].where}: no feature columns among {found}; give at least one column of numbers"
        )
    return names
