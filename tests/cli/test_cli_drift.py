"""``samplew drift``: its exit codes, its table and its JSON."""

import json
from pathlib import Path

import pyarrow.parquet as pq

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
