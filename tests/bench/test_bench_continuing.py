"""All arms of the bench are compared on the same users, and old trees stay where they should."""

import json
from functools import partial
from pathlib import Path

import pytest

from bench import continuing, shop
from samplew_gbm.settings import Settings


def test_the_file_holds_every_cut_against_the_model_that_was_left(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(shop, "Settings", partial(Settings, n_trees=5, n_rankers=1, n_epochs=2))
    monkeypatch.setattr(continuing, "PARTS", (0.8,))
    out = tmp_path / "found.json"
    words = ["--seeds", "0", "1", "--users", "30", "--items", "40", "--threads", "1"]
    continuing.main([*words, "--out", str(out)])
    shops = json.loads(out.read_text())["shops"]
    assert [(each["drift"], each["part"]) for each in shops] == [(0.06, 0.8), (0.2, 0.8)]
    for found in shops:
        assert set(found["gains"]) == {continuing.TABLES, continuing.CONTINUED, continuing.ANEW}
        for gain in found["gains"].values():
            assert gain["NDCG@10"]["n"] == 60
        for run in found["runs"]:
            trees = run["n_trees"]
            assert trees[continuing.TABLES] == trees[continuing.LEFT] <= trees[continuing.CONTINUED]
