"""The same log in every form it can be read from, and what makes two encodings equal."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from samplew_gbm.data.interactions import Interactions
from samplew_gbm.data.writing import write_table

FILE_FORMS = ("a.parquet", "a.csv", "a.csv.gz", "a.tsv", "a.jsonl", "a.jsonl.gz", "a.ndjson")
FRAME_FORMS = ("table", "reader", "batch", "pandas", "polars", "lists", "arrays", "stream")
FORMS = (*FILE_FORMS, *FRAME_FORMS)


class Stream:
    """Nothing but the Arrow stream protocol."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._table.__arrow_c_stream__(requested_schema)


def as_form(table: pa.Table, form: str, folder: Path) -> Any:
    """``table`` as a file in ``folder`` or as an object in memory."""
    if form in FILE_FORMS:
        write_table(table, folder / form)
        return folder / form
    makers = {
        "table": lambda: table,
        "reader": table.to_reader,
        "batch": lambda: table.combine_chunks().to_batches()[0],
        "pandas": table.to_pandas,
        "polars": lambda: pl.DataFrame(table),
        "lists": table.to_pydict,
        "arrays": lambda: {
            name: column.to_numpy() for name, column in zip(table.column_names, table.columns, strict=True)
        },
        "stream": lambda: Stream(table),
    }
    return makers[form]()


def write_lines(path: Path, *lines: str) -> Path:
    """A text file of the given lines."""
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def write_json(path: Path, *rows: object) -> Path:
    """A JSON-lines file of the given objects."""
    return write_lines(path, *(json.dumps(row) for row in rows))


def small_table() -> pa.Table:
    """Four rows, three users, three items, every optional column, an event and a value missing."""
    return pa.table(
        {
            "user_id": ["b", "a", "b", "ü"],
            "item_id": pa.array([2**63 - 1, 5, 5, -7], pa.int64()),
            "timestamp": pa.array([30, 10, 10, 20], pa.int64()),
            "event": ["view", "view", None, "cart"],
            "value": [1.5, 2.0, None, 4.0],
        }
    )


def assert_same(left: Interactions, right: Interactions) -> None:
    """Every field equal, ids and their types too."""
    assert left.users == right.users
    assert left.items == right.items
    assert left.order is right.order
    assert left.repeats == right.repeats
    assert (left.impressions is None) == (right.impressions is None)
    fields = ("user_index", "item_index", "timestamp", "row", "value", "indptr", "query", "position")
    pairs = [(name, getattr(left, name), getattr(right, name)) for name in fields]
    if left.impressions is not None and right.impressions is not None:
        ours, theirs = left.impressions, right.impressions
        pairs += [
            (name, getattr(ours.lists, name), getattr(theirs.lists, name)) for name in ("indptr", "items")
        ]
        pairs += [(name, getattr(ours, name), getattr(theirs, name)) for name in ("position", "taken")]
    for name, one, other in pairs:
        assert (one is None) == (other is None), name
        if one is not None:
            assert one.dtype == other.dtype, name
            np.testing.assert_array_equal(one, other, err_msg=name)
    assert (left.event is None) == (right.event is None)
    assert left.event is None or left.event.equals(right.event)
