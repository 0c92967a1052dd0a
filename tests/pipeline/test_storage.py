"""A model comes back from its file as it was, and one whose parts do not fit each other does not."""

from dataclasses import replace

import numpy as np
import pytest

from samplew_gbm.data.interactions import Order
from samplew_gbm.errors import BundleError
from samplew_gbm.pipeline import load_model, recommend, save_model, train
from samplew_gbm.pipeline.model import Model
from tests.pipeline.tiny_logs import TINY, checkerboard, encoded

ORDERS = pytest.mark.parametrize("order", list(Order), ids=lambda order: order.value)


def trained(order: Order) -> Model:
    return train(encoded(checkerboard(), order, n_users=40, n_items=30), TINY, n_threads=1)


@ORDERS
def test_a_model_that_was_read_recommends_as_the_one_that_was_saved(order, tmp_path):
    model = trained(order)
    save_model(model, tmp_path / "m.swg")
    back = load_model(tmp_path / "m.swg")
    assert recommend(back, k=5).equals(recommend(model, k=5))
    save_model(back, tmp_path / "again.swg")
    assert (tmp_path / "again.swg").read_bytes() == (tmp_path / "m.swg").read_bytes()


@pytest.mark.parametrize(
    ("part", "damage"),
    [
        ("indptr", lambda values: values[:-1]),
        ("indptr", lambda values: values[::-1].copy()),
        ("tokens", lambda values: values - 1),
        ("weight", lambda values: values[:-1]),
        ("weight", lambda values: values.astype(np.float64)),
    ],
)
def test_a_description_that_does_not_fit_the_items_is_refused(part, damage, tmp_path):
    model = trained(Order.NONE)
    content = replace(model.tables.content, **{part: damage(getattr(model.tables.content, part))})
    save_model(replace(model, tables=replace(model.tables, content=content)), tmp_path / "m.swg")
    with pytest.raises(BundleError, match="do not fit together"):
        load_model(tmp_path / "m.swg")


@pytest.mark.parametrize(
    ("part", "damage"),
    [
        ("vectors", lambda values: values[:-1]),
        ("vectors", lambda values: values[:, :0]),
        ("vectors", lambda values: values * np.float32(np.nan)),
        ("vectors", lambda values: values.astype(np.float64)),
        ("root", lambda values: values[:-1]),
        ("root", lambda values: values * 0),
    ],
)
def test_a_graph_filter_that_does_not_fit_the_items_is_refused(part, damage, tmp_path):
    model = trained(Order.NONE)
    spectral = replace(model.tables.spectral, **{part: damage(getattr(model.tables.spectral, part))})
    save_model(replace(model, tables=replace(model.tables, spectral=spectral)), tmp_path / "m.swg")
    with pytest.raises(BundleError, match="do not fit together"):
        load_model(tmp_path / "m.swg")
