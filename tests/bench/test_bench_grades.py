"""Grades are judged by later, stronger events of known users on items that are new to them."""

import json
from functools import partial
from pathlib import Path

import msgspec
import numpy as np
import pytest

from bench import grades

TINY = partial(grades.shop, n_users=60, n_items=50, n_clicks=1500)


def test_what_is_judged_comes_after_the_cut_and_is_new_to_a_known_user() -> None:
    case = TINY()
    before, test = grades.divide(case)
    assert before.num_rows == round(0.8 * case.log.num_rows)
    learned = set(zip(before["user_id"].to_pylist(), before["item_id"].to_pylist(), strict=True))
    later = case.log.slice(before.num_rows).to_pylist()
    assert min(row["timestamp"] for row in later) > before["timestamp"].to_numpy().max()
    bought = {(row["user_id"], row["item_id"]) for row in later if row["event"] == "purchase"}
    users = {user for user, _ in learned}
    expected = sorted(pair for pair in bought - learned if pair[0] in users)
    assert list(zip(*(test[key].to_pylist() for key in grades.KEY), strict=True)) == expected


def test_a_tiny_run_compares_the_same_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = msgspec.structs.replace(grades.SETTINGS, n_trees=3, n_rankers=1, n_epochs=1)
    monkeypatch.setattr(grades, "shop", TINY)
    monkeypatch.setattr(grades, "SETTINGS", settings)
    out = tmp_path / "grades.json"
    grades.main(["--log", "shop", "--threads", "1", "--out", str(out)])
    result = json.loads(out.read_text())["shop"]
    means = {run["arm"]: run["NDCG@10"] for run in result["runs"]}
    found = result["differences"]["grades - off"]["NDCG@10"]
    assert found["mean"] == pytest.approx(means["grades"] - means["off"], abs=2e-5)
    assert found["n"] == result["users"]
    assert np.isfinite([found["low"], found["high"]]).all()
