"""Importance of samples: attention of a segment's own embedding over the embeddings of its rows.

In a segment with query embedding q and rows of key embeddings k_i and biases b_i::

    logit_i      = <q, k_i> / sqrt(d) + b_i          (optionally standardised within the segment)
    importance_i = n * softmax(logit / temperature)_i      n: rows of the segment, so the mean is 1

"Query" and "key" are meant as in scaled dot-product attention (Vaswani et al. 2017, section 3.2.1).
With segments of a user, the users' table gives the queries and the items' table the keys; with
segments of an item it is the other way round. The kernel is fused: no gathered copy is ever made,
memory beyond the result is none, and time is that of reading the key rows once.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from samplew_gbm.errors import DataError
from samplew_gbm.kernels import jit
from samplew_gbm.kernels.prefetch import prefetch_row
from samplew_gbm.kernels.segments import (
    Float32,
    Int64,
    checked_indptr,
    checked_inverse,
    packed,
    raise_first,
    run_segments,
    softmax_in_place,
    standardise_in_place,
)

Int32 = NDArray[np.int32]

ROWS_AT_ONCE = 4
ROWS_AHEAD = 16


@jit(reassociate=True, inline=True)
def dot_of_four(query: Any, keys: Any, a: Any, b: Any, c: Any, d: Any) -> Any:
    """<query, keys[row]> of four rows at once: four independent sums, the query loaded once."""
    dot_a = dot_b = dot_c = dot_d = np.float32(0)
    for k in range(keys.shape[1]):
        x = query[k]
        dot_a += x * keys[a, k]
        dot_b += x * keys[b, k]
        dot_c += x * keys[c, k]
        dot_d += x * keys[d, k]
    return dot_a, dot_b, dot_c, dot_d


@jit(inline=True)
def _dots_of_segment(
    query: Any, keys: Any, key_index: Any, start: Any, stop: Any, scale: Any, out: Any
) -> Any:
    """scale * <query, keys[key_index[i]]> into out[start:stop].

    The last rows repeat in their group of four: the same pair has the same bits wherever it stands.
    """
    last = stop - 1
    last_ahead = key_index.shape[0] - 1
    for i in range(start, stop, ROWS_AT_ONCE):
        for j in range(i + ROWS_AHEAD, i + ROWS_AHEAD + ROWS_AT_ONCE):
            prefetch_row(keys, key_index[min(j, last_ahead)])
        i1, i2, i3 = min(i + 1, last), min(i + 2, last), min(i + 3, last)
        dots = dot_of_four(query, keys, key_index[i], key_index[i1], key_index[i2], key_index[i3])
        out[i] = dots[0] * scale
        out[i1] = dots[1] * scale
        out[i2] = dots[2] * scale
        out[i3] = dots[3] * scale


@jit(inline=True)
def _add_bias(values: Any, bias: Any, key_index: Any) -> None:
    for i in range(values.shape[0]):
        values[i] += bias[key_index[i]]


@jit(inline=True)
def _all_finite(values: Any) -> Any:
    finite = True
    for i in range(values.shape[0]):
        finite &= abs(values[i]) < np.inf
    return finite


class Pairs(NamedTuple):
    """The checked input of the kernels: C-contiguous, every index in range."""

    queries: Float32
    keys: Float32
    indptr: Int64
    query_index: Int32
    key_index: Int32
    bias: Float32  # of a key row; empty for none


@jit(inline=True)
def _logits(pairs: Any, segment: Any, scale: Any, out: Any) -> Any:
    """Logits of one segment into its place of ``out``; False where one is not finite."""
    start, stop = pairs.indptr[segment], pairs.indptr[segment + 1]
    prefetch_row(pairs.queries, pairs.query_index[min(segment + 1, pairs.query_index.shape[0] - 1)])
    query = pairs.queries[pairs.query_index[segment]]
    _dots_of_segment(query, pairs.keys, pairs.key_index, start, stop, scale, out)
    if pairs.bias.shape[0] > 0:
        _add_bias(out[start:stop], pairs.bias, pairs.key_index[start:stop])
    return _all_finite(out[start:stop])


@jit()
def _logits_of_segments(pairs: Any, first: Any, last: Any, scale: Any, out: Any) -> Any:
    """Kernel of `attention_logits`; the first segment with a logit that is not finite, or -1."""
    for segment in range(first, last):
        if not _logits(pairs, segment, scale, out):
            return segment
    return -1


@jit()
def _importance_of_segments(
    pairs: Any, first: Any, last: Any, scale: Any, inverse_temperature: Any, standardise: Any, out: Any
) -> Any:
    """Kernel of `attention_importance`; the first segment with a logit that is not finite, or -1."""
    for segment in range(first, last):
        if not _logits(pairs, segment, scale, out):
            return segment
        rows = out[pairs.indptr[segment] : pairs.indptr[segment + 1]]
        if standardise and rows.shape[0] > 0:
            standardise_in_place(rows)
        softmax_in_place(rows, inverse_temperature, rows.shape[0])
    return -1


def checked_table(table: ArrayLike, name: str) -> Float32:
    """An embedding table as C-contiguous float32[rows, factors]."""
    given = np.asarray(table)
    if given.ndim != 2 or given.shape[1] == 0 or given.dtype.kind != "f":
        raise DataError(f"{name} must be float32[rows, factors], got {given.dtype} of shape {given.shape}")
    return packed(given, np.float32)


def checked_index(index: ArrayLike, n_rows: int, size: int, name: str) -> Int32:
    """An index as int32[size] with every value in [0, n_rows)."""
    given = np.asarray(index)
    if given.dtype.kind not in "iu" or given.shape != (size,):
        raise DataError(f"{name} must be int32[{size}], got {given.dtype} of shape {given.shape}")
    if size and (given.min() < 0 or given.max() >= n_rows):
        raise_first(name, given, (given < 0) | (given >= n_rows), f"the table has {n_rows} rows")
    return packed(given, np.int32)


def _checked_pairs(
    queries: ArrayLike,
    keys: ArrayLike,
    indptr: ArrayLike,
    query_index: ArrayLike,
    key_index: ArrayLike,
    bias: ArrayLike | None,
) -> Pairs:
    query_table = checked_table(queries, "query_embeddings")
    key_table = checked_table(keys, "key_embeddings")
    if query_table.shape[1] != key_table.shape[1]:
        raise DataError(
            f"query_embeddings have {query_table.shape[1]} factors and key_embeddings {key_table.shape[1]}:"
            " both must come from one model"
        )
    edges = checked_indptr(indptr, np.size(key_index))
    offsets = np.empty(0, np.float32) if bias is None else packed(bias, np.float32)
    if bias is not None and offsets.shape != (len(key_table),):
        raise DataError(
            f"bias must be float32[{len(key_table)}], one a row of key_embeddings, got {offsets.shape}"
        )
    return Pairs(
        query_table,
        key_table,
        edges,
        checked_index(query_index, len(query_table), len(edges) - 1, "query_index"),
        checked_index(key_index, len(key_table), int(edges[-1]), "key_index"),
        offsets,
    )


def _raise_not_finite(pairs: Pairs, segment: int, scale: np.float32) -> None:
    """Repeat the failed segment to name its first bad row."""
    out = np.zeros(len(pairs.key_index), np.float32)
    _logits(pairs, segment, scale, out)
    raise_first("logit", out, ~np.isfinite(out), "an embedding or bias is NaN, infinite or far too large")


def attention_logits(
    query_embeddings: ArrayLike,
    key_embeddings: ArrayLike,
    indptr: ArrayLike,
    query_index: ArrayLike,
    key_index: ArrayLike,
    *,
    bias: ArrayLike | None = None,
    n_threads: int | None = None,
) -> Float32:
    """Affinity of every row to its segment's own embedding: <q, k> / sqrt(d) + bias, float32[n].

    Parameters and errors as in `attention_importance`; for callers who change the logits (centre them
    per item, add factors) before `segment_softmax`.
    """
    pairs = _checked_pairs(query_embeddings, key_embeddings, indptr, query_index, key_index, bias)
    scale = np.float32(1.0 / np.sqrt(pairs.keys.shape[1]))
    out = np.empty(len(pairs.key_index), np.float32)
    failed = run_segments(lambda a, b: _logits_of_segments(pairs, a, b, scale, out), pairs.indptr, n_threads)
    if failed >= 0:
        _raise_not_finite(pairs, failed, scale)
    return out


def attention_importance(
    query_embeddings: ArrayLike,
    key_embeddings: ArrayLike,
    indptr: ArrayLike,
    query_index: ArrayLike,
    key_index: ArrayLike,
    *,
    bias: ArrayLike | None = None,
    temperature: float = 1.0,
    standardise: bool = False,
    n_threads: int | None = None,
) -> Float32:
    """Importance of every row: segment size x softmax(logit / temperature), mean 1 in each segment.

    Parameters
    ----------
    query_embeddings : float32[q, d]
        The table of the side that owns the segments (users, if a segment is a user's rows).
    key_embeddings : float32[k, d]
        The table of the other side.
    indptr : int64[s + 1]
        Rows are sorted by segment: ``indptr[s]:indptr[s + 1]`` are segment s; empty ones are allowed.
    query_index : int32[s]
        Row of ``query_embeddings`` that is segment s's own.
    key_index : int32[n]
        Row of ``key_embeddings`` of every row.
    bias : float32[k], optional
        Added to the logit of every row with that key.
    temperature : float
        Above 0; inf gives ones.
    standardise : bool
        Bring logits to mean 0 and standard deviation 1 inside the segment before the softmax.

    Returns
    -------
    float32[n]
        1 in a segment of one row. The same bits for any number of threads, and for a row wherever it
        stands in its segment up to the order of the sum. Threads share the work by whole segments.

    Raises
    ------
    DataError
        Wrong shape or dtype, an index out of range, or a logit that is not finite (names the row).
    SettingsError
        The temperature is not above 0.
    """
    inverse = checked_inverse(temperature)
    pairs = _checked_pairs(query_embeddings, key_embeddings, indptr, query_index, key_index, bias)
    scale = np.float32(1.0 / np.sqrt(pairs.keys.shape[1]))
    out = np.empty(len(pairs.key_index), np.float32)

    def kernel(first: int, last: int) -> int:
        return int(_importance_of_segments(pairs, first, last, scale, inverse, standardise, out))

    failed = run_segments(kernel, pairs.indptr, n_threads)
    if failed >= 0:
        _raise_not_finite(pairs, failed, scale)
    return out
