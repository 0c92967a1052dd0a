"""A ready feature matrix from training to use, as a user of search ranking runs it."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from samplew_gbm import ImportanceRanker
from samplew_gbm.data.writing import write_table
from tests.cli.cli_calls import FAST, Called, call
from tests.estimators.matrices import search

QUICK = ("--kind", "matrix", "--set", "n_trees=15", "--set", "n_rankers=1")
PARAMETERS: dict[str, Any] = {"n_trees": 15, "n_rankers": 1}
FEATURES = ["match", "age", "colour"]
SMALL_VALUES = 4  # what is left of a number's bits, so that text spells it exactly


def matrix(seed: int = 0, **columns: object) -> pa.Table:
    """Rows of 120 queries in no order; ``columns`` are added or replaced, None leaves one out."""
    rows = search(seed=seed, noise=0.3)
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(rows.y))
    found = {
        "query_id": [f"q{number}" for number in rows.query_id[order]],
        "item_id": rows.item_id[order],
        "label": rows.y[order],
        "match": np.round(rows.X[order, 0], SMALL_VALUES),
        "age": pa.array(np.round(rows.X[order, 1], SMALL_VALUES), mask=rng.random(len(order)) < 0.1),
        "colour": np.array(["red", "green", "blue"])[rng.integers(0, 3, len(order))],
    }
    found |= columns
    return pa.table({name: column for name, column in found.items() if column is not None})


@pytest.fixture(scope="module")
def matrices(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``learn`` and ``test``, and a model of the first."""
    folder = tmp_path_factory.mktemp("search")
    pq.write_table(matrix(), folder / "learn.parquet")
    pq.write_table(matrix(seed=1), folder / "test.parquet")
    called = call("train", folder / "learn.parquet", "--model", folder / "search.swg", *QUICK)
    assert called.code == 0, called.err
    return folder


def done(*words: object) -> Called:
    called = call(*words)
    assert called.code == 0, called.err
    return called


def test_a_model_is_trained_scored_judged_and_inspected(matrices: Path, folder: Path) -> None:
    called = done("train", matrices / "learn.parquet", "--model", "m.swg", *QUICK)
    told = [line.split() for line in called.out.splitlines()]
    assert [words for words in told if words[0] in ("queries", "features", "of")] == [
        ["queries", "120"],
        ["features", "3"],
        ["of", "them", "categories", "1"],
    ]
    assert told[-1][:2] == ["peak", "memory"]
    assert "NDCG@10" in called.err
    assert "on 120 queries kept out, judged by the label of the matrix" in called.err
    assert "wrote m.swg" in called.err
    done("score", matrices / "test.parquet", "--model", "m.swg", "--out", "s.parquet")
    test, scored = pq.read_table(matrices / "test.parquet"), pq.read_table("s.parquet")
    assert scored.column_names == ["query_id", "item_id", "score"]
    assert scored.select(["query_id", "item_id"]).equals(test.select(["query_id", "item_id"]))
    ranker = ImportanceRanker.load("m.swg")
    np.testing.assert_array_equal(scored["score"].to_numpy(), ranker.predict(test.select(FEATURES)))
    judged = done("evaluate", "--model", "m.swg", "--test", matrices / "test.parquet", "-k", 10, "--json")
    found = json.loads(judged.out)
    ndcg = ranker.score(test.select(FEATURES), test["label"], query_id=test["query_id"])
    assert found["metrics"]["NDCG@10"] == pytest.approx(ndcg, rel=1e-12)
    assert found["n_queries"] + found["n_without_positives"] == 120
    inside = json.loads(done("inspect", "m.swg", "--json").out)
    assert inside["feature_names"] == FEATURES
    assert inside["categories"] == {"colour": 3}
    assert inside["parameters"]["n_trees"] == 15
    assert list(inside["feature_gain"].values()) == ranker.feature_importances_.tolist()
    assert not inside["report"]["verdict"]["kept"]
    text = done("inspect", "m.swg").out
    assert "Verdict on the weights\n  weights refused" in text
    assert "Features by gain\n  match" in text


def test_what_the_command_line_trains_is_what_python_trains(matrices: Path, folder: Path) -> None:
    table = pq.read_table(matrices / "learn.parquet")
    ranker = ImportanceRanker(**PARAMETERS)
    ranker.fit(table.select(FEATURES), table["label"], query_id=table["query_id"]).save("python.swg")
    assert (folder / "python.swg").read_bytes() == (matrices / "search.swg").read_bytes()


@pytest.mark.parametrize("form", ["csv", "tsv.gz", "jsonl", "folder", "sqlite"])
def test_every_source_gives_the_same_model_and_scores(form: str, matrices: Path, folder: Path) -> None:
    table = pq.read_table(matrices / "learn.parquet")
    source = f"learn.{form}"
    if form == "folder":
        (folder / source).mkdir()
        for part in range(2):
            pq.write_table(table.slice(600 * part, 600), folder / source / f"{part}.parquet")
    elif form == "sqlite":
        with sqlite3.connect("learn.db") as database:
            kinds = "query_id text, item_id integer, label integer, match real, age real, colour text"
            database.execute(f"create table rows ({kinds})")
            rows = [tuple(row.values()) for row in table.to_pylist()]
            database.executemany("insert into rows values (?, ?, ?, ?, ?, ?)", rows)
        database.close()
        source = "sqlite:///learn.db?table=rows"
    else:
        write_table(table, folder / source)
    done("train", source, "--model", "m.swg", *QUICK, "--threads", 1)
    assert (folder / "m.swg").read_bytes() == (matrices / "search.swg").read_bytes()
    done("score", source, "--model", "m.swg", "--out", "a.parquet")
    done("score", matrices / "learn.parquet", "--model", "m.swg", "--out", "b.parquet")
    assert (folder / "a.parquet").read_bytes() == (folder / "b.parquet").read_bytes()


def test_columns_rows_and_kinds_of_features_can_be_named(folder: Path) -> None:
    table = matrix(user_id=["u"] * 1200, note=["text"] * 1200, w=[2.0] * 1200, size=np.arange(1200) % 3)
    names = {"query_id": "session", "label": "grade", "item_id": "sku"}
    table = table.rename_columns([names.get(name, name) for name in table.column_names])
    write_table(table, folder / "m.csv")
    words = ("--query-column", "session", "--label-column", "grade")
    called = done(
        *("train", "m.csv", "--model", "m.swg", *QUICK, *words, "--item-column", "sku", "--json"),
        *("--weight-column", "w", "--leave-out", "note", "--categorical", "size", "--where", "match>-1"),
        *("--no-gate", "--seed", 3),
    )
    found = json.loads(called.out)
    assert found["feature_names"] == [*FEATURES, "size"]
    assert found["report"]["own_weights"]
    assert found["report"]["n_users"] == 1
    assert found["report"]["judge"] == "embeddings"
    assert found["report"]["verdict"] is None
    assert found["report"]["n_rows"] == sum(value > -1 for value in table["match"].to_pylist())
    assert found["parameters"]["random_state"] == 3
    assert json.loads(done("inspect", "m.swg", "--json").out)["categories"] == {"colour": 3, "size": 3}
    done("score", "m.csv", "--model", "m.swg", "--out", "s.csv", *words[:2], "--item-column", "sku")
    assert (folder / "s.csv").read_text().startswith('"query_id","user_id","item_id","score"\n')
    assert "means over" in done("evaluate", "--model", "m.swg", "--test", "m.csv", *words).err


def test_columns_that_would_mean_something_can_be_left_out_or_made_features(folder: Path) -> None:
    nobody = pa.nulls(1200, pa.string())
    table = matrix(user_id=nobody, weight=np.arange(1200) % 3 / 2, position=np.arange(1200) % 10)
    write_table(table, folder / "m.parquet")
    words = ("train", "m.parquet", "--model", "m.swg", *QUICK, "--json", "--no-gate")
    left = ("--leave-out", "user_id", "--leave-out", "position")
    assert "column 'position' is no place from 1 on in rows" in call(*words, *left[:2]).error()
    assert "column 'user_id' has no id in rows 1, 2, 3" in call(*words, *left[2:]).error()
    found = json.loads(done(*words, *left).out)
    assert (found["report"]["own_weights"], found["feature_names"]) == (True, FEATURES)
    found = json.loads(done(*words, *left, "--weight-column", "").out)
    assert (found["report"]["own_weights"], found["feature_names"]) == (False, [*FEATURES, "weight"])


def test_ready_vectors_of_the_items_judge_the_rows(folder: Path) -> None:
    users = [int(name[1:]) // 3 for name in matrix()["query_id"].to_pylist()]
    write_table(matrix(user_id=users), folder / "m.csv")
    np.savez(folder / "v.npz", ids=np.arange(40), vectors=np.eye(2, dtype=np.float32)[np.arange(40) % 2])
    called = done("train", "m.csv", "--model", "m.swg", *QUICK, "--item-vectors", "v.npz", "--json")
    assert json.loads(called.out)["report"]["judge"] == "vectors"


def test_the_gate_can_be_told_what_labels_are_and_to_search(matrices: Path, folder: Path) -> None:
    quick = ("--kind", "matrix", "--set", "n_trees=4", "--set", "n_rankers=1", "--set", "n_folds=2")
    words = ("--labels", "click", "--search", "--json")
    called = done("train", matrices / "learn.parquet", "--model", "m.swg", *quick, *words)
    found = json.loads(called.out)
    assert (found["parameters"]["label"], found["parameters"]["search"]) == ("click", True)
    assert found["report"]["verdict"]["n_settings"] == 7


@pytest.mark.parametrize(("kind", "file"), [("mlflow", "MLmodel"), ("lightgbm", "model.txt")])
def test_such_a_model_is_exported(kind: str, file: str, matrices: Path, folder: Path) -> None:
    called = done("export", matrices / "search.swg", "--to", kind, "--out", "served", "--json")
    files = json.loads(called.out)["files"]
    assert file in files
    assert sorted(path.name for path in (folder / "served").iterdir()) == files


def test_the_doctor_takes_such_a_model(matrices: Path, folder: Path) -> None:
    answer = json.loads(done("doctor", matrices / "search.swg", "--json").out)
    assert answer["kind"] == "model"
    assert answer["facts"]["training_queries"] == 120


def test_a_category_that_was_not_met_is_an_error_or_missing(matrices: Path, folder: Path) -> None:
    write_table(matrix(colour=["pink"] + ["red"] * 1199), folder / "pink.csv")
    words = ("score", "pink.csv", "--model", matrices / "search.swg", "--out", "s.parquet")
    called = call(*words)
    assert called.code == 3
    assert "pink.csv: column 'colour' has a category that fit has not met in row 1; map" in called.error()
    assert not (folder / "s.parquet").exists()
    called = done(*words, "--unknown-category", "missing", "--json")
    assert "column 'colour': 1 rows of categories that training has not met, taken for missing" in called.err
    assert json.loads(called.out)["n_unknown_categories"] == {"colour": 1}
    assert np.isfinite(pq.read_table("s.parquet")["score"].to_numpy()).all()


BAD: dict[str, tuple[dict[str, object], str]] = {
    "query": ({"query_id": None}, "no column 'query_id' among"),
    "label": ({"label": None, "grade": [1] * 1200}, "no column 'label' among"),
    "grades": ({"label": [0.5] * 1200}, "column 'label' is not a whole number in rows 1, 2, 3"),
    "one": ({"label": [1] * 1200}, "y has only one class in every query"),
    "weight": ({"weight": [-1.0] * 1200}, "column 'weight' is missing, infinite or negative in rows 1, 2"),
    "mixed": ({"match": ["NA"] + ["1"] * 1199}, "column 'match' holds 'NA' in row 1, which is not a number"),
    "bare": (dict.fromkeys(FEATURES), "no feature columns among 'query_id', 'item_id', 'label'"),
    "long": ({"query_id": ["a"] * 1200, "label": [0] * 1200}, "y has only one class in every query"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_matrix_ends_with_3_its_name_and_no_model(name: str, folder: Path) -> None:
    columns, message = BAD[name]
    write_table(matrix(**columns), folder / "bad.csv")
    (folder / "old.swg").write_text("old")
    called = call("train", "bad.csv", "--model", "old.swg", *QUICK)
    assert called.code == 3, called.err
    assert called.error().startswith("samplew: error: bad.csv: ")
    assert message in called.error()
    assert (folder / "old.swg").read_text() == "old"


@pytest.mark.parametrize("command", ["score", "evaluate"])
def test_a_matrix_without_the_columns_of_the_model_is_refused(
    command: str, matrices: Path, folder: Path
) -> None:
    write_table(matrix(age=None), folder / "bad.csv")
    words = {"score": ("bad.csv", "--out", "s.csv"), "evaluate": ("--test", "bad.csv")}[command]
    called = call(command, "--model", matrices / "search.swg", *words)
    assert called.code == 3
    assert "bad.csv: lacks the columns 'age' of the model; give them, with no value where" in called.error()


def test_a_matrix_that_cannot_be_judged_is_refused(matrices: Path, folder: Path) -> None:
    write_table(matrix(label=[0] * 1200), folder / "bad.csv")
    called = call("evaluate", "--model", matrices / "search.swg", "--test", "bad.csv")
    assert called.code == 3
    assert "bad.csv: has no label above 0, so no query can be judged" in called.error()


def test_a_model_of_an_array_names_its_columns(matrices: Path, folder: Path) -> None:
    rows = search()
    ImportanceRanker(**PARAMETERS).fit(rows.X, rows.y, query_id=rows.query_id).save("array.swg")
    called = call("score", matrices / "test.parquet", "--model", "array.swg", "--out", "s.csv")
    assert "trained on an array: name its columns Column_0 to Column_3" in called.error()
    write_table(pa.table({f"Column_{place}": rows.X[:, place] for place in range(4)}), folder / "x.parquet")
    done("score", "x.parquet", "--model", "array.swg", "--out", "s.parquet")
    scores = ImportanceRanker.load("array.swg").predict(rows.X)
    np.testing.assert_array_equal(pq.read_table("s.parquet")["score"].to_numpy(), scores)


@pytest.mark.parametrize(
    "words",
    [
        ("recommend", "--model", "{model}", "--out", "t.csv"),
        ("explain", "{model}", "--user", "1", "--item", "2"),
        ("report", "{model}", "--out", "r.html"),
        ("drift", "{model}", "{learn}"),
        ("drift", "{learn}", "{model}"),
        ("train", "{learn}", "--continue", "{model}", "--model", "n.swg"),
    ],
)
def test_what_needs_a_model_of_a_log_says_so(words: tuple[str, ...], matrices: Path, folder: Path) -> None:
    names = {"model": matrices / "search.swg", "learn": matrices / "log.parquet"}
    pq.write_table(pa.table({"user_id": ["a", "b"], "item_id": ["x", "y"]}), matrices / "log.parquet")
    called = call(*(word.format(**names) for word in words))
    assert called.code == 4
    assert "search.swg: holds a model of a ready feature matrix, which only score, " in called.error()
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("command", [("weigh", "--out", "w.csv"), ("train", "--model", "n.swg"), ("ablate",)])
def test_nothing_is_learned_from_a_model(command: tuple[str, ...], matrices: Path, folder: Path) -> None:
    name, *rest = command
    kinds = [(), ("--kind", "matrix")] if name == "train" else [()]
    for kind in kinds:
        called = call(name, matrices / "search.swg", *rest, *kind)
        assert called.code == 3
        assert "search.swg: is a model, and nothing is learned from one" in called.error()


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("--items", "i.csv"), 2, "--items: belongs to a log, and --kind is matrix"),
        (("--memory-budget", "1GB"), 2, "--memory-budget: belongs to a log"),
        (("--order", "file"), 2, "--order: belongs to a log"),
        (("--trusted", "all"), 2, "--trusted: belongs to a log"),
        (("--continue", "m.swg"), 2, "--continue: belongs to a log"),
        (("--timestamp-column", "t"), 2, "--timestamp-column: belongs to a log"),
        (("--no-gate", "--labels", "click"), 2, "--labels: is for the gate"),
        (("--importance", "none", "--search"), 2, "--search: is for the gate"),
        (("--item-vectors", "a=a.npz", "--item-vectors", "b=b.npz"), 2, "--item-vectors: of a matrix one"),
        (("--set", "half_life=3"), 4, "--set half_life: says nothing of a matrix; leave it out, or set one"),
        (("--set", "n_leaves=1"), 4, "n_leaves is 1"),
        (("--leave-out", "ages"), 3, "did you mean --leave-out 'age'?"),
        (("--categorical", "colours"), 3, "did you mean --categorical 'colour'?"),
        (("--query-column", "label"), 4, "--query-column and --label-column both name column 'label'"),
        (("--where", "match>1e9"), 3, "has no rows where match>1e9"),
    ],
)
def test_what_a_matrix_cannot_be_told_is_refused(
    words: tuple[str, ...], code: int, message: str, matrices: Path, folder: Path
) -> None:
    called = call("train", matrices / "learn.parquet", "--model", "n.swg", *QUICK, *words)
    assert called.code == code
    assert message in called.error()
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    "words", [("--labels", "click"), ("--search",), ("--leave-out", "x"), ("--categorical", "x")]
)
def test_what_a_log_cannot_be_told_is_refused(words: tuple[str, ...], folder: Path) -> None:
    called = call("train", "log.parquet", "--model", "n.swg", *words)
    assert called.code == 2
    assert f"{words[0]}: belongs to a matrix; leave it out, or add --kind matrix" in called.error()


@pytest.mark.parametrize("option", ["--history", "--items", "--event-column"])
def test_options_of_the_other_kind_of_model_are_refused(option: str, matrices: Path, folder: Path) -> None:
    called = call("score", "x.csv", "--model", matrices / "search.swg", "--out", "s.csv", option, "x.csv")
    assert called.code == 2
    assert (
        f"{option}: {matrices / 'search.swg'} is a model of a matrix, and this belongs to one of a log"
        in (called.error())
    )


@pytest.mark.parametrize("option", ["--query-column", "--label-column", "--unknown-category"])
def test_a_model_of_a_log_refuses_what_belongs_to_a_matrix(option: str, model: Path, folder: Path) -> None:
    value = "missing" if option == "--unknown-category" else "x"
    called = call("evaluate", "--model", model, "--test", "x.csv", option, value)
    assert called.code == 2
    assert "is a model of a log, and this belongs to one of a matrix; leave it out" in called.error()


def test_a_matrix_that_can_be_read_as_a_log_is_noted(folder: Path) -> None:
    rows = matrix()
    pq.write_table(rows.append_column("user_id", [np.arange(len(rows)) % 40]), folder / "both.parquet")
    words = ("train", folder / "both.parquet", "--model", folder / "m.swg", *FAST, "--no-gate")
    assert "is read as a log; --kind matrix makes features of it" in done(*words).err
    assert "--kind matrix" not in done(*words, "--kind", "log").err


def test_a_matrix_that_is_taken_for_a_log_is_told_how(matrices: Path, folder: Path) -> None:
    called = call("train", matrices / "learn.parquet", "--model", "n.swg")
    assert called.code == 3
    assert "no column 'user_id'" in called.error()
    assert called.error().endswith("; a ready feature matrix needs --kind matrix")
