"""Rules on a log and on the importance made of it."""

import numpy as np
from scipy.stats import rankdata

from samplew_gbm.importance.doctor.evidence import Evidence, Observation, Rule, count, share
from samplew_gbm.importance.taste import NOTABLE_SHARE

ALONE_SHARE = 0.2  # of the rows alone with their user: that many no softmax within a user can tell apart
SILENT_SHARE = 0.75  # of the rows at exactly 1; folds by the clock leave about the first half unjudged
POPULAR = 0.5  # rank correlation of importance and popularity; from .5 on it is more that than anything else
LEAST_ROWS = 30  # for a correlation to mean anything
REPEATED_SHARE = 0.01  # of the rows; fewer hardly move a model
WITHIN_VISITS = 0.5  # of the rows; from there on most training queries ask what comes next in a visit


def _order(evidence: Evidence) -> Observation | None:
    if evidence.order is None:
        return None
    what = {"clock": "a clock orders all rows", "file": "the file orders the rows of each user"}
    return ("ok", what[evidence.order]) if evidence.order in what else ("note", "the log is a set")


def _repeated(evidence: Evidence) -> Observation | None:
    n_repeated, n_logged = evidence.n_repeated, evidence.n_logged
    if n_repeated is None or not n_logged:
        return None
    if not n_repeated:
        return "ok", "no row repeats another"
    what = f"{count(n_repeated, 'row')} ({share(n_repeated / n_logged)}) repeat another exactly"
    return "note" if n_repeated > REPEATED_SHARE * n_logged else "ok", what


def _visits(evidence: Evidence) -> Observation | None:
    within = evidence.within_visits
    if within is None:
        return None
    what = f"{share(within)} of the rows follow another of their user within 30 minutes"
    return "note" if within >= WITHIN_VISITS else "ok", what


def _accidents(evidence: Evidence) -> Observation | None:
    found = evidence.accident_share
    if found is None:
        return None
    what = f"topics of taste beside a background tell of {share(found)} of the rows as accidents"
    return "note" if found >= NOTABLE_SHARE else "ok", what


def _alone(evidence: Evidence) -> Observation | None:
    if evidence.segment is None or not len(evidence.segment):
        return None
    sizes = np.bincount(evidence.segment)
    n_alone = int((sizes == 1).sum())
    alone = n_alone / len(evidence.segment)
    what = f"{count(n_alone, 'row')} ({share(alone)}) alone with their user"
    return "warning" if alone > ALONE_SHARE else "ok", what


def _silent(evidence: Evidence) -> Observation | None:
    importance = evidence.importance
    if importance is None or not len(importance):
        return None
    silent = float(np.mean(importance == 1))
    what = f"{share(silent)} of the rows have an importance of exactly 1"
    return "note" if silent > SILENT_SHARE else "ok", what


def _popular(evidence: Evidence) -> Observation | None:
    importance, popularity = evidence.importance, evidence.popularity
    if importance is None or popularity is None:
        return None
    told = importance != 1  # a row at 1 was not judged, or had nothing to be judged against
    ranks = [rankdata(values[told]) for values in (importance, popularity)]
    if told.sum() < LEAST_ROWS or any(np.ptp(values) == 0 for values in ranks):
        return None
    likeness = float(np.corrcoef(*ranks)[0, 1])
    what = f"the rank correlation of importance and the popularity of the item is {likeness:+.2f}"
    return "warning" if likeness > POPULAR else "ok", what


LOG_RULES = (
    Rule(
        "order of the log",
        _order,
        "Without an order the folds are random: what judges a row may lie in its future, and so may the "
        "rows that a model is tested on.",
        "Give the log a timestamp, or say --order file if each user's rows stand in their order.",
    ),
    Rule(
        "repeated rows",
        _repeated,
        "Each repetition adds its weight again, so that a stutter of the logging outweighs what people did.",
        "Drop them before training elsewhere; samplew keeps the first of them only.",
    ),
    Rule(
        "rows within a visit",
        _visits,
        "Each row is a training query, so the ranker learns most of what is taken next in a visit that has "
        "begun; recommendations made ahead of a visit are asked another question.",
        "Add --set queries=visits where they are made ahead, and compare both with samplew evaluate on later "
        "rows.",
    ),
    Rule(
        "accidents among the rows",
        _accidents,
        "A weight reaches the ranker alone: an accident stays in the item tables and in every feature of "
        "them. What looks like one may also be how people browse, so it is no proof.",
        "Compare samplew ablate --scheme taste --try denoise=-1 --try 'denoise=-1 importance=taste', with "
        "rows that you trust as --test.",
    ),
    Rule(
        "rows alone with their user",
        _alone,
        "The softmax over a user's samples is 1 for a single one: such rows keep the weight 1, good or bad.",
        "Expect little of weights here; collect longer histories, or weigh by something beside the user.",
    ),
    Rule(
        "rows without a say",
        _silent,
        "Rows that no model from before could judge, or that are alone with their user, have importance 1: "
        "the weights say nothing of them.",
        "Expect little of weights here, and ask samplew ablate before they are used.",
    ),
    Rule(
        "importance and popularity",
        _popular,
        "Affinity that is not centred by item detects popularity: the ranker is told once more what it "
        "knows, and the long tail is weighed down.",
        "Centre the affinity by item and by user before the softmax.",
    ),
)
