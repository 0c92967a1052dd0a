"""Naive twins of the metrics: one ranked list of labels, and the mean over every order that ties allow."""

import itertools
import math


def gain(label):
    return 2.0**label - 1.0


def dcg(labels, k):
    return sum(gain(label) / math.log2(rank + 1) for rank, label in enumerate(labels[:k], 1))


def ndcg(labels, positives, k):
    return dcg(labels, k) / dcg(sorted(positives, reverse=True), k)


def recall(labels, positives, k):
    return sum(label > 0 for label in labels[:k]) / len(positives)


def precision(labels, positives, k):
    return sum(label > 0 for label in labels[:k]) / k


def hit_rate(labels, positives, k):
    return float(any(label > 0 for label in labels[:k]))


def mrr(labels, positives, k):
    return next((1 / rank for rank, label in enumerate(labels[:k], 1) if label > 0), 0.0)


def average_precision(labels, positives, k):
    found = [precision(labels, positives, rank) for rank, label in enumerate(labels[:k], 1) if label > 0]
    return sum(found) / min(k, len(positives))


METRICS = {
    "ndcg": ndcg,
    "recall": recall,
    "precision": precision,
    "hit_rate": hit_rate,
    "mrr": mrr,
    "map": average_precision,
}


def of_list(name, labels, positives, k):
    """Metric of one list, whose ``labels`` stand in rank order; ``positives`` are all labels above 0."""
    return METRICS[name](list(labels), list(positives), k) if len(positives) else math.nan


def of_scores(name, scores, labels, k):
    """Mean of the metric over every permutation whose scores never rise."""
    positives = [label for label in labels if label > 0]
    values = []
    for order in itertools.permutations(range(len(scores))):
        if all(scores[a] >= scores[b] for a, b in itertools.pairwise(order)):
            values.append(of_list(name, [labels[row] for row in order], positives, k))
    return sum(values) / len(values)
