"""Times of every form as Unix seconds."""

from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samplew_gbm.data.timestamps import unix_seconds
from samplew_gbm.errors import DataError, SchemaError

MOMENT = datetime(2024, 5, 31, 12, 30, 15, tzinfo=UTC)
SECONDS = MOMENT.timestamp()
NAIVE = MOMENT.replace(tzinfo=None)


def seconds(values: pa.Array) -> list[float]:
    result = unix_seconds(values, where="log.csv", column="when")
    assert result.dtype == np.float64
    return result.tolist()


def fault(values: pa.Array) -> str:
    with pytest.raises(DataError) as caught:
        seconds(values)
    text = str(caught.value)
    assert text.startswith("log.csv: column 'when'")
    assert "\n" not in text
    return text


@pytest.mark.parametrize("unit", [1, 10**3, 10**6, 10**9])
@pytest.mark.parametrize("kind", [pa.int64(), pa.uint64(), pa.float64(), pa.string(), pa.decimal128(25, 2)])
def test_unit_is_recognised_by_size(unit: int, kind: pa.DataType) -> None:
    values = pa.array([int(SECONDS) * unit, (int(SECONDS) + 60) * unit]).cast(kind, safe=False)
    assert seconds(values) == [SECONDS, SECONDS + 60]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Berlin"])
def test_arrow_timestamps_of_every_unit_and_zone(unit: str, zone: str | None) -> None:
    values = pa.array([int(SECONDS)]).cast(pa.timestamp("s")).cast(pa.timestamp(unit))
    zoned = (
        values
        if zone is None
        else pa.array([int(SECONDS)]).cast(pa.timestamp("s", zone)).cast(pa.timestamp(unit, zone))
    )
    assert seconds(zoned) == [SECONDS]


@pytest.mark.parametrize("kind", [pa.date32(), pa.date64()])
def test_dates_are_midnight_utc(kind: pa.DataType) -> None:
    assert seconds(pa.array([date(1970, 1, 3)], kind)) == [2 * 86400.0]


@pytest.mark.parametrize(
    "text",
    [
        "2024-05-31T12:30:15Z",
        "2024-05-31 12:30:15+00:00",
        "2024-05-31T14:30:15+0200",
        "2024-05-31T12:30:15",
        "2024-05-31 12:30:15",
        "2024-05-31T12:30:15.000000000",
        "2024-05-31T12:30:15.000Z",
        "1717158615",
        "1717158615.0",
        "1717158615000",
    ],
)
@pytest.mark.parametrize("layout", [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())])
def test_iso_text_and_numbers_in_text(text: str, layout: pa.DataType) -> None:
    assert seconds(pa.array([text]).cast(layout)) == [SECONDS]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)), min_size=1, max_size=5))
def test_iso_text_agrees_with_python(moments: list[datetime]) -> None:
    expected = [moment.replace(tzinfo=UTC).timestamp() for moment in moments]
    np.testing.assert_allclose(
        seconds(pa.array([moment.isoformat() for moment in moments])), expected, atol=1e-5
    )
    east = timezone(timedelta(hours=3, minutes=30))
    zoned = [moment.replace(tzinfo=UTC).astimezone(east).isoformat() for moment in moments]
    np.testing.assert_allclose(seconds(pa.array(zoned)), expected, atol=1e-5)


def test_small_counters_and_negative_times_are_seconds() -> None:
    assert seconds(pa.array([0, 1, 2])) == [0, 1, 2]
    assert seconds(pa.array([-5.5, 1e9])) == [-5.5, 1e9]


@pytest.mark.parametrize("bad", [None, float("nan")])
def test_missing_times_are_refused_with_rows(bad: float | None) -> None:
    assert "rows 2, 4, 5 and 1 more" in fault(pa.array([1.0, bad, 2.0, bad, bad, bad]))


def test_missing_text_and_arrow_times_are_refused() -> None:
    assert "row 2;" in fault(pa.array(["2024-01-01", None]))
    assert "row 1;" in fault(pa.array(["", "2024-01-01"]))
    assert "row 1;" in fault(pa.array([None, MOMENT]))
    assert "rows 1 and 2;" in fault(pa.nulls(2))


def test_infinite_times_are_refused() -> None:
    assert "row 2;" in fault(pa.array([1.0, float("inf")]))
    assert "row 1;" in fault(pa.array(["-inf", "1"]))


def test_times_beyond_year_9999_are_refused() -> None:
    text = fault(pa.array([1.7e9, 1.7e9, 1.7e12]))
    assert "row 3;" in text
    assert "year 9999" in text


def test_seconds_among_milliseconds_are_refused() -> None:
    text = fault(pa.array([1.7e12, 1.7e12, 1.7e9]))
    assert "milliseconds" in text
    assert "row 3;" in text


@pytest.mark.parametrize(
    ("values", "row"),
    [
        (["yesterday", "2024-01-01"], 1),
        (["2024-01-01", "2024-01-02", "yesterday", "1"], 3),
        (["1717158615", "2024-01-01"], 2),
        (["2024-01-01T00:00:00", "2024-01-01T00:00:00Z"], 2),
        (["5"] * 1000 + ["x"] + ["5"] * 1000, 1001),
    ],
)
def test_text_that_is_no_time_is_refused_with_its_row(values: list[str], row: int) -> None:
    text = fault(pa.array(values))
    assert f"in row {row}," in text
    assert repr(values[row - 1]) in text


@pytest.mark.parametrize("values", [pa.array([True]), pa.array([[1]]), pa.array([timedelta(1)])])
def test_other_types_are_refused(values: pa.Array) -> None:
    with pytest.raises(SchemaError, match=r"log\.csv: column 'when' is of type"):
        seconds(values)
