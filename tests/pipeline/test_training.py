"""Training: rankers that stop on users of their own, joined into one."""

import msgspec
import numpy as np

from samplew_gbm.data.interactions import Order
from samplew_gbm.pipeline import rankers, train
from tests.pipeline.tiny_logs import TINY, checkerboard, encoded


def settings(**changes):
    return msgspec.structs.replace(TINY, **changes)


def log():
    return encoded(checkerboard(), Order.CLOCK, n_users=40, n_items=30)


def test_a_user_is_in_one_share_and_no_share_is_empty():
    users = np.random.default_rng(0).integers(0, 500, 3000)
    share = rankers._share_of_queries(users, 7)
    assert set(share) == set(range(rankers.SHARES))
    for user in range(500):
        assert len(set(share[users == user])) <= 1


def test_every_ranker_stops_on_other_users(monkeypatch):
    held_out = []

    def recording(data, held, train_one, n_threads):
        held_out.append(held)
        return train_one(data, None, None), None

    monkeypatch.setattr(rankers, "_train_and_stop", recording)
    train(log(), settings(n_rankers=4), n_threads=1)
    assert len(held_out) == 4
    assert all(held.any() for held in held_out)
    assert np.sum(held_out, axis=0).max() == 1


def test_the_model_holds_the_trees_of_all_rankers():
    one, three = (train(log(), settings(n_rankers=n), n_threads=1) for n in (1, 3))
    assert three.report.n_trees > one.report.n_trees
    assert three.ranker.text.count("\nTree=") == three.report.n_trees == three.ranker.n_trees


def test_the_seeds_of_the_rankers_differ_and_fit_lightgbm():
    seeds = [rankers._seed(state, number) for state in (0, 1, 2**31 - 1) for number in range(10)]
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= seed < 2**31 for seed in seeds)
