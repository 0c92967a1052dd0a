"""Topics beside a background: what is learned rises step by step, and finds what was planted."""

import numpy as np
import pyarrow as pa
import pytest

from samplew_gbm.data.interactions import build_interactions
from samplew_gbm.data.queries import Lists
from samplew_gbm.embeddings import topics
from samplew_gbm.embeddings.topics import ITEM_PRIOR, SHARE, USER_PRIOR, learn_topics
from tests.reference.topics import log_posterior
from tests.reference.topics import mixture_step as naive

N_ITEMS = 40
CLICKED_BY_ALL = 4  # the first items


def planted(seed=0, n_users=120, n_rows=20, accidents=0.3):
    """Users of two tastes, even and odd items; accidents hit the first items."""
    rng = np.random.default_rng(seed)
    users = np.repeat(np.arange(n_users), n_rows)
    liked = 2 * rng.integers(CLICKED_BY_ALL // 2, N_ITEMS // 2, len(users)) + users % 2
    items = np.where(rng.random(len(users)) < accidents, rng.integers(0, CLICKED_BY_ALL, len(users)), liked)
    log = pa.table({"user_id": users, "item_id": [f"{item:02d}" for item in items]})
    return build_interactions(log)


def background(log):
    counts = np.bincount(log.item_index, minlength=log.n_items) + 0.1
    return counts / counts.sum()


def asked(log, histories, item):
    """The chance that who took ``histories`` takes ``item``, by names."""
    place = {name: index for index, name in enumerate(log.items.ids.to_pylist())}
    items = [np.array([place[name] for name in own], np.int32) for own in histories]
    lists = Lists.from_sizes(np.array([len(own) for own in items]), np.concatenate(items))
    taken = Lists.from_sizes(np.ones(len(items), np.int64), np.full(len(items), place[item], np.int32))
    return learn_topics(log, background(log), (0,)).chance(lists, taken)


EVEN, ODD = (tuple(f"{item:02d}" for item in range(first, 30, 2)) for first in (4, 5))


def test_taste_is_found_beside_what_everybody_clicks():
    even, odd = asked(planted(), [EVEN, ODD], "34")
    assert even > 2 * odd


def test_items_clicked_by_accident_are_no_taste():
    log = planted()
    place = log.items.ids.to_pylist().index
    accident, meant = (asked(log, [EVEN], item)[0] / background(log)[place(item)] for item in ("01", "34"))
    assert meant > 2 * accident


def test_every_column_is_a_distribution_and_the_seed_decides():
    log = planted()
    found = learn_topics(log, background(log), (1, 2))
    np.testing.assert_allclose(found.of_items.sum(axis=0), 1, rtol=1e-5)
    assert found.of_items.min() > 0
    np.testing.assert_allclose(found.noise, SHARE / (1 - SHARE) * background(log), rtol=1e-6)
    np.testing.assert_array_equal(learn_topics(log, background(log), (1, 2)).of_items, found.of_items)
    assert np.abs(learn_topics(log, background(log), (1, 3)).of_items - found.of_items).max() > 1e-3


@pytest.mark.parametrize("n_steps", [1, 4])
def test_learning_is_the_naive_twin_s_turns(n_steps, monkeypatch):
    monkeypatch.setattr(topics, "N_STEPS", n_steps)
    log, width = planted(n_users=15, n_rows=6), topics.N_TOPICS
    share = background(log)
    pairs = list(zip(log.user_index.tolist(), log.item_index.tolist(), strict=True))
    mine = [[i for u, i in pairs if u == user] for user in range(log.n_users)]
    takers = [[u for u, i in pairs if i == item] for item in range(log.n_items)]
    items = np.random.default_rng((7,)).random((log.n_items, width)) + 0.5
    items, users = items / items.sum(axis=0), np.full((log.n_users, width), 1 / width)
    reached = []
    for _ in range(n_steps):
        users = naive(mine, items, [[share[i] for i in own] for own in mine], USER_PRIOR, True, users)
        items = naive(
            takers, users, [[share[i]] * len(of) for i, of in enumerate(takers)], ITEM_PRIOR, False, items
        )
        items /= items.sum(axis=0)
        reached.append(log_posterior(pairs, users, items, share, USER_PRIOR, ITEM_PRIOR))
    found = learn_topics(log, share, (7,))
    np.testing.assert_allclose(found.of_items, items, rtol=1e-3)
    assert (np.diff(reached) > 0).all()


def test_nothing_is_asked_of_nothing():
    log = planted(n_users=10)
    found = learn_topics(log, background(log), (0,))
    none = Lists.from_sizes(np.zeros(0, np.int64), np.empty(0, np.int32))
    assert found.chance(none, none).shape == (0,)
    without = Lists.from_sizes(np.zeros(1, np.int64), np.empty(0, np.int32))
    first = Lists.from_sizes(np.ones(1, np.int64), np.zeros(1, np.int32))
    np.testing.assert_allclose(found.chance(without, first), [found.of_items[0].mean()], rtol=1e-5)
