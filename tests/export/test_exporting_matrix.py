"""Exported rankers of matrices, loaded by the real MLflow, ONNX Runtime and LightGBM: the same scores."""

import json
from functools import cache

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest

from samplew_gbm import ImportanceRanker
from samplew_gbm.errors import DataError, SettingsError
from samplew_gbm.export.exporting import export_model
from tests.estimators.matrices import ranker, search

ROWS, TEST = search(), search(seed=1)
COLOURS = np.array(["red", "green", "blue", None], dtype=object)


def table(rows, *, colour: bool) -> pd.DataFrame:
    found = pd.DataFrame(rows.X, columns=["match", "unit price", "a:b", "clicks"])
    found.loc[::7, "clicks"] = np.nan
    if colour:
        found["colour"] = COLOURS[np.arange(len(found)) % 4]
    return found


@cache
def fitted(kind: str = "numbers", objective: str = "lambdarank") -> ImportanceRanker:
    y = ROWS.y > 0 if objective == "binary" else ROWS.y
    if kind == "array":
        return ranker().fit(ROWS.X, y, query_id=ROWS.query_id)
    own = None
    if kind == "own":
        parameters = {"objective": objective, "n_estimators": 9, "verbosity": -1}
        own = lgb.LGBMRanker(**parameters, n_jobs=1)
    X = table(ROWS, colour=kind == "colours")
    return ranker(estimator=own, objective="lambdarank" if own else objective).fit(
        X, y, query_id=ROWS.query_id
    )


@pytest.mark.parametrize(
    ("kind", "objective"), [("numbers", "lambdarank"), ("numbers", "binary"), ("own", "lambdarank")]
)
def test_onnx_gives_the_same_scores_up_to_float32(kind: str, objective: str, tmp_path) -> None:
    pytest.importorskip("onnx", reason="the extra onnx is not installed")
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed (extra dev)")
    found = fitted(kind, objective)
    assert export_model(found, "onnx", tmp_path / "out") == ["columns.json", "model.onnx"]
    session = runtime.InferenceSession(tmp_path / "out" / "model.onnx", providers=["CPUExecutionProvider"])
    X = table(TEST, colour=False)
    (scores,) = session.run(["score"], {"features": X.to_numpy(np.float32)})
    wanted = found.predict(X)
    np.testing.assert_allclose(scores[:, 0], wanted, rtol=0, atol=1e-6 * max(1, np.abs(wanted).max()))
    assert len(np.unique(wanted)) > 20


@pytest.mark.parametrize("kind", ["numbers", "colours", "own", "array"])
def test_the_text_and_the_columns_are_all_that_lightgbm_needs(kind: str, tmp_path) -> None:
    found = fitted(kind)
    export_model(found, "lightgbm", tmp_path / "out")
    booster = lgb.Booster(model_file=tmp_path / "out" / "model.txt")
    columns = json.loads((tmp_path / "out" / "columns.json").read_text())
    X = pd.DataFrame(TEST.X) if kind == "array" else table(TEST, colour=kind == "colours")
    if kind != "array":
        assert columns["features"] == list(X.columns)
    categories = columns.get("categories", {})
    assert categories == ({"colour": ["blue", "green", "red"]} if kind == "colours" else {})
    for name, known in categories.items():
        X[name] = X[name].map({category: place for place, category in enumerate(known)})
    scores = booster.predict(X.to_numpy(np.float64))
    given = TEST.X if kind == "array" else table(TEST, colour=kind == "colours")
    np.testing.assert_array_equal(scores, found.predict(given))


@pytest.mark.parametrize("kind", ["numbers", "colours", "array"])
def test_mlflow_scores_rows(kind: str, tmp_path) -> None:
    pyfunc = pytest.importorskip("mlflow.pyfunc", reason="MLflow is not installed (extra dev)")
    found = fitted(kind)
    export_model(found, "mlflow", tmp_path / "out")
    loaded = pyfunc.load_model(str(tmp_path / "out"))
    if kind == "array":
        np.testing.assert_array_equal(loaded.predict(pd.DataFrame(TEST.X)), found.predict(TEST.X))
        return
    X = table(TEST, colour=kind == "colours")
    more = X.assign(query_id=TEST.query_id)[["query_id", *X.columns[::-1]]]  # any order, and more than that
    np.testing.assert_array_equal(loaded.predict(more), found.predict(X))
    with pytest.raises(DataError, match="lacks the columns 'match' of the model"):
        loaded.predict(X.drop(columns="match"))


def test_what_onnx_cannot_hold_is_refused(tmp_path) -> None:
    pytest.importorskip("onnx", reason="the extra onnx is not installed")
    with pytest.raises(DataError, match="the model splits on categories"):
        export_model(fitted("colours"), "onnx", tmp_path / "out")
    with pytest.raises(SettingsError, match="own ranker is more than a sum of trees"):
        export_model(fitted("own", "binary"), "onnx", tmp_path / "out")
    assert list(tmp_path.iterdir()) == []
