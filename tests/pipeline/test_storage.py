"""A model comes back from its file as it was, and one whose parts do not fit each other does not."""

from dataclasses import replace
from functools import cache

import msgspec
import numpy as np
import pytest

from samplew_gbm.data.interactions import Order
from samplew_gbm.errors import BundleError
from samplew_gbm.pipeline import load_model, recommend, save_model, train
from samplew_gbm.pipeline.model import Model
from tests.pipeline.tiny_logs import TINY, checkerboard, encoded

ORDERS = pytest.mark.parametrize("order", list(Order), ids=lambda order: order.value)


@cache
def trained(order: Order, denoise: float = 0.0) -> Model:
    log = encoded(checkerboard(), order, n_users=40, n_items=30)
    return train(log, msgspec.structs.replace(TINY, denoise=denoise), gate=False, n_threads=1)


@ORDERS
def test_a_model_that_was_read_recommends_as_the_one_that_was_saved(order, tmp_path):
    model = trained(order)
    save_model(model, tmp_path / "m.swg")
    back = load_model(tmp_path / "m.swg")
    assert recommend(back, k=5).equals(recommend(model, k=5))
    save_model(back, tmp_path / "again.swg")
    assert (tmp_path / "again.swg").read_bytes() == (tmp_path / "m.swg").read_bytes()


@pytest.mark.parametrize(
    ("table", "part", "damage"),
    [
        ("content", "indptr", lambda values: values[:-1]),
        ("content", "indptr", lambda values: values[::-1].copy()),
        ("content", "tokens", lambda values: values - 1),
        ("content", "weight", lambda values: values[:-1]),
        ("content", "weight", lambda values: values.astype(np.float64)),
        ("spectral", "vectors", lambda values: values[:-1]),
        ("spectral", "vectors", lambda values: values[:, :0]),
        ("spectral", "vectors", lambda values: values * np.float32(np.nan)),
        ("spectral", "vectors", lambda values: values.astype(np.float64)),
        ("spectral", "root", lambda values: values[:-1]),
        ("spectral", "root", lambda values: values * 0),
        ("taste", "topics", lambda values: values[:, :-1]),
        ("taste", "topics", lambda values: values[:0]),
        ("taste", "topics", lambda values: values[0]),
        ("taste", "topics", lambda values: values * np.float32(np.nan)),
        ("taste", "noise", lambda values: values[:-1]),
        ("taste", "noise", lambda values: values - 1),
        ("taste", "least", lambda values: values.astype(np.float64)),
        ("histories", "items", lambda values: values + 30),
        ("histories", "indptr", lambda values: values[::-1].copy()),
        ("histories", "indptr", lambda values: values[:0]),
    ],
)
def test_a_table_that_does_not_fit_the_items_is_refused(table, part, damage, tmp_path):
    model = trained(Order.CLOCK, denoise=0.3)
    whole = getattr(model.tables, table)
    damaged = replace(whole, **{part: damage(getattr(whole, part))})
    save_model(replace(model, tables=replace(model.tables, **{table: damaged})), tmp_path / "m.swg")
    with pytest.raises(BundleError, match="do not fit together"):
        load_model(tmp_path / "m.swg")
