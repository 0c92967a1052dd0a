"""The columns of a matrix as the numbers that LightGBM reads, whatever kind of table they come in."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import validate_data

from samplew_gbm.data.arrow import Column, as_array, as_mask, decoded, is_text
from samplew_gbm.data.frames import column_of
from samplew_gbm.data.numbers import numbers_of
from samplew_gbm.data.request import Part
from samplew_gbm.data.validation import check_distinct_columns, check_not_empty, columns_text, reject_rows
from samplew_gbm.data.vocabulary import UNKNOWN, Vocabulary
from samplew_gbm.errors import DataError

ADVICE = "encode it as numbers, or make it categorical"
FORBIDDEN = set('",:[]{}')  # in a name that LightGBM writes
LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True, slots=True, eq=False)
class Encoding:
    """What was learned of a table's columns: the categories of those that hold any.

    ``named`` says whether the columns had names of their own.
    """

    names: tuple[str, ...]
    categories: dict[str, Vocabulary]
    named: bool

    @property
    def plain_names(self) -> tuple[str, ...]:
        """The names, or places where LightGBM could not write one of them."""
        if any(set(name) & FORBIDDEN for name in self.names):
            return tuple(f"Column_{place}" for place in range(len(self.names)))
        return self.names

    @property
    def categorical(self) -> tuple[str, ...]:
        """The ``plain_names`` of the columns of categories, in their order."""
        both = zip(self.names, self.plain_names, strict=True)
        return tuple(plain for name, plain in both if name in self.categories)


def learn_encoding(estimator: BaseEstimator, X: Any) -> tuple[Encoding, NDArray[np.float32]]:
    """The encoding of ``X`` and its numbers, ``float32[n, f]``; scikit-learn's attributes are set."""
    if not is_table(X):
        numbers = _checked_array(estimator, X, reset=True)
        return Encoding(tuple(f"Column_{place}" for place in range(numbers.shape[1])), {}, False), numbers
    validate_data(estimator, X, skip_check_array=True)
    columns = _columns(X)
    categories = {
        name: Vocabulary.from_values(decoded(column))
        for name, column in columns.items()
        if is_text(column.type) or pa.types.is_dictionary(column.type)
    }
    encoding = Encoding(tuple(columns), categories, True)
    return encoding, _encoded(columns, encoding, unknown="error")


def encode(
    estimator: BaseEstimator, X: Any, encoding: Encoding, *, unknown: str = "missing"
) -> NDArray[np.float32]:
    """The numbers of further rows, ``float32[n, f]``; a category not met is missing, or an ``"error"``."""
    if not (encoding.named and is_table(X)):
        if encoding.categories:
            names = columns_text(encoding.categorical)
            raise DataError(f"X is no table, but {names} were read as categories; give a table again")
        return _checked_array(estimator, X, reset=False)
    validate_data(estimator, X, reset=False, skip_check_array=True)
    return _encoded(_columns(X), encoding, unknown=unknown)


def is_table(X: Any) -> bool:
    """Whether ``X`` is a table whose columns have names, all of them text."""
    names = getattr(X, "column_names", None) or getattr(X, "columns", None)
    if names is None or not hasattr(X, "shape"):
        return False
    return hasattr(X, "__getitem__") and all(isinstance(name, str) for name in names)


def _columns(X: Any) -> dict[str, Column]:
    names = list(getattr(X, "column_names", None) or X.columns)
    check_distinct_columns(names, "X")
    check_not_empty(X.shape[0], "X")
    found = {name: column_of(X[name], name, "X") for name in names}
    return {name: pa.chunked_array([as_array(column)]) for name, column in found.items()}


def _checked_array(estimator: BaseEstimator, X: Any, *, reset: bool) -> NDArray[np.float32]:
    checked: NDArray[np.float32] = validate_data(
        estimator, X, reset=reset, dtype=np.float32, ensure_all_finite="allow-nan", order="C"
    )
    return checked


def _encoded(columns: dict[str, Column], encoding: Encoding, *, unknown: str) -> NDArray[np.float32]:
    part = Part(pa.table(columns), "X")
    features = np.empty((part.table.num_rows, len(encoding.names)), np.float32)
    for place, name in enumerate(encoding.names):
        if name in encoding.categories:
            values = _codes(columns[name], name, encoding.categories[name], unknown)
        else:
            values = numbers_of(part, name, ADVICE)
            with np.errstate(invalid="ignore"):
                large = np.abs(values) > LARGEST
            reject_rows(large, f"X: column {name!r} is infinite or too large in", "give finite numbers")
        features[:, place] = values
    return features


def _codes(column: Column, name: str, known: Vocabulary, unknown: str) -> NDArray[np.float64]:
    """Places of the categories as numbers, NaN where missing or not met."""
    values = decoded(column)
    code = known.encode(values)
    if unknown == "error":
        strange = (code == UNKNOWN) & ~as_mask(values.is_null())
        reject_rows(
            strange,
            f"X: column {name!r} has a category that fit has not met in",
            'map it to a known one, or set unknown_category="missing"',
        )
    return np.where(code == UNKNOWN, np.nan, code)
