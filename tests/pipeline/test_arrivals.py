"""Items that arrive after training: their tables are those of items described in training and never taken."""

from dataclasses import replace
from functools import cache

import numpy as np
import pyarrow as pa
import pytest

from samplew_gbm.data.describing import describe_items
from samplew_gbm.data.interactions import Order, build_interactions
from samplew_gbm.data.joining import join_item_vectors
from samplew_gbm.data.vectors import VectorTable, read_vectors
from samplew_gbm.errors import DataError, SchemaError
from samplew_gbm.pipeline import load_model, recommend, save_model, score, train, with_arrivals
from samplew_gbm.pipeline.integrity import TABLES, check_model
from tests.pipeline.tiny_logs import TINY, checkerboard

ORDERS = pytest.mark.parametrize("order", list(Order), ids=lambda order: order.value)
N, NEW = 30, (15, 37, 80, 82)  # items have even ids: some arrive between the old ones


def ids_of(n_new):
    """The ids of the board and the first new ones."""
    return [2 * item for item in range(N)] + list(NEW[:n_new])


def taste(item):
    """Which of the two tastes an item suits."""
    return item // 2 % 2


def table_of(ids):
    """What is said of items: their taste in words, tags and a price."""
    tastes = [("even", "odd")[taste(item)] for item in ids]
    prices = [10.0 * taste(item) + item / 100 for item in ids]
    return pa.table({"item_id": ids, "kind": tastes, "tag": [item % 3 for item in ids], "price": prices})


def vectors_of(ids, width=5) -> VectorTable:
    """A direction by taste, and a little noise that is the item's own."""
    rows = [np.random.default_rng(item).normal(size=width) * 0.3 for item in ids]
    for row, item in zip(rows, ids, strict=True):
        row[0] += 1 - 2 * taste(item)
    return read_vectors((np.array(ids), np.array(rows)))


def describing(n_new, *, table=True, vectors=True):
    """What ``train`` and ``with_arrivals`` are told of the items."""

    def describe(log):
        ids = ids_of(n_new)
        if table:
            log = describe_items(log, table_of(ids))
        return join_item_vectors(log, {"text": vectors_of(ids)}) if vectors else log

    return describe


def log_of(order):
    return build_interactions(checkerboard(n_items=N, name=lambda index: 2 * index), order=order)


@cache
def trained(order=Order.CLOCK, n_new=0):
    return train(describing(n_new)(log_of(order)), TINY, gate=False, n_threads=1)


@ORDERS
def test_the_tables_are_those_of_a_training_that_knew_the_items(order):
    found, expected = with_arrivals(trained(order), describing(4)), trained(order, n_new=4)
    check_model(found)
    assert found.items.ids.equals(expected.items.ids)
    assert found.feature_names == expected.feature_names
    for name in ("first_order", "second_order", "transitions", "sessions"):
        ours, theirs = getattr(found.tables, name), getattr(expected.tables, name)
        assert (ours is None) == (theirs is None)
        if ours is not None:
            for part in ("indptr", "indices", "data"):
                np.testing.assert_array_equal(getattr(ours, part), getattr(theirs, part))
    np.testing.assert_array_equal(found.tables.counts, expected.tables.counts)
    np.testing.assert_array_equal(found.histories.items, expected.histories.items)
    for part in ("indptr", "tokens", "weight"):
        ours, theirs = (getattr(model.tables.content, part) for model in (found, expected))
        np.testing.assert_array_equal(ours, theirs)
    ours, theirs = found.tables.side, expected.tables.side
    np.testing.assert_array_equal(ours.item_numbers.values, theirs.item_numbers.values)
    np.testing.assert_array_equal(ours.item_numbers.place, theirs.item_numbers.place)
    np.testing.assert_array_equal(ours.item_vectors[0].unit, theirs.item_vectors[0].unit)
    if order is Order.CLOCK:
        for part in ("indptr", "time"):
            ours, theirs = (getattr(model.tables.events, part) for model in (found, expected))
            np.testing.assert_array_equal(ours, theirs)


@ORDERS
def test_what_was_learned_of_old_items_stays_theirs(order):
    model = trained(order)
    found = with_arrivals(model, describing(4))
    place = found.items.encode(model.items.ids)
    np.testing.assert_array_equal(found.tables.embeddings.items[place], model.tables.embeddings.items)
    assert not np.delete(found.tables.embeddings.items, place, axis=0).any()
    for name in TABLES:
        old, new = getattr(model.tables, name), getattr(found.tables, name)
        if old is not None:
            rows = np.repeat(np.arange(old.n_items), np.diff(old.indptr))
            moved = np.repeat(np.arange(new.n_items), np.diff(new.indptr))
            np.testing.assert_array_equal(moved, place[rows])
            np.testing.assert_array_equal(new.indices, place[old.indices])


@ORDERS
def test_without_new_items_nothing_changes(order):
    model = trained(order)
    same = with_arrivals(model, describing(0))
    assert recommend(same, k=5, n_threads=1).equals(recommend(model, k=5, n_threads=1))


def test_a_new_item_is_scored_by_its_taste_as_if_training_had_known_it():
    model, new = trained(n_new=2), list(NEW[2:])
    pairs = pa.table({"user_id": [2 * user for user in range(40) for _ in new], "item_id": new * 40})
    unknown = score(model, pairs, n_threads=1)["score"].to_numpy()
    assert len(set(unknown.tolist())) == 1
    liked = np.array([[taste(item) == user % 2 for item in new] for user in range(40)])
    for served in (with_arrivals(model, describing(4)), trained(n_new=4)):
        scores = score(served, pairs, n_threads=1)["score"].to_numpy().reshape(40, len(new))
        assert scores[liked].min() > scores[~liked].max()
        top = recommend(served, k=10, n_threads=1)
        assert set(new) <= set(top["item_id"].to_pylist())


def test_a_history_holds_what_arrived():
    history = pa.table({"user_id": [99, 99], "item_id": [80, 15], "timestamp": [1e9, 1e9 + 1]})
    users, model = pa.array([99]), trained()
    before = recommend(model, users=users, history=history, k=5, n_threads=1)
    after = recommend(with_arrivals(model, describing(4)), users=users, history=history, k=5, n_threads=1)
    assert max(before["score"].to_pylist()) < -900  # a stranger: popularity alone
    assert min(after["score"].to_pylist()) > -900
    assert not {15, 80} & set(after["item_id"].to_pylist())


def test_it_can_be_told_in_part_and_kept(tmp_path):
    model = trained()
    found = with_arrivals(model, describing(4, table=False))
    new = found.items.encode(pa.array(NEW))
    assert not np.diff(found.tables.content.indptr)[new].any()
    assert np.isnan(found.tables.side.item_numbers.values[new]).all()
    assert found.tables.side.item_vectors[0].unit[new].any(axis=1).all()
    found = with_arrivals(model, describing(4, vectors=False))
    assert not found.tables.side.item_vectors[0].unit[new].any()
    save_model(found, tmp_path / "m.swg")
    again = load_model(tmp_path / "m.swg")
    assert recommend(again, n_threads=1).equals(recommend(found, n_threads=1))


def fewer(log):
    return describe_items(log, table_of(ids_of(4)[1:]))


def only_new(log):
    return describe_items(log, table_of(list(NEW)))


def without_price(log):
    return describe_items(log, table_of(ids_of(4)).drop_columns(["price"]))


def other_name(log):
    return join_item_vectors(log, {"clip": vectors_of(ids_of(4))})


def wider(log):
    return join_item_vectors(log, {"text": vectors_of(ids_of(4), width=6)})


@pytest.mark.parametrize(
    ("describe", "message"),
    [
        (fewer, "the table of items: no longer describes 1 of the model's items, such as 0;"),
        (only_new, "no longer describes 30 of the model's items"),
        (without_price, "no numbers 'price', which the model was trained with"),
        (other_name, "vectors 'clip', but the model was trained with those called: text"),
        (wider, "of width 6, but those that the model was trained with of 5"),
    ],
)
def test_what_does_not_fit_the_training_is_refused(describe, message):
    with pytest.raises(DataError, match=message):
        with_arrivals(trained(), describe)


def test_a_model_that_knows_nothing_of_its_items_takes_no_new_ones():
    bare = trained()
    bare = replace(bare, tables=replace(bare.tables, content=None, side=None))
    with pytest.raises(DataError, match="the model was trained without a table of them; leave it out"):
        with_arrivals(bare, describing(4, vectors=False))
    with pytest.raises(DataError, match="was trained with those called: none"):
        with_arrivals(bare, describing(4, table=False))
    with pytest.raises(SchemaError, match="item ids are text, but numbers in the log"):
        with_arrivals(trained(), lambda log: describe_items(log, pa.table({"item_id": ["a"], "kind": ["x"]})))
