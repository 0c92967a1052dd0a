"""Every arm of the bench learns from the rows it says, and all are compared on the same users."""

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from bench import denoising, shop
from bench.shop import Kind, Size
from samplew_gbm.data.cleaning import clean
from samplew_gbm.data.interactions import build_interactions
from samplew_gbm.data.queries import Lists, Queries
from samplew_gbm.data.simulate import simulate_shop
from samplew_gbm.pipeline import learning, requests
from samplew_gbm.settings import FIND, Settings


def test_chance_leaves_as_many_rows_and_the_oracle_no_accident() -> None:
    simulated = simulate_shop(50, 100, 3000, 0.4)
    log, _ = clean(build_interactions(simulated.log))
    settings, own = Settings(denoise=FIND), learning.denoised
    by_chance = denoising.left_out(denoising.CHANCE, simulated, 0.3, 0)
    assert by_chance.mean() == pytest.approx(0.3, rel=0.1)
    out = denoising.left_out(denoising.ORACLE, simulated, 0.3, 0)
    meant = ~simulated.accidental[log.row]
    histories = Lists(log.indptr, log.item_index)
    queries = Queries(histories, None, np.arange(log.n_users, dtype=np.int32))
    with denoising.rows_of(denoising.ORACLE, log, out):
        rows = learning.denoised(log, settings, n_threads=1).rows
        told = requests.with_meant(queries, None)
    assert rows.row.tolist() == log.row[meant].tolist()
    keys = log.user_index.astype(np.int64) * log.n_items + log.item_index
    known = np.isin(keys, keys[meant])
    assert told.meant.items.tolist() == log.item_index[known].tolist()
    with denoising.rows_of(denoising.TABLES, log, out):
        assert learning.denoised(log, settings, n_threads=1).rows.row.tolist() == rows.row.tolist()
        assert requests.with_meant(queries, None) is queries
    assert learning.denoised is own


def test_every_arm_is_judged_on_the_same_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shop, "Settings", partial(Settings, n_trees=5, n_rankers=1, n_epochs=2))
    runs = [denoising.judged(Kind(0.3, "popular"), 0, Size(40, 60, queries="visits"), 1)]
    found = denoising.summary(Kind(0.3, "popular"), runs)
    assert set(denoising.ORACLE_OF) | set(denoising.ORACLE_OF.values()) < set(runs[0].per_user)
    for metric in denoising.METRICS:
        by_arm = {arm: values[metric] for arm, values in found["runs"][0]["metrics"].items()}
        for arm, gain in found["gains"][metric].items():
            assert gain["n"] == 40
            assert gain["mean"] == pytest.approx(by_arm[arm] - by_arm[denoising.BASE], abs=1e-9)


def test_an_oracle_that_is_not_sure_to_gain_has_no_shares() -> None:
    gain = denoising.paired_difference(np.array([1.0, 1.1, 1.2]), np.array([0.5, 0.5, 0.6]))
    none = denoising.paired_difference(np.array([1.0, 0.4, 0.6]), np.array([0.5, 0.5, 0.6]))
    arm, oracle = next(iter(denoising.ORACLE_OF.items()))
    assert denoising.recovered({arm: gain, oracle: gain}) == {arm: 1.0}
    assert denoising.recovered({arm: gain, oracle: none}) == {}
    assert denoising.recovered({oracle: gain}) == {}


def test_a_clean_shop_has_no_oracle_and_the_file_says_all(tmp_path: Path) -> None:
    out = tmp_path / "found.json"
    words = ["--users", "30", "--items", "40", "--shops", "clean", "--seeds", "0", "1", "--out", str(out)]
    denoising.main(words)
    (found,) = json.loads(out.read_text())["shops"]
    assert found["auc"] is None
    tables = {arm.split(", ")[0] for arm in found["gains"]["NDCG@10"]}
    assert tables == {"all rows", "denoised", "by chance", "gate"}
    assert len(found["runs"]) == 2
    assert found["recovered"]["NDCG@10"] == {}
    denoising.main([*words, "--shops", "10% popular", "--add", "--no-gate"])
    both = json.loads(out.read_text())
    assert [each["shop"] for each in both["shops"]] == ["clean", "10% popular"]
    assert both["shops"][0] == found
    assert denoising.GATE not in both["shops"][1]["gains"]["NDCG@10"]
    assert len(both["earlier"]) == 1
