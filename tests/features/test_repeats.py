"""Repeats against a twin that looks through the history item by item."""

from dataclasses import replace

import numpy as np
import pytest

from samplew_gbm.candidates.union import CandidateFinder
from samplew_gbm.data.interactions import Order
from samplew_gbm.data.queries import Lists
from samplew_gbm.features.base import FeatureContext
from samplew_gbm.features.repeats import repeats
from tests.features.block_checks import CHECKS
from tests.pipeline.learned import learned
from tests.pipeline.tiny_logs import TINY

ORDERS = pytest.mark.parametrize("order", [Order.CLOCK, Order.FILE], ids=lambda order: order.value)


def context_of_lists(order):
    """Lists of items by chance, some of them of the history; the first two queries have no history."""
    case = learned(order)
    queries, n_items = case.judged.queries, case.tables.n_items
    sizes = queries.histories.sizes.copy()
    kept = queries.histories.owner >= 2
    sizes[:2] = 0
    queries = replace(queries, histories=Lists.from_sizes(sizes, queries.histories.items[kept]))
    rng = np.random.default_rng(0)
    given = [np.sort(rng.permutation(n_items)[: query % 9]) for query in range(len(queries))]
    lists = Lists.from_sizes(
        np.array([len(items) for items in given]), np.concatenate(given).astype(np.int32)
    )
    tables = replace(case.tables, repeats=True)
    candidates = CandidateFinder(tables, n_candidates=TINY.n_candidates).judge(queries, lists)
    return FeatureContext(queries, candidates, tables, TINY.max_history)


def twin(context):
    count, back = [], []
    histories, lists = context.queries.histories, context.candidates.lists
    for query in range(len(context.queries)):
        history = histories.items[slice(*histories.indptr[query : query + 2])].tolist()
        for item in lists.items[slice(*lists.indptr[query : query + 2])].tolist():
            count.append(history.count(item))
            back.append(history[::-1].index(item) + 1 if item in history else np.nan)
    return {"repeat_count": count, "repeat_places_back": back}


@ORDERS
def test_repeats_are_those_of_a_naive_search(order):
    context = context_of_lists(order)
    found, wanted = repeats(context), twin(context)
    assert list(found) == list(wanted)
    for name, values in wanted.items():
        np.testing.assert_array_equal(found[name], np.array(values, np.float32), err_msg=name)
    assert max(wanted["repeat_count"]) > 1
    assert min(wanted["repeat_count"]) == 0
    assert np.nanmax(wanted["repeat_places_back"]) > 5


@ORDERS
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_repeats_keep_the_contract_of_a_block(check, order):
    check(repeats, context_of_lists(order))


@ORDERS
def test_where_candidates_are_found_there_are_no_repeats(order):
    context = context_of_lists(order)
    assert repeats(replace(context, tables=replace(context.tables, repeats=False))) == {}
