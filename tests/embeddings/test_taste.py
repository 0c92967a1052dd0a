"""Histories without accidents: chosen as a loop over single rows would, and by what the topics found."""

import msgspec
import numpy as np
import pytest

from samplew_gbm.data.enlarging import enlarged
from samplew_gbm.data.interactions import Order
from samplew_gbm.data.item_tables import TasteTable
from samplew_gbm.data.queries import Lists, Queries
from samplew_gbm.embeddings.taste import learn_taste, meant_rows, with_meant
from samplew_gbm.embeddings.topics import Topics
from tests.pipeline.accidental_log import accidental_log
from tests.pipeline.learned import learned
from tests.pipeline.tiny_logs import TINY

SHARE = 0.4


def shop(accidents="popular"):
    """A log, which of its rows are accidents, and the table of what these hit."""
    log, accidental = accidental_log(SHARE, accidents)
    counts = np.bincount(log.item_index, minlength=log.n_items) + 0.1
    background = counts / counts.sum() if accidents == "popular" else np.full(log.n_items, 1 / log.n_items)
    return log, accidental, learn_taste(log, background, SHARE, 0, n_threads=2)


def naive(histories: Lists, table: TasteTable) -> list[list[int]]:
    """Row by row, each by a question of its own."""
    found = []
    for place in range(len(histories)):
        own = histories.slice(place, place + 1)
        kept = []
        for item in own.items.tolist():
            one = Lists.from_sizes(np.array([1]), np.array([item], np.int32))
            chances = [Topics(topics, table.noise).chance(own, one)[0] for topics in table.topics]
            if np.mean(chances, dtype=np.float64) >= table.least[item]:
                kept.append(item)
        found.append(kept or own.items.tolist())
    return found


def as_lists(lists: Lists) -> list[list[int]]:
    return [part.tolist() for part in np.split(lists.items, lists.indptr[1:-1])]


@pytest.mark.parametrize("accidents", ["popular", "uniform"])
def test_as_many_rows_are_left_out_as_asked_and_most_of_them_are_accidents(accidents):
    log, accidental, table = shop(accidents)
    left = meant_rows(Lists(log.indptr, log.item_index), table)
    assert len(left.items) == pytest.approx((1 - SHARE) * len(log), rel=0.01)
    kept = np.zeros(len(log), bool)
    for user, items in enumerate(as_lists(left)):
        rows = np.arange(log.indptr[user], log.indptr[user + 1])
        kept[rows[np.isin(log.item_index[rows], items)]] = True
    assert accidental[~kept].mean() > accidental.mean() + 0.2


def test_rows_are_those_of_a_loop():
    log, _, table = shop()
    some = Lists(log.indptr, log.item_index).slice(0, 40)
    assert as_lists(meant_rows(some, table)) == naive(some, table)


def test_a_history_of_accidents_alone_stays_whole_and_an_empty_one_empty():
    log, accidental, table = shop()
    worst = int(log.item_index[accidental][np.argmax(table.least[log.item_index[accidental]])])
    histories = Lists.from_sizes(np.array([1, 0, 2]), np.array([worst] * 3, np.int32))
    assert as_lists(meant_rows(histories, table)) == as_lists(histories)
    assert as_lists(meant_rows(Lists(np.array([0]), np.empty(0, np.int32)), table)) == [[]]


def test_tables_in_a_larger_catalogue_judge_alike_and_keep_what_is_new():
    ours = learned(Order.CLOCK, msgspec.structs.replace(TINY, denoise=SHARE))
    place, new = np.arange(ours.log.n_items, dtype=np.int32) + 3, np.int32(1)
    theirs = enlarged(ours.tables, place, ours.log.n_items + 5)
    histories = ours.judged.queries.histories
    left = with_meant(Queries(histories, None), ours.tables).meant
    assert 0 < len(left.items) < len(histories.items)
    longer = Lists.from_sizes(
        histories.sizes + 1, np.insert(place[histories.items], histories.indptr[1:], new)
    )
    assert as_lists(with_meant(Queries(longer, None), theirs).meant) == [
        [*place[np.array(own, int)].tolist(), new] for own in as_lists(left)
    ]
