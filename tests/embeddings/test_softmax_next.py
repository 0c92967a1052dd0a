"""The softmax model of what comes next: when there is one, and what it says."""

import msgspec
import numpy as np
import pytest

from samplew_gbm.candidates.softmax_next import SoftmaxNext
from samplew_gbm.data.interactions import Order
from samplew_gbm.data.queries import Lists, Queries
from samplew_gbm.embeddings import softmax_next as module
from samplew_gbm.settings import Settings
from tests.pipeline.tiny_logs import encoded, log_table, random_log

ORDERED = [Order.CLOCK, Order.FILE]
SETTINGS = Settings(next_epochs=30)


def learned(log, settings=SETTINGS, n_threads=1, **options):
    return module.learn_softmax_next(log, settings, n_threads=n_threads, **options)


def circle(n_items=9, n_users=60, order=Order.FILE):
    """Users who walk round a circle of items."""
    rows = [(user, (user + k) % n_items, k) for user in range(n_users) for k in range(6)]
    users, items, times = zip(*rows, strict=True)
    return encoded(log_table(users, items, times), order=order)


def test_a_set_has_no_next_item_and_no_epochs_no_model():
    assert learned(random_log(Order.NONE)) is None
    assert learned(random_log(Order.FILE), Settings(next_epochs=0)) is None
    assert module.softmax_next_units(random_log(Order.NONE), SETTINGS) is None


def test_rows_of_which_none_follows_another_have_a_model_that_says_nothing():
    """Folds must agree on what there is: an early fold, or one without accidents, may be as poor as this."""
    log = encoded(log_table(range(20), [item % 5 for item in range(20)], range(20)))
    assert module.softmax_next_units(log, SETTINGS) == 0
    table = learned(log)
    assert np.isfinite(table.items).all()
    assert not learned(log.take(np.arange(0))).items.any()


@pytest.mark.parametrize("order", ORDERED)
def test_progress_ends_at_its_units_and_threads_change_no_bit(order):
    log, seen = random_log(order), []
    one, four = learned(log, progress=seen.append), learned(log, n_threads=4)
    assert seen == sorted(seen)
    assert seen[-1] == module.softmax_next_units(log, SETTINGS)
    for part in ("items", "following", "bias", "lag_weights"):
        np.testing.assert_array_equal(getattr(one, part), getattr(four, part))


def test_members_differ_and_their_scores_are_averaged(monkeypatch):
    log = random_log(Order.FILE)
    whole = learned(log)
    width = whole.items.shape[1] // module.MEMBERS
    parts = np.split(whole.items, module.MEMBERS, axis=1)
    monkeypatch.setattr(module, "MEMBERS", 1)
    np.testing.assert_array_equal(parts[0], learned(log).items)
    assert width == min(module.FACTORS, log.n_items)
    assert not np.allclose(parts[0], parts[1])


def test_large_logs_are_passed_over_fewer_times(monkeypatch):
    log = random_log(Order.FILE)
    places = module.softmax_next_units(log, Settings(next_epochs=1)) // module.MEMBERS
    monkeypatch.setattr(module, "MOST_PLACES", 3 * places)
    assert module.softmax_next_units(log, SETTINGS) == 3 * places * module.MEMBERS
    monkeypatch.setattr(module, "MOST_PLACES", 1)
    assert module.softmax_next_units(log, SETTINGS) == places * module.MEMBERS


def test_what_follows_comes_first_and_an_empty_history_says_nothing():
    log = circle()
    source = SoftmaxNext(learned(log))
    code = {name: place for place, name in enumerate(log.items.ids.to_pylist())}
    history = [code[item] for item in (3, 4, 5)]
    lists = Lists(np.array([0, 3, 3]), np.array(history, np.int32))
    queries = Queries(lists, None)
    out = np.empty((2, len(source.reach)), np.float32)
    source.score(queries, out)
    first = [
        int(source.reach.items[place])
        for place in np.argsort(-out[0])
        if source.reach.items[place] not in history
    ]
    assert first[0] == code[6]
    assert out[0].mean() == pytest.approx(1, rel=1e-4)
    assert not out[1].any()


def test_an_item_that_nobody_took_is_out_of_reach():
    log = circle()
    rows = np.flatnonzero(log.item_index != 2)
    table = learned(log.take(rows))
    assert not table.items[2].any()
    assert 2 not in SoftmaxNext(table).reach.items


def test_the_setting_has_limits():
    with pytest.raises(Exception, match="next_epochs is -1; give a value from 0 to 1000"):
        msgspec.structs.replace(SETTINGS, next_epochs=-1)
