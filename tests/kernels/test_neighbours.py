"""Scores by neighbours against their naive twin."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samplew_gbm.candidates import neighbours as source
from samplew_gbm.candidates.neighbours import Neighbours
from samplew_gbm.data.queries import Lists, Queries
from tests.reference.neighbours import by_neighbours

N_ITEMS = 6
LISTS = st.lists(st.lists(st.integers(0, N_ITEMS - 1), max_size=7), max_size=6)


def lists(histories):
    items = np.array(list(itertools.chain(*histories)), np.int32)
    return Lists.from_sizes(np.array([len(own) for own in histories], np.int64), items)


def scored(asked, histories):
    """Of the whole catalogue; a source scores what it reaches, and the rest is 0."""
    neighbours = Neighbours(lists(histories), N_ITEMS)
    reached = np.full((len(asked), len(neighbours.reach)), np.nan, np.float32)
    neighbours.score(Queries(lists(asked), None), reached)
    out = np.zeros((len(asked), N_ITEMS), np.float32)
    out[:, neighbours.reach.items] = reached
    return out


def expected(asked, histories):
    """The weights as the module's comment has them."""
    counts = np.bincount([item for own in histories for item in own], minlength=N_ITEMS)
    n_users = max(1, sum(len(own) > 0 for own in histories))
    scores = np.zeros((len(asked), N_ITEMS))
    for row, history in zip(scores, asked, strict=True):
        found = by_neighbours(
            history,
            histories,
            np.maximum(np.log(n_users / (counts + 1)), source.LEAST_RARITY),
            [(len(own) + source.SHORT) ** -source.USER_DAMPING for own in histories],
            (counts + 1.0) ** -source.COLUMN_DAMPING,
            decay=source.DECAY,
            after=source.AFTER,
            before=source.BEFORE,
            n_neighbours=source.NEIGHBOURS,
        )
        for item, value in found.items():
            row[item] = value
    return scores


@settings(max_examples=80, deadline=None)
@given(LISTS, LISTS)
def test_scores_equal_the_naive_twin(asked, histories):
    np.testing.assert_allclose(scored(asked, histories), expected(asked, histories), rtol=1e-5, atol=1e-6)


def test_of_many_neighbours_the_nearest_count(monkeypatch):
    """No two users are equally near, so that rounding decides nothing."""
    monkeypatch.setattr(source, "NEIGHBOURS", 2)
    histories = [[0, 1, 2, 3], [0, 1, 4], [0, 5, 5, 5, 5, 5], [2, 0, 5, 4, 3, 1, 1]]
    asked = [[0], [1, 0], [5, 2]]
    scores = scored(asked, histories)
    np.testing.assert_allclose(scores, expected(asked, histories), rtol=1e-5)
    monkeypatch.setattr(source, "NEIGHBOURS", 200)
    assert (scores <= scored(asked, histories) + 1e-6).all()
    assert (scores < scored(asked, histories) - 1e-3).any()


def test_what_stands_nearer_to_the_shared_item_counts_more():
    monotone = scored([[0]], [[0, 1, 2, 3]])[0]
    assert monotone[1] > monotone[2] > monotone[3] > monotone[4] == 0


def test_of_an_item_of_many_takers_an_even_part_is_looked_at(monkeypatch):
    monkeypatch.setattr(source, "TAKERS", 10)
    histories = lists([[0, 1]] * 95 + [[2, 3]] * 7)
    indptr, users, places = source._takers_of(histories, N_ITEMS)
    assert np.diff(indptr).tolist() == [10, 10, 7, 7, 0, 0]
    assert users[:10].tolist() == pytest.approx(np.arange(9.5, 96, 9.5) - 0.5, abs=1)
    assert places[:10].tolist() == [0] * 10
    assert places[10:20].tolist() == [1] * 10
    assert users[20:27].tolist() == list(range(95, 102))


def test_no_users_and_empty_histories_say_nothing():
    assert not scored([[], [1]], []).any()
    assert not scored([[], [1]], [[], [2]]).any()
