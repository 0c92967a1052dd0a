"""Drift: none where nothing moved, and each planted one found where it was planted."""

from dataclasses import replace
from functools import cache

import numpy as np
import pyarrow as pa
import pytest

from samplew_gbm.data.interactions import Order, build_interactions
from samplew_gbm.data.joining import join_item_vectors, join_user_vectors
from samplew_gbm.data.simulate import simulate_shop
from samplew_gbm.data.vectors import read_vectors
from samplew_gbm.drift import serving
from samplew_gbm.drift.measuring import Drift, measure_drift
from samplew_gbm.drift.rows import REST
from samplew_gbm.drift.shifts import shift_of_counts, shift_of_share, shift_of_values
from samplew_gbm.errors import DataError, SettingsError
from samplew_gbm.pipeline import recommend, train
from tests.pipeline.tiny_logs import DAY, TINY, encoded, log_table, random_log

ORDERS = pytest.mark.parametrize("order", list(Order), ids=lambda order: order.value)


@cache
def shop() -> pa.Table:
    return simulate_shop(150, 60, 6000, random_state=5, drift=0.0).log


def earlier(order: Order = Order.CLOCK):
    return build_interactions(shop().slice(0, 4500), order=order)


def later(order: Order = Order.CLOCK):
    return build_interactions(shop().slice(4500), order=order)


@cache
def model(order: Order = Order.CLOCK):
    return train(earlier(order), TINY, n_threads=1)


def levels(found: Drift) -> dict[str, str]:
    return {shift.name: shift.level for shift in found.shifts if shift.group != "age"}


def shift_named(found: Drift, name: str):
    return next(shift for shift in found.shifts if shift.name == name and shift.group != "age")


@ORDERS
def test_a_log_has_not_drifted_from_itself(order):
    sides = [(earlier(order), earlier(order))]
    if order is not Order.FILE:  # whose rows are never known as repeats: the histories are then twice as long
        sides += [(model(order), earlier(order)), (model(order), model(order))]
    for old, new in sides:
        found = measure_drift(old, new, n_threads=1)
        assert found.level == "stable"
        assert [shift.psi for shift in found.shifts] == [0] * len(found.shifts)
        assert found.unknown_users == found.unknown_items == 0


def test_a_shop_that_goes_on_as_it_was_calls_for_nothing():
    found = measure_drift(earlier(), later(), weights=True, settings=TINY, n_threads=1)
    assert found.level != "act"
    assert {"importance", "sample weight", "items"} <= set(levels(found))


def test_the_clock_alone_makes_a_model_old_but_is_no_drift():
    """The same users come back after half a year and take what they took: only time has passed."""
    log = earlier()
    again = log.take(log.timestamp > log.timestamp.max() - 20 * DAY)
    moved = replace(again, timestamp=again.timestamp + 200 * DAY)
    found = measure_drift(model(), moved, n_threads=1)
    aged = {shift.name for shift in found.shifts if shift.group == "age" and shift.level == "act"}
    assert {"item_idle_days", "popularity_7d"} <= aged
    assert "act" not in {levels(found)[name] for name in ("item_idle_days", "popularity_7d", "items")}


def test_items_that_come_into_fashion_are_named():
    table = later_table()
    items = table["item_id"].to_pylist()
    hit = earlier().items.ids[int(np.argmax(np.bincount(earlier().item_index)))].as_py()
    planted = table.set_column(1, "item_id", [[hit if n % 2 else item for n, item in enumerate(items)]])
    found = measure_drift(earlier(), build_interactions(planted), n_threads=1)
    shift = shift_named(found, "items")
    assert (found.level, shift.level) == ("act", "act")
    assert shift.moved_most.label == f"item {hit}"
    assert shift.moved_most.new > 0.5


def later_table() -> pa.Table:
    return shop().slice(4500)


def test_a_new_catalogue_is_unknown_and_not_found():
    table = later_table()
    renamed = [f"new {item}" for item in table["item_id"].to_pylist()]
    found = measure_drift(model(), build_interactions(table.set_column(1, "item_id", [renamed])), n_threads=1)
    assert found.unknown_items == 1
    for name in ("rows of unknown items", "items", "taken items that are not found"):
        assert levels(found)[name] == "act"
    assert shift_named(found, "items").moved_most.label == REST
    assert levels(found)["rows of unknown users"] == "stable"


def test_recall_is_counted_of_new_rows_and_less_missing_is_no_drift():
    found = shift_named(measure_drift(model(), later(), n_threads=1), "taken items that are not found")
    assert found.n_old == model().report.n_judged_rows
    assert found.n_new == 1000
    missed = next(part for part in found.bins if part.label == "not found")
    assert missed.old == pytest.approx(1 - model().report.candidate_recall, abs=1e-3)


def test_recall_asks_as_the_user_whose_own_vector_tells():
    size = {"n_users": 30, "n_items": 200}
    log, users, one_hot = random_log(**size), np.arange(30), np.eye(200)
    taken = [log.item_index[log.user_index == user] for user in users]
    wished = [int(np.setdiff1d(np.arange(100, 200), taken[user])[user]) for user in users]
    log = join_item_vectors(log, {"wish": read_vectors((np.arange(200), one_hot))})
    log = join_user_vectors(log, {"wish": read_vectors((users, one_hot[wished]), key="user_id")})
    wishing = train(log, TINY, gate=False, n_threads=1)
    new = encoded(log_table(users.tolist(), wished, np.full(30, 300.0)), **size)
    found = shift_named(measure_drift(wishing, new, n_threads=1), "taken items that are not found")
    assert next(part for part in found.bins if part.label == "not found").new == 0


def test_a_robot_changes_activity_and_gaps():
    table = later_table()
    n, begin = 3000, table["timestamp"][0].as_py()
    rng = np.random.default_rng(0)
    robots = pa.table(
        {
            "user_id": [f"robot {n % 150}" for n in range(n)],
            "item_id": rng.choice(table["item_id"].to_pylist(), n),
            "timestamp": begin + np.arange(n) * 2.0,
        }
    )
    found = measure_drift(earlier(), build_interactions(pa.concat_tables([table, robots])), n_threads=1)
    for name in ("log10 seconds between rows", "rows of an active user", "rows of unknown users"):
        assert levels(found)[name] == "act", name


def test_events_and_values_are_compared_where_both_have_them():
    tables = []
    for n, (table, share) in enumerate(((shop().slice(0, 4500), 0.1), (later_table(), 0.5))):
        rng = np.random.default_rng(n)
        bought = rng.random(len(table)) < share
        events = pa.array(np.where(bought, "buy", "view"))
        tables.append(
            table.append_column("event", events).append_column("value", [rng.gamma(2, 3, len(table))])
        )
    found = measure_drift(*map(build_interactions, tables), n_threads=1)
    assert (levels(found)["events"], levels(found)["value"]) == ("act", "stable")
    assert "events" not in levels(measure_drift(build_interactions(tables[0]), later(), n_threads=1))


def test_chance_is_no_drift_however_few_the_rows():
    """Twenty rows against twenty: the index itself is far above both thresholds."""
    rng = np.random.default_rng(1)
    drawn = [
        shift_of_values("g", "x", rng.normal(size=20), rng.normal(size=20), threshold=0.25)
        for _ in range(200)
    ]
    assert np.mean([shift.psi > 0.25 for shift in drawn]) > 0.5
    assert np.mean([shift.level == "stable" for shift in drawn]) > 0.97


@pytest.mark.parametrize(
    ("threshold", "level"), [(0.25, "watch"), (0.12, "act"), (0.05, "act"), (9, "watch")]
)
def test_levels_go_by_the_threshold(threshold, level):
    old, new = np.array([6000, 4000]), np.array([4100, 5900])
    found = shift_of_counts("g", "x", ["a", "b"], old, new, threshold=threshold)
    assert 0.12 < found.psi - found.expected < 0.25
    assert found.level == level


def test_less_of_a_bad_thing_is_no_drift():
    words = ("bad", "good")
    assert shift_of_share("g", "x", words, (500, 1000), (100, 1000), threshold=0.25).psi == 0
    assert shift_of_share("g", "x", words, (100, 1000), (500, 1000), threshold=0.25).level == "act"


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(DataError, match="ordered by"):
        measure_drift(earlier(), later(Order.NONE))
    with pytest.raises(SettingsError, match="threshold is 0"):
        measure_drift(earlier(), later(), threshold=0)


def test_threads_do_not_matter():
    one, two = (measure_drift(model(), later(), n_threads=n) for n in (1, 2))
    assert one == two


def test_what_is_compared_is_what_users_are_served():
    log = random_log()  # whose users have vectors
    model = train(log, TINY, gate=False, n_threads=1)
    asked = serving.Sampling(30, 0, 1)
    served = serving._served(model, log.users.ids, None, 0.0, asked)
    best = recommend(model, users=log.users.ids, k=1, n_threads=1)["score"].to_numpy()
    assert set(best.tolist()) <= set(served.score.tolist())
