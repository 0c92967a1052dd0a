"""Conditions on rows as SQL, so that a database leaves out what is not wanted before it sends it.

A clause holds wherever its condition does, and may hold elsewhere too: ``Part.matching`` judges every row
that comes. So a bound may be wide where the database and Arrow round, order or spell differently, and a
condition that has no clause is only slower.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, TypeAlias

from samplew_gbm.data.conditions import Condition, number_of, seconds_of
from samplew_gbm.data.timestamps import UNIT_EDGES, UNITS_PER_SECOND

Kind: TypeAlias = Literal["integer", "real", "text", "timestamp", "timestamptz"]
Value: TypeAlias = int | float | str
Range: TypeAlias = tuple[float, float]  # both ends belong to it

_EXACT = 2.0**52  # whole numbers below it compare alike as integers and as floats
_INT64 = 2.0**62
_DAY = 86400.0
_YEAR_1, _YEAR_10000 = -62135596800.0, 253402300800.0


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a database writes what they do not write alike; ``{}`` stands for a column or its like.

    ``place`` gives the text of a value within a statement: a parameter, or what the server itself quoted.
    """

    equal: str  # text that may be equal by bytes
    bytewise: str  # text that compares by its bytes
    no_iso_day: str  # text that does not begin with a day such as 2024-05-31
    place: Callable[[Value, Kind], str]


def sql_clauses(
    conditions: Sequence[Condition], kinds: Mapping[str, Kind], time_column: str, dialect: Dialect
) -> list[str]:
    """What of the conditions the database can judge; ``kinds`` are of the columns that hold one kind."""
    found = [
        _clause(condition, kinds[condition.column], condition.column == time_column, dialect)
        for condition in conditions
        if condition.column in kinds
    ]
    return [clause for clause in found if clause]


def quoted_name(names: Sequence[str]) -> str:
    """An identifier in its parts, whatever they hold."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


def _clause(condition: Condition, kind: Kind, is_time: bool, dialect: Dialect) -> str:
    column = quoted_name((condition.column,))
    if is_time or kind in ("timestamp", "timestamptz"):
        seconds = seconds_of(condition.value)
        if seconds is None or condition.sign == "!=":
            return ""
        return _time(column, kind, _range(condition, seconds - 1, seconds + 1), dialect)
    if kind == "text":
        return _text(column, condition, dialect)
    number = number_of(condition.value)
    if number is None or not abs(number) < _EXACT:
        return ""
    if condition.sign == "!=":
        whole = kind == "real" or number == math.floor(number)
        return f"{column} <> {_number(number, kind, dialect)}" if whole else ""
    return _within(column, kind, [_range(condition, number, number)], dialect)


def _text(column: str, condition: Condition, dialect: Dialect) -> str:
    if "\0" in condition.value:
        return ""
    value = dialect.place(condition.value, "text")
    if condition.sign in ("=", "=="):
        return f"{dialect.equal.format(column)} = {value}"
    sign = "<>" if condition.sign == "!=" else condition.sign
    return f"{dialect.bytewise.format(column)} {sign} {value}"


def _time(column: str, kind: Kind, seconds: Range, dialect: Dialect) -> str:
    if kind in ("integer", "real"):
        return _within(column, kind, [*_in_units(seconds)], dialect)
    if kind == "text":  # a time of day may be in another zone than UTC, so a day more each way
        day = dialect.bytewise.format(f"substr({column}, 1, 10)")
        wide = (seconds[0] - _DAY, seconds[1] + _DAY)
        within = _in_order(day, [_iso(end)[:10] for end in wide], kind, dialect)
        return f"({dialect.no_iso_day.format(column)} OR {within})" if within else ""
    return _in_order(column, [_iso(end) for end in seconds], kind, dialect)


def _in_units(seconds: Range) -> Iterator[Range]:
    """The numbers that are these times, whichever unit the size of each says it is in."""
    low, high = seconds
    edges = (0.0, *UNIT_EDGES, math.inf)
    for unit, least, most in zip(UNITS_PER_SECOND, edges, edges[1:], strict=False):
        yield max(least, low * unit), min(most, high * unit)
        yield max(-most, low * unit), min(-least, high * unit)


def _within(column: str, kind: Kind, ranges: Sequence[Range], dialect: Dialect) -> str:
    """``column`` in one of some ranges, none without bounds; those that are empty are left out."""
    found = []
    for low, high in ranges:
        if kind == "integer":
            low, high = _whole(low, math.ceil), _whole(high, math.floor)
        if low <= high and math.inf not in (low, -high):
            ends = [None if math.isinf(end) else end for end in (low, high)]
            found.append(_in_order(column, ends, kind, dialect))
    return f"({' OR '.join(found)})" if found else ""


def _whole(end: float, rounded: Callable[[float], int]) -> float:
    """An end of a range of whole numbers, as one; infinite where 64 bits end."""
    return rounded(end) if abs(end) < _INT64 else math.copysign(math.inf, end)


def _in_order(column: str, ends: Sequence[Value | None], kind: Kind, dialect: Dialect) -> str:
    """``column`` between two values; one that is ``None`` or empty text is no bound."""
    terms = [
        f"{column} {sign} {dialect.place(end, kind)}"
        for sign, end in zip((">=", "<="), ends, strict=True)
        if end is not None and end != ""
    ]
    return f"({' AND '.join(terms)})" if terms else ""


def _number(number: float, kind: Kind, dialect: Dialect) -> str:
    return dialect.place(int(number) if kind == "integer" else float(number), kind)


def _range(condition: Condition, low: float, high: float) -> Range:
    """The numbers for which the condition can hold, of a value between ``low`` and ``high``."""
    below, above = condition.sign[0] == "<", condition.sign[0] == ">"
    return -math.inf if below else low, math.inf if above else high


def _iso(seconds: float) -> str:
    """A time as text; empty for none, and beyond the years 1 to 9999."""
    if not _YEAR_1 <= seconds < _YEAR_10000:
        return ""
    return datetime.fromtimestamp(math.floor(seconds), UTC).isoformat(sep=" ")
