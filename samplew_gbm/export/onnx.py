"""The ranker as ONNX: one ``TreeEnsembleRegressor`` of ``ai.onnx.ml``.

Features are float32 as in training, so every row falls into the leaf that LightGBM puts it in: a threshold is
rounded *down* to float32, and ``x <= t`` holds for the same float32 ``x`` as before. What is not the same is
the sum: leaves are added up as float32, which costs about ``1e-7`` of the largest partial sum a tree.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import samplew_gbm
from samplew_gbm.columns import SCORE
from samplew_gbm.data.writing import atomic_write
from samplew_gbm.errors import DataError, SettingsError
from samplew_gbm.export.columns import write_columns
from samplew_gbm.export.served import Served, refuse_unless_sum, served_of
from samplew_gbm.native.forest import NAN_LEFT, NAN_RIGHT
from samplew_gbm.pipeline import Model
from samplew_gbm.pipeline.matrix_model import MatrixModel
from samplew_gbm.ranking.trees import Trees, rounded_down, trees_of

FILE = "model.onnx"
FEATURES = "features"
IR_VERSION, OPSET, ML_OPSET = 8, 17, 3  # of 2022: any server of today reads them
ZERO = np.float32(1e-35)  # LightGBM takes numbers no larger than this for 0
_LEAF, _SPLIT = "LEAF", "BRANCH_LEQ"


def write(model: Model | MatrixModel, folder: Path) -> None:
    """``model.onnx``, from ``features`` ``float32[n, f]`` to ``score`` ``float32[n, 1]``, and its columns."""
    served = served_of(model)
    refuse_unless_sum(served)
    serialized = _model_proto(served).SerializeToString(deterministic=True)
    write_columns(served, folder)
    with atomic_write(folder / FILE) as file:
        file.write(serialized)


def _model_proto(served: Served) -> Any:
    try:
        import onnx
        from onnx import helper
    except ImportError:
        raise SettingsError("--to onnx needs the package onnx; pip install 'samplew_gbm[onnx]'") from None
    n_features = len(served.names)
    # The sum is the score; only of ``binary`` it is a log-odds (ONNX Runtime's own transform leaves it so).
    total = "sum" if served.is_odds else SCORE
    trees = helper.make_node(
        "TreeEnsembleRegressor",
        [FEATURES],
        [total],
        domain="ai.onnx.ml",
        n_targets=1,
        aggregate_function="SUM",
        **_attributes(trees_of(served.ranker.text)),
    )
    floats = onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        [trees, helper.make_node("Sigmoid", [total], [SCORE])] if served.is_odds else [trees],
        "samplew_gbm ranker",
        [helper.make_tensor_value_info(FEATURES, floats, [None, n_features])],
        [helper.make_tensor_value_info(SCORE, floats, [None, 1])],
    )
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", ML_OPSET)]
    made = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="samplew_gbm")
    made.producer_version = samplew_gbm.__version__
    helper.set_model_props(made, {"features": ",".join(served.names)})
    onnx.checker.check_model(made)
    return made


def _attributes(trees: Trees) -> dict[str, list[Any]]:
    """The splits and leaves of all trees: the leaves of a tree are numbered behind its splits."""
    if not np.isin(trees.rule, (NAN_LEFT, NAN_RIGHT)).all():
        raise DataError("the model splits on categories or takes zeros for missing; ONNX has no such split")
    parts = [_nodes_of(number, trees) for number in range(len(trees.indptr) - 1)]
    return {name: [value for part in parts for value in part[name]] for name in parts[0]}


def _nodes_of(number: int, trees: Trees) -> dict[str, list[Any]]:
    first, last = trees.indptr[number : number + 2].tolist()
    own, n_splits = slice(first, last), last - first
    n_leaves = n_splits + 1
    leaves = np.arange(n_splits, n_splits + n_leaves)
    nothing = np.zeros(n_leaves, np.int64)

    def children(child: NDArray[np.int32]) -> list[int]:
        places = np.where(child >= 0, child, n_splits - 1 - child)
        return [*places.tolist(), *nothing.tolist()]

    return {
        "nodes_treeids": [number] * (n_splits + n_leaves),
        "nodes_nodeids": list(range(n_splits + n_leaves)),
        "nodes_featureids": [*trees.feature[own].tolist(), *nothing.tolist()],
        "nodes_modes": [_SPLIT] * n_splits + [_LEAF] * n_leaves,
        "nodes_values": [*_thresholds(trees.threshold[own]).tolist(), *nothing.astype(float).tolist()],
        "nodes_truenodeids": children(trees.left[own]),
        "nodes_falsenodeids": children(trees.right[own]),
        "nodes_missing_value_tracks_true": [
            *(trees.rule[own] == NAN_LEFT).astype(int).tolist(),
            *nothing.tolist(),
        ],
        "target_treeids": [number] * n_leaves,
        "target_nodeids": leaves.tolist(),
        "target_ids": [0] * n_leaves,
        "target_weights": trees.value[first + number : last + number + 1].tolist(),
    }


def _thresholds(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """Rounded down; the one that 0 lies just above also lets by what LightGBM takes for 0."""
    near = rounded_down(values)
    return np.where(near == -ZERO, np.nextafter(-ZERO, np.float32(-np.inf)), near)
