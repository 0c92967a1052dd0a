"""Items that arrived after the training, on the command line: recommended, scored and explained."""

import contextlib
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from samplew_gbm.data.simulate import Shop
from tests.cli.cli_calls import FAST, call

NEW = ["brand new", "quite new"]
TRAINED_WITH = ("--items", "items.csv", "--item-vectors", "text=v.npz")
TODAY = ("--items", "today.csv", "--item-vectors", "text=today.npz")


def write_items(name: str, items: list[str]) -> None:
    """A table of items and their vectors, an item's own the same in every file."""
    kinds = [f"kind {len(item) % 3}" for item in items]
    lines = [
        f"{item},{kind},{len(kind) + place / 7}"
        for place, (item, kind) in enumerate(zip(items, kinds, strict=True))
    ]
    Path(f"{name}.csv").write_text("item_id,kind,price\n" + "\n".join(lines) + "\n")
    rows = [np.random.default_rng(list(item.encode())).normal(size=4) for item in items]
    np.savez("v.npz" if name == "items" else f"{name}.npz", ids=np.array(items), vectors=np.array(rows))


@pytest.fixture(scope="module")
def trained(shop: Shop, files: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model, what it was trained with, and today's files, which have two items more."""
    folder = tmp_path_factory.mktemp("news")
    with contextlib.chdir(folder):
        pq.write_table(pq.read_table(files / "log.parquet"), "log.parquet")
        items = [*shop.item_ids.to_pylist(), "never taken"]
        write_items("items", items)
        write_items("today", [*items, *NEW])
        lines = Path("today.csv").read_text().splitlines()
        Path("bare.csv").write_text("\n".join(line.rpartition(",")[0] for line in lines))
        Path("few.csv").write_text("\n".join([lines[0], *lines[2:]]))
        called = call("train", "log.parquet", "--model", "m.swg", "--no-gate", *TRAINED_WITH, *FAST)
    assert called.code == 0, called.err
    return folder


@pytest.fixture(autouse=True)
def _in_that_folder(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(trained)


def test_what_arrived_is_recommended_scored_and_explained(files: Path) -> None:
    called = call("recommend", "--model", "m.swg", *TODAY, "-k", 90, "--out", "top.parquet")
    assert called.code == 0, called.err
    assert "2 items arrived since the training" in called.err
    assert "may rank low" not in called.err  # one item of the training had no takers
    top = pq.read_table("top.parquet").to_pylist()
    row = next(row for row in top if row["item_id"] == NEW[0])
    pq.write_table(pa.table({name: [row[name]] for name in ("user_id", "item_id")}), "pair.parquet")
    assert call("score", "pair.parquet", "--model", "m.swg", *TODAY, "--out", "s.parquet").code == 0
    assert pq.read_table("s.parquet")["score"].to_pylist() == [row["score"]]
    pair = ("--user", row["user_id"], "--item", row["item_id"])
    called = call("explain", "m.swg", *pair, *TODAY, "--json")
    assert called.code == 0, called.err
    assert json.loads(called.out)["score"] == row["score"]
    called = call("evaluate", "--model", "m.swg", "--test", files / "later.parquet", *TODAY, "--json")
    assert called.code == 0, called.err


def test_the_quality_of_a_report_is_that_of_evaluate_with_what_arrived(files: Path) -> None:
    later = pq.read_table(files / "later.parquet")
    bought = pa.table(
        {**{name: later[name].slice(0, 40) for name in later.column_names}, "item_id": NEW * 20}
    )
    pq.write_table(pa.concat_tables([later, bought.select(later.column_names)]), "bought.parquet")
    found = {}
    for words in ((), TODAY):
        called = call("evaluate", "--model", "m.swg", "--test", "bought.parquet", *words, "--json")
        metrics = json.loads(called.out)["metrics"]
        called = call(
            "report", "m.swg", "--out", "m.html", "--test", "bought.parquet", *words, "--threads", 1, "--json"
        )
        assert called.code == 0, called.err
        told = {
            each["metric"]: each["model"]["mean"]
            for each in json.loads(called.out)["report"]["quality"]["metrics"]
        }
        assert {name: metrics[name] for name in told} == pytest.approx(told)
        found[words] = told
    assert found[()] != found[TODAY]
    words = ("--test", "bought.parquet", "--log", "log.parquet", *TODAY, "--threads", 1)
    assert call("report", "m.swg", "--out", "m.html", *words).code == 0
    assert "belongs to logs; add" in call("report", "m.swg", "--out", "m.html", *TODAY).err


def test_the_files_of_the_training_change_nothing() -> None:
    assert call("recommend", "--model", "m.swg", "--out", "a.csv").code == 0
    called = call("recommend", "--model", "m.swg", *TRAINED_WITH, "--out", "b.csv")
    assert "0 items arrived" in called.err
    assert Path("a.csv").read_bytes() == Path("b.csv").read_bytes()


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("--items", "gone.csv"), 3, "gone.csv: no such file or folder"),
        (("--items", "bare.csv"), 3, "bare.csv: no numbers 'price', which the model was trained with"),
        (("--items", "few.csv"), 3, "few.csv: no longer describes 1 of the model's items, such as"),
        (("--item-vectors", "clip=today.npz"), 3, "vectors 'clip', but the model was trained with"),
        (("--items", "t.csv"), 2, "t.csv is also read; write to another file"),
    ],
)
def test_what_does_not_fit_is_refused(words: tuple[str, ...], code: int, message: str) -> None:
    Path("t.csv").write_bytes(Path("today.csv").read_bytes())
    called = call("recommend", "--model", "m.swg", *words, "--out", "t.csv")
    assert called.code == code
    assert message in called.error()
    assert Path("t.csv").read_bytes() == Path("today.csv").read_bytes()
