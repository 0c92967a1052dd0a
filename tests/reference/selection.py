"""Naive twins of `samplew_gbm.kernels.selection`: sort everything, count everything."""


def top(scores, hidden, n):
    """At most ``n`` pairs (item, score) with a score above 0: larger first, ties by the smaller item."""
    shown = [(item, score) for item, score in enumerate(scores) if score > 0 and item not in hidden]
    return sorted(shown, key=lambda pair: (-pair[1], pair[0]))[:n]


def rank(score, top_scores):
    """1-based place of a score among the best ones; one more than their number below them or without one."""
    return 1 + (sum(other > score for other in top_scores) if score > 0 else len(top_scores))
