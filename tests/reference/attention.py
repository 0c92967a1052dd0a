"""Naive twins of `samplew_gbm.kernels.attention` and `.pooling`, and the NumPy twin speed is told against."""

import itertools
import math

import numpy as np

from tests.reference.segments import by_segment, softmax, standardise


def logits(queries, keys, indptr, query_index, key_index, bias=None):
    result = []
    for segment, (start, stop) in enumerate(itertools.pairwise(indptr)):
        for row in range(start, stop):
            query, key = queries[query_index[segment]], keys[key_index[row]]
            dot = sum(float(a) * float(b) for a, b in zip(query, key, strict=True))
            offset = 0.0 if bias is None else float(bias[key_index[row]])
            result.append(dot / math.sqrt(len(query)) + offset)
    return result


def importance(queries, keys, indptr, query_index, key_index, bias=None, temperature=1.0, standardised=False):
    values = logits(queries, keys, indptr, query_index, key_index, bias)
    if standardised:
        values = by_segment(standardise, values, indptr)
    return by_segment(lambda part: [len(part) * w for w in softmax(part, temperature)], values, indptr)


def pool(items, history_indptr, history_items, candidate_indptr, candidate_items, temperature, max_history):
    result = []
    for query in range(len(history_indptr) - 1):
        history = history_items[history_indptr[query] : history_indptr[query + 1]][-max_history:]
        for candidate in candidate_items[candidate_indptr[query] : candidate_indptr[query + 1]]:
            result.append(_pool_one(items, candidate, history, temperature))
    return np.array(result, dtype=np.float64).reshape(-1, 4)


def attention_weights(items, history, candidate, temperature):
    similarities = [
        sum(float(a) * float(b) for a, b in zip(items[candidate], items[item], strict=True))
        for item in history
    ]
    return similarities, softmax(similarities, temperature * math.sqrt(items.shape[1]))


def _pool_one(items, candidate, history, temperature):
    if len(history) == 0:
        return [0.0] * 4
    similarities, weights = attention_weights(items, history, candidate, temperature)
    attended = sum(w * s for w, s in zip(weights, similarities, strict=True))
    return [attended, max(similarities), similarities[-1], sum(similarities) / len(similarities)]


def numpy_importance(queries, keys, indptr, query_index, key_index, temperature=1.0):
    """What one would write with NumPy alone: gather, einsum, reduceat; float32, no empty segment."""
    sizes = np.diff(indptr)
    gathered = queries[np.repeat(query_index, sizes)]
    values = np.einsum("nd,nd->n", gathered, keys[key_index])
    values *= np.float32(1 / (math.sqrt(keys.shape[1]) * temperature))
    values -= np.repeat(np.maximum.reduceat(values, indptr[:-1]), sizes)
    np.exp(values, out=values)
    values *= np.repeat((sizes / np.add.reduceat(values, indptr[:-1])).astype(np.float32), sizes)
    return values
