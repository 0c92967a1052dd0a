"""Every registered feature block keeps the contract, whatever the order of the log."""

import itertools

import numpy as np
import pytest

from samplew_gbm.data.crossfit import judged_queries
from samplew_gbm.data.interactions import Order
from samplew_gbm.data.queries import Lists, Queries
from samplew_gbm.features import matrix
from samplew_gbm.features.matrix import feature_matrix
from tests.features import block_checks
from tests.features.block_checks import CHECKS, context_of, part_of
from tests.pipeline.learned import folds_of, learned, tables_of
from tests.pipeline.tiny_logs import TINY

CASES = {order: learned(order) for order in Order}
CONTEXTS = {order: context_of(case.tables, case.judged.queries, TINY) for order, case in CASES.items()}
BLOCKS = pytest.mark.parametrize("block", matrix.BLOCKS, ids=lambda block: block.__name__)
ORDERS = pytest.mark.parametrize("order", list(Order), ids=lambda order: order.value)


@ORDERS
@BLOCKS
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_registered_blocks_keep_the_contract(check, block, order):
    check(block, CONTEXTS[order])


@ORDERS
def test_no_two_blocks_have_a_column_of_the_same_name(order):
    names = [name for block in matrix.BLOCKS for name in block(CONTEXTS[order])]
    assert len(set(names)) == len(names)
    assert feature_matrix(CONTEXTS[order]).names == tuple(names)


@ORDERS
def test_the_matrix_holds_the_blocks_side_by_side(order):
    found = feature_matrix(CONTEXTS[order])
    assert found.values.dtype == np.float32
    columns = [column for block in matrix.BLOCKS for column in block(CONTEXTS[order]).values()]
    np.testing.assert_array_equal(found.values, np.stack(columns, axis=1))


@ORDERS
def test_every_fold_and_the_whole_log_have_the_same_columns(order):
    log = CASES[order].log
    whole = tables_of(log, np.arange(len(log)))
    names = {feature_matrix(context_of(whole, CASES[order].judged.queries, TINY)).names}
    for fold in folds_of(log):
        queries = judged_queries(log, fold).queries
        names.add(feature_matrix(context_of(tables_of(log, fold.learn), queries, TINY)).names)
    assert len(names) == 1


@ORDERS
def test_somebody_new_has_features_too(order):
    context = CONTEXTS[order]
    nobody = Lists(np.zeros(2, np.int64), np.empty(0, np.int32))
    time = None if context.queries.time is None else np.array([np.nan])
    found = feature_matrix(context_of(context.tables, Queries(nobody, time), TINY))
    assert found.names == feature_matrix(context).names
    assert len(found.values) > 0
    assert not np.isinf(found.values).any()


def broken(fault):
    def block(context):
        columns = matrix.BLOCKS[0](context)
        return fault(context, dict(columns))

    return block


def with_first(columns, change):
    name = next(iter(columns))
    return columns | {name: change(columns[name])}


@pytest.mark.parametrize(
    ("check", "fault"),
    [
        ("gives_a_number_for_every_candidate", lambda _, columns: with_first(columns, lambda x: x / 0)),
        (
            "gives_a_number_for_every_candidate",
            lambda _, columns: with_first(columns, lambda x: x.astype(np.float64)),
        ),
        (
            "judges_each_query_by_itself",
            lambda context, columns: with_first(columns, lambda x: x + np.float32(len(context.queries))),
        ),
        (
            "has_the_same_names_without_candidates",
            lambda context, columns: columns if len(context.candidates.lists.items) else {},
        ),
        (
            "repeats_itself_and_changes_nothing",
            lambda _, columns: with_first(
                columns, lambda x: x + np.float32(np.random.default_rng().random())
            ),
        ),
    ],
)
@pytest.mark.filterwarnings("ignore:.*encountered in divide")
def test_the_checks_can_fail(check, fault):
    with pytest.raises(AssertionError):
        getattr(block_checks, f"check_feature_block_{check}")(broken(fault), CONTEXTS[Order.CLOCK])


def test_a_part_of_a_context_has_its_own_candidates():
    context = CONTEXTS[Order.FILE]
    part = part_of(context, 2, 4)
    lists = [
        context.candidates.lists.items[start:stop].tolist()
        for start, stop in itertools.pairwise(context.candidates.lists.indptr[2:5])
    ]
    assert part.candidates.lists.items.tolist() == lists[0] + lists[1]
