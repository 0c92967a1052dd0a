"""Held-out lists: what is learned from and known lies before them, and what their ranks are worth."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bench import impressions, lists
from bench.measure import find_samplew
from samplew_gbm.data.simulate import simulate_shop
from samplew_gbm.data.simulated_events import impression_log


def shown(n_lists: int = 20, size: int = 4) -> pa.Table:
    """Lists of ``size`` items a second apart, of four users in turn; the prices of list ``i`` are ``i``."""
    query = np.repeat(np.arange(n_lists), size)
    place = np.tile(np.arange(size), n_lists)
    return pa.table(
        {
            "query_id": query,
            "user_id": [f"u{each % 4}" for each in query],
            "item_id": [f"i{(each + at) % 7}" for each, at in zip(query, place, strict=True)],
            "timestamp": query.astype(float),
            "position": place + 1,
            "label": (place == query % size).astype(int),
            "price": query.astype(float),
        }
    )


def test_held_out_lists_come_after_all_that_is_learned_from() -> None:
    train, held = lists.divide(shown())
    assert train["timestamp"].to_numpy().max() < held.rows["timestamp"].to_numpy().min()
    assert len(held.start) - 1 == 4
    assert np.diff(held.start).tolist() == [4] * 4
    assert held.rows["label"].to_numpy()[held.clicked].tolist() == [1] * 4


def test_a_list_without_a_click_or_without_a_choice_is_not_held_out() -> None:
    log = shown()
    label = log["label"].to_numpy().copy()
    label[-4:] = 0
    log = log.set_column(log.column_names.index("label"), "label", pa.array(label))
    short = log.filter(pa.array((np.arange(80) != 75) & (np.arange(80) // 4 != 17) | (np.arange(80) == 69)))
    held = lists.divide(short)[1]
    assert set(held.rows["query_id"].to_pylist()) == {16, 18}


def test_a_list_is_ranked_by_what_its_user_took_before_it() -> None:
    log = shown()
    held = lists.divide(log)[1]
    past = lists.histories(log, held)
    asked = [f"list {query}" for query in held.rows["query_id"].take(pa.array(held.start[:-1])).to_pylist()]
    assert set(past["user_id"].to_pylist()) == set(asked)
    for name, time in zip(past["user_id"].to_pylist(), past["timestamp"].to_pylist(), strict=True):
        query = int(name.split()[1])
        assert time < query
        assert time % 4 == query % 4  # of this user


def test_prices_are_those_shown_before_the_held_out_lists(tmp_path: Path) -> None:
    case = impressions.make_case(shown(), tmp_path, "samplew")
    before = pq.read_table(tmp_path / "items.parquet")
    expected = {
        item: np.mean([row["price"] for row in case.train.to_pylist() if row["item_id"] == item])
        for item in case.train["item_id"].to_pylist()
    }
    assert dict(zip(*(before[name].to_pylist() for name in before.column_names), strict=True)) == expected


def test_equal_scores_share_the_middle_of_their_ranks() -> None:
    held = lists.Lists(pa.table({}), np.array([0, 3, 5]), np.array([1, 4]))
    found = impressions.quality(np.array([2.0, 1.0, 1.0, 0.0, 5.0]), held)
    assert found["MRR"].tolist() == [1 / 2.5, 1.0]
    assert found["NDCG"].tolist() == [1 / np.log2(3.5), 1.0]


def test_an_interval_draws_users_with_all_their_lists(tmp_path: Path) -> None:
    case = impressions.make_case(shown(), tmp_path, "samplew")
    one, other = ({"MRR": np.array(values)} for values in ([1.0, 0.5, 0.5, 1.0], [0.5] * 4))
    mean, low, high = case.interval(one, other, "all")
    assert (mean, low, high) == (0.25, 0.0, 0.5)
    alone = impressions.Case(case.train, case.held, np.zeros(4, int), case.parts, tmp_path, "samplew")
    assert alone.interval(one, other, "all") == [0.25] * 3


class Known(impressions.Case):
    """A case whose lines need not be run: the click comes first without importance, and else last."""

    def ranked(self, line: str) -> tuple[impressions.Metrics, float]:
        rank = 1 if line.endswith("mix=0") else 4
        return {name: np.full(len(self.user), 1 / rank) for name in ("MRR", "NDCG")}, 0.0


def test_the_settings_are_those_of_the_best_rank(tmp_path: Path) -> None:
    case = impressions.make_case(shown(), tmp_path, "samplew")
    known = Known(case.train, case.held, case.user, case.parts, tmp_path, "samplew")
    chosen, found = impressions.choose(known)
    assert chosen == found["chosen"] == "--set mix=0"
    assert found["choices"]["defaults"]["all"]["MRR"] == 0.25


def test_an_arm_is_trained_and_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = impression_log(simulate_shop(40, 60, 500, keep_pages=True))
    monkeypatch.setattr(impressions, "ARMS", {"lists": impressions.ARMS["lists"]})
    tiny = "--set n_trees=3 --set n_rankers=1"
    found = impressions.judge(impressions.make_case(log, tmp_path, find_samplew()), tiny, (0,))
    assert list(found["means"]) == ["popularity", "position", "lists"]
    assert found["runs"][0]["line"].endswith(tiny)
    mean, low, high = found["differences in MRR"]["lists - popularity"]["all"]
    assert low <= mean <= high
