"""``train --continue``: the next model from the last one, and what cannot be chosen for it."""

import json
from pathlib import Path

import pytest

from samplew_gbm.cli.train import _added_words
from tests.cli.cli_calls import call


def test_a_model_goes_on_with_a_later_log(model: Path, files: Path, folder: Path) -> None:
    words = ["train", files / "later.parquet", "--continue", model, "--model", "next.swg", "--threads", 2]
    called = call(*words, "--json")
    assert called.code == 0, called.err
    found = json.loads(called.out)
    assert found["report"]["n_continued"] == 1
    assert found["report"]["n_interactions"] == 1500
    old = json.loads(call("inspect", model, "--json").out)["report"]["n_trees"]
    new = found["report"]["n_trees"] - old
    told = f"{new} new trees join the {old} old ones" if new else f"no tree joins the {old} old ones"
    assert f"all tables are new; {told}" in called.err
    assert found["settings"]["n_trees"] == 20
    assert call("recommend", "--model", "next.swg", "--out", "top.csv").code == 0
    assert "times continued" in call("inspect", "next.swg").out


def test_trees_that_joined_are_told() -> None:
    assert _added_words(1200, 1207) == "all tables are new; 7 new trees join the 1,200 old ones"
    assert "no tree joins the 1,200 old ones" in _added_words(1200, 1200)


@pytest.mark.parametrize(
    "words",
    [("--seed", 1), ("--set", "n_trees=3"), ("--no-gate",), ("--order", "file"), ("--importance", "none")],
)
def test_what_the_model_has_settled_cannot_be_chosen(words: tuple[object, ...], folder: Path) -> None:
    called = call("train", "log.parquet", "--continue", "m.swg", "--model", "n.swg", *words)
    assert called.code == 2
    assert "is settled by the model that --continue names" in called.error()


def test_a_log_that_the_model_knows_is_refused(model: Path, files: Path, folder: Path) -> None:
    called = call("train", files / "log.parquet", "--continue", model, "--model", "next.swg")
    assert called.code == 3
    assert "1,300 rows are already in the model" in called.error()
    assert not (folder / "next.swg").exists()


def test_a_model_is_not_replaced_by_the_next(model: Path, files: Path) -> None:
    called = call("train", files / "later.parquet", "--continue", model, "--model", model)
    assert called.code == 2
    assert "is also read" in called.error()
