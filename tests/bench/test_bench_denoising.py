"""Every arm of the bench learns from the rows it says, and all are compared on the same users."""

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from bench import denoising, shop
from samplew_gbm.data.cleaning import clean
from samplew_gbm.data.interactions import build_interactions
from samplew_gbm.data.simulate import simulate_shop
from samplew_gbm.pipeline import learning
from samplew_gbm.settings import Settings


def test_chance_leaves_as_many_rows_and_the_oracle_no_accident() -> None:
    simulated = simulate_shop(50, 100, 3000, 0.4)
    log, _ = clean(build_interactions(simulated.log))
    settings, own = Settings(denoise=0.3), learning.denoised
    by_chance = denoising.left(denoising.CHANCE, simulated, log, settings)
    assert len(by_chance) == pytest.approx(0.7 * len(log), rel=0.05)
    meant = denoising.left(denoising.ORACLE, simulated, log, settings)
    assert not simulated.accidental[meant.row].any()
    assert len(meant) == np.count_nonzero(~simulated.accidental[log.row])
    with denoising.tables_of(denoising.ORACLE, simulated):
        assert len(learning.denoised(log, settings, n_threads=1)) == len(meant)
    assert learning.denoised is own


def test_a_tiny_run_compares_the_same_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shop, "Settings", partial(Settings, n_trees=5, n_rankers=1, n_epochs=2))
    out = tmp_path / "found.json"
    words = ["--users", "40", "--items", "60", "--threads", "1", "--shops", "clean", "30% popular"]
    denoising.main([*words, "--out", str(out)])
    clean_shop, noisy = json.loads(out.read_text())["shops"]
    assert denoising.ORACLE not in clean_shop["gains"]["NDCG@10"]
    assert clean_shop["auc"] is None
    for metric in denoising.METRICS:
        by_arm = {arm: values[metric] for arm, values in noisy["by_seed"][0].items()}
        for arm, found in noisy["gains"][metric].items():
            assert found["n"] == 40
            assert found["mean"] == pytest.approx(by_arm[arm] - by_arm[denoising.ALL], abs=1e-9)
