"""What a command shows of a log is what ``train`` does with it: the same options, read the same way."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from samplew_gbm.cli._group import samplew
from samplew_gbm.data.simulate import simulate_shop
from samplew_gbm.data.simulated_events import impression_log
from tests.cli.cli_calls import FAST, call
from tests.cli.test_cli_help import command_named

READ = {"items", "users", "item-vectors", "user-vectors", "where", "order", "user-column", "value-column"}
SHOWN = {"query-column", "position-column", "label-column", "impression-event"}
MISSING = {  # what would change nothing of what the command shows, or what it cannot do
    "train": set(),
    "ablate": {"importance"},  # --scheme
    "weigh": {"memory-budget"},  # it writes every row
    "explain": set(),
    "report": {"weight-column"},  # it shows importance, which a weight is no part of
    "doctor": set(),
}
VECTORS = ("--importance", "vectors", "--item-vectors", "vectors.npz")


@pytest.fixture
def beside(files: Path, folder: Path) -> Path:
    """The log, a vector and a kind of every item; the current folder."""
    log = pq.read_table(files / "log.parquet")
    pq.write_table(log, folder / "log.parquet")
    items = sorted(set(log["item_id"].to_pylist()))
    vectors = np.random.default_rng(0).normal(size=(len(items), 5))
    np.savez(folder / "vectors.npz", ids=np.array(items), vectors=vectors)
    pq.write_table(
        pa.table({"item_id": items, "kind": [str(place % 4) for place in range(len(items))]}),
        folder / "items.parquet",
    )
    return folder


@pytest.fixture
def pages(folder: Path) -> Path:
    """A log of pages, with the columns that a matrix has too."""
    pq.write_table(impression_log(simulate_shop(40, 60, 900, keep_pages=True)), folder / "pages.parquet")
    return folder / "pages.parquet"


@pytest.mark.parametrize("name", MISSING)
def test_what_learns_from_a_log_reads_it_as_train_does(name: str) -> None:
    wanted = READ | SHOWN | {"memory-budget", "weight-column", "importance", "set", "seed"}
    offered = {word.removeprefix("--") for option in command_named(name).params for word in option.opts}
    assert wanted - offered == MISSING[name]
    assert name in samplew.list_commands(None)  # type: ignore[arg-type]


def test_a_row_is_explained_with_the_weight_that_it_gets(beside: Path) -> None:
    assert call("weigh", "log.parquet", "--out", "w.parquet", *VECTORS, *FAST).code == 0
    called = call("explain", "log.parquet", "--row", 400, *VECTORS, *FAST, "--json")
    assert called.code == 0, called.err
    (row,) = json.loads(called.out)["rows"]
    for name in ("importance", "sample_weight"):
        assert row[name] == pytest.approx(pq.read_table("w.parquet")[name][399].as_py())
    assert "needs ready vectors" in call("explain", "log.parquet", "--row", 400, *VECTORS[:2], *FAST).error()


def test_a_report_and_the_doctor_judge_by_what_is_beside_the_log(beside: Path) -> None:
    assert call("weigh", "log.parquet", "--out", "w.parquet", *VECTORS, *FAST).code == 0
    weighed = pq.read_table("w.parquet")
    called = call("report", "log.parquet", "--out", "found", *VECTORS, *FAST)
    assert called.code == 0, called.err
    by_item = weighed.filter(pa.array(weighed["importance"].to_numpy() != 1)).group_by("item_id")
    expected = by_item.aggregate([("importance", "mean")])
    expected = dict(
        zip(expected["item_id"].to_pylist(), expected["importance_mean"].to_pylist(), strict=True)
    )
    items = pq.read_table("found/items.parquet")
    found = dict(zip(items["item_id"].to_pylist(), items["mean_importance"].to_pylist(), strict=True))
    assert found == pytest.approx(expected)

    called = call("doctor", "log.parquet", *VECTORS, *FAST, "--json")
    assert called.code == 0, called.err
    answer = json.loads(called.out)
    assert answer["facts"]["importance"] == "vectors"
    weight = weighed["sample_weight"].to_numpy()
    share = weight.sum() ** 2 / (len(weight) * np.square(weight).sum())
    rules = {finding["rule"]: finding for finding in answer["findings"]}
    assert f"{100 * share:.1f} %" in rules["effective sample size"]["what"]


def test_a_budget_of_memory_is_kept_by_all(beside: Path) -> None:
    words = ("log.parquet", "--memory-budget", "32MB", "--items", "items.parquet", *FAST)
    called = call("train", *words, "--model", "m.swg", "--no-gate", "--json")
    assert called.code == 0, called.err
    expected = json.loads(called.out)["report"]["n_judged_rows"]
    called = call("report", *words, "--out", "found", "--json")
    assert called.code == 0, called.err
    assert json.loads(called.out)["n_judged"] == expected
    called = call("report", "m.swg", "--out", "m.html", "--log", *words[:5], "--threads", 2)
    assert called.code == 0, called.err
    assert f"{expected:,}" in (beside / "m.html").read_text(encoding="utf-8")
    assert "the model knows more" not in called.err
    assert call("explain", *words, "--row", 400).code == 0
    assert "all 1,300 rows fit into 32 MB" in call("doctor", *words).err


def test_the_log_of_a_model_is_read_with_what_is_beside_it_or_that_is_said(beside: Path) -> None:
    words = ("--items", "items.parquet", "--no-gate", *FAST)
    assert call("train", "log.parquet", "--model", "m.swg", *words).code == 0
    called = call("report", "m.swg", "--out", "m.html", "--log", "log.parquet", "--threads", 2)
    assert called.code == 0
    assert "the model knows more than its log: give --items" in called.err


def test_pages_are_examined_as_a_log_where_that_is_said(pages: Path) -> None:
    names = ("--query-column", "query_id", "--label-column", "label", "--position-column", "position")
    assert json.loads(call("doctor", pages, "--json").out)["kind"] == "matrix"
    called = call("doctor", pages, "--kind", "log", *names, *FAST, "--json")
    assert called.code == 0, called.err
    answer = json.loads(called.out)
    assert answer["kind"] == "log"
    assert answer["facts"]["rows"] == 900  # those that were taken
    assert (
        call("doctor", pages, "--kind", "log", *FAST).code == 0
    )  # a column is a name only where it is named


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ("doctor", "{pages}", "--items", "x.csv"),
            "--items: {pages} is a matrix, and this belongs to a log",
        ),
        (("doctor", "{pages}", "--set", "mix=1"), "--set: {pages} is a matrix, and this belongs to a log"),
        (("doctor", "{model}", "--where", "value>1"), "--where: {model} is a model, and needs none of it"),
        (("doctor", "{model}", "--kind", "log"), "--kind: {model} is a model, and needs none of it"),
        (
            ("explain", "{model}", "--users", "x.csv"),
            "--users: {model} is a model, and this belongs to a log",
        ),
        (("explain", "{model}", "--where", "value>1"), "--where: {model} is a model, and this belongs to a"),
        (
            ("report", "{model}", "--out", "m.html", "--users", "x.csv"),
            "--users: {model} is a model, and this",
        ),
        (("report", "{model}", "--out", "m.html", "--where", "value>1"), "belongs to its log; add --log LOG"),
        (
            ("weigh", "{pages}", "--out", "w.csv", "--memory-budget", "1GB"),
            "'--memory-budget'; see samplew weigh",
        ),
    ],
)
def test_what_says_nothing_of_an_input_is_refused(
    words: tuple[str, ...], message: str, pages: Path, model: Path, folder: Path
) -> None:
    names = {"pages": pages, "model": model}
    called = call(*(word.format(**names) for word in words))
    assert called.code == 2
    assert message.format(**names) in called.error()
    assert [path.name for path in folder.iterdir()] == ["pages.parquet"]


def test_files_beside_a_log_are_never_replaced(beside: Path) -> None:
    before = (beside / "items.parquet").read_bytes()
    called = call("weigh", "log.parquet", "--items", "items.parquet", "--out", "items.parquet")
    assert "items.parquet is also read" in called.error()
    (beside / "found").mkdir()
    (beside / "found" / "items.parquet").write_bytes(before)
    called = call("report", "log.parquet", "--items", "found/items.parquet", "--out", "found")
    assert "items.parquet is also read" in called.error()
    assert (
        (beside / "found" / "items.parquet").read_bytes() == (beside / "items.parquet").read_bytes() == before
    )
