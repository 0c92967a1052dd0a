"""Rules on the weights themselves."""

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.importance.doctor.evidence import Evidence, Observation, Rule, rows_named, share
from samplew_gbm.importance.weights import effective_share

MEAN_RANGE = (0.5, 2.0)  # beyond it a regularisation tuned at mean 1 is off by more than a factor of 2
SHARE_LOW, SHARE_LOWEST = 0.6, 0.3  # .6 is the sharpest worth a trial; half of it is a judgement
TOP, TOP_SHARE = 0.01, 0.10  # weights within [.1, 5] of mean 1 leave the top 1 % at most about .05
CAP_SHARE = 0.05  # more rows at one limit, and the limit decides instead of the scheme
CAP_VALUES = 20  # different weights at least; fewer are steps by design, not a scale that was clipped
CLASS_RATIO = 2.0  # of the mean weights of positives and negatives, and its inverse
ONE_SHARE = 0.05  # of all weight with one segment ...
ONE_TIMES = 10  # ... and so many times its equal share


def _numbers(evidence: Evidence) -> Observation | None:
    weight = evidence.weight
    if weight is None or not len(weight):
        return None
    for bad, fault in ((~np.isfinite(weight), "not finite or missing"), (weight < 0, "negative")):
        if bad.any():
            return "error", f"weights are {fault} in {rows_named(evidence, bad)}"
    if not weight.any():
        return "error", f"all {len(weight):,} weights are 0"
    return "ok", f"all {len(weight):,} are finite and not negative"


def _scale(evidence: Evidence) -> Observation | None:
    weight = evidence.usable_weight
    if weight is None:
        return None
    mean = float(weight.mean())
    low, high = MEAN_RANGE
    return "ok" if low <= mean <= high else "warning", f"the mean weight is {mean:.3g}"


def _effective(evidence: Evidence) -> Observation | None:
    weight = evidence.usable_weight
    found = evidence.effective_share if weight is None else effective_share(weight)
    if found is None:
        return None
    what = f"the rows are worth {share(found)} of as many equal ones"
    if found < SHARE_LOW:
        return "warning" if found < SHARE_LOWEST else "note", what
    return "ok", what


def _concentration(evidence: Evidence) -> Observation | None:
    weight = evidence.usable_weight
    if weight is None or len(weight) * TOP < 1:
        return None
    rising = np.sort(weight)
    top = float(rising[-int(len(rising) * TOP) :].sum() / rising.sum())
    what = f"the heaviest 1 % of the rows hold {share(top)} of all weight; Gini {gini(rising):.2f}"
    return "warning" if top > TOP_SHARE else "ok", what


def gini(rising: NDArray[np.float64]) -> float:
    """Gini coefficient of weights in rising order: 0 for equal ones, near 1 where one row has all."""
    n = len(rising)
    return float((2 * np.arange(1, n + 1) - n - 1) @ rising / (n * rising.sum()))


def _caps(evidence: Evidence) -> Observation | None:
    weight = evidence.usable_weight
    if weight is None or len(np.unique(weight)) < CAP_VALUES:
        return None
    low, high = (float(np.mean(weight == limit)) for limit in (weight.min(), weight.max()))
    what = f"{share(low)} of the rows have the smallest weight, {share(high)} the largest"
    return "note" if max(low, high) > CAP_SHARE else "ok", what


def _within_queries(evidence: Evidence) -> Observation | None:
    weight, indptr = evidence.usable_weight, evidence.indptr
    if weight is None or indptr is None:
        return None
    starts = indptr[:-1][np.diff(indptr) > 0]
    spread = np.maximum.reduceat(weight, starts) > np.minimum.reduceat(weight, starts)
    if not spread.any():
        return "ok", "every query has one weight"
    return "note", f"weights differ within {share(float(spread.mean()))} of the queries"


def _classes(evidence: Evidence) -> Observation | None:
    weight, queries = evidence.usable_weight, evidence.labelled_queries
    if weight is None or queries is None:
        return None
    positive = queries.label > 0
    if not positive.any() or positive.all():
        return None
    up, down = float(weight[positive].mean()), float(weight[~positive].mean())
    what = f"the mean weight is {up:.3g} of positives and {down:.3g} of the others"
    level = up <= CLASS_RATIO * down and down <= CLASS_RATIO * up
    return "ok" if level else "warning", what


def _one_holds_much(evidence: Evidence) -> Observation | None:
    weight, segment = evidence.usable_weight, evidence.segment
    if weight is None or segment is None:
        return None
    held = np.bincount(segment, weight)
    held = held[np.bincount(segment) > 0]
    largest = float(held.max() / held.sum())
    what = f"the heaviest of {len(held):,} users holds {share(largest)} of all weight"
    much = largest > ONE_SHARE and largest * len(held) > ONE_TIMES
    return "warning" if much else "ok", what


WEIGHT_RULES = (
    Rule(
        "weights are numbers",
        _numbers,
        "LightGBM takes NaN, infinite, negative and all-zero weights in silence, and trains on nonsense.",
        "Correct these weights, or drop the rows; a weight of 0 is fine for some rows.",
    ),
    Rule(
        "scale of weights",
        _scale,
        "LightGBM normalises nothing: min_sum_hessian_in_leaf, lambda_l2, min_gain_to_split see the scale.",
        "Divide the weights by their mean.",
    ),
    Rule(
        "effective sample size",
        _effective,
        "(sum w)^2 / sum w^2: sharp weights throw rows away, and the variance grows as if they were gone.",
        "Raise the temperature, lower mix, or cap the weights; where we measured, sharper got worse fast.",
    ),
    Rule(
        "concentration of weight",
        _concentration,
        "A few rows decide every split they are part of, whatever the others say.",
        "Cap the weights, for example to 0.1 ... 5 times their mean.",
    ),
    Rule(
        "weights at their limits",
        _caps,
        "Rows at a limit are told apart no more: the limit decides there, not what the weights were made of.",
        "Raise the temperature, or widen the limits, until few rows reach them.",
    ),
    Rule(
        "weights within a query",
        _within_queries,
        "LightGBM multiplies each row's finished gradient: a positive that is weighed down still pushes the "
        "others of its query down at full strength. That is the gradient of no loss over pairs.",
        "Where it matters weigh pairs (a custom objective), or give a query one weight: that is exact.",
    ),
    Rule(
        "weights of the classes",
        _classes,
        "Weights that differ between positives and negatives shift the balance of the classes, besides what "
        "they were meant to say.",
        "Bring the mean weight to 1 over the positives and over the negatives.",
    ),
    Rule(
        "weight of one user",
        _one_holds_much,
        "A single user, often a bot or a shared account, teaches his taste to all.",
        "Drop or cap users with far more rows than others, or weigh every user alike.",
    ),
)
