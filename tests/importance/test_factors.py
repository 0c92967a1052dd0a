"""Each factor beside a naive twin, and what it promises."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samplew_gbm.errors import DataError
from samplew_gbm.importance.factors import propensity
from samplew_gbm.importance.factors import user_value as value_module
from samplew_gbm.importance.factors.behaviour import behaviour
from samplew_gbm.importance.factors.own import own_weight
from samplew_gbm.importance.factors.propensity import (
    examination_power,
    inverse_examination,
    inverse_propensity,
)
from samplew_gbm.importance.factors.recency import DAY, age_in_days, recency
from samplew_gbm.importance.factors.user_value import user_value

FEW = settings(max_examples=60, deadline=None)
SOME_ITEMS = st.lists(st.integers(0, 7), min_size=1, max_size=40).map(np.int32)
DAYS = st.lists(st.floats(0, 3000), min_size=2, max_size=30)
POWER = st.floats(0, 1)


def test_each_row_has_the_factor_of_its_event_and_none_counts_one():
    event = np.int32([0, 2, -1, 1, 0])
    assert behaviour(event, np.array([3.0, 0.5, 2.0])).tolist() == [3, 2, 1, 0.5, 3]
    assert behaviour(np.int32([-1, -1]), np.empty(0)).tolist() == [1, 1]


@FEW
@given(DAYS, st.floats(0.1, 500), st.floats(0.01, 1))
def test_recency_is_its_equation(days, half_life, floor):
    found = recency(np.array(days) * DAY, half_life=half_life, floor=floor)
    latest = max(days)
    wanted = [max(floor, 2.0 ** (-(latest - day) / half_life)) for day in days]
    np.testing.assert_allclose(found, wanted, rtol=1e-6)
    assert found.max() == 1
    assert (found >= floor).all()


def test_a_half_life_halves():
    time = np.array([0, 30, 60, 90]) * DAY
    assert recency(time, half_life=30, floor=0.2).tolist() == [0.2, 0.25, 0.5, 1]
    assert age_in_days(time).tolist() == [90, 60, 30, 0]


@FEW
@given(DAYS, st.floats(0, 100))
def test_later_rows_leave_the_ratio_of_two_rows_above_the_floor(days, later):
    time = np.array(days) * DAY
    options = {"half_life": 200.0, "floor": 1e-6}
    before = recency(time, **options)
    after = recency(np.append(time, (max(days) + later) * DAY), **options)[:-1]
    np.testing.assert_allclose(after / after[0], before / before[0], rtol=1e-6)


@FEW
@given(SOME_ITEMS, POWER)
def test_propensity_is_its_equation(item, power):
    found = inverse_propensity(item, n_items=8, power=power)
    counts = [sum(1 for other in item if other == each) + propensity.SMOOTHING for each in range(8)]
    mean = sum(counts) / 8
    raw = [min(max((counts[each] / mean) ** -power, propensity.LOW), propensity.HIGH) for each in item]
    np.testing.assert_allclose(found, np.array(raw) / (sum(raw) / len(raw)), rtol=1e-12)
    assert found.mean() == pytest.approx(1)
    assert (found > 0).all()


def test_rare_items_weigh_more_and_no_power_weighs_all_alike():
    item = np.int32([0] * 50 + [1] * 5 + [2])
    found = inverse_propensity(item, n_items=3, power=0.5)
    assert found[0] < 1 < found[50] < found[55]
    assert found[50] / found[0] == pytest.approx(math.sqrt(51 / 6))
    assert inverse_propensity(item, n_items=3, power=0.0).tolist() == [1.0] * 56


def test_a_flood_of_one_item_ends_at_the_limit():
    found = inverse_propensity(np.int32([0] * 5000 + list(range(1, 100))), n_items=100, power=1.0)
    assert found.max() / found.min() <= propensity.HIGH / propensity.LOW * (1 + 1e-12)


def test_propensity_looks_at_all_rows_given():
    """What is not promised: a later row of an item changes what its earlier rows weigh."""
    item = np.int32([0, 0, 0, 1])
    before = inverse_propensity(item, n_items=2, power=1.0)
    after = inverse_propensity(np.append(item, np.int32([1] * 9)), n_items=2, power=1.0)
    assert after[0] / after[3] > before[0] / before[3]


@FEW
@given(
    st.lists(st.tuples(st.integers(0, 5), st.floats(0, 100) | st.just(math.nan)), min_size=1, max_size=40),
    st.floats(0, 2),
)
def test_user_value_is_its_equation(rows, power):
    told = [value for _, value in rows if not math.isnan(value)]
    user, value = np.int32([row[0] for row in rows]), np.array([row[1] for row in rows])
    if sum(told) <= 1e-6:
        return
    found = user_value(user, value, n_users=6, power=power)
    overall = sum(told) / len(told)
    for place, own in enumerate(user):
        values = [each for each, who in zip(value, user, strict=True) if who == own and not math.isnan(each)]
        drawn = (sum(values) / overall + value_module.SHRINKAGE) / (len(values) + value_module.SHRINKAGE)
        assert found[place] == pytest.approx(drawn**power, rel=1e-9)
    assert (found > 0).all()


def test_a_user_without_values_counts_one_and_a_few_rows_are_not_trusted():
    user = np.int32([0] * 100 + [1] + [2] * 100 + [3])
    value = np.array([30.0] * 100 + [30.0] + [10.0] * 100 + [math.nan])
    found = user_value(user, value, n_users=4, power=1.0)
    assert found[0] > found[100] > 1 > found[101]
    assert found[-1] == 1
    assert found[0] == pytest.approx(1.5, abs=0.05)


@pytest.mark.parametrize("value", [[0.0, 0.0], [math.nan, math.nan], [math.nan, 0.0]])
def test_values_that_say_nothing_are_refused(value):
    with pytest.raises(DataError, match="value_power needs values above 0"):
        user_value(np.int32([0, 1]), np.array(value), n_users=2, power=1.0)


def test_an_own_weight_has_the_mean_one():
    assert own_weight(np.array([1.0, 3.0, 0.0, 4.0])).tolist() == [0.5, 1.5, 0, 2]
    with pytest.raises(DataError, match="0 in every row"):
        own_weight(np.zeros(3))


@FEW
@given(SOME_ITEMS, st.randoms(use_true_random=False))
def test_factors_go_with_their_rows(item, chance):
    """Permuting the rows permutes every factor."""
    order = np.array(chance.sample(range(len(item)), len(item)))
    time = item.astype(float) * DAY * 3
    for factor in (
        lambda at: inverse_propensity(item[at], n_items=8, power=0.7),
        lambda at: recency(time[at], half_life=5.0, floor=0.1),
        lambda at: user_value(item[at] % 3, 1.0 + item[at], n_users=3, power=1.0),
        lambda at: own_weight(1.0 + item[at]),
    ):
        np.testing.assert_allclose(factor(order), factor(np.arange(len(item)))[order], rtol=1e-12)


def test_no_rows_have_no_factors():
    nothing, none = np.empty(0), np.empty(0, np.int32)
    assert len(behaviour(none, np.ones(2))) == 0
    assert len(recency(nothing, half_life=1.0, floor=0.1)) == 0
    assert len(inverse_propensity(none, n_items=3, power=1.0)) == 0
    assert len(own_weight(nothing)) == 0


@FEW
@given(st.lists(st.integers(0, 40), min_size=1, max_size=30).map(np.int32), st.floats(0, 2))
def test_examination_is_its_equation(position, power):
    found = inverse_examination(position, power=power)
    raised = [min(float(place) ** power, 10) for place in position.tolist() if place]
    wanted = [min(float(place) ** power, 10) / np.mean(raised) if place else 1 for place in position.tolist()]
    np.testing.assert_allclose(found, wanted, rtol=1e-12)


def shown_by(rng, power, n_items=30, n=60_000, sorted_by_worth=True):
    """Items in places that their worth decides in part, and clicks by worth times examination."""
    worth = rng.uniform(0.02, 0.5, n_items)
    item = rng.integers(n_items, size=n).astype(np.int32)
    better = np.clip(np.round(12 * (1 - worth[item] / 0.5)) if sorted_by_worth else 0, 0, 12)
    position = (1 + better + rng.integers(0, 8, n)).astype(np.int32)
    return item, position, rng.random(n) < worth[item] * position**-power


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0])
def test_the_power_of_examination_is_found_though_good_items_stand_on_top(power):
    item, position, taken = shown_by(np.random.default_rng(3), power)
    assert examination_power(item, position, taken) == pytest.approx(power, abs=0.12)


def test_the_power_is_where_the_likelihood_is_highest():
    item, position, taken = shown_by(np.random.default_rng(1), 0.7, n=4000)

    def likelihood(power):
        total = -power * np.log(position[taken]).sum()
        for one in range(30):
            own = item == one
            total -= taken[own].sum() * np.log((position[own] ** -power).sum())
        return total

    found = examination_power(item, position, taken)
    assert likelihood(found) >= max(likelihood(found - 0.01), likelihood(found + 0.01))


def test_nothing_taken_or_nothing_moved_has_no_power():
    place = np.int32([1, 2, 3])
    assert examination_power(np.int32([0, 0, 0]), place, np.zeros(3, bool)) == 0
    assert examination_power(np.int32([0, 1, 2]), place, np.array([True, False, False])) == 0
    assert examination_power(np.int32([]), np.int32([]), np.zeros(0, bool)) == 0
