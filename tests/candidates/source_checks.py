"""The contract of a candidate source: give each `check_source_*` a source and queries, and it must hold."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from samplew_gbm.data.queries import Lists, Queries


def scores_of(source, queries, n_items):
    """The output is handed over full of NaN: whatever the source leaves unwritten shows.

    Of items beyond its reach a source says 0.
    """
    reached = np.full((len(queries), len(source.reach)), np.nan, np.float32)
    source.score(queries, reached)
    out = np.zeros((len(queries), n_items), np.float32)
    out[:, source.reach.items] = reached
    return out


def check_source_scores_every_item(source, queries, n_items):
    assert np.isfinite(scores_of(source, queries, n_items)).all(), source.name


def check_source_repeats_itself(source, queries, n_items):
    histories = queries.histories.items.copy()
    once, again = (scores_of(source, queries, n_items) for _ in range(2))
    np.testing.assert_array_equal(once, again, err_msg=source.name)
    np.testing.assert_array_equal(queries.histories.items, histories, err_msg=source.name)


def check_source_scores_each_query_by_itself(source, queries, n_items):
    whole = scores_of(source, queries, n_items)
    for size in (1, 3):
        parts = [
            scores_of(source, queries.slice(start, min(start + size, len(queries))), n_items)
            for start in range(0, len(queries), size)
        ]
        np.testing.assert_array_equal(whole, np.concatenate(parts), err_msg=source.name)
    backwards = np.arange(len(queries))[::-1].copy()
    np.testing.assert_array_equal(whole[::-1], scores_of(source, queries.take(backwards), n_items))


def check_source_serves_threads_at_once(source, queries, n_items):
    alone = scores_of(source, queries, n_items)
    with ThreadPoolExecutor(4) as pool:
        for scores in pool.map(lambda _: scores_of(source, queries, n_items), range(8)):
            np.testing.assert_array_equal(alone, scores, err_msg=source.name)


def check_source_nominates_nothing_without_a_history(source, queries, n_items):
    nobody = Lists(np.zeros(2, np.int64), np.empty(0, np.int32))
    time = None if queries.time is None else np.array([np.nan])
    assert scores_of(source, Queries(nobody, time), n_items).max() <= 0, source.name


def check_source_says_something(source, queries, n_items):
    assert (scores_of(source, queries, n_items) > 0).any(), source.name


CHECKS = [check for name, check in list(globals().items()) if name.startswith("check_source_")]
