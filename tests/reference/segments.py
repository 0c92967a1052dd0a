"""Naive twins of `samplew_gbm.kernels.segments`: float64, one row after another."""

import itertools
import math


def softmax(logits, temperature=1.0):
    highest = max(logits, default=-math.inf)
    if highest == -math.inf:
        return [0.0 for _ in logits]
    exponentials = [0.0 if x == -math.inf else math.exp((x - highest) / temperature) for x in logits]
    return [value / sum(exponentials) for value in exponentials]


def standardise(values):
    if not values:
        return []
    mean = sum(values) / len(values)
    deviation = math.sqrt(sum((value - mean) ** 2 for value in values) / len(values))
    return [(value - mean) / deviation if deviation > 0 else 0.0 for value in values]


def by_segment(function, values, indptr):
    """Apply a function of a list to every segment, and join what it gives."""
    result = []
    for start, stop in itertools.pairwise(indptr):
        result.extend(function([float(value) for value in values[start:stop]]))
    return result
