"""Naive twins of `samplew_gbm.kernels.tokens`: items are dictionaries from token to weight."""


def dot(left, right):
    return sum(weight * right.get(token, 0.0) for token, weight in left.items())


def by_tokens(history, items, decay, least):
    """Score of every item: the dot products with the history, the latest counting 1."""
    scores, weight = [0.0] * len(items), 1.0
    for item in reversed(history):
        scores = [
            score + weight * dot(items[item], other) for score, other in zip(scores, items, strict=True)
        ]
        weight *= decay
        if weight < least:
            break
    return scores


def pooled(candidate, history, items, max_history):
    """Best (at least 0), last and mean."""
    values = [dot(items[candidate], items[item]) for item in history[-max_history:]]
    if not values:
        return [0.0, 0.0, 0.0]
    return [max(0.0, *values), values[-1], sum(values) / len(values)]
