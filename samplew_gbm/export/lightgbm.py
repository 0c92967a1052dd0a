"""The ranker as LightGBM's text, which ``lightgbm.Booster(model_file=...)`` and its C library read."""

from pathlib import Path
from typing import TYPE_CHECKING

from samplew_gbm.data.writing import atomic_write
from samplew_gbm.export.columns import write_columns
from samplew_gbm.export.forest import forest_of
from samplew_gbm.pipeline import Model

if TYPE_CHECKING:
    from samplew_gbm.estimator import ImportanceRanker

FILE = "model.txt"


def write(model: "Model | ImportanceRanker", folder: Path) -> None:
    """``model.txt`` and ``columns.json``."""
    forest = forest_of(model)
    write_columns(forest, folder)
    with atomic_write(folder / FILE) as file:
        file.write(forest.ranker.text.encode())
