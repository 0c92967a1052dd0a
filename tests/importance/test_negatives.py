"""Weights of the candidates not taken: a naive twin, what they mean, what the controls make of them."""

import itertools

import numpy as np
import pytest

from samplew_gbm.importance.negatives import HIGH, LOW, affinity_for, negative_weight

SIZES = (1, 5, 0, 40, 12)
INDPTR = np.concatenate([[0], np.cumsum(SIZES)]).astype(np.int64)


def affinity(seed=0):
    return np.random.default_rng(seed).normal(3, 2, INDPTR[-1]).astype(np.float32)


def naive(values, sign):
    found = []
    for start, stop in itertools.pairwise(INDPTR):
        part = values[start:stop].astype(np.float64)
        standard = (part - part.mean()) / part.std() if len(part) > 1 else 0 * part
        attention = np.exp(sign * standard / 2)
        found += (len(part) * attention / attention.sum()).tolist() if len(part) else []
    weight = np.clip(found, LOW, HIGH)
    return weight / weight.mean()


@pytest.mark.parametrize(("treatment", "sign"), [("softened", -1), ("sharpened", 1)])
@pytest.mark.parametrize("seed", range(3))
def test_the_naive_twin(treatment, sign, seed):
    found = negative_weight(affinity(seed), INDPTR, treatment, n_threads=2)
    np.testing.assert_allclose(found, naive(affinity(seed), sign), rtol=1e-4)
    assert found.mean() == pytest.approx(1)


@pytest.mark.parametrize(("treatment", "way"), [("softened", -1), ("sharpened", 1)])
def test_what_suits_the_user_counts_less_when_softened_and_more_when_sharpened(treatment, way):
    found = negative_weight(affinity(), INDPTR, treatment, n_threads=1)
    for start, stop in itertools.pairwise(INDPTR):
        rising = found[start:stop][np.argsort(affinity()[start:stop])]
        assert (way * np.diff(rising) >= 0).all()


def test_plain_negatives_weigh_one():
    np.testing.assert_array_equal(negative_weight(affinity(), INDPTR, "plain", n_threads=1), 1)


def test_the_controls_deal_out_by_chance_or_turn_around():
    own = affinity()
    np.testing.assert_array_equal(affinity_for("wrong_sign", own, INDPTR, 0), -own)
    dealt = affinity_for("placebo", own, INDPTR, 0)
    assert not np.array_equal(dealt, own)
    for start, stop in itertools.pairwise(INDPTR):
        np.testing.assert_array_equal(np.sort(dealt[start:stop]), np.sort(own[start:stop]))
    assert not affinity_for("uniform", own, INDPTR, 0).any()
    assert affinity_for("attention", own, INDPTR, 0) is own
