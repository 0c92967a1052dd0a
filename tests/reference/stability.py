"""The stability index, bin by bin."""

import math


def stability_index(before, after):
    bins = [(old + 0.5, new + 0.5) for old, new in zip(before, after, strict=True) if old or new]
    n, m = sum(old for old, _ in bins), sum(new for _, new in bins)
    return sum((new / m - old / n) * math.log((new / m) / (old / n)) for old, new in bins)
