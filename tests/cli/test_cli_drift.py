"""``samplew drift``: its exit codes, its table and its JSON."""

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from samplew_gbm.cli.drift import DRIFT_CODE
from tests.cli.cli_calls import call


def test_a_model_and_the_log_it_was_trained_on(model: Path, files: Path) -> None:
    called = call("drift", model, files / "log.parquet", "--threads", 2)
    assert called.code == 0, called.err
    assert called.err.endswith("in all: stable\n")
    lines = called.out.splitlines()
    assert lines[0].split() == ["PSI", "by", "chance", "what", "moved", "most"]
    assert any(line.startswith("rows: items ") for line in lines)


def test_drift_has_an_exit_code_of_its_own(model: Path, files: Path, folder: Path) -> None:
    later = pq.read_table(files / "later.parquet")
    renamed = [f"new {item}" for item in later["item_id"].to_pylist()]
    pq.write_table(later.set_column(1, "item_id", [renamed]), folder / "renamed.parquet")
    called = call("drift", model, "renamed.parquet", "--json", "--threads", 2)
    assert called.code == DRIFT_CODE == 5
    found = json.loads(called.out)["drift"]
    assert found["level"] == "act"
    assert found["unknown_items"] == 1
    assert {"psi", "expected", "bound", "level", "bins"} <= set(found["shifts"][0])


def test_a_threshold_out_of_reach_is_not_reached(files: Path, folder: Path) -> None:
    words = (files / "log.parquet", files / "later.parquet", "--threshold", 99)
    assert call("drift", *words).code == 0


def test_faults_have_the_codes_of_all_commands(model: Path, files: Path, folder: Path) -> None:
    assert call("drift", model, "missing.parquet").code == 3
    (folder / "cut.swg").write_bytes(model.read_bytes()[:-5])
    assert call("drift", "cut.swg", files / "log.parquet").code == 4
    assert call("drift", model, files / "log.parquet", "--threshold", 0).code == 2


def weights_of(*words: object) -> dict[str, float]:
    called = call("drift", *words, "--weights", "--threads", 2, "--threshold", 99, "--json")
    assert called.code == 0, called.err
    shifts = json.loads(called.out)["drift"]["shifts"]
    return {shift["name"]: shift["psi"] for shift in shifts if shift["group"] == "weights"}


def test_weights_of_two_logs_are_by_what_weigh_is_told(files: Path, folder: Path) -> None:
    logs = files / "log.parquet", files / "later.parquet"
    items = sorted({item for log in logs for item in pq.read_table(log)["item_id"].to_pylist()})
    vectors = np.random.default_rng(0).normal(size=(len(items), 5))
    np.savez(folder / "text.npz", ids=np.array(items), vectors=vectors)
    words = ("--importance", "vectors", "--item-vectors", "text.npz")
    plain, told = weights_of(*logs), weights_of(*logs, *words)
    assert plain.keys() == told.keys() == {"importance", "sample weight"}
    assert plain != told
    mixed = weights_of(*logs, *words, "--set", "mix=0")
    assert mixed["importance"] == told["importance"]
    error = call("drift", *logs, "--weights", *words[:2]).error()
    assert "needs ready vectors of the items" in error


@pytest.mark.parametrize("words", [("--items", "items.csv"), ("--importance", "uniform"), ("--seed", 1)])
def test_how_rows_weigh_is_told_where_it_matters(
    words: tuple[object, ...], model: Path, files: Path, folder: Path
) -> None:
    called = call("drift", model, files / "log.parquet", "--weights", *words)
    assert called.code == 2
    assert f"{words[0]}: {model} is a model, which weighs as it was trained" in called.err
    called = call("drift", files / "log.parquet", files / "later.parquet", *words)
    assert called.code == 2
    assert f"{words[0]}: it changes how rows weigh and nothing else; add --weights" in called.err
