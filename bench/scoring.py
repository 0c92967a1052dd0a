"""The bench's own small scorer of prediction files. It shares no code with the package it measures.

Ties are broken against the prediction: an item with the same score as the target counts as above it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from math import isnan, log2
from pathlib import Path
from statistics import fmean

import pyarrow.parquet as pq

from bench.datasets import BEAUTY, NOISY, future_cases, lines_of, sampled_cases

Predictions = Mapping[str, Mapping[str, float]]
Scorer = Callable[[Path, Predictions], dict[str, float]]


def read_predictions(path: Path) -> Predictions:
    """User -> item -> score; a doubled item or a score that is not a number is refused."""
    table = pq.read_table(path, columns=["user_id", "item_id", "score"])
    predictions: dict[str, dict[str, float]] = defaultdict(dict)
    for user, item, score in zip(*(column.to_pylist() for column in table.columns), strict=True):
        if score is None or isnan(score):
            raise ValueError(f"{path}: the score of user {user}, item {item} is not a number")
        if str(item) in predictions[str(user)]:
            raise ValueError(f"{path}: user {user} has item {item} twice")
        predictions[str(user)][str(item)] = score
    return predictions


def hits(places: list[float], cutoffs: Iterable[int]) -> dict[str, float]:
    """HR@k and NDCG@k of one target a query, from its 0-based places (infinite = missing)."""
    result = {}
    for k in cutoffs:
        result[f"HR@{k}"] = fmean(place < k for place in places)
        result[f"NDCG@{k}"] = fmean(1 / log2(place + 2) if place < k else 0.0 for place in places)
    return result


def score_beauty(data: Path, predictions: Predictions) -> dict[str, float]:
    """Protocol A: the last item of each line against all others but the user's own earlier ones."""
    places = []
    for user, *items in lines_of(data / BEAUTY / "sequences.txt"):
        target, own = items[-1], predictions.get(user, {})
        others = (score for item, score in own.items() if item != target and item not in items[:-1])
        places.append(sum(score >= own[target] for score in others) if target in own else float("inf"))
    return hits(places, (5, 10, 20))


def score_future(data: Path, predictions: Predictions) -> dict[str, float]:
    """Protocol F: the first item after the cut against all others."""
    places = []
    for user, target in future_cases(data):
        own = predictions.get(user, {})
        above = (
            sum(score >= own[target] for item, score in own.items() if item != target) if target in own else 0
        )
        places.append(above if target in own else float("inf"))
    return hits(places, (5, 10, 20))


def score_movielens(data: Path, predictions: Predictions) -> dict[str, float]:
    """Protocol B: the positive against the other candidates; one without a score ranks first."""
    places = []
    for user, item, candidates in sampled_cases(data):
        own = predictions.get(str(user), {})
        others = {str(other) for other in candidates} - {str(item)}
        target = own.get(str(item))
        worst = float("inf")
        places.append(worst if target is None else sum(own.get(other, worst) >= target for other in others))
    return hits(places, (10,))


def score_noisy(data: Path, predictions: Predictions) -> dict[str, float]:
    """Protocol C: Recall@k and NDCG@k of the clean test items, mean over the users who have one."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for user, item, *_ in lines_of(data / NOISY / "ml100k.test.negative"):
        wanted[user].add(item)
    result: dict[str, float] = {}
    for k in (5, 20):
        recalls, gains = [], []
        for user, items in wanted.items():
            own = predictions.get(user, {})
            top = sorted(own, key=own.__getitem__, reverse=True)[:k]
            found = [place for place, item in enumerate(top) if item in items]
            ideal = sum(1 / log2(place + 2) for place in range(min(k, len(items))))
            recalls.append(len(found) / len(items))
            gains.append(sum(1 / log2(place + 2) for place in found) / ideal)
        result |= {f"Recall@{k}": fmean(recalls), f"NDCG@{k}": fmean(gains)}
    return result
