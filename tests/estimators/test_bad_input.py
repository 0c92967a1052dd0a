"""What cannot be used is named: the argument, the first rows, and what to do."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from lightgbm import LGBMClassifier, LGBMRanker

from samplew_gbm import AttentionImportance
from samplew_gbm.data.vocabulary import Vocabulary
from samplew_gbm.errors import DataError, ParameterError, SettingsError
from tests.estimators.matrices import ranker, search

ROWS = search(n_queries=24)
N = len(ROWS.y)
BAD_WEIGHT = "sample_weight is NaN, infinite or negative in row 2"


class Vectors:
    """Ready embeddings, as anything with ids and vectors gives them."""

    def __init__(self, ids, vectors):
        self.ids, self.vectors = Vocabulary.from_values(pa.array(ids)), vectors


def changed(values, row, value):
    other = np.array(values, dtype=float)
    other[row] = value
    return other


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"y": ROWS.y[:-1]}, rf"y has {N - 1} entries, but X has {N} rows"),
        ({"y": changed(ROWS.y, 3, np.nan)}, "y is NaN in row 4"),
        ({"y": changed(ROWS.y, 3, 1.5)}, "y is no grade in row 4"),
        ({"y": changed(ROWS.y, [1, 2], -1)}, "y is no grade in rows 2 and 3"),
        ({"y": changed(ROWS.y, 0, 31)}, "y is no grade in row 1; .* from 0 to 30"),
        ({"y": np.ones(N)}, r"y has only one class in every query \(its labels are 1\)"),
        ({"y": ROWS.query_id % 3}, r"y has only one class in every query \(its labels are 0, 1, 2\)"),
        ({"y": None}, "y is None"),
        ({"y": ["good"] * N}, "y holds something that is no number"),
        ({"query_id": ROWS.query_id[1:]}, rf"query_id has {N - 1} entries, but X has {N} rows"),
        ({"query_id": changed(ROWS.query_id, 4, np.nan)}, "column 'query_id' has no id in row 5"),
        ({"query_id": ROWS.query_id + 0.5}, "column 'query_id' holds 0.5 in row 1"),
        ({"query_id": ["a"] * (N - 1) + [None]}, f"column 'query_id' has no id in row {N}"),
        ({"user_id": None}, "user_id is missing, and its sister was given"),
        ({"item_id": None}, "item_id is missing, and its sister was given"),
        ({"item_id": ROWS.item_id[:5]}, "item_id has 5 entries"),
        ({"sample_weight": np.ones(3)}, f"sample_weight has 3 entries, but X has {N} rows"),
        (
            {"sample_weight": changed(np.ones(N), 1, np.nan)},
            "sample_weight is NaN, infinite or negative in row 2",
        ),
        (
            {"sample_weight": changed(np.ones(N), 1, np.inf)},
            "sample_weight is NaN, infinite or negative in row 2",
        ),
        (
            {"sample_weight": changed(np.ones(N), 1, -1)},
            "sample_weight is NaN, infinite or negative in row 2",
        ),
        ({"sample_weight": np.zeros(N)}, "sample_weight is zero in every row"),
        ({"sample_weight": np.ones((N, 2))}, r"sample_weight has shape \(240, 2\)"),
        ({"position": np.arange(N)}, "position is no place from 1 on in row 1; count"),
        ({"position": np.arange(N) + 1.5}, "position is no place from 1 on in rows 1, 2, 3 and 237 more"),
        ({"eval_set": [ROWS.X, ROWS.y]}, "eval_set is no tuple"),
        ({"eval_set": (ROWS.X, ROWS.y[1:])}, "the y of eval_set has 239 entries"),
        ({"eval_set": (ROWS.X[:, 1:], ROWS.y)}, "X has 3 features, but ImportanceRanker is expecting 4"),
        ({"X": changed(ROWS.X, (2, 1), np.inf)}, "X contains infinity"),
    ],
)
def test_of_the_ranker(given, message):
    arguments = {"X": ROWS.X, "y": ROWS.y, **ROWS.ids, **given}
    with pytest.raises(
        DataError if not message.startswith(("X has", "X con")) else ValueError, match=message
    ):
        ranker().fit(**arguments)


@pytest.mark.parametrize("ids", [True, False])
def test_queries_that_are_too_long(ids):
    n = 10_001
    X, y = np.zeros((n, 1)), np.arange(n) % 2
    wanted = r"query_id 'a' has 10,001 rows" if ids else "all 10,001 rows are one query"
    with pytest.raises(DataError, match=rf"{wanted}, and LightGBM takes at most 10,000"):
        ranker().fit(X, y, query_id=["a"] * n if ids else None)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_trees": 0}, "n_trees is 0; give a value from 1"),
        ({"n_trees": "many"}, "n_trees is 'many'; it must be a whole number"),
        ({"temperature": float("nan")}, "temperature is nan"),
        ({"importance": "magic"}, "importance is 'magic'; give one of"),
        ({"label": "truth"}, "label is 'truth'; give one of judgement, click"),
        ({"unknown_category": "skip"}, "unknown_category is 'skip'"),
        ({"position_power": -1}, "position_power is -1; give a number from 0 to 4"),
        ({"k": 0}, "k is 0"),
        ({"n_threads": 0}, "n_threads is 0"),
        ({"estimator": object()}, "estimator is object; give an LGBMRanker"),
        ({"estimator": LGBMRanker}, "estimator is the class LGBMRanker; give an LGBMRanker"),
        ({"estimator": LGBMClassifier()}, "estimator is LGBMClassifier; give an LGBMRanker"),
        ({"importance": "consensus", "gate": False}, "importance 'consensus' needs the signals"),
    ],
)
def test_parameters(changes, message):
    own = ParameterError if not {"n_threads", "gate"} & set(changes) else SettingsError
    with pytest.raises(own, match=message):
        ranker(**changes).fit(ROWS.X, ROWS.y, **ROWS.ids)


@pytest.mark.parametrize(
    ("embeddings", "message"),
    [
        (
            Vectors(range(40), np.zeros((39, 3), np.float32)),
            r"item_vectors are of shape \(39, 3\) for 40 ids",
        ),
        (Vectors(range(40), np.zeros(40, np.float32)), r"item_vectors are of shape \(40,\) for 40 ids"),
        (Vectors(range(40), np.full((40, 2), np.nan)), "NaN or infinite number for id 0"),
        (Vectors(range(100, 140), np.ones((40, 2))), "item_vectors know none of the 39 item_ids"),
    ],
)
def test_ready_embeddings(embeddings, message):
    with pytest.raises(DataError, match=message):
        ranker(item_vectors=embeddings).fit(ROWS.X, ROWS.y, **ROWS.ids)


def test_ready_embeddings_without_ids():
    vectors = Vectors(range(40), np.ones((40, 2)))
    with pytest.raises(DataError, match="user_id is missing, and item_vectors were given"):
        ranker(item_vectors=vectors).fit(ROWS.X, ROWS.y, query_id=ROWS.query_id)


def table(colours):
    return pd.DataFrame({"size": np.arange(len(colours)) % 7.0, "colour": colours})


def test_categories_that_were_not_met():
    colours = np.array(["red", "blue", "green"])[np.arange(N) % 3]
    found = ranker().fit(table(colours), ROWS.y, query_id=ROWS.query_id)
    strange = table(["red", "pink", None, "grey"])
    with pytest.raises(
        DataError, match="X: column 'colour' has a category that fit has not met in rows 2 and 4"
    ):
        found.predict(strange)
    missing = found.set_params(unknown_category="missing").predict(strange)
    assert np.isfinite(missing).all()
    with pytest.raises(DataError, match="X is no table, but the columns 'colour' were read as categories"):
        found.predict(np.zeros((4, 2)))


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (pd.Series(pd.date_range("2020-01-01", periods=N)), "column 'colour' is of type timestamp"),
        (pd.Series([1e300] * N), "column 'colour' is infinite or too large in rows 1, 2, 3"),
        (pd.Series([["a"]] * N), "column 'colour'"),
    ],
)
def test_columns_that_are_no_features(column, message):
    with pytest.raises(DataError, match=message):
        ranker().fit(table(column), ROWS.y, query_id=ROWS.query_id)


def test_a_score_without_a_positive():
    found = ranker().fit(ROWS.X, ROWS.y, query_id=ROWS.query_id)
    with pytest.raises(DataError, match="y has no label above 0, so no query can be judged"):
        found.score(ROWS.X, np.zeros(N), query_id=ROWS.query_id)


@pytest.mark.parametrize(
    ("changes", "X", "y", "message"),
    [
        ({}, np.array([["a", "b"], ["a", "c"]]), [0, 0], "no row has a label above 0"),
        (
            {"user": "who"},
            pd.DataFrame({"user_id": [1, 2], "item_id": [1, 2]}),
            None,
            "X has no column 'who'",
        ),
        ({"item": 7}, np.array([[1, 2], [2, 3]]), None, "X has no column 7 for item_id"),
        ({}, pd.DataFrame({"user_id": [1, None], "item_id": [1, 2]}), None, "'user_id' has no id in row 2"),
        ({}, np.array([[0.5, 2], [2, 3]]), None, "'user_id' holds 0.5 in row 1"),
        ({}, np.array([[1, 2], [2, 3]]), [1, 2, 3], "label has 3 entries, but X has 2 rows"),
    ],
)
def test_of_the_transformer(changes, X, y, message):
    with pytest.raises(DataError, match=message):
        AttentionImportance(n_threads=1, **changes).fit(X, y)
