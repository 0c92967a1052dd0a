"""Ablation: what is held out, what is compared, and what is said of it."""

from dataclasses import replace

import msgspec
import numpy as np
import pyarrow as pa
import pytest

from samplew_gbm.ablation import SETTING, WEIGHTS, Ablation, Arm, HeldOut, ablate, hold_out
from samplew_gbm.data.interactions import Order, pairs_table
from samplew_gbm.errors import DataError, SettingsError
from samplew_gbm.evaluation.bootstrap import Difference
from samplew_gbm.pipeline import evaluate, train
from tests.pipeline.tiny_logs import TINY, checkerboard, encoded, log_table, random_log

ORDERS = pytest.mark.parametrize("order", list(Order), ids=lambda order: order.value)


def held(order=Order.CLOCK) -> HeldOut:
    return hold_out(encoded(checkerboard(), order, n_users=40, n_items=30))


def changed(**settings):
    return msgspec.structs.replace(TINY, **settings)


def pairs(table):
    return list(zip(table["user_id"].to_pylist(), table["item_id"].to_pylist(), strict=True))


@ORDERS
def test_what_is_judged_is_new_to_users_who_are_learned_from(order):
    log = random_log(order)
    found = hold_out(log)
    learned = set(
        zip(
            log.users.decode(found.learn.user_index).to_pylist(),
            log.items.decode(found.learn.item_index).to_pylist(),
            strict=True,
        )
    )
    asked = pairs(found.test)
    assert asked
    assert not learned & set(asked)
    assert {user for user, _ in asked} <= {user for user, _ in learned}


def test_by_the_clock_the_test_lies_after_everything_learned():
    log = random_log(Order.CLOCK)
    found = hold_out(log)
    cut = found.learn.timestamp.max()
    later = log.timestamp > cut
    after = zip(log.user_index[later].tolist(), log.item_index[later].tolist(), strict=True)
    assert set(pairs(found.test)) <= set(after)


def test_in_file_order_each_user_is_judged_by_the_last_row():
    found = held(Order.FILE)
    users = [user for user, _ in pairs(found.test)]
    assert len(users) == len(set(users)) == 40


def test_nothing_to_judge_by_is_refused():
    log = encoded(log_table([0, 1, 0, 1, 0, 1] * 4, [0, 1, 0, 1, 0, 1] * 4, range(24)), n_users=2, n_items=3)
    with pytest.raises(DataError, match="give a test log"):
        hold_out(log)


def test_the_twin_is_the_unweighted_model_and_the_differences_are_those_of_the_means():
    given = held(Order.NONE)
    found = ablate(given, TINY, schemes=["attention", "wrong_sign"], n_seeds=1, ks=(5,), n_threads=1)
    assert [arm.name for arm in found.arms] == ["none", "attention", "wrong_sign"]
    for arm in found.arms:
        model = train(given.learn, changed(importance=arm.name), gate=False, n_threads=1)
        alone = evaluate(model, given.test, ks=(5,), n_threads=1)
        assert arm.metrics == pytest.approx(alone.metrics)
        assert found.n_users == alone.n_users
    twin = found.arms[0]
    assert twin.differences == {}
    assert twin.effective_sample_size == 1
    for arm in found.arms[1:]:
        for metric, difference in arm.differences.items():
            assert difference.mean == pytest.approx(arm.metrics[metric] - twin.metrics[metric], abs=1e-12)
            assert difference.low <= difference.mean <= difference.high
        assert arm.effective_sample_size < 1


def test_seeds_are_averaged_for_each_user():
    given = held()
    both = ablate(given, TINY, n_seeds=2, ks=(5,), n_threads=1)
    next_seed = changed(random_state=TINY.random_state + 1)
    alone = [ablate(given, settings, n_seeds=1, ks=(5,), n_threads=1) for settings in (TINY, next_seed)]
    for place, arm in enumerate(both.arms):
        mean = np.mean([one.arms[place].metrics["NDCG@5"] for one in alone])
        assert arm.metrics["NDCG@5"] == pytest.approx(mean)


def test_a_variant_is_a_model_of_its_own_settings_beside_the_same_twin():
    given = held()
    varied = changed(importance="none", denoise=0.2, random_state=9)  # the seed is that of the others
    found = ablate(given, TINY, schemes=[], variants={"denoise=0.2": varied}, n_seeds=2, ks=(5,), n_threads=1)
    assert [(arm.name, arm.differs_in) for arm in found.arms] == [("none", WEIGHTS), ("denoise=0.2", SETTING)]
    alone = []
    for seed in (TINY.random_state, TINY.random_state + 1):
        own = changed(importance="none", denoise=0.2, random_state=seed)
        model = train(given.learn, own, gate=False, n_threads=1)
        alone.append(evaluate(model, given.test, ks=(5,), n_threads=1).metrics["NDCG@5"])
    assert found.arms[1].metrics["NDCG@5"] == pytest.approx(np.mean(alone))
    assert found.arms[1].differences["NDCG@5"].n == found.n_users


def test_a_variant_named_like_a_scheme_is_refused():
    with pytest.raises(SettingsError, match="the name of a scheme, attention"):
        ablate(held(), TINY, variants={"attention": TINY})


def test_history_between_is_known_but_not_learned():
    given = held()
    later = pa.table({"user_id": [0], "item_id": [1], "timestamp": [1e12]})
    found = ablate(replace(given, history=later), TINY, n_seeds=1, ks=(5,), n_threads=1)
    assert found.n_users == ablate(given, TINY, n_seeds=1, ks=(5,), n_threads=1).n_users


def test_rows_of_the_test_that_were_learned_from_are_counted():
    given = held()
    assert ablate(given, TINY, n_seeds=1, ks=(5,), n_threads=1).n_known_rows == 0
    both = pa.concat_tables([given.test, pairs_table(given.learn)])
    found = ablate(replace(given, test=both), TINY, n_seeds=1, ks=(5,), n_threads=1)
    assert found.n_known_rows == len(given.learn)


@pytest.mark.parametrize("options", [{"n_seeds": 0}, {"schemes": []}, {"schemes": ["none"]}])
def test_nothing_to_compare_is_refused(options):
    with pytest.raises(SettingsError, match="at least 1 seed and one scheme"):
        ablate(held(), TINY, **options)


def verdict(mean, low, high, baseline=0.5, name="attention", differs_in=WEIGHTS):
    arm = Arm(name, differs_in, {}, {"NDCG@10": Difference(mean, low, high, baseline, 99)}, 0, 0, 0, 0)
    return Ablation([arm, arm], 9, 1, "").verdicts("NDCG@10")[0]


def test_verdicts_say_what_the_interval_says():
    assert verdict(0.02, 0.01, 0.03) == (
        "attention: the weights helped (NDCG@10 +4.0%, 95 % interval +2.0% to +6.0%)"
    )
    variant = {"name": "denoise=0.3", "differs_in": SETTING}
    assert verdict(0.02, 0.01, 0.03, **variant).startswith("denoise=0.3: the setting helped")
    assert "the weights hurt" in verdict(-0.02, -0.03, -0.01)
    assert "no difference can be told" in verdict(0.02, -0.01, 0.05)
    assert "no difference can be told" in verdict(0.0, 0.0, 0.0)
    assert "found nothing" in verdict(0.0, 0.0, 0.0, baseline=0.0)
