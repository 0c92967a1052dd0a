"""Logs that a scheme can make nothing of: refused in one line that says what is missing and what to do."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from samplew_gbm.ablation import HeldOut, ablate
from samplew_gbm.data.interactions import Order, pairs_table
from samplew_gbm.errors import DataError
from samplew_gbm.importance.schemes import SCHEMES
from samplew_gbm.pipeline import train, weigh
from samplew_gbm.settings import IMPORTANCE_SCHEMES
from tests.pipeline.scheme_logs import settings_of, with_extras
from tests.pipeline.tiny_logs import TINY, encoded, log_table, random_log


def refused(log, name):
    with pytest.raises(DataError) as error:
        weigh(log, settings_of(name), n_threads=1)
    message = str(error.value)
    assert repr(name) in message
    assert "\n" not in message
    assert "choose another scheme" in message or "correct or drop them" in message
    return message


def events_of(log, *names):
    return replace(log, event=pa.array([names[row % len(names)] for row in range(len(log))], pa.string()))


def test_purchase_given_click_needs_purchases_and_other_events():
    log, name = random_log(), "purchase_given_click"
    assert "this log has no column 'event'" in refused(log, name)
    assert "this log has: cart, view:" in refused(events_of(log, "view", "cart"), name)
    assert "this log has: nulls" in refused(events_of(log, None), name)
    assert "every row of this log is a purchase" in refused(events_of(log, "purchase"), name)
    assert np.ptp(weigh(events_of(log, "view", None, "BUY"), settings_of(name), n_threads=1).importance) > 0


def test_external_needs_values_of_at_least_0_and_names_the_rows_that_are_not():
    log, name = random_log(), "external"
    good = np.linspace(1, 2, len(log))
    assert "this log has no column 'value'" in refused(log, name)
    for bad in (-1.0, np.nan, np.inf):
        value = good.copy()
        value[log.row == 7] = bad
        assert "in row 8:" in refused(replace(log, value=value), name)
        value[log.row < 9] = bad
        assert "in rows 1, 2, 3 and 6 more" in refused(replace(log, value=value), name)
    assert "it is 0 in all rows" in refused(replace(log, value=0 * good), name)


def test_a_log_that_cannot_serve_is_refused_before_anything_is_learned(monkeypatch):
    monkeypatch.setattr("samplew_gbm.pipeline.crossfitting.learn_tables", None)
    refused(random_log(), "external")
    with pytest.raises(DataError, match="external"):
        train(random_log(), settings_of("external"), n_threads=1)


def test_an_ablation_refuses_too_before_it_trains(monkeypatch):
    monkeypatch.setattr("samplew_gbm.ablation.prepare", None)
    log = random_log()
    with pytest.raises(DataError, match="purchase_given_click"):
        ablate(HeldOut(log, pairs_table(log), None, ""), TINY, schemes=["attention", "purchase_given_click"])


@pytest.mark.parametrize("name", IMPORTANCE_SCHEMES)
@pytest.mark.parametrize("order", list(Order), ids=lambda order: order.value)
def test_users_of_one_item_each_get_importance_1_or_mean_1(name, order):
    users = list(range(30))
    table = log_table(users, [user % 5 for user in users], None if order is not Order.CLOCK else users)
    found = weigh(with_extras(encoded(table, order)), settings_of(name), n_threads=1).importance
    assert found.mean() == pytest.approx(1, abs=1e-5)
    if name == "none" or not SCHEMES[name].whole_log:
        np.testing.assert_allclose(found, 1, rtol=1e-6)
