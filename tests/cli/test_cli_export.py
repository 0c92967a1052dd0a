"""``samplew export``: a folder for another server, or an error and none."""

import json
from pathlib import Path

import pytest

from tests.cli.cli_calls import call


@pytest.mark.parametrize(("kind", "file"), [("mlflow", "MLmodel"), ("lightgbm", "model.txt")])
def test_a_model_is_exported(kind: str, file: str, model: Path, folder: Path) -> None:
    called = call("export", model, "--to", kind, "--out", "served", "--json")
    assert called.code == 0, called.err
    found = json.loads(called.out)
    assert file in found["files"]
    assert sorted(path.name for path in (folder / "served").iterdir()) == found["files"]


def test_a_damaged_model_gives_no_folder(model: Path, folder: Path) -> None:
    (folder / "cut.swg").write_bytes(model.read_bytes()[:-5])
    called = call("export", "cut.swg", "--to", "mlflow", "--out", "served")
    assert called.code == 4
    assert "cut short" in called.error()
    assert not (folder / "served").exists()


def test_a_folder_that_holds_something_is_refused_before_the_work(folder: Path) -> None:
    (folder / "served").mkdir()
    (folder / "served" / "mine").write_text("1")
    called = call("export", "no-such.swg", "--to", "onnx", "--out", "served")
    assert called.code == 2
    assert "not empty" in called.error()
