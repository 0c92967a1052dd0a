"""The ranker as LightGBM's text, which ``lightgbm.Booster(model_file=...)`` and its C library read."""

from pathlib import Path

from samplew_gbm.data.writing import atomic_write
from samplew_gbm.export.columns import write_columns
from samplew_gbm.export.served import served_of
from samplew_gbm.pipeline import Model
from samplew_gbm.pipeline.matrix_model import MatrixModel

FILE = "model.txt"


def write(model: Model | MatrixModel, folder: Path) -> None:
    """``model.txt`` and ``columns.json``."""
    served = served_of(model)
    write_columns(served, folder)
    with atomic_write(folder / FILE) as file:
        file.write(served.ranker.text.encode())
