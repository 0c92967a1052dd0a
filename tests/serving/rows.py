"""Recommendations as rows: of the server, and of a table that the command line wrote."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq


def rows_of(answers: list[dict[str, Any]]) -> list[tuple[object, ...]]:
    return [
        (user["user_id"], item["item_id"], item["score"], item["rank"])
        for user in answers
        for item in user["items"]
    ]


def table_rows(path: Path) -> list[tuple[object, ...]]:
    table = pq.read_table(path)
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))
