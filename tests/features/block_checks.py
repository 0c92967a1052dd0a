"""The contract of a feature block: each `check_feature_block_*` takes a block and a context."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from samplew_gbm.candidates.union import CandidateFinder
from samplew_gbm.data.item_tables import ItemTables
from samplew_gbm.data.queries import Queries
from samplew_gbm.features.base import FeatureContext
from samplew_gbm.settings import Settings


def context_of(tables: ItemTables, queries: Queries, settings: Settings) -> FeatureContext:
    """Queries with their natural candidates."""
    candidates, _ = CandidateFinder(tables, n_candidates=settings.n_candidates).find(queries)
    return FeatureContext(queries, candidates, tables, settings.max_history)


def part_of(context: FeatureContext, start: int, stop: int) -> FeatureContext:
    """The same of some of the queries."""
    candidates = context.candidates.take(np.arange(start, stop))
    return FeatureContext(context.queries.slice(start, stop), candidates, context.tables, context.max_history)


def unknown_past(context: FeatureContext) -> np.ndarray:
    """Candidates of which nothing happened before their query: only there a feature may be NaN."""
    owner, items = context.candidates.lists.owner, context.candidates.lists.items
    events, time = context.tables.events, context.queries.time
    if events is None or time is None:
        return np.zeros(len(items), bool)
    first = np.full(context.tables.n_items, np.inf)
    some = np.diff(events.indptr) > 0
    first[some] = events.time[events.indptr[:-1][some]]
    return ~(first[items] < time[owner])


def unknown_number(context: FeatureContext, name: str) -> np.ndarray:
    """Candidates of which a column of numbers says nothing, or for a shift nothing of their history."""
    side, lists, queries = context.tables.side, context.candidates.lists, context.queries
    nothing = np.zeros(len(lists.items), bool)
    if name.startswith("user_number_"):
        missing = np.isnan(side.user_numbers.values[:, side.user_numbers.names.index(name[12:])])
        return (missing[queries.user_index] | (queries.user_index < 0))[lists.owner]
    if not name.startswith("item_number_"):
        return nothing
    column = side.item_numbers.names.index(name[12:].removesuffix("_shift"))
    missing = np.isnan(side.item_numbers.values[:, column])
    known = np.bincount(queries.histories.owner, ~missing[queries.histories.items], len(queries)) > 0
    return missing[lists.items] | (~known[lists.owner] if name.endswith("_shift") else nothing)


def never_taken(context: FeatureContext) -> np.ndarray:
    """Candidates that are not in the history of their query."""
    histories, lists, n_items = context.queries.histories, context.candidates.lists, context.tables.n_items
    keys = histories.owner * n_items + histories.items
    return ~np.isin(lists.owner * n_items + lists.items, keys)


def same(left, right):
    assert left.keys() == right.keys()
    for name in left:
        np.testing.assert_array_equal(left[name], right[name], err_msg=name)


def check_feature_block_gives_a_number_for_every_candidate(block, context):
    for name, column in block(context).items():
        assert column.dtype == np.float32, name
        assert column.shape == context.candidates.lists.items.shape, name
        assert not np.isinf(column).any(), name
        may_be_missing = unknown_past(context) | unknown_number(context, name)
        if name == "repeat_places_back":
            may_be_missing |= never_taken(context)
        assert not np.isnan(column[~may_be_missing]).any(), name


def check_feature_block_repeats_itself_and_changes_nothing(block, context):
    values, ranks = context.candidates.values.copy(), context.candidates.ranks.copy()
    same(block(context), block(context))
    np.testing.assert_array_equal(values, context.candidates.values)
    np.testing.assert_array_equal(ranks, context.candidates.ranks)


def check_feature_block_judges_each_query_by_itself(block, context):
    whole = block(context)
    n_queries = len(context.queries)
    for size in (1, 5):
        parts = [
            block(part_of(context, start, min(start + size, n_queries)))
            for start in range(0, n_queries, size)
        ]
        same(whole, {name: np.concatenate([part[name] for part in parts]) for name in parts[0]})


def check_feature_block_has_the_same_names_without_candidates(block, context):
    assert block(part_of(context, 0, 0)).keys() == block(context).keys()


def check_feature_block_serves_threads_at_once(block, context):
    alone = block(context)
    with ThreadPoolExecutor(4) as pool:
        for columns in pool.map(lambda _: block(context), range(8)):
            same(alone, columns)


CHECKS = [check for name, check in list(globals().items()) if name.startswith("check_feature_block_")]
