import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from bench import shop
from samplew_gbm.columns import EVENT, VALUE
from samplew_gbm.data.simulate import simulate_shop
from samplew_gbm.settings import Settings


def judged(twin: list[float], **arms: list[float]) -> shop.Judged:
    per_user = {
        arm: dict.fromkeys(shop.METRICS, np.repeat(values, 30))
        for arm, values in {"none": twin, **arms}.items()
    }
    return shop.Judged(0, per_user, {}, {}, {}, 1.0)


def test_the_share_is_that_of_the_oracles_gain_over_the_users_of_all_runs() -> None:
    runs = [
        judged([0.1], oracle=[0.3], attention=[0.2]),
        judged([0.2], oracle=[0.4], attention=[0.2]),
    ]
    found = shop.gains(runs, "NDCG@10")
    assert found["oracle"].n == 60
    assert shop.recovered(found) == {"attention": pytest.approx(0.25)}


def test_where_the_oracle_is_not_sure_to_gain_there_is_no_share() -> None:
    runs = [judged([0.2, 0.3], oracle=[0.4, 0.1], attention=[0.5, 0.5])]
    assert shop.recovered(shop.gains(runs, "NDCG@10")) is None


def test_purchases_are_half_of_the_clicks_that_are_meant() -> None:
    simulated = simulate_shop(50, 100, 2000, 0.4)
    log = shop.told(simulated, seed=0)
    bought = np.array(log[EVENT].to_pylist()) == "purchase"
    assert not (bought & simulated.accidental).any()
    assert 0.4 < bought[~simulated.accidental].mean() < 0.6
    np.testing.assert_array_equal(log[VALUE].to_numpy(), 1.0 - simulated.accidental)


def test_a_tiny_run_writes_every_arm_of_every_shop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kinds = [shop.Kind(0.0, "popular"), shop.Kind(0.5, "uniform")]
    monkeypatch.setattr(shop, "kinds", lambda: kinds)
    monkeypatch.setattr(shop, "Settings", partial(Settings, n_trees=5, n_rankers=1, n_epochs=2))
    out = tmp_path / "shop.json"
    sizes = ["--users", "30", "--items", "60", "--queries", "100"]
    shop.main([*sizes, "--out", str(out)])
    result = json.loads(out.read_text())
    clean, noisy = result["shops"]
    assert [clean["shop"], noisy["shop"]] == ["clean", "50% uniform"]
    assert clean["recovered"]["NDCG@10"] is None
    assert clean["gains"]["NDCG@10"]["oracle"]["mean"] == 0  # without accidents its weights are all 1
    assert clean["auc"]["attention"] is None
    assert 0 < noisy["auc"]["attention"] < 1
    assert set(noisy["gains"]["Recall@20"]) == {
        *("oracle", "oracle, pairs", *shop.SCHEMES),
        *("gate", "gate, purchases"),
    }
    assert "gate, all rows" in clean["runs"][0]["verdicts"]
    assert {"cpu", "versions", "commit"} <= result["machine"].keys()
    assert str(tmp_path) not in json.dumps(result["machine"])
    shop.main([*sizes, "--shops", "50% uniform", "--add", "--out", str(out)])
    again = json.loads(out.read_text())
    assert again["earlier"] == [{"machine": result["machine"], "line": result["line"]}]
    assert again["shops"][0] == clean
    assert again["shops"][1]["gains"] == noisy["gains"]
    assert "| 50% uniform |" in capsys.readouterr().out
