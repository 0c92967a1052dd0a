"""Every registered candidate source keeps the contract, whatever the order of the log."""

import numpy as np
import pytest

from samplew_gbm.candidates.by_table import ByTable
from samplew_gbm.candidates.union import sources_of
from samplew_gbm.data import subset
from samplew_gbm.data.interactions import Order
from samplew_gbm.settings import Settings
from tests.candidates import source_checks
from tests.candidates.source_checks import CHECKS, scores_of
from tests.pipeline.learned import learned, learned_of_few
from tests.pipeline.tiny_logs import TINY

CASES = {order: learned(order) for order in Order}
FEW = learned_of_few(60, 20)
REGISTERED = [
    pytest.param(CASES[order], place, id=f"{order.value}-{source.name}")
    for order in Order
    for place, source in enumerate(sources_of(CASES[order].tables))
]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize(("case", "place"), REGISTERED)
def test_registered_sources_keep_the_contract(case, place, check):
    check(sources_of(case.tables)[place], case.judged.queries, case.log.n_items)


def test_a_source_reaches_all_that_it_has_something_to_say_of(monkeypatch):
    queries, n_items = FEW.judged.queries, FEW.log.n_items
    narrow = sources_of(FEW.tables)
    monkeypatch.setattr(subset, "MOST", -1.0)  # whatever is wanted is most of the catalogue
    wide = sources_of(FEW.tables)
    assert all(len(source.reach) == n_items for source in wide)
    reached = {source.name: len(source.reach) for source in narrow}
    assert {name for name, size in reached.items() if size == n_items} == {
        "content",
        "text_vectors",
        "image_vectors",
        "text_user_vectors",
    }
    for one, other in zip(narrow, wide, strict=True):
        np.testing.assert_array_equal(
            scores_of(one, queries, n_items), scores_of(other, queries, n_items), err_msg=one.name
        )


@pytest.mark.parametrize("order", list(Order))
def test_sources_have_names_of_their_own(order):
    names = [source.name for source in sources_of(CASES[order].tables)]
    assert len(set(names)) == len(names)
    assert all(name.isidentifier() for name in names)


def test_without_the_linear_model_its_sources_are_missing_and_nothing_else():
    settings = Settings(n_factors=TINY.n_factors, n_epochs=TINY.n_epochs, linear_items=0)
    without = {source.name for source in sources_of(learned(Order.CLOCK, settings).tables)}
    whole = {source.name for source in sources_of(CASES[Order.CLOCK].tables)}
    assert without < whole
    assert all("linear" in name for name in whole - without)


@pytest.mark.parametrize(
    ("check", "fault"),
    [
        ("check_source_scores_every_item", lambda queries, out: out.__setitem__((slice(None), 0), np.nan)),
        ("check_source_scores_each_query_by_itself", lambda queries, out: out.__setitem__(..., len(queries))),
        ("check_source_nominates_nothing_without_a_history", lambda queries, out: out.fill(1)),
        ("check_source_says_something", lambda queries, out: out.fill(0)),
        (
            "check_source_repeats_itself",
            lambda queries, out: out.__setitem__(..., np.random.default_rng().random()),
        ),
    ],
)
def test_the_checks_can_fail(check, fault):
    case = CASES[Order.CLOCK]

    class Broken:
        name = "broken"
        reach = sources_of(case.tables)[0].reach

        def score(self, queries, out):
            scores_source.score(queries, out)
            fault(queries, out)

    scores_source = sources_of(case.tables)[0]
    with pytest.raises(AssertionError):
        getattr(source_checks, check)(Broken(), case.judged.queries, case.log.n_items)


def test_a_table_scores_by_the_history_and_not_by_its_transpose():
    case = CASES[Order.CLOCK]
    table = case.tables.transitions
    last = case.judged.queries.histories.items[case.judged.queries.histories.indptr[1:] - 1]
    scores = scores_of(ByTable("last", table, 0.0), case.judged.queries, case.log.n_items)
    for row, item in zip(scores, last, strict=True):
        own = slice(*table.indptr[item : item + 2])
        assert np.flatnonzero(row).tolist() == sorted(table.indices[own].tolist())
