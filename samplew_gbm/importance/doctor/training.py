"""Rules on how LightGBM is told to train, and on the trees that came of it."""

from collections.abc import Mapping
from typing import Any

from samplew_gbm.importance.doctor.evidence import Evidence, Observation, Rule, Severity, share
from samplew_gbm.importance.doctor.parameters import (
    RANKING_OBJECTIVES,
    flag,
    number,
    word,
    words,
)

# Of the leaves. Measured with min_data_in_leaf of 20 to 100 on 4,000 and 20,000 rows, means of three seeds:
# without weights up to .001 have 1 or 2 rows and up to .04 fewer than half of it; with log-normal weights of
# the positives up to .013 and .12.
TINY, TINY_SHARE = 2, 0.0025
SMALL_SHARE = 0.06
DEFAULT_LEAST = 20  # LightGBM's min_data_in_leaf
_OWN_NDCG = {"ndcg", *RANKING_OBJECTIVES}  # an objective named as metric means NDCG


def _objective(parameters: Mapping[str, Any]) -> str:
    """The main name of the objective; LightGBM's default is regression."""
    given = word(parameters, "objective", "regression")
    return RANKING_OBJECTIVES.get(given, given)


def _ranks(parameters: Mapping[str, Any]) -> bool:
    return _objective(parameters) in RANKING_OBJECTIVES


def _is_ranking(evidence: Evidence) -> Observation | None:
    if evidence.parameters is None:
        return None
    name = _objective(evidence.parameters)
    if _ranks(evidence.parameters):
        return "ok", name
    custom = " (custom)" if name in ("none", "null", "custom", "na") else ""
    return "warning", f"the objective is {name}{custom}"


def _device(evidence: Evidence) -> Observation | None:
    parameters = evidence.parameters
    if parameters is None or not _ranks(parameters):
        return None
    device = word(parameters, "device_type", "cpu")
    if evidence.weighted is False:
        return "ok", f"{device}, without weights"
    if device != "cuda":
        return "ok", f"{device}, which sees the weights"
    return "error", "cuda, which trains as if all weights were 1"


def _goss(evidence: Evidence) -> Observation | None:
    parameters = evidence.parameters
    if parameters is None:
        return None
    asked = {word(parameters, "boosting", "gbdt"), word(parameters, "data_sample_strategy", "bagging")}
    if "goss" not in asked:
        return "ok", "rows are not sampled by the size of their gradients"
    # Without weights it is LightGBM's own approximation, and nothing of ours is undone.
    severity: Severity = "note" if evidence.weighted is False else "warning"
    return severity, "rows are sampled by the size of their gradients"


def _bagging(evidence: Evidence) -> Observation | None:
    parameters = evidence.parameters
    if parameters is None or not _ranks(parameters):
        return None
    forest = word(parameters, "boosting", "gbdt") in ("rf", "random_forest")
    fraction = number(parameters, "bagging_fraction", 1.0)
    drawn = fraction < 1 and (number(parameters, "bagging_freq", 0) > 0 or forest)
    if not drawn:
        return "ok", "every tree sees every row"
    if flag(parameters, "bagging_by_query"):
        return "ok", f"every tree sees {share(fraction)} of the queries"
    return "note", f"every tree sees {share(fraction)} of the rows, torn out of their queries"


def _early_stopping(evidence: Evidence) -> Observation | None:
    parameters = evidence.parameters
    if parameters is None:
        return None
    metrics = words(parameters, "metric") or ([_objective(parameters)] if _ranks(parameters) else [])
    own = sorted(_OWN_NDCG.intersection(metrics))
    stops = number(parameters, "early_stopping_round", 0) > 0
    if not own:
        return "ok", "LightGBM's own NDCG is not asked"
    if not stops:
        return "ok", f"nothing is stopped by LightGBM's own {own[0]}"
    # Weights of the validation rows are what breaks it; whether there will be any is often not known.
    harmful = evidence.evaluation_weighted or (evidence.evaluation_weighted is None and evidence.weighted)
    what = f"training is stopped by LightGBM's own {own[0]}"
    return "warning" if harmful else "ok", what


def _evaluation_weights(evidence: Evidence) -> Observation | None:
    if evidence.evaluation_weighted is None:
        return None
    if evidence.evaluation_weighted:
        return "warning", "the validation rows have weights"
    return "ok", "the validation rows have no weights"


def _position_use(evidence: Evidence) -> Observation | None:
    parameters = evidence.parameters
    if parameters is None or evidence.position is None:
        return None
    name = _objective(parameters)
    if name == "lambdarank":
        return "note", "positions are corrected for by lambdarank, but not through lgb.cv or Dataset.subset"
    return "warning", f"the objective {name} ignores the positions"


def _leaves(evidence: Evidence) -> Observation | None:
    counts = evidence.leaf_counts
    if counts is None or not len(counts):
        return None
    least = number(evidence.parameters or {}, "min_data_in_leaf", DEFAULT_LEAST)
    n_tiny, n_small = int((counts <= TINY).sum()), int((2 * counts < least).sum())
    what = f"{n_small:,} of {len(counts):,} leaves have fewer rows than half of min_data_in_leaf, {least:.0f}"
    if least <= TINY or not (n_tiny or n_small):
        return "ok", f"{what}; the smallest has {int(counts.min()):,}"
    many = n_tiny > TINY_SHARE * len(counts) or n_small > SMALL_SHARE * len(counts)
    return "warning" if many else "note", f"{what}, {n_tiny:,} only 1 or {TINY}"


TRAINING_RULES = (
    Rule(
        "objective",
        _is_ranking,
        "Any other objective than lambdarank and rank_xendcg ignores the queries and fits the labels row by "
        "row. A custom one never bags by query, cannot be refitted, and gets weights and sizes of queries "
        "only if it takes exactly four positional parameters.",
        "Set objective to lambdarank, unless labels are meant to be fitted one by one.",
    ),
    Rule(
        "device",
        _device,
        "LightGBM's ranking objectives on CUDA never read the weights.",
        "Train on the CPU, or let the weights choose the rows instead of weighing them.",
    ),
    Rule(
        "sampling by gradients",
        _goss,
        "GOSS keeps the rows of the largest gradient x hessian, in which a weight counts twice, and draws a "
        "few of the others, amplified (8 times by default): what was weighed down comes back as few loud "
        "rows, beyond any cap of the weights.",
        "Set data_sample_strategy to bagging, with bagging_by_query.",
    ),
    Rule(
        "bagging",
        _bagging,
        "The gradients come from whole queries, whose pairs balance: a tree that sees some of the rows sees "
        "winners without their losers.",
        "Set bagging_by_query to true: whole queries are drawn, and only their gradients computed.",
    ),
    Rule(
        "early stopping",
        _early_stopping,
        "LightGBM's own NDCG is wrong where validation rows have weights and a query has no positive: it is "
        "no mean any more and can exceed 1.",
        "Give the validation set no weights, or stop on a metric of your own with metric none.",
    ),
    Rule(
        "evaluation weights",
        _evaluation_weights,
        "A metric under the weights praises the model for agreeing with the weights, not with the users.",
        "Measure without weights, on rows that are trusted.",
    ),
    Rule(
        "use of positions",
        _position_use,
        "Only lambdarank corrects for positions; lgb.cv and Dataset.subset drop them without a word.",
        "Use lambdarank, and build every training set, also of each fold, with its own positions.",
    ),
    Rule(
        "rows per leaf",
        _leaves,
        "min_data_in_leaf is held against an estimate from a row's share of the hessian, which ranking makes "
        "uneven and weights more so: sharp ones make leaves of one or two rows, which are learned by heart.",
        "Cap the weights, raise min_data_in_leaf, or raise lambda_l2 and min_sum_hessian_in_leaf.",
    ),
)
