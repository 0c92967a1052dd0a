"""The leak rule: a row of a query uses only what happened strictly before it.

Logs are compared whose rows differ after a time, with the folds held fixed; nothing that training knows of
the rows before that time may differ by a single bit.
"""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samplew_gbm.candidates import union
from samplew_gbm.data.crossfit import Fold, judged_queries
from samplew_gbm.data.interactions import Order
from samplew_gbm.data.queries import Windows
from samplew_gbm.data.subset import Subset
from samplew_gbm.features import matrix
from samplew_gbm.pipeline.samples import NEGATIVE, samples_of
from samplew_gbm.pipeline.weighing import row_weights
from tests.pipeline import no_leak_kit
from tests.pipeline.learned import folds_of, tables_of
from tests.pipeline.no_leak_kit import check_no_leak, compare, facts_of, moved, samples_by_row
from tests.pipeline.tiny_logs import DAY, TINY, encoded, log_table, random_log, random_table

N_USERS, N_ITEMS = 30, 25
SEEDS = st.integers(0, 10_000)
FEW = settings(max_examples=8, deadline=None)


def shortened(table, last_day):
    return table.filter(pa.array(table["timestamp"].to_numpy() <= last_day * DAY))


def with_rows(table, users, items, days):
    return pa.concat_tables([table, log_table(users, items, np.asarray(days, float))])


def added(table, last_day, seed, n=60):
    """Rows of any user after the day, and rows at that very instant of users and items by chance."""
    rng = np.random.default_rng(seed)
    days = last_day + np.concatenate([np.zeros(5), rng.integers(1, 50, n)])
    users, items = (rng.integers(0, most, n + 5).tolist() for most in (N_USERS, N_ITEMS))
    return with_rows(table, users, items, days)


def changed(table, last_day, seed):
    """The items of all rows after the day are drawn anew; one item becomes a late hit."""
    late = table["timestamp"].to_numpy() > last_day * DAY
    items = np.random.default_rng(seed).integers(0, N_ITEMS, len(late))
    items[::2] = 7
    own = np.where(late, items, table["item_id"].to_numpy())
    return table.set_column(table.column_names.index("item_id"), "item_id", pa.array(own))


def folds_up_to(log, last_day):
    """The log's own folds without the rows they judge after the day."""
    folds = [Fold(f.learn, f.judge[log.timestamp[f.judge] <= last_day * DAY]) for f in folds_of(log)]
    return [fold for fold in folds if len(fold.judge)]


@FEW
@given(SEEDS)
def test_by_the_clock_later_rows_change_nothing(seed):
    table = random_table(seed)
    log = encoded(table)
    last_day = int(np.quantile(log.timestamp, 0.9) / DAY)
    others = [added(table, last_day, seed), shortened(table, last_day), changed(table, last_day, seed)]
    for fold in folds_up_to(log, last_day):
        facts = facts_of(log, fold)
        for other in map(encoded, others):
            compare(facts, facts_of(other, moved(fold, log, other)))


def test_by_the_clock_folds_of_a_shorter_log_judge_alike_in_the_longer_one():
    table = random_table(5)
    short, whole = encoded(shortened(table, 150)), encoded(table)
    assert len(short) < len(whole)
    for fold in folds_of(short):
        check_no_leak(short, fold, whole)


def test_the_samples_and_their_weights_do_not_see_later_rows():
    table = random_table(3)
    log, other = encoded(table), encoded(added(table, 180, 3))
    weights = []
    for fold in folds_up_to(log, 180):
        ours, theirs = (samples_by_row(part, moved(fold, log, part)) for part in (log, other))
        assert ours[0].keys() == theirs[0].keys()
        assert ours[1] == theirs[1]
        for row, features in ours[0].items():
            np.testing.assert_array_equal(features, theirs[0][row])
    for part in (log, other):
        folds = [moved(fold, log, part) for fold in folds_up_to(log, 180)]
        samples = [
            samples_of(
                judged_queries(part, fold),
                tables_of(part, fold.learn),
                TINY,
                n_threads=1,
                advance=lambda _: None,
            )
            for fold in folds
        ]
        found = row_weights(part, samples, TINY, n_threads=1)
        order = np.argsort(part.row)[: table.num_rows]
        weights.append((found.importance[order], found.sample_weight[order]))
    assert np.ptp(weights[0][0]) > 0
    np.testing.assert_array_equal(*weights)


def instant_case():
    """A fold, and a log with rows of others at the instants of one judged query and of its last visit."""
    table = random_table(1)
    log = encoded(table)
    fold = folds_of(log)[-1]
    begin = log.timestamp[fold.judge].min()
    judged = judged_queries(log, fold)
    query = int(np.flatnonzero(judged.queries.time > begin)[0])
    row = int(judged.rows[query])
    last_visit, now = judged.queries.time[query] / DAY, log.timestamp[row] / DAY
    others = [user for user in range(N_USERS) if user != log.user_index[row]][:20]
    days = [last_visit] * 10 + [now] * 10
    other = encoded(with_rows(table, others, [int(item) for item in range(20)], days))
    return log, Fold(fold.learn, np.array([row])), other


def test_an_event_at_the_very_instant_of_a_query_is_not_seen():
    check_no_leak(*instant_case())


@FEW
@given(SEEDS)
def test_by_the_file_a_users_later_rows_change_nothing(seed):
    table = random_table(seed).drop_columns("timestamp")
    log = encoded(table, Order.FILE)
    (fold,) = folds_of(log)
    rng = np.random.default_rng(seed)
    later = log_table(rng.integers(0, N_USERS, 80).tolist(), rng.integers(0, N_ITEMS, 80).tolist())
    check_no_leak(log, fold, encoded(pa.concat_tables([table, later]), Order.FILE))
    earlier = Fold(fold.learn, fold.judge[np.diff(log.user_index[fold.judge], append=-1) == 0])
    kept = np.sort(log.row[np.concatenate([earlier.learn, earlier.judge])])
    assert len(kept) < len(log)
    facts, without = facts_of(log, earlier), log.take(np.isin(log.row, kept))
    compare(facts, facts_of(without, moved(earlier, log, without)))


@FEW
@given(SEEDS)
def test_of_a_set_what_is_judged_changes_nothing_but_the_labels(seed):
    log = random_log(Order.NONE, seed=seed)
    fold = folds_of(log)[0]
    items = log.item_index.copy()
    items[fold.judge] = np.random.default_rng(seed).permutation(items[fold.judge])
    assert (items != log.item_index).any()
    ours, theirs = facts_of(log, fold), facts_of(replace(log, item_index=items), fold)
    for facts in (ours, theirs):
        for own in facts.values():
            for name in [name for name in own if name.startswith("taken")]:
                del own[name]
    compare(ours, theirs)


@pytest.mark.parametrize("order", list(Order), ids=lambda order: order.value)
def test_tables_depend_on_the_rows_learned_from_and_on_nothing_else(order):
    log = random_log(order)
    fold = folds_of(log)[0]
    rest = log.take(fold.learn)
    ours, alone = tables_of(log, fold.learn), tables_of(rest, np.arange(len(rest)))
    for name in type(ours).__dataclass_fields__:
        if name != "events":  # the whole log's times, of which readers see those before their query
            assert same_values(getattr(ours, name), getattr(alone, name)), name


def same_values(left, right):
    if hasattr(left, "__dataclass_fields__"):
        fields = left.__dataclass_fields__
        return all(same_values(getattr(left, name), getattr(right, name)) for name in fields)
    if isinstance(left, tuple):
        return len(left) == len(right) and all(map(same_values, left, right))
    return left.tobytes() == right.tobytes() if isinstance(left, np.ndarray) else left == right


def separation(samples):
    """Largest distance from .5 of any feature's AUC of taken against other candidates."""
    label = samples.row != NEGATIVE
    found = []
    for column in samples.features.T:
        positive, negative = column[label], column[~label]
        above = (positive[:, None] > negative).mean() + 0.5 * (positive[:, None] == negative).mean()
        found.append(abs(above - 0.5))
    return max(found)


def test_a_signal_of_the_future_is_of_no_use():
    """Items by chance, but after the judged rows every user comes back to what he took in them."""
    rng = np.random.default_rng(0)
    n_rows, n_late = 900, 300
    users, items = rng.integers(0, N_USERS, n_rows), rng.integers(0, N_ITEMS, n_rows)
    again = np.tile(np.arange(n_rows - n_late, n_rows), 3)
    days = np.arange(n_rows + len(again)) / 10
    log = encoded(log_table([*users, *users[again]], [*items, *items[again]], days))
    by_row = np.argsort(log.row)
    fold = Fold(np.sort(by_row[: n_rows - n_late]), np.sort(by_row[n_rows - n_late : n_rows]))
    judged = judged_queries(log, fold)
    honest, seer = (
        samples_of(judged, tables_of(log, learn), TINY, n_threads=1, advance=lambda _: None)
        for learn in (fold.learn, np.arange(len(log)))
    )
    assert separation(honest) < 0.12
    assert separation(seer) > 0.2


# The kit must be able to fail: what follows plants leaks.


def leak_case():
    table = random_table(2)
    log = encoded(table)
    return log, folds_up_to(log, 170)[0], encoded(added(table, 170, 2))


def counts_of_the_whole_log(context):
    items = context.candidates.lists.items
    return {"counts": np.diff(context.tables.events.indptr)[items].astype(np.float32)}


def events_until_the_instant(context):
    lists, events = context.candidates.lists, context.tables.events
    counts = [
        np.searchsorted(events.time[slice(*events.indptr[item : item + 2])], time, side="right")
        for item, time in zip(lists.items, context.queries.time[lists.owner], strict=True)
    ]
    return {"count": np.array(counts, np.float32)}


class Hits:
    name = "hits"

    def __init__(self, events):
        self.counts = np.diff(events.indptr)
        self.reach = Subset.of(np.ones(len(self.counts), bool))

    def score(self, queries, out):
        out[:] = self.counts


def test_a_block_that_counts_the_whole_log_is_caught(monkeypatch):
    check_no_leak(*leak_case())
    monkeypatch.setattr(matrix, "BLOCKS", (*matrix.BLOCKS, counts_of_the_whole_log))
    with pytest.raises(AssertionError, match="block counts_of_the_whole_log: counts"):
        check_no_leak(*leak_case())


def test_a_block_that_sees_the_very_instant_is_caught(monkeypatch):
    monkeypatch.setattr(matrix, "BLOCKS", (*matrix.BLOCKS, events_until_the_instant))
    with pytest.raises(AssertionError, match="block events_until_the_instant: count"):
        check_no_leak(*instant_case())


def test_a_source_that_knows_later_hits_is_caught(monkeypatch):
    honest = union.sources_of
    monkeypatch.setattr(union, "sources_of", lambda tables: [*honest(tables), Hits(tables.events)])
    with pytest.raises(AssertionError, match=r"items|source hits"):
        check_no_leak(*leak_case())


def test_tables_learned_from_later_rows_are_caught():
    log, fold, other = leak_case()
    with pytest.raises(AssertionError):
        check_no_leak(log, fold, other, learn=np.arange(len(other)))


def test_repeats_are_among_what_is_compared():
    log, fold, _ = leak_case()
    facts = facts_of(log, fold).values()
    counts = np.concatenate([own["again, block repeats: repeat_count"] for own in facts])
    assert counts.min() == 1
    assert counts.max() > 1


def test_histories_that_go_on_after_the_query_are_caught(monkeypatch):
    def whole_histories(log, fold):
        judged = judged_queries(log, fold)
        users = judged.user_index
        return replace(judged, histories=Windows(log.item_index, log.indptr[users], log.indptr[users + 1]))

    monkeypatch.setattr(no_leak_kit, "judged_queries", whole_histories)
    with pytest.raises(AssertionError):
        check_no_leak(*leak_case())
