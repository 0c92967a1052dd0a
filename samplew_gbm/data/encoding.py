"""Tables of features as the numbers that a ranker reads: categories as codes, missing values as NaN."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from samplew_gbm.data.arrow import Column, as_array, as_mask, decoded, is_text
from samplew_gbm.data.frames import column_of
from samplew_gbm.data.identifiers import raw_ids
from samplew_gbm.data.numbers import numbers_of
from samplew_gbm.data.request import Part
from samplew_gbm.data.validation import check_distinct_columns, check_not_empty, reject_rows
from samplew_gbm.data.vocabulary import UNKNOWN, Vocabulary

ADVICE = "encode it as numbers, or make it categorical"
FORBIDDEN = set('",:[]{}\n\r')  # in a name that LightGBM writes
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
        written = {name.replace(" ", "_") for name in self.names}  # as LightGBM does
        if len(written) < len(self.names) or any(_is_unwritable(name) for name in self.names):
            return tuple(f"Column_{place}" for place in range(len(self.names)))
        return self.names

    @property
    def categorical(self) -> tuple[str, ...]:
        """The ``plain_names`` of the columns of categories, in their order."""
        both = zip(self.names, self.plain_names, strict=True)
        return tuple(plain for name, plain in both if name in self.categories)


def _is_unwritable(name: str) -> bool:
    return bool(set(name) & FORBIDDEN) or not name.strip()


def is_table(X: Any) -> bool:
    """Whether ``X`` is a table whose columns have names, all of them text."""
    names = getattr(X, "column_names", None) or getattr(X, "columns", None)
    if names is None or not hasattr(X, "shape"):
        return False
    return hasattr(X, "__getitem__") and all(isinstance(name, str) for name in names)


def columns_of(X: Any) -> dict[str, Column]:
    """The columns of a table by name, each as one piece."""
    names = list(getattr(X, "column_names", None) or X.columns)
    check_distinct_columns(names, "X")
    check_not_empty(X.shape[0], "X")
    found = {name: column_of(X[name], name, "X") for name in names}
    return {name: pa.chunked_array([as_array(column)]) for name, column in found.items()}


def learn_categories(columns: dict[str, Column]) -> Encoding:
    """The categories of the columns that hold text or categories."""
    categories = {
        name: Vocabulary.from_values(decoded(column))
        for name, column in columns.items()
        if is_text(column.type) or pa.types.is_dictionary(column.type)
    }
    return Encoding(tuple(columns), categories, True)


def encoded(columns: dict[str, Column], encoding: Encoding, *, unknown: str) -> NDArray[np.float32]:
    """The columns as ``float32[n, f]``; a category not met is ``"missing"`` or an ``"error"``.

    ``DataError`` names the column, and its first rows, that are no numbers, infinite or not met.
    """
    return encoded_part(Part(pa.table(columns), "X"), encoding, unknown=unknown)


def encoded_part(
    part: Part, encoding: Encoding, *, unknown: str, advice: str = ADVICE
) -> NDArray[np.float32]:
    """The same of one file, whose other columns are passed over; errors name the file.

    ``advice`` is what to do about a column that holds no numbers.
    """
    features = np.empty((part.table.num_rows, len(encoding.names)), np.float32)
    for place, name in enumerate(encoding.names):
        if name in encoding.categories:
            values = _codes(part, name, encoding.categories[name], unknown)
        else:
            values = numbers_of(part, name, advice)
            with np.errstate(invalid="ignore"):
                large = np.abs(values) > LARGEST
            reject_rows(
                large, f"{part.where}: column {name!r} is infinite or too large in", "give finite numbers"
            )
        features[:, place] = values
    return features


def _codes(part: Part, name: str, known: Vocabulary, unknown: str) -> NDArray[np.float64]:
    """Places of the categories as numbers, NaN where missing or not met."""
    values = raw_ids(part.table[name], where=part.where, column=name)
    code = known.encode(values)
    if unknown == "error":
        strange = (code == UNKNOWN) & ~as_mask(values.is_null())
        reject_rows(
            strange,
            f"{part.where}: column {name!r} has a category that fit has not met in",
            'map it to a known one, or take it for missing: unknown_category="missing", '
            "on the command line --unknown-category missing",
        )
    return np.where(code == UNKNOWN, np.nan, code)
