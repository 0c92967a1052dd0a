"""What is said of items: which tokens a column gives, and how they join a log."""

import datetime
import itertools
import math

import numpy as np
import pyarrow as pa
import pytest

from samplew_gbm.data.cleaning import clean
from samplew_gbm.data.describing import describe_items
from samplew_gbm.data.interactions import build_interactions
from samplew_gbm.data.sources import read_items
from samplew_gbm.data.tokens import PARTS, tokens_of
from samplew_gbm.errors import DataError, SchemaError


def shared(values, kind=None):
    """Pairs of rows that have a token in common."""
    found = tokens_of(pa.chunked_array([pa.array(values, kind)]), where="it", name="column")
    assert found.token.max(initial=-1) < found.n_tokens
    rows = [sorted(set(found.row[found.token == token].tolist())) for token in range(found.n_tokens)]
    return {pair for group in rows for pair in itertools.combinations(group, 2)}


def test_text_meets_by_the_whole_and_by_words_without_case():
    assert shared(["Dry Skin", "dry skin ", "skin-care", "hair", None, ""]) == {(0, 1), (0, 2), (1, 2)}


def test_words_of_any_language_count():
    assert shared(["Crème Brûlée", "crème", "краска для волос", "для ногтей"]) == {(0, 1), (2, 3)}


def test_the_same_words_in_another_order_are_not_the_same_whole():
    found = tokens_of(pa.array(["a b", "b a", "a"]), where="it", name="column")
    assert sorted(np.bincount(found.token)) == [1, 1, 2, 3]


def test_whole_numbers_and_truth_values_are_names():
    assert shared([3, 4, 3, None]) == {(0, 2)}
    assert shared([True, False, True]) == {(0, 2)}
    assert shared(list(range(1000))) == set()


def test_quantities_meet_in_parts_of_their_range():
    prices = np.linspace(0.0, 99.9, 200)
    found = tokens_of(pa.array(prices), where="it", name="price")
    assert found.n_tokens == PARTS
    assert np.bincount(found.token).tolist() == [200 // PARTS] * PARTS
    assert (np.diff(found.token) >= 0).all()
    assert shared([1.5, math.nan, 1.5, None]) == {(0, 2)}
    assert shared([None, math.nan], pa.float64()) == set()


def test_dates_are_quantities():
    days = [datetime.date(2024, 1, 1) + datetime.timedelta(day) for day in range(100)]
    found = tokens_of(pa.array(days), where="it", name="since")
    assert np.bincount(found.token).tolist() == [100 // PARTS] * PARTS


def test_elements_of_lists_count_for_themselves():
    assert shared([["red", "soft"], ["soft"], [], None, ["green"]]) == {(0, 1)}
    assert shared([[1, 2], [2], [3]]) == {(0, 1)}
    assert shared(pa.array(["x", "y", "x"]).dictionary_encode()) == {(0, 2)}


@pytest.mark.parametrize("values", [[{"a": 1}], [[0.5, 0.5]], [b"bytes"], [[[1]]]])
def test_other_types_are_refused_by_name(values):
    with pytest.raises(SchemaError, match="it: column 'shape' is of type"):
        tokens_of(pa.array(values), where="it", name="shape")


LOG = pa.table({"user_id": ["u", "u", "v", "w"], "item_id": ["b", "d", "d", "b"]})


def log():
    return build_interactions(LOG)


def vectors(interactions):
    """The content as a dense matrix."""
    table = interactions.content
    dense = np.zeros((interactions.n_items, table.n_tokens))
    for item in range(interactions.n_items):
        own = slice(*table.indptr[item : item + 2])
        assert (np.diff(table.tokens[own]) > 0).all()
        dense[item, table.tokens[own]] = table.weight[own]
    return dense


def test_items_that_the_log_lacks_join_it():
    described = describe_items(log(), pa.table({"item_id": ["a", "d", "c"], "kind": ["x", "x", "y"]}))
    assert described.items.ids.to_pylist() == ["a", "b", "c", "d"]
    assert described.items.decode(described.item_index).to_pylist() == ["b", "d", "d", "b"]
    np.testing.assert_array_equal(vectors(described), [[1], [0], [0], [1]])


def test_rare_values_weigh_more_and_an_item_may_have_several_rows():
    table = pa.table(
        {
            "item_id": ["b", "b", "d", "e", "f", "g"],
            "kind": ["rare", "common", "rare", "common", "common", None],
        }
    )
    found = describe_items(log(), table)
    rare, common = math.log(6 / 3), math.log(6 / 4)
    dense = vectors(found)
    np.testing.assert_allclose(
        sorted(dense[0]), sorted(np.array([rare, common]) / math.hypot(rare, common)), 1e-6
    )
    assert (np.linalg.norm(dense, axis=1) > 0).tolist() == [True, True, True, True, False]


def test_a_value_of_one_item_or_of_all_tells_nothing():
    table = pa.table(
        {"item_id": ["b", "d", "e"], "all": ["x", "x", "x"], "own": ["p", "q", "r"], "two": [1, 1, 2]}
    )
    np.testing.assert_array_equal(vectors(describe_items(log(), table)), [[1], [1], [0]])


def test_the_same_value_of_two_columns_is_two_tokens():
    table = pa.table({"item_id": ["b", "d", "e"], "front": ["x", "y", "y"], "back": ["y", "x", "x"]})
    dense = vectors(describe_items(log(), table))
    assert dense[0] @ dense[1] == 0


def test_taking_rows_and_items_keeps_what_is_said():
    described = describe_items(
        log(), pa.table({"item_id": ["a", "b", "d"], "kind": [1, 2, 2], "tag": [1, 2, 2]})
    )
    assert described.take(np.array([0])).content is described.content
    compact = described.take(np.array([0, 1])).compact()
    assert compact.items.ids.to_pylist() == ["b", "d"]
    np.testing.assert_array_equal(vectors(compact), vectors(described)[1:])
    table = pa.table({"item_id": ["b", "d", "e"], "kind": [1, 1, 2]})
    doubled = describe_items(build_interactions(pa.concat_tables([LOG, LOG])), table)
    assert clean(doubled)[0].content is not None


def test_ids_must_be_of_one_type():
    with pytest.raises(SchemaError, match=r"shop\.csv: item ids are numbers, but text in the log"):
        describe_items(log(), pa.table({"item_id": [1, 2], "kind": ["x", "x"]}), where="shop.csv")


@pytest.mark.parametrize(
    ("table", "fault", "match"),
    [
        (pa.table({"item_id": ["b"]}), SchemaError, "no column beside"),
        (pa.table({"item_id": ["b", "d"], "name": ["x", "y"]}), DataError, "no two items share"),
    ],
)
def test_a_description_of_nothing_is_refused(table, fault, match):
    with pytest.raises(fault, match=match):
        describe_items(log(), table)


def test_items_are_read_from_any_source(tmp_path):
    (tmp_path / "items.csv").write_text("sku,brand,price\nb,North,1.5\nd,North,2\ne,,\nf,South,9\n")
    (tmp_path / "items.jsonl").write_text(
        '{"item_id": "b", "tags": ["x", "y"]}\n{"item_id": "d", "tags": ["x"]}\n{"item_id": "e"}\n'
    )
    from samplew_gbm.columns import ColumnNames

    by_csv = read_items(tmp_path / "items.csv", columns=ColumnNames(item_id="sku"))
    assert by_csv.column_names == ["item_id", "brand", "price"]
    assert describe_items(log(), by_csv).content.n_tokens > 0
    by_jsonl = read_items(tmp_path / "items.jsonl")
    assert describe_items(log(), by_jsonl).content.n_tokens == 1
    by_frame = read_items({"item_id": ["b", "d", "e"], "tags": [["x", "y"], ["x"], None]})
    np.testing.assert_array_equal(
        vectors(describe_items(log(), by_frame)), vectors(describe_items(log(), by_jsonl))
    )
