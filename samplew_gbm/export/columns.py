"""What a server that has the ranker alone must know: its columns."""

from pathlib import Path

import msgspec

import samplew_gbm
from samplew_gbm.columns import SCORE
from samplew_gbm.data.writing import atomic_write
from samplew_gbm.pipeline import Model

FILE = "columns.json"


class Columns(msgspec.Struct, frozen=True):
    """``features`` are float32, in this order; of two scores the higher is the better, within a user."""

    writer: str
    features: tuple[str, ...]
    output: str
    n_trees: int


def write_columns(model: Model, folder: Path) -> None:
    """Write ``columns.json``."""
    writer = f"samplew_gbm {samplew_gbm.__version__}"
    write_json(Columns(writer, model.feature_names, SCORE, model.ranker.n_trees), folder / FILE)


def write_json(value: object, path: Path) -> None:
    """Write a value as JSON for people, whole or not at all."""
    with atomic_write(path) as file:
        file.write(msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n")
