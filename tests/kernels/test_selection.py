"""The best items of score rows, and ranks among them, against their naive twins."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samplew_gbm.kernels.selection import BLOCK, gather_scores, top_of_rows
from tests.reference import selection as naive

SCORE = st.sampled_from([-1.0, 0.0, 0.5, 1.0, 1.5, 2.0])  # many ties


@st.composite
def cases(draw):
    """Scores ``float32[sources, q, n_items]``, hidden items of each query, how many to keep."""
    shape = (draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.integers(1, 9)))
    size = shape[0] * shape[1] * shape[2]
    scores = np.array(draw(st.lists(SCORE, min_size=size, max_size=size)), np.float32).reshape(shape)
    item = st.integers(0, shape[2] - 1)
    hidden = draw(st.lists(st.lists(item, max_size=4), min_size=shape[1], max_size=shape[1]))
    return scores, hidden, draw(st.integers(1, 10))


def compressed(lists):
    indptr = np.concatenate([[0], np.cumsum([len(items) for items in lists])]).astype(np.int64)
    return indptr, np.array(list(itertools.chain(*lists)), np.int32)


def everywhere(scores):
    """Places of a catalogue that is scored in whole."""
    return np.arange(scores.shape[-1], dtype=np.int32)


def best(scores, hidden, n):
    shape = (*scores.shape[:2], n)
    items, values = np.full(shape, 77, np.int32), np.full(shape, np.nan, np.float32)
    for source in range(len(scores)):
        top_of_rows(scores[source], everywhere(scores), *compressed(hidden), items[source], values[source])
    return items, values


@settings(max_examples=80, deadline=None)
@given(cases())
def test_best_items_equal_naive_twin(case):
    scores, hidden, n = case
    items, values = best(scores, hidden, n)
    for source, query in itertools.product(range(scores.shape[0]), range(scores.shape[1])):
        expected = naive.top(scores[source, query].tolist(), set(hidden[query]), n)
        padded = expected + [(-1, 0.0)] * (n - len(expected))
        got = zip(items[source, query].tolist(), values[source, query].tolist(), strict=True)
        assert list(got) == padded


@settings(max_examples=60, deadline=None)
@given(cases())
def test_gathered_scores_and_ranks_equal_naive_twin(case):
    scores, hidden, n = case
    n_sources, n_queries, n_items = scores.shape
    _, top_scores = best(scores, hidden, n)
    every = compressed([list(range(n_items))] * n_queries)
    for source in range(n_sources):
        values, ranks = np.empty((2, n_queries * n_items), np.float32)
        gather_scores(scores[source], everywhere(scores), top_scores[source], *every, values, ranks)
        np.testing.assert_array_equal(values, scores[source].ravel())
        for row, (query, item) in enumerate(itertools.product(range(n_queries), range(n_items))):
            expected = naive.rank(scores[source, query, item], top_scores[source, query].tolist())
            assert ranks[row] == expected


@settings(max_examples=60, deadline=None)
@given(cases(), st.data())
def test_items_that_are_not_scored_count_as_zero(case, data):
    """Leaving out columns of zeros changes neither the best items nor what is gathered."""
    scores, hidden, n = case
    flags = data.draw(st.lists(st.booleans(), min_size=scores.shape[2], max_size=scores.shape[2]))
    scored = np.flatnonzero(flags).astype(np.int32)
    place = np.full(scores.shape[2], -1, np.int32)
    place[scored] = np.arange(len(scored))
    whole = np.zeros_like(scores[0])
    whole[:, scored] = scores[0][:, scored]
    shape = (len(whole), n)
    columns, top = np.full(shape, 77, np.int32), np.full(shape, np.nan, np.float32)
    part = np.ascontiguousarray(whole[:, scored])
    top_of_rows(part, place, *compressed(hidden), columns, top)
    items, values = best(whole[None], hidden, n)
    np.testing.assert_array_equal(top, values[0])
    np.testing.assert_array_equal([[scored[c] if c >= 0 else -1 for c in row] for row in columns], items[0])
    every = compressed([list(range(scores.shape[2]))] * len(whole))
    found = np.empty((2, 2, whole.size), np.float32)
    gather_scores(part, place, top, *every, *found[0])
    gather_scores(whole, everywhere(whole), top, *every, *found[1])
    np.testing.assert_array_equal(found[0], found[1])


@pytest.mark.parametrize("n", [1, 7, 100, 700])
@pytest.mark.parametrize("n_items", [BLOCK - 1, BLOCK, BLOCK + 1, 40 * BLOCK + 9])
def test_long_rows_with_ties_rising_falling_and_in_disorder(n, n_items):
    rng = np.random.default_rng(n_items)
    disorder = rng.integers(-20, 300, (2, n_items))
    rows = np.stack([*disorder, np.sort(disorder[0]), np.sort(disorder[1])[::-1]]) / np.float32(8)
    hidden = [rng.choice(n_items, n_items // 9, replace=False).tolist() for _ in rows]
    items, values = best(rows[None].astype(np.float32), hidden, n)
    for query, row in enumerate(rows):
        expected = naive.top(row.tolist(), set(hidden[query]), n)
        padded = expected + [(-1, 0.0)] * (n - len(expected))
        assert list(zip(items[0, query].tolist(), values[0, query].tolist(), strict=True)) == padded


def test_ties_at_the_end_of_the_list_go_to_the_smaller_item():
    scores = np.float32([[[1, 3, 1, 1, 1, 2]]])
    items, values = best(scores, [[2]], 4)
    assert items.tolist() == [[[1, 5, 0, 3]]]
    assert values.tolist() == [[[3, 2, 1, 1]]]


def test_items_hidden_from_one_query_are_shown_to_the_next():
    scores = np.ones((1, 3, 4), np.float32)
    items, _ = best(scores, [[0, 1], [], [3]], 4)
    assert items[0].tolist() == [[2, 3, -1, -1], [0, 1, 2, 3], [0, 1, 2, -1]]
