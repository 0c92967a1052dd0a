"""Which rows of a source are wanted: conditions on its columns, told by the user in words."""

import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from samplew_gbm.data.arrow import Column, as_array, as_mask, decoded, is_text, try_cast
from samplew_gbm.data.timestamps import unix_seconds
from samplew_gbm.errors import DataError, SchemaError, SettingsError

_FORM = re.compile(r"\s*(.+?)\s*(>=|<=|!=|==|=|>|<)\s*(.*?)\s*")
_OPERATORS: dict[str, tuple[Callable[[Any, Any], Any], str]] = {  # ours, and Arrow's name of it
    "=": (operator.eq, "equal"),
    "==": (operator.eq, "equal"),
    "!=": (operator.ne, "not_equal"),
    "<": (operator.lt, "less"),
    "<=": (operator.le, "less_equal"),
    ">": (operator.gt, "greater"),
    ">=": (operator.ge, "greater_equal"),
}
_BOOLEANS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Condition:
    """``column`` compared with ``value``, which is read in the kind of the column: number, time or text."""

    column: str
    sign: str
    value: str

    def __str__(self) -> str:
        return f"{self.column}{self.sign}{self.value}"

    def compare(self, left: Any, right: Any) -> Any:
        """The comparison of two numbers, NumPy arrays or expressions."""
        return _OPERATORS[self.sign][0](left, right)


def parse_conditions(texts: Sequence[str]) -> tuple[Condition, ...]:
    """Conditions such as ``day>=2024-01-01``; ``SettingsError`` for one that is not so written."""
    if isinstance(texts, str):
        texts = [texts]
    found = [(_FORM.fullmatch(text), text) for text in texts]
    for match, text in found:
        if match is None:
            raise SettingsError(f"where is {text!r}; write COLUMN, one of = != < <= > >=, and a value")
    return tuple(Condition(*match.groups()) for match, _ in found if match is not None)


def matching_rows(
    table: pa.Table, conditions: Sequence[Condition], *, where: str, textual: frozenset[str], time_column: str
) -> NDArray[np.bool_]:
    """Mask of the rows for which every condition holds; it never holds where a value is missing.

    Numbers compare as numbers, times (a column of timestamps or dates, and ``time_column`` in any form) in
    time, other text by its UTF-8 bytes. Columns in ``textual`` can only be written as text: they compare as
    numbers where all their values and the condition's are.
    """
    keep = np.ones(table.num_rows, bool)
    for condition in conditions:
        name = condition.column
        keep &= _holds(
            decoded(table[name]),
            condition,
            where=where,
            spelled=name in textual,
            is_time=name == time_column,
        )
    return keep


def may_match(
    values: Mapping[str, str | None], conditions: Sequence[Condition], time_column: str = ""
) -> bool:
    """Whether a file can have such rows, by the values in the names of its folders."""
    known = [condition for condition in conditions if condition.column in values]
    if not known:
        return True
    table = pa.table({c.column: pa.array([values[c.column]], pa.string()) for c in known})
    found = matching_rows(table, known, where="", textual=frozenset(values), time_column=time_column)
    return bool(found.all())


def expression(conditions: Sequence[Condition], schema: pa.Schema, time_column: str) -> pc.Expression | None:
    """What of the conditions the statistics of a Parquet file can answer; ``None`` for nothing of them."""
    found = None
    for condition in conditions:
        literal = _literal(condition, schema, time_column)
        if literal is not None:
            term = condition.compare(pc.field(condition.column), literal)
            found = term if found is None else found & term
    return found


def _literal(condition: Condition, schema: pa.Schema, time_column: str) -> pa.Scalar | None:
    """The value as a scalar that statistics compare with as rows do, or ``None``."""
    name, value = condition.column, condition.value
    if name not in schema.names or condition.sign == "!=":  # statistics leave NaN out, which is not equal
        return None
    kind = schema.field(name).type
    if pa.types.is_timestamp(kind):
        seconds = seconds_of(value)
        if seconds is None or seconds != math.floor(seconds):
            return None
        return pa.scalar(datetime.fromtimestamp(seconds, UTC)).cast(kind)
    if name == time_column:
        return None  # its unit shows only in the rows
    if is_text(kind):
        return pa.scalar(value, kind)
    number = number_of(value) if pa.types.is_integer(kind) or pa.types.is_floating(kind) else None
    return None if number is None else pa.scalar(number)


def _holds(
    values: Column, condition: Condition, *, where: str, spelled: bool, is_time: bool
) -> NDArray[np.bool_]:
    kind, value = values.type, condition.value
    if pa.types.is_null(kind):
        return np.zeros(len(values), bool)
    if is_time or pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return _holds_in_time(values, condition, where)
    number = number_of(value)
    if is_text(kind):
        numbers = try_cast(as_array(values), pa.float64()) if spelled else None
        if numbers is not None and number is not None:
            return _compared(numbers, float(number), condition)
        return _compared(values, value, condition)
    if pa.types.is_boolean(kind) and value.lower() in _BOOLEANS:
        return _compared(values, _BOOLEANS[value.lower()], condition)
    if number is None or pa.types.is_nested(kind) or pa.types.is_boolean(kind):
        raise SchemaError(
            f"{where}: column {condition.column!r} is of type {kind}, which {value!r} of --where does not fit"
        )
    return _compared(*_alike(values, number), condition)


def _alike(values: Column, number: int | float) -> tuple[Column, int | float]:
    """Numbers and the condition's in one type: 64 bits where all are whole and fit, else floats."""
    if isinstance(number, int) and pa.types.is_integer(values.type):
        whole = try_cast(values, pa.int64())
        if whole is not None:
            return whole, number
    return values.cast(pa.float64(), safe=False), float(number)


def _compared(values: Column, literal: Any, condition: Condition) -> NDArray[np.bool_]:
    found = pc.call_function(_OPERATORS[condition.sign][1], [values, pa.scalar(literal)])
    return as_mask(pc.fill_null(found, False))


def _holds_in_time(values: Column, condition: Condition, where: str) -> NDArray[np.bool_]:
    limit = seconds_of(condition.value)
    if limit is None:
        raise SettingsError(f"--where {condition}: {condition.value!r} is no time; write it as 2024-05-31")
    missing = as_mask(values.is_null())
    times = unix_seconds(values.filter(pa.array(~missing)), where=where, column=condition.column)
    holds = np.zeros(len(values), bool)
    holds[~missing] = condition.compare(times, limit)
    return holds


def number_of(text: str) -> int | float | None:
    """The number that a text is, whole where it can be; ``None`` for other text."""
    try:
        whole = int(text)
        return whole if abs(whole) < 2**63 else float(whole)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return None


def seconds_of(text: str) -> float | None:
    """Any form of a time as Unix seconds; ``None`` for other text."""
    try:
        return float(unix_seconds(pa.array([text]), where="", column="")[0])
    except DataError:
        return None
