"""Exported models, loaded by the real MLflow, ONNX Runtime and LightGBM: the same scores."""

import json
from functools import cache

import lightgbm as lgb
import msgspec
import numpy as np
import pyarrow as pa
import pytest

from samplew_gbm.data.interactions import Order
from samplew_gbm.errors import DataError, SettingsError
from samplew_gbm.export.exporting import export_model
from samplew_gbm.pipeline import Model, score, train
from samplew_gbm.ranking.trees import trees_of
from tests.pipeline.tiny_logs import TINY, checkerboard, encoded


@cache
def model(objective: str = "lambdarank") -> Model:
    settings = msgspec.structs.replace(TINY, objective=objective, n_trees=30)
    return train(encoded(checkerboard(), Order.CLOCK, n_users=40, n_items=30), settings, n_threads=1)


def features(n: int = 500) -> np.ndarray:
    """Values around the thresholds, each threshold itself and its neighbours, and some NaN."""
    rng = np.random.default_rng(0)
    values = rng.normal(0, 3, (n, len(model().feature_names))).astype(np.float32)
    trees = trees_of(model().ranker.text)
    for feature, threshold in zip(trees.feature, trees.threshold, strict=True):
        near = np.float32(threshold)
        row = rng.integers(n, size=3)
        values[row, feature] = near, np.nextafter(near, np.float32(9)), np.nextafter(near, np.float32(-9))
    values[rng.random(values.shape) < 0.02] = np.nan
    return values


@pytest.mark.parametrize("objective", ["lambdarank", "binary"])
def test_onnx_gives_the_same_scores_up_to_float32(objective: str, tmp_path) -> None:
    pytest.importorskip("onnx", reason="the extra onnx is not installed")
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed (extra dev)")
    files = export_model(model(objective), "onnx", tmp_path / "out")
    assert files == ["columns.json", "model.onnx"]
    session = runtime.InferenceSession(tmp_path / "out" / "model.onnx", providers=["CPUExecutionProvider"])
    (found,) = session.run(["score"], {"features": features()})
    wanted = model(objective).ranker.scorer(1)(features())
    assert found.dtype == np.float32
    np.testing.assert_allclose(found[:, 0], wanted, rtol=0, atol=1e-6 * max(1, np.abs(wanted).max()))
    assert len(np.unique(wanted)) > 50


def test_the_text_is_lightgbms(tmp_path) -> None:
    assert export_model(model(), "lightgbm", tmp_path / "out") == ["columns.json", "model.txt"]
    booster = lgb.Booster(model_file=tmp_path / "out" / "model.txt")
    np.testing.assert_array_equal(booster.predict(features()), model().ranker.scorer(1)(features()))
    columns = json.loads((tmp_path / "out" / "columns.json").read_text())
    assert columns["features"] == booster.feature_name() == list(model().feature_names)


def test_mlflow_loads_the_folder_and_scores_pairs(tmp_path) -> None:
    pyfunc = pytest.importorskip("mlflow.pyfunc", reason="MLflow is not installed (extra dev)")
    export_model(model(), "mlflow", tmp_path / "out")
    loaded = pyfunc.load_model(str(tmp_path / "out"))
    pairs = pa.table({"user_id": [3, 1, 3, 999], "item_id": [2, 4, 5, 1]})
    wanted = score(model(), pairs)["score"].to_numpy()
    np.testing.assert_array_equal(loaded.predict(pairs.to_pandas()), wanted)
    example = loaded.input_example
    assert list(example.columns) == ["user_id", "item_id"]
    assert np.isfinite(loaded.predict(example)).all()
    with pytest.raises(Exception, match="item_id"):
        loaded.predict(pairs.select(["user_id"]).to_pandas())


def test_the_mlflow_folder_says_what_it_needs(tmp_path) -> None:
    for name in ("a", "b"):
        files = export_model(model(), "mlflow", tmp_path / name)
        assert set(files) >= {"MLmodel", "model.swg", "requirements.txt", "input_example.json"}
        for file in files:
            assert (tmp_path / name / file).read_bytes() == (tmp_path / "a" / file).read_bytes()
    assert "samplew_gbm==" in (tmp_path / "a" / "requirements.txt").read_text()
    described = json.loads((tmp_path / "a" / "MLmodel").read_text())
    assert described["flavors"]["python_function"]["data"] == "model.swg"
    assert '"long"' in described["signature"]["inputs"]


def test_an_unknown_kind_and_a_full_folder_are_refused(tmp_path) -> None:
    with pytest.raises(SettingsError, match="give one of mlflow, onnx, lightgbm"):
        export_model(model(), "pmml", tmp_path / "out")
    (tmp_path / "mine").write_text("1")
    with pytest.raises(DataError, match="not empty"):
        export_model(model(), "lightgbm", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
