"""The ranker: refuses weights that LightGBM takes in silence, repeats itself, stops on the right metric."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import lightgbm as lgb
import numpy as np
import pytest
from msgspec.structs import replace as replaced

from samplew_gbm.errors import DataError
from samplew_gbm.evaluation.evaluate import evaluate
from samplew_gbm.kernels.ranking import binary_ndcg, mean_of_known
from samplew_gbm.ranking.groups import group_of
from samplew_gbm.ranking.ranker import Binned, RankerData, _parameters, train_ranker
from samplew_gbm.settings import Settings

NAMES = ("taste", "noise", "popularity_7d")
SETTINGS = Settings(n_trees=10)


def data_of(n_queries=60, size=20, weight=None, seed=0):
    """The first feature tells the positive of each query apart, most of the time."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(n_queries * size, len(NAMES))).astype(np.float32)
    strength = features[:, 0].reshape(n_queries, size) + rng.normal(size=(n_queries, size))
    label = (strength == strength.max(axis=1, keepdims=True)).astype(np.int32).ravel()
    return RankerData(features, label, np.arange(0, n_queries * size + 1, size), weight)


def trained(
    data=None, settings=SETTINGS, valid=None, metric=None, n_threads=1, advance=lambda _: None, **others
):
    data = data or data_of()
    options = {"seed": settings.random_state, "names": NAMES, "n_threads": n_threads, "advance": advance}
    return train_ranker(data, valid, metric, settings, **options, **others)


def ones(n=1200):
    return np.ones(n)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, -1e-9])
def test_weights_that_cannot_be_are_refused_by_row(bad):
    weight = ones()
    weight[[7, 30]] = bad
    with pytest.raises(DataError, match=r"sample weight of row 7 is .*finite and not negative"):
        trained(data_of(weight=weight))


def test_weights_of_nothing_but_zeros_are_refused():
    with pytest.raises(DataError, match="all sample weights are 0"):
        trained(data_of(weight=0 * ones()))


def test_some_zero_weights_are_fine():
    weight = ones()
    weight[::3] = 0
    assert trained(data_of(weight=weight)).n_trees == SETTINGS.n_trees


@pytest.mark.parametrize("objective", ["lambdarank", "rank_xendcg", "binary"])
def test_the_same_seed_gives_the_same_text_and_weights_of_one_are_no_weights(objective):
    settings = Settings(n_trees=5, objective=objective)
    text = trained(settings=settings).text
    assert text == trained(settings=settings).text
    assert text == trained(data_of(weight=ones()), settings).text
    assert text != trained(settings=Settings(n_trees=5, objective=objective, random_state=1)).text


def test_weights_change_the_trees():
    weight = np.random.default_rng(0).random(1200)
    assert trained(data_of(weight=weight)).text != trained().text


def test_rows_binned_once_give_the_rankers_of_rows_binned_anew():
    """Rows with weights, pairs with weights, no weights, others, fewer trees: nothing is left of the last."""
    valid = data_of(seed=1)

    def metric(scores):
        return float(mean_of_known(binary_ndcg(scores, valid.label, valid.indptr, 5)))

    some, others = (np.random.default_rng(seed).random(1200) for seed in (0, 1))
    pairs, short = replaced(SETTINGS, weighting="pair"), replaced(SETTINGS, n_trees=4)
    binned = Binned()
    asked = [
        (some, SETTINGS),
        (some, pairs),
        (None, SETTINGS),
        (others, SETTINGS),
        (None, pairs),
        (some, short),
    ]
    texts = []
    for weight, settings in asked:
        own = trained(data_of(weight=weight), settings, valid, metric)
        assert trained(data_of(weight=weight), settings, valid, metric, binned=binned).text == own.text
        texts.append(own.text)
    assert len(set(texts)) == len(asked)


@pytest.mark.parametrize("n_threads", [2, 7])
def test_threads_change_no_byte(n_threads):
    data = data_of(n_queries=1500)
    assert trained(data, n_threads=n_threads).text == trained(data).text


def test_a_useful_feature_is_used_and_names_are_kept():
    ranker = trained()
    assert ranker.names == NAMES
    assert list(ranker.gain) == list(NAMES)
    assert ranker.gain["taste"] > 5 * ranker.gain["noise"]


def test_the_text_alone_scores_and_so_from_threads_at_once():
    data = data_of()
    scorer = trained().scorer(1)
    scores = scorer(data.features)
    assert scores.dtype == np.float64
    assert len(scorer(data.features[:0])) == 0
    with ThreadPoolExecutor(4) as pool:
        for again in pool.map(lambda _: scorer(data.features), range(12)):
            np.testing.assert_array_equal(scores, again)
    np.testing.assert_array_equal(scores[5:9], scorer(data.features[5:9]))


def test_scores_follow_the_labels():
    data, ranker = data_of(seed=1), trained()
    scores = ranker.scorer(1)(data.features)
    assert scores[data.label == 1].mean() > scores[data.label == 0].mean()


def test_queries_without_rows_are_left_out():
    assert group_of(np.array([0, 3, 3, 5, 5])).tolist() == [3, 2]
    data = data_of()
    with_empty = RankerData(data.features, data.label, np.insert(data.indptr, 4, data.indptr[4]))
    assert trained(with_empty).text == trained(data).text


def test_training_stops_where_the_metric_was_best():
    """The metric falls after its third call: the trees that came later are dropped."""
    values = iter([0.1, 0.2, 0.9, *[0.3] * 500])
    seen = []
    ranker = trained(
        settings=Settings(n_trees=300),
        valid=data_of(seed=1),
        metric=lambda _: next(values),
        advance=seen.append,
    )
    assert ranker.n_trees == 3
    assert ranker.text.count("\nTree=") == 3
    assert seen == list(range(1, len(seen) + 1))
    assert 3 < len(seen) < 300


def test_the_metric_sees_raw_scores_of_the_validation_rows():
    valid, seen = data_of(seed=1), []

    def metric(scores):
        seen.append(scores.copy())
        return float(len(seen))

    ranker = trained(valid=valid, metric=metric)
    np.testing.assert_allclose(seen[-1], ranker.scorer(1)(valid.features), rtol=1e-6)
    assert ranker.n_trees == len(seen) == SETTINGS.n_trees


@pytest.mark.parametrize("k", [1, 5, 10])
def test_the_stopping_metric_is_evaluations_ndcg_where_nothing_ties(k):
    rng = np.random.default_rng(k)
    data = data_of(seed=2)
    label = (rng.random(len(data.label)) < 0.15).astype(np.int32)
    scores = rng.permutation(len(label)).astype(np.float64)
    expected = evaluate(scores, label, data.indptr, metrics=("ndcg",), ks=(k,)).per_query
    found = binary_ndcg(scores, label, data.indptr, k)
    np.testing.assert_allclose(found, expected[f"ndcg@{k}"], rtol=1e-12)


@pytest.mark.parametrize("objective", ["lambdarank", "binary"])
def test_trees_from_a_base_are_those_by_which_lightgbm_continues(objective):
    settings = Settings(n_trees=5, objective=objective)
    first, later = trained(settings=settings), data_of(seed=1)
    base = first.scorer(1, raw=True)(later.features)
    more = trained(replace(later, base=base), settings)
    ours = base + more.scorer(1, raw=True)(later.features)
    dataset = lgb.Dataset(later.features, later.label, group=group_of(later.indptr), feature_name=list(NAMES))
    start = lgb.Booster(model_str=first.text)
    twin = lgb.train(_parameters(settings, 0, len(later.label), 1), dataset, 5, init_model=start)
    np.testing.assert_allclose(ours, twin.predict(later.features, raw_score=True), rtol=1e-9, atol=1e-12)
    assert not np.allclose(ours, base)
