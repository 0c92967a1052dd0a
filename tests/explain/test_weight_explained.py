"""The explanation of a weight: its numbers are those of weighing, its judgement can be looked up."""

import msgspec
import numpy as np
import pytest

from samplew_gbm.data.cleaning import clean
from samplew_gbm.data.crossfit import plan_folds
from samplew_gbm.data.interactions import Order, build_interactions
from samplew_gbm.errors import DataError, SettingsError, UnknownIdError
from samplew_gbm.explain.weight import CLOSEST, explain, place_of_row, places_of_pair
from samplew_gbm.pipeline.weighing import weigh
from tests.pipeline.test_factors import ALL, full_table
from tests.pipeline.tiny_logs import TINY, encoded, log_table, random_log

SETTINGS = msgspec.structs.replace(TINY, **ALL)
ORDERS = pytest.mark.parametrize("order", list(Order))


def test_the_numbers_are_those_of_weighing():
    log = encoded(full_table())
    weights = weigh(log, SETTINGS, n_threads=1)
    places = [0, 7, 250, len(log) - 1]
    found = explain(log, places, SETTINGS, n_threads=1)
    assert found.temperature == weights.temperature
    for place, row in zip(places, found.rows, strict=True):
        assert row.row == log.row[place] + 1
        assert row.sample_weight == weights.sample_weight[place]
        assert row.importance == weights.importance[place]
        assert row.factors == {name: factor[place] for name, factor in weights.factors.items()}
        assert row.product == pytest.approx(np.prod(list(row.factors.values())))
        assert row.limited == np.clip(row.product, SETTINGS.weight_low, SETTINGS.weight_high)
        assert row.sample_weight == pytest.approx(row.base * row.limited)
        assert row.item_id == log.item_index[place]
        assert row.event == full_table()["event"][row.row - 1].as_py()
        assert row.own_weight == full_table()["weight"][row.row - 1].as_py()


@ORDERS
def test_a_judgement_names_only_the_history(order):
    log = random_log(order)
    judged = np.concatenate([fold.judge for fold in plan_folds(log, TINY)])
    places = judged[:: max(1, len(judged) // 12)].tolist()
    for place, row in zip(places, explain(log, places, TINY, n_threads=1).rows, strict=True):
        judgement = row.judgement
        assert judgement is not None
        assert 0 <= judgement.n_below < judgement.n_samples
        start, stop = log.indptr[row.user_id], log.indptr[row.user_id + 1]
        past = range(start, stop) if order is Order.NONE else range(start, place)
        allowed = {int(log.item_index[each]) for each in past}
        assert {near.item_id for near in judgement.closest} <= allowed
        assert len(judgement.closest) == min(CLOSEST, len(judgement.closest) or 1)
        cosines = [near.similarity for near in judgement.closest]
        assert cosines == sorted(cosines, reverse=True)
        assert all(abs(cosine) <= 1 + 1e-6 for cosine in cosines)


def test_more_affinity_is_more_attention():
    log = random_log()
    rows = explain(log, range(len(log)), TINY, n_threads=1).rows
    user = max({row.user_id for row in rows if row.judgement}, key=lambda user: log.indptr[user + 1])
    own = [row for row in rows if row.user_id == user and row.judgement]
    by_affinity = sorted(own, key=lambda row: row.judgement.affinity)
    assert [row.importance for row in by_affinity] == sorted(row.importance for row in own)
    assert {row.judgement.n_samples for row in own} == {len(own)}


def test_a_row_that_was_not_judged_weighs_one_and_says_its_past():
    log = random_log()
    first, second = explain(log, [0, 1], TINY, n_threads=1).rows
    for row, n_past in ((first, 0), (second, 1)):
        assert (row.judgement, row.n_past, row.sample_weight) == (None, n_past, 1.0)
        assert row.factors == {"attention": 1.0}


def test_rows_are_found_by_number_and_by_pair():
    table = log_table(["a", "b", "a", "a", "b"], ["x", "y", "x", "y", "x"], [5, 1, 5, 2, 3])
    log, _ = clean(build_interactions(table))
    assert log.row[place_of_row(log, 4, 5)] == 3
    assert [log.row[place] for place in places_of_pair(log, "a", "x")] == [0]
    repeated, _ = clean(build_interactions(table), drop_duplicates=False)
    assert [repeated.row[place] for place in places_of_pair(repeated, "a", "x")] == [0, 2]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (0, "no row 0"),
        (6, "the log has 5 rows and no row 6; give one from 1 to 5"),
        (3, "dropped in cleaning"),
    ],
)
def test_a_row_that_is_not_there_is_said(row, message):
    table = log_table(["a", "b", "a", "a", "b"], ["x", "y", "x", "y", "x"], [5, 1, 5, 2, 3])
    log, _ = clean(build_interactions(table))
    with pytest.raises(DataError) as error:
        place_of_row(log, row, 5)
    assert message in str(error.value)


def test_an_unknown_pair_is_said():
    log = build_interactions(log_table(["a", "b"], ["x", "y"], [1, 2]))
    for pair, kind, message in (
        (("c", "x"), UnknownIdError, "user 'c' does not occur in the log"),
        (("a", "z"), UnknownIdError, "item 'z' does not occur in the log"),
        (("a", "y"), DataError, "no row of user 'a' has item 'y'"),
    ):
        with pytest.raises(kind, match=message):
            places_of_pair(log, *pair)


def test_without_importance_there_is_nothing_to_explain():
    with pytest.raises(SettingsError, match="importance is 'none'"):
        explain(random_log(), [0], msgspec.structs.replace(TINY, importance="none"))
