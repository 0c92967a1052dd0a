"""Any column of a table as tokens: what rows can have in common.

Of a text each word is a token, and so is the whole. A whole number is a token: it is a name, as an id is. A
decimal or a date is a quantity: its token is the part of the range it lies in. Each element of a list counts
for itself. So categories, tags, titles and prices need no declaration.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from samplew_gbm.data.arrow import Column, as_array, as_floats, decoded, is_text
from samplew_gbm.errors import SchemaError

PARTS = 20  # of the range of a quantity, with equally many rows
_BETWEEN_WORDS = r"[^\p{L}\p{N}]+"


@dataclass(frozen=True, slots=True, eq=False)
class Tokens:
    """Row ``row[i]`` (``int64``) has token ``token[i]`` (``int64``, from 0 to ``n_tokens - 1``)."""

    row: NDArray[np.int64]
    token: NDArray[np.int64]
    n_tokens: int


NOTHING = Tokens(np.empty(0, np.int64), np.empty(0, np.int64), 0)


def tokens_of(column: Column, *, where: str, name: str) -> Tokens:
    """The tokens of every row; nulls have none. ``SchemaError`` for a type that cannot be read so."""
    return _tokens(as_array(decoded(column)), where, name)


def _tokens(values: pa.Array, where: str, name: str) -> Tokens:
    kind = values.type
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return _of_lists(values, where, name)
    if is_text(kind):
        return _of_text(values.cast(pa.string()))
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind):
        return _coded(np.arange(len(values)), values)
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _of_quantity(as_floats(values))
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        return _of_quantity(as_floats(values.cast(pa.timestamp("ms"), safe=False).cast(pa.int64())))
    if pa.types.is_null(kind):
        return NOTHING
    raise SchemaError(
        f"{where}: column {name!r} is of type {kind}; items are described by text, numbers, dates or lists "
        "of text or whole numbers, so convert or drop it"
    )


def _of_lists(values: pa.Array, where: str, name: str) -> Tokens:
    if not (is_text(values.type.value_type) or pa.types.is_integer(values.type.value_type)):
        raise SchemaError(
            f"{where}: column {name!r} is of type {values.type}; give lists of text or whole numbers, "
            "or drop it"
        )
    elements = _tokens(as_array(pc.list_flatten(values)), where, name)
    parents = as_array(pc.list_parent_indices(values)).to_numpy(zero_copy_only=False).astype(np.int64)
    return Tokens(parents[elements.row], elements.token, elements.n_tokens)


def _of_text(values: pa.Array) -> Tokens:
    """Every word, and of several words the whole too: there the order tells more than the words."""
    lower = pc.utf8_trim_whitespace(pc.utf8_lower(values))
    words = pc.split_pattern_regex(lower, _BETWEEN_WORDS)
    parts = as_array(pc.list_flatten(words))
    parents = as_array(pc.list_parent_indices(words)).to_numpy(zero_copy_only=False).astype(np.int64)
    single = _coded(parents, _without_empty(parts))
    several = np.flatnonzero(np.bincount(parents, minlength=len(lower)) > 1)
    whole = _coded(several, lower.take(pa.array(several)))
    return Tokens(
        np.concatenate([single.row, whole.row]),
        np.concatenate([single.token, whole.token + single.n_tokens]),
        single.n_tokens + whole.n_tokens,
    )


def _without_empty(text: pa.Array) -> pa.Array:
    """Empty text as null."""
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)


def _coded(rows: NDArray[np.int64], values: pa.Array) -> Tokens:
    """One token for each different value; none for null."""
    some = values.is_valid().to_numpy(zero_copy_only=False)
    coded = values.drop_null().dictionary_encode()
    token = coded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    return Tokens(rows[some], token, len(coded.dictionary))


def _of_quantity(values: NDArray[np.float64]) -> Tokens:
    rows = np.flatnonzero(~np.isnan(values))
    if not len(rows):
        return NOTHING
    edges = np.unique(np.quantile(values[rows], np.linspace(0, 1, PARTS + 1)[1:-1], method="higher"))
    token = np.searchsorted(edges, values[rows], side="right").astype(np.int64)
    return Tokens(rows, token, len(edges) + 1)
