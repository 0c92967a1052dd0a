"""Softmax and standardisation inside segments: runs of rows ``indptr[s]:indptr[s + 1]``."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from samplew_gbm.errors import DataError, SettingsError
from samplew_gbm.kernels import jit
from samplew_gbm.runtime import resolve_threads, run_blocks

Float32 = NDArray[np.float32]
Int64 = NDArray[np.int64]

# exp(x) = 2^n * exp(x - n ln 2), |x - n ln 2| <= ln(2) / 2; ln 2 in two parts; polynomial of Cephes expf.
_LOG2_E = np.float32(1.44269504088896341)
_LN2_HIGH = np.float32(0.693359375)
_LN2_LOW = np.float32(-2.12194440e-4)
_P0 = np.float32(1.9875691500e-4)
_P1 = np.float32(1.3981999507e-3)
_P2 = np.float32(8.3334519073e-3)
_P3 = np.float32(4.1665795894e-2)
_P4 = np.float32(1.6666665459e-1)
_P5 = np.float32(5.0000001201e-1)
_ONE = np.float32(1)
_ZERO = np.float32(0)
_LOWEST = np.float32(-87)
_BIAS = np.int32(127)
_MANTISSA_BITS = np.int32(23)


@jit(inline=True)
def exp_of_negative(x: Any) -> Any:
    """exp(x) for x <= 0 within 1e-7 relative; 0 below -87, for -inf and for NaN.

    libm's expf costs 20 ns a call from Numba; this is plain arithmetic that LLVM turns into SIMD.
    """
    inside = x > _LOWEST
    c = x if inside else _LOWEST
    n = np.rint(c * _LOG2_E)
    c = c - n * _LN2_HIGH - n * _LN2_LOW
    p = ((((_P0 * c + _P1) * c + _P2) * c + _P3) * c + _P4) * c + _P5
    p = p * c * c + c + _ONE
    power = np.int32((np.int32(n) + _BIAS) << _MANTISSA_BITS).view(np.float32)
    return p * power if inside else _ZERO


@jit(inline=True)
def _highest(values: Any) -> Any:
    """Maximum of the values, and whether none is NaN or +inf."""
    highest = np.float32(-np.inf)
    sound = True
    for i in range(values.shape[0]):
        value = values[i]
        sound &= value < np.inf
        highest = value if value > highest else highest
    return highest, sound


@jit(reassociate=True, inline=True)
def _summed(values: Any) -> Any:
    total = np.float64(0)
    for i in range(values.shape[0]):
        total += values[i]
    return total


@jit(reassociate=True, inline=True)
def _squared_distance(values: Any, centre: Any) -> Any:
    total = np.float64(0)
    for i in range(values.shape[0]):
        difference = values[i] - centre
        total += difference * difference
    return total


@jit(inline=True)
def softmax_in_place(values: Any, inverse_temperature: Any, total: Any) -> Any:
    """Turn logits into weights that sum to ``total``; False, and nothing done, for NaN or +inf.

    A segment of nothing but -inf has no weight to give: all zeros.
    """
    highest, sound = _highest(values)
    if not sound:
        return False
    for i in range(values.shape[0]):
        values[i] = exp_of_negative((values[i] - highest) * inverse_temperature)
    summed = _summed(values)
    factor = np.float32(total / summed) if summed > 0 else _ZERO
    for i in range(values.shape[0]):
        values[i] *= factor
    return True


@jit(inline=True)
def standardise_in_place(values: Any) -> None:
    """Shift and scale to mean 0 and standard deviation 1 (of the population); equal values become 0."""
    mean = _summed(values) / values.shape[0]
    squares = _squared_distance(values, mean)
    factor = np.sqrt(values.shape[0] / squares) if squares > 0 else 0.0
    for i in range(values.shape[0]):
        values[i] = np.float32((values[i] - mean) * factor)


@jit()
def _softmax_segments(values: Any, indptr: Any, first: Any, last: Any, inverse_temperature: Any) -> Any:
    """Kernel of `segment_softmax`; the first segment that holds NaN or +inf, or -1."""
    for segment in range(first, last):
        start, stop = indptr[segment], indptr[segment + 1]
        if not softmax_in_place(values[start:stop], inverse_temperature, 1.0):
            return segment
    return -1


@jit()
def _standardise_segments(values: Any, indptr: Any, first: Any, last: Any) -> None:
    """Kernel of `segment_standardise`."""
    for segment in range(first, last):
        start, stop = indptr[segment], indptr[segment + 1]
        if start < stop:
            standardise_in_place(values[start:stop])


def run_segments(kernel: Callable[[int, int], int], indptr: Int64, n_threads: int | None) -> int:
    """Call ``kernel(first, last)`` over ranges of segments with about equal numbers of *rows*.

    A segment is never split, so results cannot depend on the threads. A kernel answers -1, or the
    first segment it could not do; the answer here is the lowest of these, or -1.
    """
    failed: list[int] = []

    def block(start: int, stop: int) -> None:
        first, last = np.searchsorted(indptr[:-1], (start, stop))
        segment = kernel(int(first), int(last))
        if segment >= 0:
            failed.append(int(segment))

    run_blocks(block, int(indptr[-1]), resolve_threads(n_threads))
    return min(failed, default=-1)


def packed(values: ArrayLike, dtype: type[np.generic]) -> NDArray[Any]:
    """C-contiguous and writeable, copied if need be: Numba compiles a kernel anew for read-only arrays."""
    return np.require(values, dtype, ["C", "W"])


def checked_indptr(indptr: ArrayLike, n_rows: int | None = None, name: str = "indptr") -> Int64:
    """``indptr`` as int64[s + 1], from 0, never falling, ending at ``n_rows``."""
    given = np.asarray(indptr)
    if given.ndim != 1 or given.size == 0 or given.dtype.kind not in "iu":
        raise DataError(
            f"{name} must be a one-dimensional array of at least one integer, the first of them 0"
        )
    edges: Int64 = packed(given, np.int64)
    if edges[0] != 0 or np.any(edges[1:] < edges[:-1]):
        raise DataError(f"{name} must start at 0 and never fall: sort the rows by segment")
    if n_rows is not None and edges[-1] != n_rows:
        raise DataError(f"{name} ends at {edges[-1]} but there are {n_rows} rows: they must be equal")
    return edges


def checked_inverse(temperature: float) -> np.float32:
    """1 / temperature; the temperature may be inf, which makes all weights of a segment equal."""
    if not temperature >= 1e-30:
        raise SettingsError(f"temperature is {temperature}; give a number above 0")
    return np.float32(1.0 / temperature)


def _vector(values: ArrayLike, name: str) -> Float32:
    """A copy as float32[n], to be worked on in place."""
    copied = np.array(values, dtype=np.float32, order="C")
    if copied.ndim != 1:
        raise DataError(f"{name} must be one-dimensional, got shape {copied.shape}")
    return copied


def _masked(logits: ArrayLike, mask: ArrayLike | None) -> Float32:
    """A copy of the logits with -inf in padded rows."""
    values = _vector(logits, "logits")
    if mask is None:
        return values
    real = np.asarray(mask)
    if real.dtype != np.bool_ or real.shape != values.shape:
        raise DataError(f"mask must be bool[{len(values)}], got {real.dtype} of shape {real.shape}")
    values[~real] = -np.inf
    return values


def raise_first(name: str, values: NDArray[Any], bad: NDArray[np.bool_], advice: str) -> None:
    """DataError for the first row marked bad; nothing where there is none."""
    if bad.any():
        row = int(np.argmax(bad))
        raise DataError(f"{name} is {values[row]} in row {row}: {advice}")


def segment_softmax(
    logits: ArrayLike,
    indptr: ArrayLike,
    *,
    temperature: float = 1.0,
    mask: ArrayLike | None = None,
    n_threads: int | None = None,
) -> Float32:
    """Attention weights: softmax(logits / temperature) inside every segment.

    Parameters
    ----------
    logits : float32[n]
        Any finite values, or -inf for a row that gets weight 0.
    indptr : int64[s + 1]
        Rows ``indptr[s]:indptr[s + 1]`` are segment s; empty segments are allowed.
    temperature : float
        Above 0; inf gives equal weights.
    mask : bool[n], optional
        False marks a padded row: it gets weight 0 and its logit is not looked at.

    Returns
    -------
    float32[n]
        Sums to 1 in each segment with a row that is neither masked nor -inf, else all 0. The same
        bits for any number of threads. A segment is never split between threads.

    Raises
    ------
    DataError
        A logit is NaN or +inf (the message names the row), or the lengths disagree.
    SettingsError
        The temperature is not above 0.
    """
    values = _masked(logits, mask)
    edges = checked_indptr(indptr, len(values))
    inverse = checked_inverse(temperature)
    if run_segments(lambda a, b: _softmax_segments(values, edges, a, b, inverse), edges, n_threads) >= 0:
        before = _masked(logits, mask)
        raise_first("logits", before, ~(before < np.inf), "give finite values, or -inf to mask the row")
    return values


def segment_standardise(values: ArrayLike, indptr: ArrayLike, *, n_threads: int | None = None) -> Float32:
    """Shift and scale each segment to mean 0 and (population) standard deviation 1, float32[n].

    Sums are float64. A segment of equal values, or of one row, becomes 0. Raises DataError naming the
    row where a value is not finite.
    """
    result = _vector(values, "values")
    edges = checked_indptr(indptr, len(result))
    raise_first("values", result, ~np.isfinite(result), "give finite values")

    def kernel(first: int, last: int) -> int:
        _standardise_segments(result, edges, first, last)
        return -1

    run_segments(kernel, edges, n_threads)
    return result
