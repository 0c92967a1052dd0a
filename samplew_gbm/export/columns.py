"""What a server that has the ranker alone must know: its columns."""

from pathlib import Path

import msgspec

import samplew_gbm
from samplew_gbm.columns import SCORE
from samplew_gbm.data.writing import atomic_write
from samplew_gbm.export.served import Served

FILE = "columns.json"


class Columns(msgspec.Struct, frozen=True, omit_defaults=True):
    """``features`` are float32, in this order; of two scores of a user or query the higher is better.

    A feature in ``categories`` has the place of its category there, from 0 on, and NaN for any other.
    """

    writer: str
    features: tuple[str, ...]
    output: str
    n_trees: int
    categories: dict[str, list[str | int]] = {}


def write_columns(served: Served, folder: Path) -> None:
    """Write ``columns.json``."""
    writer = f"samplew_gbm {samplew_gbm.__version__}"
    columns = Columns(writer, served.names, SCORE, served.ranker.n_trees, served.categories)
    write_json(columns, folder / FILE)


def write_json(value: object, path: Path) -> None:
    """Write a value as JSON for people, whole or not at all."""
    with atomic_write(path) as file:
        file.write(msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n")
