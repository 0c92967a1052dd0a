"""Ready feature matrices of search: MQ2008 as it is, and Home Depot's judgements with features of the words.

Nothing of a label reaches a feature: how rare a word is is counted over the titles.
"""

import csv
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.datasets import DataError

FOLDS = 5
WORD = re.compile(r"[a-z]+|\d+(?:\.\d+)?")
GRADES = 2  # a point of relevance, from 1 to 3, is so many grades
SATURATION, LENGTH = 1.2, 0.75  # k1 and b of BM25 (Robertson and Zaragoza 2009)


@dataclass(frozen=True)
class Matrix:
    """``X`` is ``float32[n, f]``, ``y`` ``int[n]``, ``query`` ``int[n]``, ``fold`` ``int[n]`` from 0 to 4."""

    X: NDArray[np.float32]
    y: NDArray[np.int64]
    query: NDArray[np.int64]
    fold: NDArray[np.int64]

    def part(self, folds: Sequence[int]) -> "Matrix":
        """The rows of some folds."""
        kept = np.isin(self.fold, folds)
        return Matrix(self.X[kept], self.y[kept], self.query[kept], self.fold[kept])


def read_mq2008(data: Path) -> Matrix:
    """LETOR 4.0: five parts, 46 features, grades 0 to 2."""
    rows = []
    for fold in range(FOLDS):
        path = data / "mq2008" / f"S{fold + 1}.txt"
        if not path.is_file():
            raise DataError(f"no data: {path} is not there")
        for line in path.read_text().splitlines():
            label, query, *features = line.partition("#")[0].split()
            values = [float(feature.partition(":")[2]) for feature in features]
            rows.append([int(label), int(query.partition(":")[2]), fold, *values])
    table = np.array(rows)
    label, query, fold_of_row = table[:, :3].astype(np.int64).T
    return Matrix(table[:, 3:].astype(np.float32), label, query, fold_of_row)


def read_homedepot(data: Path) -> Matrix:
    """Relevance of products to search terms, 1 to 3, as grades 0 to 4; queries are dealt into five folds."""
    path = data / "homedepot_search" / "judgments.csv"
    if not path.is_file():
        raise DataError(f"no data: {path} is not there")
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        rows = list(csv.DictReader(file))
    terms = [row["search_term"].lower() for row in rows]
    grade = [round(GRADES * (float(row["relevance"]) - 1)) for row in rows]
    query = np.unique(terms, return_inverse=True)[1]
    fold = np.random.default_rng(0).permutation(int(query.max()) + 1) % FOLDS
    X = np.array(list(text_features(terms, [row["product_title"].lower() for row in rows])), np.float32)
    return Matrix(X, np.array(grade), query, fold[query])


def text_features(terms: Sequence[str], titles: Sequence[str]) -> Iterator[list[float]]:
    """How well the words of each title meet those of the search, in several ways."""
    words = [WORD.findall(title) for title in titles]
    counts = Counter(word for each in set(map(tuple, words)) for word in set(each))
    n = len(set(map(tuple, words)))
    rarity = {word: math.log(1 + (n - count + 0.5) / (count + 0.5)) for word, count in counts.items()}
    mean_length = sum(map(len, words)) / len(words)
    for term, title, title_words in zip(terms, titles, words, strict=True):
        yield _of_pair(term, title, WORD.findall(term), title_words, rarity, mean_length)


def _of_pair(
    term: str,
    title: str,
    asked: list[str],
    told: list[str],
    rarity: dict[str, float],
    mean_length: float,
) -> list[float]:
    most = max(rarity.values())
    known, often = set(told), Counter(told)
    met = [word for word in asked if word in known]
    stems = {word[:4] for word in known}
    weight = [rarity.get(word, most) for word in asked]
    longer = SATURATION * (1 - LENGTH + LENGTH * len(told) / mean_length)
    bm25 = sum(rarity[word] * often[word] * (1 + SATURATION) / (often[word] + longer) for word in met)
    grams, own = _grams(term), _grams(title)
    numbers = [word for word in asked if word[0].isdigit()]
    return [
        len(asked),
        len(told),
        len(met),
        len(met) / max(len(asked), 1),
        len(met) / max(len(told), 1),
        sum(rarity[word] for word in met) / max(sum(weight), 1e-9),
        bm25,
        sum(word[:4] in stems for word in asked) / max(len(asked), 1),
        len(grams & own) / max(len(grams), 1),
        len(grams & own) / max(len(grams | own), 1),
        float(bool(asked) and asked[-1] in known),
        float(bool(asked) and asked[0] in known),
        float(term in title),
        min((told.index(word) for word in met), default=len(told)) / max(len(told), 1),
        len(numbers),
        sum(word in known for word in numbers) / max(len(numbers), 1),
        max(weight, default=0.0),
        max((rarity[word] for word in met), default=0.0),
    ]


def _grams(text: str) -> set[str]:
    """Three letters in a row, spaces left out."""
    packed = text.replace(" ", "")
    return {packed[place : place + 3] for place in range(len(packed) - 2)}
