"""The pages and the behaviours that a simulated shop logs."""

import numpy as np
import pytest

from samplew_gbm.data.simulate import PAGE, simulate_shop
from samplew_gbm.data.simulated_events import event_log, impression_log
from samplew_gbm.errors import SettingsError


@pytest.fixture(scope="module")
def shop():
    return simulate_shop(80, 300, 3000, noise=0.3, random_state=1, keep_pages=True)


def test_keeping_pages_changes_nothing_else(shop):
    without = simulate_shop(80, 300, 3000, noise=0.3, random_state=1)
    assert without.log.equals(shop.log)
    assert without.truth.equals(shop.truth)
    assert without.pages is None
    with pytest.raises(SettingsError, match="keep_pages=True"):
        impression_log(without)


def test_a_page_holds_what_was_taken_where_it_was_taken(shop):
    log = impression_log(shop)
    assert log.num_rows == 3000 * PAGE
    taken = log.filter(log["label"].to_numpy() == 1)
    assert taken.select(shop.log.column_names).equals(shop.log)
    assert taken["position"].to_pylist() == shop.position.tolist()
    assert taken["query_id"].to_pylist() == list(range(3000))


def test_purchases_follow_carts_that_follow_meant_views(shop):
    log = event_log(shop)
    time = log["timestamp"].to_numpy()
    event = np.array(log["event"].to_pylist())
    assert (np.diff(time) >= 0).all()
    keys = {name: set() for name in ("view", "cart", "purchase")}
    delay = {"view": 0.0, "cart": 20.0, "purchase": 40.0}
    for user, item, at, name in zip(*(log[c].to_pylist() for c in log.column_names), strict=True):
        keys[name].add((user, item, round(at - delay[name], 3)))
    assert keys["purchase"] < keys["cart"] < keys["view"]
    assert np.count_nonzero(event == "view") == 3000
    meant = np.count_nonzero(~shop.accidental)
    assert 0.1 * meant < np.count_nonzero(event == "cart") < 0.5 * meant
