"""The ranker as LightGBM's text, which ``lightgbm.Booster(model_file=...)`` and its C library read."""

from pathlib import Path

from samplew_gbm.data.writing import atomic_write
from samplew_gbm.export.columns import write_columns
from samplew_gbm.pipeline import Model

FILE = "model.txt"


def write(model: Model, folder: Path) -> None:
    """``model.txt`` and ``columns.json``."""
    write_columns(model, folder)
    with atomic_write(folder / FILE) as file:
        file.write(model.ranker.text.encode())
