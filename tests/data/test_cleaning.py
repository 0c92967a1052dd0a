"""Cleaning drops what it says, keeps source rows, and reports both."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samplew_gbm.data.cleaning import clean, core_rows, duplicate_rows
from samplew_gbm.data.interactions import Interactions, Order, build_interactions
from samplew_gbm.data.sources import read_log
from samplew_gbm.errors import DataError, SettingsError
from tests.data.logs import assert_same

EVENTS = st.sampled_from(["view", "cart", None])
ROWS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 2), EVENTS), min_size=2, max_size=40
)
ROWS = ROWS.filter(lambda rows: len({row[0] for row in rows}) > 1 and len({row[1] for row in rows}) > 1)


def log_of(rows: list[tuple[int, int, int, str | None]], order: Order = Order.CLOCK) -> Interactions:
    users, items, times, events = zip(*rows, strict=True)
    table = read_log({"user_id": users, "item_id": items, "timestamp": times, "event": [*events, "x"][:-1]})
    return build_interactions(table, order=order)


def dropped(log: Interactions) -> set[int]:
    return set(log.row[duplicate_rows(log)].tolist())


@settings(max_examples=80, deadline=None)
@given(ROWS)
def test_duplicates_are_all_but_the_first_of_equal_rows(rows: list[tuple[int, int, int, str | None]]) -> None:
    first = {row: at for at, row in reversed(list(enumerate(rows)))}
    assert dropped(log_of(rows)) == set(range(len(rows))) - set(first.values())


@settings(max_examples=40, deadline=None)
@given(ROWS)
def test_a_set_has_no_times_to_tell_rows_apart(rows: list[tuple[int, int, int, str | None]]) -> None:
    first = {(user, item, event): at for at, (user, item, _, event) in reversed(list(enumerate(rows)))}
    assert dropped(log_of(rows, Order.NONE)) == set(range(len(rows))) - set(first.values())
    assert dropped(log_of(rows, Order.FILE)) == set()


@settings(max_examples=60, deadline=None)
@given(ROWS, st.integers(1, 4), st.integers(1, 4))
def test_core_is_what_naive_peeling_leaves(
    rows: list[tuple[int, int, int, str | None]], min_user: int, min_item: int
) -> None:
    log = log_of(rows)
    left = list(range(len(rows)))
    while True:
        users, items = Counter(rows[at][0] for at in left), Counter(rows[at][1] for at in left)
        enough = [at for at in left if users[rows[at][0]] >= min_user and items[rows[at][1]] >= min_item]
        if enough == left:
            break
        left = enough
    assert sorted(log.row[core_rows(log, min_user=min_user, min_item=min_item)].tolist()) == left


def test_a_clean_log_is_returned_as_it_is() -> None:
    log = log_of([(0, 0, 0, None), (1, 1, 1, None)])
    cleaned, report = clean(log)
    assert_same(cleaned, log)
    assert report.describe() == "kept 2 of 2 rows; nothing was dropped"


def test_every_rule_is_reported_and_source_rows_survive() -> None:
    people = [(0, 0, 1, None), (0, 1, 2, None), (1, 0, 1, None), (1, 1, 2, None)]
    bot = [(2, item % 2, 10 + item, None) for item in range(9)]
    rare = [(3, 5, 1, None)]
    log = log_of([*people, people[1], *bot, *rare])
    cleaned, report = clean(log, max_user_events=5, min_user=2, min_item=2)
    assert sorted(cleaned.row.tolist()) == [0, 1, 2, 3]
    assert cleaned.users.ids.to_pylist() == [0, 1]
    assert (report.n_rows, report.n_kept) == (15, 4)
    assert (report.n_duplicates, report.n_bot_rows, report.n_core_rows) == (1, 9, 1)
    assert (report.n_bot_users, report.n_core_users, report.n_core_items) == (1, 1, 1)
    assert report.describe().splitlines() == [
        "kept 4 of 15 rows",
        "dropped 1 exact duplicate",
        "dropped 9 rows of 1 user with more than 5 rows",
        "dropped 1 row of 1 user with fewer than 2 rows or 1 item with fewer than 2 rows",
    ]


def test_report_names_only_the_rule_that_dropped_something() -> None:
    log = log_of([(user, item, user, None) for user in range(3) for item in (0, 1)] + [(0, 7, 9, None)])
    report = clean(log, min_item=2)[1]
    assert report.describe().splitlines()[1:] == ["dropped 1 row of 1 item with fewer than 2 rows"]


def test_duplicates_may_be_kept() -> None:
    log = log_of([(0, 0, 0, None), (0, 0, 0, None), (1, 1, 0, None)])
    assert len(clean(log, drop_duplicates=False)[0]) == 3
    assert clean(log)[0].row.tolist() == [0, 2]


def test_cleaning_that_leaves_nothing_to_learn_says_why() -> None:
    log = log_of([(0, 0, 0, None), (1, 1, 1, None)])
    with pytest.raises(DataError, match=r"cleaning leaves 0 users and 0 items.*fewer than 3 rows") as caught:
        clean(log, min_user=3)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("options", [{"min_user": 0}, {"min_item": -1}, {"max_user_events": 0}])
def test_impossible_options_are_refused(options: dict[str, int]) -> None:
    with pytest.raises(SettingsError, match=next(iter(options))):
        clean(log_of([(0, 0, 0, None), (1, 1, 1, None)]), **options)


def test_many_rows_agree_with_a_plain_count() -> None:
    rng = np.random.default_rng(0)
    draws = rng.integers(0, [30, 20, 50], size=(5000, 3))
    table = read_log({"user_id": draws[:, 0], "item_id": draws[:, 1], "timestamp": draws[:, 2]})
    _, report = clean(build_interactions(table))
    assert report.n_kept == len(np.unique(draws, axis=0))
