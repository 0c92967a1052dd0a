"""What the commands do when all is well."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from samplew_gbm.cli.evaluate import metrics_table
from samplew_gbm.data.simulate import Shop
from tests.cli.cli_calls import FAST, call


def test_training_says_what_it_learned(files: Path, folder: Path) -> None:
    called = call("train", files / "log.parquet", "--model", "m.swg", *FAST)
    assert called.code == 0, called.err
    assert "kept 1,300 of 1,300 rows; nothing was dropped" in called.err
    assert called.err.endswith("wrote m.swg\n")
    assert "candidate recall" in called.out
    assert (folder / "m.swg").stat().st_size > 1000


def test_training_for_machines(files: Path, folder: Path) -> None:
    words = [*FAST, "--seed", "3", "--importance", "none", "--json"]
    found = json.loads(call("train", files / "log.parquet", "--model", "m.swg", *words).out)
    assert found["model"] == "m.swg"
    assert found["settings"]["random_state"] == 3
    assert found["settings"]["importance"] == "none"
    assert found["cleaning"]["n_kept"] == found["report"]["n_interactions"] == 1300
    assert found["report"]["order"] == "clock"


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(files: Path, folder: Path) -> None:
    for name, seed, threads in (("a", 1, 1), ("b", 1, 2), ("c", 2, 2)):
        words = [*FAST[2:], "--threads", threads, "--seed", seed]
        assert call("train", files / "log.parquet", "--model", f"{name}.swg", *words).code == 0
        assert call("recommend", "--model", f"{name}.swg", "--out", f"{name}.csv").code == 0
    assert (folder / "a.csv").read_bytes() == (folder / "b.csv").read_bytes()
    assert (folder / "a.csv").read_bytes() != (folder / "c.csv").read_bytes()


def test_training_with_weights_of_pairs(files: Path, folder: Path) -> None:
    for name, threads in (("row", 2), ("pair", 1), ("pair", 2), ("pair_winner", 2)):
        words = ["--no-gate", *FAST[2:], "--threads", threads, "--set", f"weighting={name}"]
        called = call("train", files / "log.parquet", "--model", f"{name}{threads}.swg", *words)
        assert called.code == 0, called.err
        called = call("recommend", "--model", f"{name}{threads}.swg", "--out", f"{name}{threads}.csv")
        assert called.code == 0, called.err
    ranks = {path.stem: path.read_bytes() for path in Path().glob("*.csv")}
    assert ranks["pair1"] == ranks["pair2"]
    assert ranks["pair2"] != ranks["row2"]


def test_every_user_gets_k_items_best_first(model: Path, files: Path, folder: Path) -> None:
    called = call("recommend", "--model", model, "-k", 7, "--out", "top.parquet")
    assert called.code == 0, called.err
    assert called.err == "wrote 350 rows for 50 users to top.parquet\n"
    top = pq.read_table(folder / "top.parquet")
    assert top.column_names == ["user_id", "item_id", "score", "rank"]
    assert top["rank"].to_pylist() == list(range(1, 8)) * 50
    scores = top["score"].to_numpy().reshape(50, 7)
    assert (np.diff(scores, axis=1) <= 0).all()
    taken = set(pairs_of(pq.read_table(files / "log.parquet")))
    assert not taken & set(pairs_of(top))


def pairs_of(table: pa.Table) -> list[tuple[str, str]]:
    return list(zip(table["user_id"].to_pylist(), table["item_id"].to_pylist(), strict=True))


def test_seen_items_come_back_when_asked_for(model: Path, files: Path, folder: Path) -> None:
    assert call("recommend", "--model", model, "-k", 20, "--include-seen", "--out", "top.parquet").code == 0
    taken = set(pairs_of(pq.read_table(files / "log.parquet")))
    assert taken & set(pairs_of(pq.read_table(folder / "top.parquet")))


def test_users_are_served_in_the_order_asked(model: Path, files: Path, folder: Path) -> None:
    words = ["--users", files / "users.csv", "-k", 3, "--out", "top.csv", "--json"]
    called = call("recommend", "--model", model, *words)
    assert called.code == 0, called.err
    asked = (files / "users.csv").read_text().split()[1:]
    served = pacsv.read_csv(folder / "top.csv")["user_id"].to_pylist()
    assert served == [user for user in asked for _ in range(3)]
    assert "1 user the model does not know: ranked as newcomers" in called.err
    assert json.loads(called.out) == {"out": "top.csv", "n_rows": 9, "n_users": 3, "n_unknown_users": 1}


def test_a_later_history_counts(model: Path, files: Path, folder: Path) -> None:
    later = pq.read_table(files / "later.parquet")
    words = ["--history", files / "later.parquet", "-k", 10, "--out", "top.parquet"]
    assert call("recommend", "--model", model, *words).code == 0
    assert not set(pairs_of(later)) & set(pairs_of(pq.read_table(folder / "top.parquet")))


def test_pairs_are_scored_in_their_order(model: Path, files: Path, folder: Path) -> None:
    called = call("score", files / "pairs.csv", "--model", model, "--out", "scored.csv", "--json")
    assert called.code == 0, called.err
    scored, asked = pacsv.read_csv(folder / "scored.csv"), pacsv.read_csv(files / "pairs.csv")
    assert scored.column_names == ["user_id", "item_id", "score"]
    assert pairs_of(scored) == pairs_of(asked)
    assert np.isfinite(scored["score"].to_numpy()).all()
    found = json.loads(called.out)
    assert (found["n_rows"], found["n_unknown_users"], found["n_unknown_items"]) == (202, 1, 1)


def test_quality_is_measured(model: Path, files: Path) -> None:
    called = call("evaluate", "--model", model, "--test", files / "later.parquet", "-k", 5, "-k", 10)
    assert called.code == 0, called.err
    lines = called.out.splitlines()
    assert lines[0].split() == ["@5", "@10"]
    assert {"NDCG", "Recall", "HR", "MRR", "MAP"} == {line.split()[0] for line in lines[1:]}
    words = ["evaluate", "--model", model, "--test", files / "later.parquet", "-k", 5, "--json"]
    metrics = json.loads(call(*words).out)["metrics"]
    assert 0 <= metrics["NDCG@5"] <= 1
    assert {name.partition("@")[2] for name in metrics} == {"5"}


def test_test_rows_that_the_model_knows_are_told(model: Path, files: Path) -> None:
    words = ["evaluate", "--model", model, "--test"]
    own = call(*words, files / "log.parquet", "--json")
    assert json.loads(own.out)["n_known_rows"] == 1300
    assert own.err.count("1,300 test rows are in the histories of their users already") == 1
    later = call(*words, files / "later.parquet", "--json")
    assert json.loads(later.out)["n_known_rows"] == 0
    assert "already" not in later.err


def test_a_list_longer_than_numbers_are_counted_is_a_usage_error(model: Path, files: Path) -> None:
    called = call("evaluate", "--model", model, "--test", files / "later.parquet", "-k", 2**63)
    assert called.code == 2
    assert "'-k'" in called.error()


def test_metrics_are_a_table() -> None:
    assert metrics_table({"NDCG@5": 0.25, "NDCG@10": 0.5, "HR@10": 1.0}) == (
        "          @5     @10\nNDCG  0.2500  0.5000\nHR            1.0000"
    )


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_every_row_is_weighed_in_its_place(ending: str, files: Path, folder: Path, shop: Shop) -> None:
    called = call("weigh", files / "log.parquet", "--out", f"w.{ending}", *FAST, "--json")
    assert called.code == 0, called.err
    read = pq.read_table if ending == "parquet" else pacsv.read_csv
    weighted = read(folder / f"w.{ending}")
    assert weighted.column_names == ["user_id", "item_id", "timestamp", "importance", "sample_weight"]
    assert pairs_of(weighted) == pairs_of(shop.log.slice(0, 1300))
    weight = weighted["sample_weight"].to_numpy()
    assert weight.mean() == pytest.approx(1.0, abs=1e-6)
    assert weight.std() > 0.01
    assert json.loads(called.out)["n_rows"] == 1300


def test_weighing_without_importance_gives_ones(files: Path, folder: Path) -> None:
    called = call("weigh", files / "log.parquet", "--out", "w.parquet", *FAST, "--importance", "none")
    assert called.code == 0, called.err
    assert set(pq.read_table(folder / "w.parquet")["sample_weight"].to_pylist()) == {1.0}
    assert "effective sample size  100.0 %" in called.out


def test_a_model_shows_what_is_inside(model: Path) -> None:
    called = call("inspect", model)
    assert (called.code, called.err) == (0, "")
    for title in ("Training", "Settings", "Candidate recall by source", "Features by gain"):
        assert f"{title}\n" in called.out
    found = json.loads(call("inspect", model, "--json").out)
    assert found["settings"]["n_trees"] == 20
    assert set(found["report"]["feature_gain"]) <= set(found["feature_names"])


@pytest.mark.parametrize("order", ["auto", "file"])
def test_a_log_without_times_is_enough(order: str, files: Path, folder: Path) -> None:
    log = pq.read_table(files / "log.parquet").drop_columns(["timestamp"])
    pq.write_table(log, folder / "log.parquet")
    pq.write_table(log.slice(0, 40), folder / "later.parquet")
    called = call("train", "log.parquet", "--model", "m.swg", "--order", order, *FAST, "--json")
    assert called.code == 0, called.err
    assert json.loads(called.out)["report"]["order"] == {"auto": "none", "file": "file"}[order]
    words = ["--model", "m.swg", "--history", "later.parquet", "--out", "top.csv", "-k", 5]
    assert call("recommend", *words).code == 0
    assert call("weigh", "log.parquet", "--order", order, "--out", "w.csv", *FAST).code == 0


def test_an_item_that_is_only_described_is_known(files: Path, folder: Path) -> None:
    log = pq.read_table(files / "log.parquet")
    ids = sorted(set(log["item_id"].to_pylist()))
    kinds = [f"kind {place % 8}" for place in range(len(ids))]
    items = pa.table({"item_id": [*ids, "new"], "kind": [*kinds, kinds[0]]})
    pacsv.write_csv(items, folder / "items.csv")
    trained = call(
        "train", files / "log.parquet", "--items", "items.csv", "--model", "m.swg", *FAST, "--json"
    )
    assert trained.code == 0, trained.err
    assert json.loads(trained.out)["report"]["n_items"] == len(ids) + 1
    assert "content" in json.loads(call("inspect", "m.swg", "--json").out)["report"]["recall_by_source"]
    (folder / "pairs.csv").write_text(
        f"user_id,item_id\n{log['user_id'][0]},new\n{log['user_id'][0]},nothing\n"
    )
    called = call("score", "pairs.csv", "--model", "m.swg", "--out", "scored.parquet")
    assert called.code == 0, called.err
    new, unknown = pq.read_table(folder / "scored.parquet")["score"].to_pylist()
    assert new > unknown


def test_a_description_that_says_nothing_is_refused(files: Path, folder: Path) -> None:
    (folder / "items.csv").write_text("item_id,name\nx,one\ny,two\n")
    called = call("train", files / "log.parquet", "--items", "items.csv", "--model", "m.swg")
    assert called.code == 3
    assert "items.csv: no two items share a value" in called.error()
    assert not (folder / "m.swg").exists()
