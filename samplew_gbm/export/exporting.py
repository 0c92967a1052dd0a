"""A model for another server, as a folder that is whole or not there."""

import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from samplew_gbm.data.folders import whole_folder
from samplew_gbm.errors import SettingsError
from samplew_gbm.pipeline import Model
from samplew_gbm.pipeline.matrix_model import MatrixModel

if TYPE_CHECKING:
    from samplew_gbm.estimator import ImportanceRanker

KINDS = ("mlflow", "onnx", "lightgbm")


def export_model(
    model: "Model | MatrixModel | ImportanceRanker", to: str, folder: str | os.PathLike[str]
) -> list[str]:
    """Write ``model`` for ``to`` into a new or empty folder; the names of the files, sorted.

    - ``mlflow``: what ``mlflow.pyfunc.load_model`` loads: pairs of ``user_id`` and ``item_id``, or of an
      ``ImportanceRanker`` rows of its features, to the scores that ``score`` or ``predict`` gives. The server
      needs this package, training and exporting need no MLflow.
    - ``onnx``: the ranker alone: features to scores. Needs the package ``onnx`` (extra ``onnx``).
    - ``lightgbm``: the ranker alone, as LightGBM's text.

    The last two come with ``columns.json``, the features in their order. ``SettingsError`` for another
    kind, where a package is not there, and for a caller's own ranker that ONNX cannot hold; ``DataError`` for
    splits on categories in ONNX, and where the folder holds something or cannot be written.
    """
    if to not in KINDS:
        raise SettingsError(f"to is {to!r}; give one of {', '.join(KINDS)}")
    write: Callable[[Model | MatrixModel, Path], None] = import_module(f"samplew_gbm.export.{to}").write
    value = model if isinstance(model, Model | MatrixModel) else model.model()
    with whole_folder(Path(folder)) as draft:
        write(value, draft)
        return sorted(path.name for path in draft.iterdir())
