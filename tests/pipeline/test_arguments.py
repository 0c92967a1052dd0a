"""Arguments of another kind than the public functions take are named, with what to give instead."""

import re
from functools import cache

import pyarrow as pa
import pytest

from samplew_gbm import Settings, build_interactions, evaluate, recommend, score, train, weigh
from samplew_gbm.errors import SchemaError, SettingsError
from samplew_gbm.pipeline.popular import evaluate_popular
from tests.pipeline.tiny_logs import TINY, random_log

LATER = pa.table({"user_id": [1, 2], "item_id": [3, 4], "timestamp": [1e9, 1e9]})
HALF = pa.table({"user_id": [1, 2]})


@cache
def trained():
    return train(random_log(), TINY, gate=False, n_threads=1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: build_interactions("log.parquet"), "table is str; give a pyarrow.Table"),
        (lambda: train("log.parquet"), "interactions is str; give build_interactions(read_log(...))"),
        (lambda: train(HALF), "interactions is Table; give build_interactions(read_log(...))"),
        (lambda: train(random_log(), {"n_trees": 3}), "settings is dict; give a Settings"),
        (lambda: weigh(HALF), "interactions is Table; give build_interactions(read_log(...))"),
        (lambda: score(trained(), "pairs.csv"), "pairs is str; give a pyarrow.Table"),
        (lambda: evaluate(trained(), "later.csv"), "test is str; give a pyarrow.Table"),
        (lambda: evaluate(trained(), LATER, ks=(5, 2**63)), f"each from 1 to {2**63 - 1}"),
        (lambda: recommend(trained(), users=["1"]), "users is list; give a pyarrow.Array of ids"),
        (lambda: recommend(trained(), history="later.csv"), "history is str; give a pyarrow.Table"),
        (lambda: Settings(n_trees="5"), "n_trees is '5'; it must be a whole number"),
        (lambda: Settings(n_trees=5.5), "n_trees is 5.5; it must be a whole number"),
        (lambda: Settings(n_trees=True), "n_trees is True; it must be a whole number"),
        (lambda: Settings(mix="1"), "mix is '1'; it must be a number"),
        (lambda: Settings(behaviour=3), "behaviour is 3; write it as purchase=3"),
    ],
)
def test_an_argument_of_another_kind_is_named(call, message):
    with pytest.raises(SettingsError, match=re.escape(message)):
        call()


def test_a_k_beyond_the_catalogue_asks_for_all_of_it():
    model, most = trained(), 2**63 - 1
    assert recommend(model, k=most, n_threads=1).equals(recommend(model, k=len(model.items), n_threads=1))
    found = evaluate(model, LATER, ks=(most,), n_threads=1).metrics
    assert found[f"NDCG@{most}"] == evaluate(model, LATER, ks=(1000,), n_threads=1).metrics["NDCG@1000"]
    items = evaluate_popular(model, LATER, ks=(most,)).items
    assert items.shape == (2, len(model.items))


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: build_interactions(HALF), "table"),
        (lambda: score(trained(), HALF), "pairs"),
        (lambda: evaluate(trained(), HALF), "test"),
        (lambda: recommend(trained(), history=HALF), "history"),
    ],
)
def test_a_missing_column_is_named(call, name):
    with pytest.raises(SchemaError, match=f"^{name}: no column 'item_id' among the columns 'user_id'"):
        call()
