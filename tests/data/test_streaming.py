"""A log read in batches gives what it gives whole; one that does not fit gives the same users always."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from samplew_gbm.columns import ColumnNames
from samplew_gbm.data.interactions import build_interactions
from samplew_gbm.data.memory import memory_plan
from samplew_gbm.data.sources import read_log
from samplew_gbm.data.streaming import read_interactions
from samplew_gbm.errors import DataError, SamplewError, SchemaError, SettingsError
from samplew_gbm.settings import Settings
from tests.data.logs import FORMS, as_form, assert_same, small_table, write_json
from tests.data.postgres import Server

ON_LINUX = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux counts mappings in the limit of data segments"
)


def log(n: int = 40_000, n_users: int = 9_000) -> pa.Table:
    rng = np.random.default_rng(5)
    return pa.table(
        {
            "user_id": rng.integers(0, n_users, n),
            "item_id": [f"item {item}" for item in rng.integers(0, 50, n)],
            "timestamp": rng.integers(1_700_000_000, 1_800_000_000, n),
            "event": rng.choice(np.array(["view", "cart", None]), n),
            "value": rng.random(n),
        }
    )


@pytest.mark.parametrize("form", FORMS)
def test_batches_give_what_the_whole_gives(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("samplew_gbm.data.memory.MemoryPlan.batch_rows", 3)
    monkeypatch.setattr("samplew_gbm.data.jsonl_reader._BLOCK_BYTES", 100)
    found, sample = read_interactions(as_form(small_table(), form, tmp_path), memory_budget="1GB")
    assert_same(found, build_interactions(read_log(small_table())))
    assert (sample.share, sample.n_rows, sample.n_kept) == (1.0, 4, 4)


def test_a_database_gives_the_same(postgres: Server) -> None:
    postgres.write("streamed", log(3000))
    found, _ = read_interactions(postgres.table("streamed"), memory_budget="1GB")
    assert_same(found, build_interactions(read_log(log(3000))))


@pytest.mark.parametrize("form", ["a.parquet", "a.csv", "a.jsonl.gz", "pandas"])
def test_the_sample_is_whole_users_and_the_same_from_every_source(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("samplew_gbm.data.memory._ROW", 2000)
    expected, sample = read_interactions(log(), memory_budget="32MB")
    assert 0.05 < sample.share < 0.3
    assert sample.n_rows == 40_000
    assert memory_plan("32MB").holds(len(expected), expected.n_users, expected.n_items)
    whole = build_interactions(read_log(log()))
    kept = np.isin(whole.users.ids.to_numpy(), expected.users.ids.to_numpy())
    assert_same(expected, whole.take(kept[whole.user_index]).compact())
    monkeypatch.setattr("samplew_gbm.data.memory.MemoryPlan.batch_rows", 777)
    again, same = read_interactions(as_form(log(), form, tmp_path), memory_budget="32MB")
    assert_same(again, expected)
    assert same == sample


def test_conditions_hold_in_batches_too(tmp_path: Path) -> None:
    source = as_form(log(), "a.parquet", tmp_path)
    words = ["event=view", "value>0.5"]
    found, _ = read_interactions(source, memory_budget="1GB", where=words)
    assert_same(found, build_interactions(read_log(source, where=words)))
    with pytest.raises(DataError, match="has no rows where value>2"):
        read_interactions(source, memory_budget="1GB", where=["value>2"])


def displays(n_queries: int = 1500) -> pa.Table:
    """Lists of four items and rows of no query; of some lists nobody took anything, of some all."""
    rng = np.random.default_rng(7)
    query = np.repeat(np.arange(n_queries), 5)
    user = query * 7919 % 400
    beside = np.tile(np.arange(5), n_queries) == 4  # a row that was taken elsewhere
    label = (rng.random(len(query)) < 0.25) | beside | (query % 50 == 0)
    label &= user != 13  # who takes nothing
    position = np.where(beside, np.nan, np.tile(np.arange(1.0, 6.0), n_queries))
    return pa.table(
        {
            "user_id": [f"u{one}" for one in user],
            "item_id": rng.integers(0, 60, len(query)),
            "timestamp": 1.7e9 + np.arange(len(query)),
            "query_id": pa.array([f"q{one}" for one in query], mask=beside & label),
            "position": pa.array(position, mask=np.isnan(position) & label),
            "label": label.astype(np.int8),
            "event": np.where(label, "take", "show"),
        }
    ).filter(pa.array(~beside | label))


LABELLED = ColumnNames(query_id="query_id", position="position", label="label")
BY_EVENT = ColumnNames(query_id="query_id", position="position", impression_event="show")


@pytest.mark.parametrize("names", [LABELLED, BY_EVENT], ids=["label", "event"])
@pytest.mark.parametrize("form", ["a.parquet", "a.csv", "a.jsonl.gz", "pandas"])
@pytest.mark.parametrize("rows", [77, 3])
def test_what_was_shown_is_read_in_batches_too(
    rows: int, form: str, names: ColumnNames, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("samplew_gbm.data.memory.MemoryPlan.batch_rows", rows)
    table = displays(60 if rows == 3 else 1500)
    found, sample = read_interactions(as_form(table, form, tmp_path), memory_budget="1GB", columns=names)
    expected = build_interactions(read_log(table, columns=names))
    assert_same(found, expected)
    assert len(found) < sample.n_kept == sample.n_rows == table.num_rows
    assert found.impressions is not None


def test_of_users_left_out_nothing_that_was_shown_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("samplew_gbm.data.memory._ROW", 8000)
    monkeypatch.setattr("samplew_gbm.data.memory.MemoryPlan.batch_rows", 500)
    table = displays()
    found, sample = read_interactions(table, memory_budget="32MB", columns=LABELLED)
    assert 0.05 < sample.share < 0.7
    names = set(found.users.ids.to_pylist())
    ours = pa.array([user in names for user in table["user_id"].to_pylist()])
    expected = build_interactions(read_log(table.filter(ours), columns=LABELLED))
    whole = build_interactions(read_log(table, columns=LABELLED))
    assert len(found) < len(whole) / 2
    row = np.flatnonzero(ours.to_numpy(zero_copy_only=False))[expected.row]
    assert_same(found, replace(expected, row=row))


@pytest.mark.parametrize(
    ("names", "change", "words"),
    [
        (replace(BY_EVENT, impression_event="seen"), {}, "no event is 'seen'"),
        (LABELLED, {"query_id": None}, "column 'query_id' is missing where an item was only shown"),
        (LABELLED, {"label": 2}, "column 'label' is neither 0 nor 1"),
        (LABELLED, {"user_id": "other"}, "query 'q3' has rows of more than one user"),
    ],
)
def test_displays_that_cannot_be_read_in_batches(
    names: ColumnNames, change: dict[str, Any], words: str
) -> None:
    rows = displays(30).to_pylist()
    rows[next(n for n, row in enumerate(rows) if row["query_id"] == "q3" and not row["label"])] |= change
    table = pa.Table.from_pylist(rows, displays(30).schema)
    with pytest.raises(SamplewError, match=words):
        read_interactions(table, memory_budget="1GB", columns=names)
    with pytest.raises(SamplewError, match=words):
        build_interactions(read_log(table, columns=names))


def test_a_time_that_only_some_batches_have_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{"user_id": n, "item_id": n % 3, **({"timestamp": 1e9} if n > 4 else {})} for n in range(9)]
    path = write_json(tmp_path / "a.jsonl", *rows)
    monkeypatch.setattr("samplew_gbm.data.jsonl_reader._BLOCK_BYTES", 60)
    with pytest.raises(DataError, match="'timestamp'"):
        read_interactions(path, memory_budget="1GB")


def test_ids_that_mix_kinds_between_batches_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_json(
        tmp_path / "a.jsonl", *({"user_id": n if n < 5 else f"{n}", "item_id": 1} for n in range(9))
    )
    monkeypatch.setattr("samplew_gbm.data.jsonl_reader._BLOCK_BYTES", 60)
    with pytest.raises(SchemaError, match="'user_id' mixes"):
        read_interactions(path, memory_budget="1GB")


@pytest.mark.parametrize("budget", ["", "much", "5", "1TB", "-1GB", "1 G B"])
def test_a_budget_that_is_none(budget: str) -> None:
    with pytest.raises(SettingsError, match="memory_budget"):
        memory_plan(budget)


def test_settings_fit_the_budget_and_a_large_one_changes_nothing() -> None:
    assert memory_plan("64GB").fit(Settings()) == Settings()
    small = memory_plan("64MB").fit(Settings())
    assert 0 < small.n_queries < 1000
    assert 0 < small.linear_items < 1000
    assert memory_plan("1.5GiB").budget == memory_plan(3 * 2**29).budget


TRAINING = """
import resource, sys
import numpy as np, pyarrow as pa
from samplew_gbm import ColumnNames, Settings, build_interactions, read_interactions, read_log
from samplew_gbm import save_model, train
from samplew_gbm.data.memory import memory_plan

BUDGET, PATH, SHOWN = int(sys.argv[1]), sys.argv[2], sys.argv[3] == "shown"
COLUMNS = ColumnNames(query_id="query_id", label="label") if SHOWN else ColumnNames()
BATCH = 1 << 15
FIELDS = ["user_id", "item_id", "timestamp", "query_id", "label"]
names = pa.array([f"{'user':->28} {n:07}" for n in range(60_000)])
items = pa.array([f"{'item':->28} {n:07}" for n in range(2_000)])

def batches(n_bytes):
    rng, done, clock = np.random.default_rng(1), 0, 1.6e9
    while done < n_bytes:
        user = (len(names) * rng.random(BATCH)).astype(np.int64)
        item = (len(items) * rng.random(BATCH) ** 2).astype(np.int64)
        clock += 1000
        times = clock + np.arange(BATCH) / BATCH
        if SHOWN:  # lists of four, of which one item is taken
            user, times = np.repeat(user[::4], 4), np.repeat(times[::4], 4)
        query, label = done * 1000 + np.arange(BATCH) // 4, np.arange(BATCH) % 4 == 0
        arrays = [names.take(pa.array(user)), items.take(pa.array(item)), pa.array(times)]
        arrays += [pa.array(query), pa.array(label.astype(np.int8))] if SHOWN else []
        batch = pa.record_batch(arrays, FIELDS[: len(arrays)])
        done += batch.nbytes
        yield batch
    print("bytes", done)

def log(n_bytes):
    kinds = [pa.string(), pa.string(), pa.float64(), pa.int64(), pa.int8()]
    schema = pa.schema([*zip(FIELDS, kinds)][: 5 if SHOWN else 3])
    return pa.RecordBatchReader.from_batches(schema, batches(n_bytes))

def fit(interactions, settings):
    return train(interactions, settings, n_threads=2)

# Everything is loaded and compiled once before the limit is set.
warm = build_interactions(read_log(log(1 << 21).read_all().slice(0, 20_000), columns=COLUMNS))
if PATH != "whole":
    fit(warm, Settings(n_queries=200, n_trees=3, linear_items=100))
del warm

used = int(open("/proc/self/status").read().split("VmData:")[1].split()[0]) * 1024
resource.setrlimit(resource.RLIMIT_DATA, (used + BUDGET, used + BUDGET))
if PATH == "whole":
    build_interactions(log(10 * BUDGET).read_all())
else:
    interactions, sample = read_interactions(log(10 * BUDGET), memory_budget=BUDGET, columns=COLUMNS)
    model = fit(interactions, memory_plan(BUDGET).fit(Settings()))
    save_model(model, PATH)
    print("rows", sample.n_rows, sample.n_kept, model.report.n_interactions)
"""


def trained_within(budget: int, path: str, kind: str) -> subprocess.CompletedProcess[str]:
    """A training in a process of its own, which the system lets have ``budget`` bytes more than it has."""
    command = [sys.executable, "-c", TRAINING, str(budget), path, kind]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.slow
@pytest.mark.skipif(
    sys.platform != "linux", reason="the limit on data segments counts mappings on Linux only"
)
@pytest.mark.parametrize("kind", ["taken", "shown"])
def test_a_log_ten_times_the_budget_trains_within_it(kind: str, tmp_path: Path) -> None:
    budget = 64 * 10**6
    found = trained_within(budget, str(tmp_path / "model.swg"), kind)
    assert found.returncode == 0, found.stderr
    words = found.stdout.split()
    n_rows, n_kept, n_learned = map(int, words[words.index("rows") + 1 :][:3])
    assert int(words[words.index("rows") - 1]) >= 10 * budget
    assert n_rows > 20 * n_kept > 0
    assert n_learned == (n_kept if kind == "taken" else n_kept // 4)
    assert (tmp_path / "model.swg").stat().st_size > 10_000


@pytest.mark.slow
@pytest.mark.skipif(
    sys.platform != "linux", reason="the limit on data segments counts mappings on Linux only"
)
def test_the_limit_of_that_test_can_fail() -> None:
    found = trained_within(64 * 10**6, "whole", "taken")
    assert found.returncode != 0
    assert "MemoryError" in found.stderr
