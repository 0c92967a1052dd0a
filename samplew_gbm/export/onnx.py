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
from samplew_gbm.errors import SettingsError
from samplew_gbm.export.columns import write_columns
from samplew_gbm.pipeline import Model
from samplew_gbm.ranking.trees import Tree, trees_of

FILE = "model.onnx"
FEATURES = "features"
IR_VERSION, OPSET, ML_OPSET = 8, 17, 3  # of 2022: any server of today reads them
_LEAF, _SPLIT = "LEAF", "BRANCH_LEQ"


def write(model: Model, folder: Path) -> None:
    """``model.onnx``, from ``features`` ``float32[n, f]`` to ``score`` ``float32[n, 1]``, and its columns."""
    serialized = _model_proto(model).SerializeToString(deterministic=True)
    write_columns(model, folder)
    with atomic_write(folder / FILE) as file:
        file.write(serialized)


def _model_proto(model: Model) -> Any:
    try:
        import onnx
        from onnx import helper
    except ImportError:
        raise SettingsError("--to onnx needs the package onnx; pip install 'samplew_gbm[onnx]'") from None
    n_features = len(model.feature_names)
    # The sum is the score; only of ``binary`` it is a log-odds (ONNX Runtime's own transform leaves it so).
    is_odds = model.settings.objective == "binary"
    total = "sum" if is_odds else SCORE
    forest = helper.make_node(
        "TreeEnsembleRegressor",
        [FEATURES],
        [total],
        domain="ai.onnx.ml",
        n_targets=1,
        aggregate_function="SUM",
        **_attributes(trees_of(model.ranker)),
    )
    floats = onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        [forest, helper.make_node("Sigmoid", [total], [SCORE])] if is_odds else [forest],
        "samplew_gbm ranker",
        [helper.make_tensor_value_info(FEATURES, floats, [None, n_features])],
        [helper.make_tensor_value_info(SCORE, floats, [None, 1])],
    )
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", ML_OPSET)]
    made = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="samplew_gbm")
    made.producer_version = samplew_gbm.__version__
    helper.set_model_props(made, {"features": ",".join(model.feature_names)})
    onnx.checker.check_model(made)
    return made


def _attributes(trees: list[Tree]) -> dict[str, list[Any]]:
    """The splits and leaves of all trees: the leaves of a tree are numbered behind its splits."""
    parts = [_nodes_of(number, tree) for number, tree in enumerate(trees)]
    return {name: [value for part in parts for value in part[name]] for name in parts[0]}


def _nodes_of(number: int, tree: Tree) -> dict[str, list[Any]]:
    n_splits, n_leaves = len(tree.feature), len(tree.value)
    leaves = np.arange(n_splits, n_splits + n_leaves)
    nothing = np.zeros(n_leaves, np.int64)

    def children(child: NDArray[np.int64]) -> list[int]:
        places = np.where(child >= 0, child, n_splits - 1 - child)
        return [*places.tolist(), *nothing.tolist()]

    return {
        "nodes_treeids": [number] * (n_splits + n_leaves),
        "nodes_nodeids": list(range(n_splits + n_leaves)),
        "nodes_featureids": [*tree.feature.tolist(), *nothing.tolist()],
        "nodes_modes": [_SPLIT] * n_splits + [_LEAF] * n_leaves,
        "nodes_values": [*rounded_down(tree.threshold).tolist(), *nothing.astype(float).tolist()],
        "nodes_truenodeids": children(tree.left),
        "nodes_falsenodeids": children(tree.right),
        "nodes_missing_value_tracks_true": [*tree.nan_left.astype(int).tolist(), *nothing.tolist()],
        "target_treeids": [number] * n_leaves,
        "target_nodeids": leaves.tolist(),
        "target_ids": [0] * n_leaves,
        "target_weights": tree.value.tolist(),
    }


def rounded_down(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """The largest ``float32`` not above each value: the same ``float32`` numbers lie at or below both."""
    near = values.astype(np.float32)
    return np.where(near > values, np.nextafter(near, np.float32(-np.inf)), near)
