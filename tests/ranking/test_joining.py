"""Joined rankers score as the sum of the rankers, in LightGBM's own text."""

import re

import lightgbm as lgb
import numpy as np

from samplew_gbm.ranking.joining import join_rankers
from samplew_gbm.settings import Settings
from tests.ranking.test_ranker import NAMES, data_of, trained


def three():
    return [trained(settings=Settings(n_trees=n, random_state=n)) for n in (4, 11, 7)]


def test_the_joined_score_is_the_sum_of_the_scores():
    rankers, features = three(), data_of(seed=3).features
    joined = join_rankers(rankers)
    expected = sum(ranker.scorer(1)(features) for ranker in rankers)
    np.testing.assert_allclose(joined.scorer(1)(features), expected, rtol=1e-12, atol=1e-12)


def test_trees_and_gain_add_and_trees_are_numbered():
    rankers = three()
    joined = join_rankers(rankers)
    assert joined.names == NAMES
    assert joined.n_trees == 22
    assert re.findall(r"^Tree=(\d+)$", joined.text, re.MULTILINE) == [str(n) for n in range(22)]
    for name in NAMES:
        assert joined.gain[name] == sum(ranker.gain[name] for ranker in rankers)


def test_the_text_is_one_that_lightgbm_would_write():
    rankers = three()
    text = join_rankers(rankers).text
    booster = lgb.Booster(model_str=text)
    assert booster.model_to_string() == text
    splits = sum(lgb.Booster(model_str=ranker.text).feature_importance("split") for ranker in rankers)
    np.testing.assert_array_equal(booster.feature_importance("split"), splits)


def test_one_ranker_alone_stays_as_it_is():
    ranker = trained()
    assert join_rankers([ranker]) is ranker
