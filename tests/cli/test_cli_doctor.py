"""``samplew doctor`` as a user meets it: on a log, a matrix and a model, told apart by content."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from samplew_gbm.data.simulate import simulate_shop
from samplew_gbm.data.writing import write_table
from tests.cli.cli_calls import FAST, call

ENDINGS = ("parquet", "csv", "tsv.gz", "jsonl")


def matrix(**columns: Any) -> pa.Table:
    """Twenty queries of five rows, the positive anywhere."""
    chance = np.random.default_rng(0)
    label = np.zeros((20, 5), int)
    label[:, 0] = 1
    own = {
        "query_id": np.repeat(np.arange(20), 5),
        "label": chance.permuted(label, axis=1).ravel(),
        "price": chance.random(100),
        **columns,
    }
    return pa.table({name: column for name, column in own.items() if column is not None})


def found(*words: object, code: int = 0) -> dict[str, Any]:
    """The findings by rule, beside the rest of the JSON."""
    called = call("doctor", *words, "--json")
    assert called.code == code, called.err
    answer: dict[str, Any] = json.loads(called.out)
    answer["by_rule"] = {finding["rule"]: finding for finding in answer["findings"]}
    return answer


def test_a_log_is_weighed_and_examined(files: Path, folder: Path) -> None:
    answer = found(files / "log.parquet", *FAST)
    assert answer["kind"] == "log"
    assert answer["facts"]["rows_kept"] == 1300
    rules = answer["by_rule"]
    assert rules["weights are numbers"]["severity"] == "ok"
    assert rules["order of the log"]["what"] == "a clock orders all rows"
    assert {"rows alone with their user", "weight of one user", "rows without a say"} <= set(rules)
    assert "labels" not in rules
    assert "objective" not in rules
    assert not list(folder.iterdir())


def test_rows_within_a_visit_are_told_where_each_is_a_query(folder: Path) -> None:
    shop = simulate_shop(60, 40, 900, random_state=1)
    write_table(shop.log, folder / "clicks.parquet")
    rule = found(folder / "clicks.parquet", *FAST)["by_rule"]["rows within a visit"]
    assert rule["severity"] == "note"
    assert "queries=visits" in rule["remedy"]
    asked = found(folder / "clicks.parquet", *FAST, "--set", "queries=visits")["by_rule"]
    assert "rows within a visit" not in asked


def test_the_settings_of_the_weights_are_heard(files: Path, folder: Path) -> None:
    (folder / "p.json").write_text('{"objective": "lambdarank", "device": "cuda"}')
    words = (files / "log.parquet", *FAST, "--params", "p.json", "--set", "mix=0")
    rules = found(*words)["by_rule"]
    assert "100.0 %" in rules["effective sample size"]["what"]
    assert rules["device"]["what"] == "cuda, without weights"


def test_a_log_without_times_is_called_a_set(files: Path, folder: Path) -> None:
    log = pq.read_table(files / "log.parquet").drop_columns(["timestamp"])
    pq.write_table(log, folder / "log.parquet")
    assert found("log.parquet", *FAST)["by_rule"]["order of the log"]["severity"] == "note"
    assert found("log.parquet", *FAST, "--order", "file")["by_rule"]["order of the log"]["severity"] == "ok"


def test_a_model_tells_how_it_was_trained(model: Path) -> None:
    answer = found(model)
    assert answer["kind"] == "model"
    assert answer["facts"]["trees"] > 0
    assert answer["facts"]["leaves"] > answer["facts"]["trees"]
    rules = answer["by_rule"]
    assert rules["objective"]["what"] == "lambdarank"
    assert "min_data_in_leaf" in rules["rows per leaf"]["what"]
    for name in ("device", "bagging", "early stopping", "evaluation weights", "effective sample size"):
        assert rules[name]["severity"] == "ok"


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_matrix_is_known_by_its_columns_in_every_format(ending: str, folder: Path) -> None:
    write_table(matrix(weight=np.ones(100), position=np.tile(np.arange(1, 6), 20)), folder / f"m.{ending}")
    answer = found(f"m.{ending}")
    assert answer["kind"] == "matrix"
    facts = {"rows": 100, "queries": 20, "positives": 20, "weights": True, "positions": True}
    assert answer["facts"] == facts
    assert {finding["severity"] for finding in answer["findings"]} == {"ok"}
    assert "best rows first" in answer["by_rule"]


def test_a_folder_is_a_matrix_too(folder: Path) -> None:
    (folder / "parts" / "day=1").mkdir(parents=True)
    pq.write_table(matrix(), folder / "parts" / "day=1" / "a.parquet")
    assert found("parts")["kind"] == "matrix"


def test_columns_of_a_matrix_can_be_named_and_its_text_is_ignored(folder: Path) -> None:
    renamed = {"session": np.repeat(np.arange(20), 5), "clicked": np.tile([1, 0, 0, 0, 0], 20)}
    table = matrix(query_id=None, label=None, brand=["x"] * 100, w=[2.5] * 100, **renamed)
    pq.write_table(table, folder / "m.parquet")
    names = ("--query-column", "session", "--label-column", "clicked", "--weight-column", "w")
    rules = found("m.parquet", *names)["by_rule"]
    assert rules["scale of weights"]["severity"] == "warning"
    assert rules["best rows first"]["severity"] == "warning"


def test_errors_among_the_findings_end_with_3_and_all_is_said(folder: Path) -> None:
    weight = np.ones(100)
    weight[7] = np.nan
    label = np.array(matrix()["label"]).copy()
    label[3] = 31
    write_table(matrix(weight=weight, label=label), folder / "m.csv")
    (folder / "p.json").write_text('{"objective": "binary", "boosting": "goss"}')
    called = call("doctor", "m.csv", "--params", "p.json")
    assert called.code == 3
    lines = [line.split("  ")[0] for line in called.out.splitlines() if line[:1].isalpha()][1:]
    ranks = [("error", "warning", "note", "ok").index(line.strip()) for line in lines]
    assert ranks == sorted(ranks)
    assert lines.count("error") == 2
    for part in ("missing in row 8", "above 30 in row 4", "why: ", "do:  ", "the objective is binary"):
        assert part in called.out
    assert found("m.csv", code=3)["by_rule"]["labels"]["severity"] == "error"


def test_the_text_fits_a_page(model: Path) -> None:
    lines = call("doctor", model).out.splitlines()
    assert lines[0].startswith(f"{model}: a model; training rows ")
    assert max(map(len, lines[1:])) <= 110


PARAMETERS = {
    "absent": (None, "p.json: cannot be read"),
    "list": ("[1]", "p.json: is not a JSON object of parameters"),
    "broken": ('{"a": ', "p.json: is not a JSON object of parameters"),
    "latin": (b'{"a": "\xe9"}', "p.json: is not a JSON object of parameters"),
}


@pytest.mark.parametrize("fault", PARAMETERS)
def test_parameters_that_are_none_are_refused(fault: str, folder: Path) -> None:
    content, message = PARAMETERS[fault]
    if content is not None:
        (folder / "p.json").write_bytes(content.encode() if isinstance(content, str) else content)
    write_table(matrix(), folder / "m.csv")
    called = call("doctor", "m.csv", "--params", "p.json")
    assert called.code == 4
    assert message in called.error()


def test_odd_values_of_parameters_are_lived_with(folder: Path) -> None:
    odd = {"objective": ["lambdarank"], "subsample": None, "subsample_freq": "x", "metric": {"a": 1}}
    (folder / "p.json").write_text(json.dumps(odd | {"label_gain": None, "min_data": [], "device": 3}))
    write_table(matrix(), folder / "m.csv")
    assert found("m.csv", "--params", "p.json")["by_rule"]["objective"]["what"] == "lambdarank"


def test_a_model_needs_no_parameters(model: Path, folder: Path) -> None:
    (folder / "p.json").write_text("{}")
    called = call("doctor", model, "--params", "p.json")
    assert called.code == 4
    assert "a model says itself how it was trained" in called.error()


@pytest.mark.parametrize(
    "option", [("--where", "item_id=1"), ("--order", "file"), ("--seed", "1"), ("--set", "mix=1")]
)
def test_what_only_a_log_has_use_for_is_refused(option: tuple[str, str], model: Path, folder: Path) -> None:
    pq.write_table(matrix(), "m.parquet")
    for name, fault in (
        (model, "is a model, and needs none of it; leave it out"),
        ("m.parquet", "is a matrix, and this belongs to a log; leave it out, or add --kind log"),
    ):
        called = call("doctor", name, *option)
        assert called.code == 2
        assert f"{option[0]}: {name} {fault}" in called.error()


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (("explain", "--user", "u", "--item", "i"), "is a model, and this belongs to a log"),
        (("report", "--out", "page.html"), "is a model, and this belongs to its log; add --log LOG"),
    ],
)
def test_a_model_has_no_rows_to_choose_from(
    words: tuple[str, ...], fault: str, model: Path, folder: Path
) -> None:
    called = call(*words, model, "--where", "item_id=1")
    assert called.code == 2
    assert "--where: " in called.error()
    assert fault in called.error()


def test_a_damaged_model_is_known_by_its_first_bytes_or_its_name(model: Path, folder: Path) -> None:
    content = model.read_bytes()
    for name, bad, message in (
        ("cut.bin", content[:-10], "is cut short"),
        ("flipped.swg", content[:-1000] + b"x" + content[-999:], "is damaged"),
        ("other.swg", b"user_id,item_id\n", "is another kind of file"),
        ("absent.swg", None, "cannot be read"),
    ):
        if bad is not None:
            (folder / name).write_bytes(bad)
        called = call("doctor", name)
        assert called.code == 4
        assert f"{name}: " in called.error()
        assert message in called.error()
    (folder / "renamed").write_bytes(content)
    assert found("renamed")["kind"] == "model"


def test_what_is_neither_is_answered_as_a_log(folder: Path) -> None:
    (folder / "m.csv").write_text("query_id,x\n1,2\n")
    (folder / "empty.csv").write_text("")
    (folder / "cut.parquet").write_bytes(b"PAR1")
    (folder / "bad.jsonl").write_text("{oops\n")
    (folder / "none").mkdir()
    for name, message in (
        ("m.csv", "no column 'user_id'"),
        ("empty.csv", "is empty"),
        ("cut.parquet", "cannot be read as Parquet"),
        ("bad.jsonl", "line 1 is not valid JSON"),
        ("none", "holds no data files"),
        ("absent.csv", "no such file or folder"),
    ):
        called = call("doctor", name)
        assert called.code == 3
        assert f"{name}: " in called.error()
        assert message in called.error()
    (folder / "m.csv").write_text("query_id,label,x\n1,0,2\n,1,3\n")
    assert "m.csv: column 'query_id' has no id in row 2" in call("doctor", "m.csv").error()
