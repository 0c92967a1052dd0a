"""The demonstration: its statistic, its sentence, and the whole of it on a tiny shop."""

import json
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samplew_gbm import demonstration
from samplew_gbm.demonstration import Demonstration, rank_auc
from samplew_gbm.settings import Settings
from tests.cli.cli_calls import call


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=30))
def test_the_auc_is_the_share_of_ordered_pairs(rows: list[tuple[int, bool]]) -> None:
    score = np.array([row[0] for row in rows], np.float64)
    positive = np.array([row[1] for row in rows])
    pairs = [(a > b) + 0.5 * (a == b) for a in score[positive] for b in score[~positive]]
    assert rank_auc(score, positive) == pytest.approx(np.mean(pairs) if pairs else np.nan, nan_ok=True)


def found_with(weighted: float, twin: float, accident_auc: float = 0.5) -> Demonstration:
    quality = {"with importance": {"NDCG@10": weighted}, "without": {"NDCG@10": twin}}
    return Demonstration(2, 2, 4, 0.5, quality, accident_auc, 4, [], "u", [], [], [])


@pytest.mark.parametrize(
    ("weighted", "twin", "verdict"),
    [
        (0.11, 0.10, "importance raised NDCG@10 by 10.0% on this shop"),
        (0.09, 0.10, "importance did not raise NDCG@10 on this shop: it lowered it by 10.0%"),
        (0.10, 0.10, "importance did not raise NDCG@10 on this shop: it left it as it was"),
        (0.10, 0.0, "the unweighted model found nothing, so there is no gain to measure"),
    ],
)
def test_the_verdict_is_honest(weighted: float, twin: float, verdict: str) -> None:
    assert found_with(weighted, twin).verdict() == verdict


def test_the_verdict_on_accidents_is_honest() -> None:
    assert found_with(1, 1, 0.6).accident_verdict().startswith("importance tells accidents apart: ")
    for auc in (0.5, 0.4, float("nan")):
        told = found_with(1, 1, auc).accident_verdict()
        assert told.startswith("importance does not tell accidents apart: ")
        assert f"probability {auc:.3f} (chance: 0.500; 4 clicks judged)" in told


@pytest.fixture
def _few_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demonstration, "Settings", partial(Settings, n_trees=20))


@pytest.mark.usefixtures("_few_trees")
def test_a_tiny_shop_is_told_in_words() -> None:
    called = call("demo", "--users", 30, "--items", 40, "--threads", 2)
    assert called.code == 0, called.err
    for part in (
        "A simulated shop: 30 users, 40 items, 1,800 clicks",
        "Quality against what the users truly take next",
        "Accidental clicks\nimportance ",
        "train with importance",
        "user-0000 clicked last",
        "Recommended to user-0000",
    ):
        assert part in called.out


@pytest.mark.usefixtures("_few_trees")
def test_a_tiny_shop_for_machines() -> None:
    called = call("demo", "--users", 30, "--items", 40, "--threads", 2, "--seed", 1, "--json")
    found = json.loads(called.out)["found"]
    assert set(found["quality"]) == {"with importance", "without"}
    assert set(found["quality"]["without"]) == {"NDCG@10", "HR@10", "Recall@20"}
    assert 0 < found["accident_auc"] < 1
    assert len(found["recommendations"]) == len(found["history"]) == 8
    assert not set(found["recommendations"]) & set(found["history"])
    assert {"simulate the shop", "train with importance"} <= {stage["name"] for stage in found["stages"]}
