"""What a gate asks: every trusted row of the judged queries counts, found or not."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from samplew_gbm.data.interactions import Order
from samplew_gbm.pipeline import prepare
from samplew_gbm.pipeline.asked import asked_of
from samplew_gbm.pipeline.assembling import assemble_whole
from samplew_gbm.pipeline.proving import WIDE_K, K
from samplew_gbm.pipeline.samples import NEGATIVE
from tests.pipeline.tiny_logs import TINY, random_log

FEW = msgspec.structs.replace(TINY, n_candidates=2)  # most of what is taken is not found


@pytest.fixture(scope="module", params=[Order.CLOCK, Order.NONE])
def prepared(request):
    log = random_log(request.param)
    return prepare(log, FEW, ask=np.ones(len(log), bool), n_threads=1)


def trusted_rows(prepared):
    return np.random.default_rng(4).random(len(prepared.interactions)) < 0.6


def scored(prepared, asked):
    rows = asked.answering(assemble_whole(prepared.samples, asked.users))
    return rows, np.random.default_rng(5).random(len(rows.row))


def naive(prepared, trusted, rows, scores, k):
    """Of each user the mean over his judged queries that hold a trusted row, one after the other."""
    by_query = {}
    for at, query in enumerate(rows.query):
        own = slice(rows.indptr[at], rows.indptr[at + 1])
        ranked = rows.row[own][np.argsort(-scores[own])]
        by_query[int(query)] = [row != NEGATIVE and bool(trusted[row]) for row in ranked]
    values, number = {}, 0
    for part in prepared.samples:
        for start, stop in zip(part.judged_indptr[:-1], part.judged_indptr[1:], strict=True):
            own = part.judged_rows[start:stop]
            n_trusted = int(trusted[own].sum())
            hits = by_query.get(number, [])[:k]
            gained = sum(1 / np.log2(place + 2) for place, hit in enumerate(hits) if hit)
            best = sum(1 / np.log2(place + 2) for place in range(min(n_trusted, k)))
            user = int(prepared.interactions.user_index[own[0]])
            if n_trusted:
                values.setdefault(user, []).append(gained / best)
            number += 1
    return {user: np.mean(each) for user, each in values.items()}


@pytest.mark.parametrize("k", [K, WIDE_K])
def test_users_reach_what_a_loop_over_their_queries_says(prepared, k):
    trusted = trusted_rows(prepared)
    asked = asked_of(prepared.interactions, prepared.samples, trusted)
    rows, scores = scored(prepared, asked)
    expected = naive(prepared, trusted, rows, scores, k)
    assert asked.users.tolist() == sorted(expected)
    found = asked.ndcg(asked.users, rows, scores, k)
    np.testing.assert_allclose(found, [expected[user] for user in asked.users], atol=1e-12)
    assert 0 < found.mean() < 1


def test_only_who_has_all_trusted_rows_among_his_candidates_can_reach_the_best(prepared):
    log, trusted = prepared.interactions, trusted_rows(prepared)
    asked = asked_of(log, prepared.samples, trusted)
    rows, _ = scored(prepared, asked)
    best = asked.ndcg(asked.users, rows, np.where(rows.row == NEGATIVE, 0.0, trusted[rows.row]))
    judged = np.concatenate([part.judged_rows for part in prepared.samples])
    lost = judged[trusted[judged] & ~np.isin(judged, rows.row)]
    lacking = np.isin(asked.users, log.user_index[lost])
    assert lacking.sum() > 0
    np.testing.assert_allclose(best[~lacking], 1)
    assert (best[lacking] < 1).all()


def test_of_some_users_only_their_own_queries_count(prepared):
    asked = asked_of(prepared.interactions, prepared.samples, trusted_rows(prepared))
    rows, scores = scored(prepared, asked)
    some = asked.users[::2]
    ours = rows.take(np.flatnonzero(np.isin(rows.user_index, some)))
    own = np.repeat(np.isin(rows.user_index, some), np.diff(rows.indptr))
    np.testing.assert_array_equal(
        asked.ndcg(some, ours, scores[own]), asked.ndcg(asked.users, rows, scores)[::2]
    )


def test_other_tables_are_asked_the_same(prepared):
    trusted = trusted_rows(prepared)
    ask, without = np.ones(len(trusted), bool), msgspec.structs.replace(FEW, denoise=0.3)
    other = prepare(prepared.interactions, without, ask=ask, n_threads=1)
    one, two = (asked_of(each.interactions, each.samples, trusted) for each in (prepared, other))
    np.testing.assert_array_equal(one.user, two.user)
    np.testing.assert_array_equal(one.ideal, two.ideal)


def test_without_a_trusted_label_grades_are_asked(prepared):
    grade = np.random.default_rng(6).integers(1, 4, len(prepared.interactions)).astype(np.int32)
    log = prepared.interactions
    asked = asked_of(replace(log, grade=grade), prepared.samples)
    plain = asked_of(log, prepared.samples)
    assert (plain.label == 1).all()
    np.testing.assert_array_equal(asked.label, grade)
    assert (asked.ideal >= plain.ideal).all()
