"""The explanation of a recommendation: it sums to the score that is printed, and names what was looked at."""

from functools import cache

import msgspec
import numpy as np
import pyarrow as pa
import pytest

from samplew_gbm.data.interactions import Order
from samplew_gbm.explain.groups import GROUPS, OTHER, group_of, grouped
from samplew_gbm.explain.recommendation import explain_recommendation
from samplew_gbm.explain.words import what_sums
from samplew_gbm.features import repeats
from samplew_gbm.pipeline import recommend, score, train
from samplew_gbm.pipeline.inference import COLD_PENALTY
from samplew_gbm.pipeline.requests import requests_of
from tests.pipeline.tiny_logs import DAY, TINY, random_log
from tests.reference.segments import softmax

ORDERS = pytest.mark.parametrize("order", list(Order), ids=lambda order: order.value)
OBJECTIVES = pytest.mark.parametrize("objective", ["lambdarank", "rank_xendcg", "binary"])


@cache
def trained(order=Order.CLOCK, objective="lambdarank"):
    settings = msgspec.structs.replace(TINY, objective=objective, n_leaves=4)
    return train(random_log(order), settings, gate=False, n_threads=1)


def printed(model, user, item, history=None):
    """What ``samplew score`` prints."""
    pair = pa.table({"user_id": pa.array([user]), "item_id": pa.array([item])})
    return score(model, pair, history=history, n_threads=1)["score"][0].as_py()


def explained(model, user, item, **options):
    return explain_recommendation(model, user, item, n_threads=1, **options)


@ORDERS
def test_contributions_sum_to_the_score_that_is_printed(order):
    model = trained(order)
    for user in (0, 7, 29):
        for item in range(0, 25, 4):
            found = explained(model, user, item)
            assert found.score == printed(model, user, item)
            parts = sum(part.contribution for part in found.features)
            reasons = sum(reason.contribution for reason in found.reasons)
            for total in (found.total, found.base + parts, found.base + reasons):
                assert total == pytest.approx(found.score, rel=1e-9, abs=1e-12)
            assert {part.feature for part in found.features} == set(model.feature_names)
            assert what_sums(found) == "score"


@OBJECTIVES
def test_of_a_probability_they_sum_to_the_log_odds(objective):
    model = trained(objective=objective)
    found = explained(model, 3, 4)
    assert any(part.contribution for part in found.features)
    if objective == "binary":
        assert 1 / (1 + np.exp(-found.total)) == pytest.approx(found.score, rel=1e-9)
        assert what_sums(found) == "log odds of the score"
    else:
        assert found.total == pytest.approx(found.score, rel=1e-9, abs=1e-12)


@ORDERS
def test_the_rank_is_that_of_recommend(order):
    model = trained(order)
    for row in recommend(model, users=pa.array([0, 11]), k=10, n_threads=1).to_pylist():
        found = explained(model, row["user_id"], row["item_id"])
        assert (found.rank, found.score) == (row["rank"], row["score"])
        assert found.n_better == row["rank"] - 1


@ORDERS
def test_attention_is_the_softmax_that_the_feature_is_made_of(order):
    model = trained(order)
    user, item = 5, 3
    history = model.histories.slice(user, user + 1).items[-TINY.max_history :]
    rows = model.tables.embeddings.items.astype(np.float64)
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    cosines = unit[history] @ unit[item]
    weights = softmax(cosines.tolist(), 1 / 5.0)
    found = explained(model, user, item)
    for attended in found.attended:
        at = np.flatnonzero(history == attended.item_id)
        assert attended.attention == pytest.approx(np.take(weights, at).sum(), abs=1e-5)
        assert attended.similarity == pytest.approx(cosines[at[0]], abs=1e-5)
        assert (attended.times, attended.places_back) == (len(at), len(history) - at[-1])
    attention = [each.attention for each in found.attended]
    assert attention == sorted(attention, reverse=True)
    value = next(part.value for part in found.features if part.feature == "similarity_attended")
    assert value == pytest.approx(np.dot(weights, cosines), abs=1e-5)


def test_what_is_left_out_of_a_history_is_said_and_not_looked_at():
    settings = msgspec.structs.replace(TINY, denoise=0.3)
    model = train(random_log(), settings, gate=False, n_threads=1)
    meant = requests_of(model, pa.array([5]), None).queries.meant.items
    history = model.histories.slice(5, 6).items
    assert 0 < len(meant) < len(history)
    found = explained(model, 5, 3)
    assert found.score == printed(model, 5, 3)
    assert found.n_history == len(history)
    assert {each.item_id for each in found.attended} <= set(meant.tolist())
    note = f"{len(history) - len(meant)} of {len(history)} interactions are left out as likely accidents"
    assert note in " ".join(found.notes)


def test_nominations_are_places_in_the_lists_of_the_sources():
    model = trained()
    values = {}
    for item in range(25):
        found = explained(model, 2, item)
        for each in found.nominations:
            values.setdefault(each.source, []).append((each.score, each.place, item))
    seen = set(model.histories.slice(2, 3).items.tolist())
    for listed in values.values():
        new = [(value, place) for value, place, item in listed if item not in seen]
        assert all(place is None for _, place, item in listed if item in seen)
        for value, place in new:
            expected = 1 + sum(other > value for other, _ in new)
            assert place == (expected if value > 0 and expected <= TINY.n_candidates else None)


def test_who_and_what_is_new_is_explained():
    model = trained()
    nobody = explained(model, "nobody", 3)
    assert nobody.score == printed(model, "nobody", "3") == nobody.total
    assert [part.feature for part in nobody.features if part.contribution] == ["popularity"]
    assert nobody.base == -COLD_PENALTY
    assert "new to the model and has no history" in nobody.notes[0]
    unknown = explained(model, 1, "absent")
    assert unknown.score == printed(model, "1", "absent") == unknown.total
    assert (unknown.rank, unknown.features, unknown.attended, unknown.nominations) == (None, (), (), ())
    assert "does not know the item" in unknown.notes[0]
    assert len(explained(model, "nobody", "absent").notes) == 2


def test_a_history_stands_for_the_past_of_a_new_user():
    model = trained()
    history = pa.table({"user_id": [99, 99], "item_id": [4, 6], "timestamp": [250 * DAY, 251 * DAY]})
    found = explained(model, 99, 8, history=history)
    assert found.score == printed(model, 99, 8, history=history)
    assert {each.item_id for each in found.attended} == {4, 6}
    assert "new to the model, and ranked by 2 later interactions" in found.notes[0]
    assert "took the item already (1 time)" in " ".join(explained(model, 99, 4, history=history).notes)


def test_every_feature_has_a_group_and_the_longest_stem_decides():
    assert group_of("covisited_relative").key == "together"
    assert group_of("covisited_last_rank").key == "next"
    assert group_of("covisited_second").key == "together"
    assert group_of("linear_next_rank").key == "next"
    assert group_of("covisited_vectors_best").key == "described"
    assert group_of("_vectors") is group_of("covisitedx") is group_of("new thing") is OTHER
    assert grouped({"linear": 1.0, "linear_rank": 2.0, "new": 4.0}) == {"together": 3.0, "other": 4.0}
    assert group_of("repeat_places_back").key == "repeats"
    used = {group_of(name).key for name in (*trained().feature_names, *repeats.COLUMNS)}
    assert used == {group.key for group in GROUPS}
