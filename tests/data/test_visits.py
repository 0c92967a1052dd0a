"""Visits as queries: the same as a log that names them, and errors where there are none to tell."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from samplew_gbm.data.behaviours import labelled
from samplew_gbm.data.crossfit import judged_queries, plan_folds
from samplew_gbm.data.interactions import Order
from samplew_gbm.data.visits import VISIT_GAP, asked, visits
from samplew_gbm.errors import SettingsError
from samplew_gbm.pipeline import fit, prepare
from samplew_gbm.settings import Settings
from tests.pipeline.tiny_logs import TINY, encoded, random_table

VISITS = Settings(n_factors=8, n_epochs=2, n_trees=8, n_folds=2, n_rankers=1, queries="visits")


def log_of_visits(seed=0):
    """Rows of a user in short visits, some of them exactly ``VISIT_GAP`` apart."""
    rng = np.random.default_rng(seed)
    log = encoded(random_table(seed))
    gaps = rng.choice([60.0, VISIT_GAP, VISIT_GAP + 1, 5 * VISIT_GAP], len(log))
    return replace(log, timestamp=np.cumsum(gaps) * 1.0)


def visits_by_hand(log):
    """A number for each row, which grows where the user changes or pauses for longer than ``VISIT_GAP``."""
    found, visit = [], -1
    for row, user in enumerate(log.user_index.tolist()):
        new = row == 0 or user != log.user_index[row - 1]
        visit += new or log.timestamp[row] - log.timestamp[row - 1] > VISIT_GAP
        found.append(visit)
    return found


@pytest.mark.parametrize("seed", range(3))
def test_a_visit_ends_where_its_user_pauses(seed):
    log = log_of_visits(seed)
    assert visits(log).tolist() == visits_by_hand(log)
    assert visits(log)[-1] + 1 < len(log)


def test_a_query_asks_before_a_visit_for_all_that_it_holds():
    log = labelled(log_of_visits(), VISITS)
    key = np.array(visits_by_hand(log))
    sizes = []
    for fold in plan_folds(log, VISITS):
        judged = judged_queries(log, fold)
        for query, rows in enumerate(np.split(judged.rows, judged.positives.indptr[1:-1])):
            assert len(set(key[rows])) == 1
            first = np.flatnonzero(key == key[rows[0]])[0]
            begin = log.indptr[log.user_index[first]]
            assert judged.queries.histories.slice(query, query + 1).items.tolist() == (
                log.item_index[begin:first].tolist()
            )
            sizes.append(len(rows))
    assert max(sizes) > 1


def test_training_on_visits_is_training_on_a_log_that_names_them():
    log = log_of_visits()
    named = replace(log, query=np.array(visits_by_hand(log), np.int32))
    plain = msgspec.structs.replace(VISITS, queries="rows")
    ours, theirs = fit(prepare(log, VISITS), VISITS), fit(prepare(named, plain), plain)
    assert ours.ranker.n_trees > 0
    assert ours.ranker.text == theirs.ranker.text
    by_row = fit(prepare(log, plain), plain)
    assert ours.ranker.text != by_row.ranker.text


def test_queries_of_rows_leave_the_log_as_it_is():
    log = log_of_visits()
    assert asked(log, "rows") is log


@pytest.mark.parametrize("order", [Order.FILE, Order.NONE], ids=lambda order: order.value)
def test_rows_without_times_tell_no_visits(order):
    with pytest.raises(SettingsError, match="--timestamp-column"):
        prepare(encoded(random_table(), order), VISITS)


def test_a_log_that_names_its_queries_has_no_need_of_visits():
    log = log_of_visits()
    with pytest.raises(SettingsError, match="names its queries"):
        labelled(replace(log, query=np.zeros(len(log), np.int32)), VISITS)


def test_another_word_is_refused():
    with pytest.raises(SettingsError, match="queries"):
        Settings(queries="sessions")
    assert TINY.queries == "rows"
