"""The union of the sources' nominees: natural, distinct, without what the user has."""

import itertools
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from samplew_gbm.candidates import union
from samplew_gbm.candidates.union import CandidateFinder, sources_of
from samplew_gbm.data.describing import describe_items
from samplew_gbm.data.interactions import Order, build_interactions
from samplew_gbm.data.queries import Lists, Queries
from tests.candidates.source_checks import scores_of
from tests.pipeline.learned import learned, learned_of_few, tables_of
from tests.pipeline.tiny_logs import checkerboard
from tests.reference import selection as naive

N = 4
CASES = {order.value: learned(order, n_items=60, n_rows=420) for order in Order}
CASES["few taken"] = learned_of_few(60, 20)


def plain(lists):
    return [lists.items[start:stop].tolist() for start, stop in itertools.pairwise(lists.indptr)]


def found(case, hide_history=True):
    finder = CandidateFinder(case.tables, n_candidates=N, hide_history=hide_history)
    return finder, *finder.find(case.judged.queries, case.judged.positives)


@pytest.fixture(params=list(CASES))
def case(request):
    return CASES[request.param]


@pytest.fixture
def popular(case, monkeypatch):
    monkeypatch.setattr(union, "POPULAR", 5)
    return sorted(np.argsort(-case.tables.counts, kind="stable")[:5].tolist())


def test_an_untaken_item_is_nominated_by_what_is_said_of_it_and_by_nothing_else(monkeypatch):
    """Item 30 is described as item 0, which somebody took; item 31 is described by nothing."""
    monkeypatch.setattr(union, "POPULAR", 5)
    log = build_interactions(checkerboard())
    kinds = [*range(5), *[9] * 25, 0, None]
    table = pa.table({"item_id": range(32), "kind": kinds})
    described = describe_items(log, table)
    tables = tables_of(described, np.arange(len(log)))
    queries = Queries(Lists(np.array([0, 1]), np.array([0], np.int32)), np.array([0.0]))
    nominated, _ = CandidateFinder(tables, n_candidates=N).find(queries)
    assert 30 in nominated.lists.items
    assert 31 not in nominated.lists.items
    without, _ = CandidateFinder(replace(tables, content=None), n_candidates=N).find(queries)
    assert 30 not in without.lists.items


def test_candidates_are_what_the_sources_nominate_and_the_popular_items(case, popular):
    _, candidates, _ = found(case)
    scores = {source.name: scores_of(source, case.judged.queries, 60) for source in sources_of(case.tables)}
    assert candidates.sources == tuple(scores)
    histories = plain(case.judged.queries.histories)
    for query, items in enumerate(plain(candidates.lists)):
        hidden = set(histories[query])
        tops = {name: naive.top(rows[query].tolist(), hidden, N) for name, rows in scores.items()}
        expected = {item for top in tops.values() for item, _ in top} | set(popular) - hidden
        assert items == sorted(expected)
        rows = slice(*candidates.lists.indptr[query : query + 2])
        for place, (name, top) in enumerate(tops.items()):
            values = scores[name][query][items]
            np.testing.assert_array_equal(candidates.values[rows, place], values)
            best = [score for _, score in top] + [0.0] * (N - len(top))
            assert candidates.best[query, place] == best[0]
            ranks = [naive.rank(value, best) for value in values.tolist()]
            assert candidates.ranks[rows, place].tolist() == ranks


def test_judging_items_gives_what_finding_them_gave(case):
    finder, candidates, taken = found(case)
    again = finder.judge(case.judged.queries, candidates.lists)
    for name in ("values", "ranks", "best"):
        np.testing.assert_array_equal(getattr(candidates, name), getattr(again, name))
    beside = finder.judge(case.judged.queries, case.judged.positives)
    np.testing.assert_array_equal(taken.values, beside.values)
    np.testing.assert_array_equal(taken.ranks, beside.ranks)
    np.testing.assert_array_equal(taken.lists.items, case.judged.positives.items)


def test_what_was_taken_is_never_added_to_the_candidates(case):
    finder, with_taken, _ = found(case)
    without, nothing = finder.find(case.judged.queries)
    np.testing.assert_array_equal(with_taken.lists.items, without.lists.items)
    assert len(nothing.lists.items) == 0


def test_blocks_of_any_size_have_the_same_candidates(case):
    finder, whole, _ = found(case)
    parts = [
        finder.find(case.judged.queries.slice(start, min(start + 7, len(case.judged.queries))))[0]
        for start in range(0, len(case.judged.queries), 7)
    ]
    for name in ("values", "ranks", "best"):
        np.testing.assert_array_equal(getattr(whole, name), np.concatenate([getattr(p, name) for p in parts]))
    assert plain(whole.lists) == [items for part in parts for items in plain(part.lists)]


def test_seen_items_join_without_changing_what_is_said_of_the_others(case):
    _, hidden, _ = found(case)
    _, shown, _ = found(case, hide_history=False)
    histories = plain(case.judged.queries.histories)
    for query, (few, many) in enumerate(zip(plain(hidden.lists), plain(shown.lists), strict=True)):
        assert many == sorted({*few, *histories[query]})
    keys, more = (table.lists.owner * 60 + table.lists.items for table in (hidden, shown))
    same = np.isin(more, keys)
    for name in ("values", "ranks"):
        np.testing.assert_array_equal(getattr(hidden, name), getattr(shown, name)[same])
    np.testing.assert_array_equal(hidden.best, shown.best)


def test_kept_rows_and_taken_queries(case):
    _, candidates, _ = found(case)
    odd = np.arange(len(candidates.lists.items)) % 2 == 1
    kept = candidates.keep(odd)
    assert len(kept.lists) == len(candidates.lists)
    np.testing.assert_array_equal(kept.lists.items, candidates.lists.items[odd])
    np.testing.assert_array_equal(kept.lists.owner, candidates.lists.owner[odd])
    np.testing.assert_array_equal(kept.values, candidates.values[odd])
    some = candidates.take(np.array([2, 0]))
    assert plain(some.lists) == [plain(candidates.lists)[query] for query in (2, 0)]
    np.testing.assert_array_equal(some.best, candidates.best[[2, 0]])


def test_a_query_of_somebody_new_gets_the_popular_items(case, popular):
    queries = case.judged.queries.slice(0, 1)
    nobody = type(queries)(Lists(np.zeros(2, np.int64), np.empty(0, np.int32)), queries.time)
    candidates, _ = CandidateFinder(case.tables, n_candidates=N).find(nobody)
    assert candidates.lists.items.tolist() == popular
    assert not (candidates.values > 0).any()
