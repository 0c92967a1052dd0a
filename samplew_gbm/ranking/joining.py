"""Rankers joined into one: its trees are those of all, so its score is the sum of theirs.

LightGBM's text holds a head, the trees by number, and notes behind them. What is joined is its own text
again: any tool that reads one model reads it.
"""

import re
from itertools import pairwise

import lightgbm as lgb

from samplew_gbm.ranking.ranker import Ranker

_TREE = re.compile(r"^Tree=\d+$", re.MULTILINE)
_SIZES = re.compile(r"^tree_sizes=.*\n", re.MULTILINE)
_END = re.compile(r"^end of trees$", re.MULTILINE)


def join_rankers(rankers: list[Ranker]) -> Ranker:
    """One ranker of all trees, in order; gain and numbers of trees add. All must have the same columns."""
    first = rankers[0]
    if len(rankers) == 1:
        return first
    gain = {name: sum(ranker.gain[name] for ranker in rankers) for name in first.names}
    text = _joined([ranker.text for ranker in rankers])
    return Ranker(text, first.names, sum(ranker.n_trees for ranker in rankers), gain)


def _joined(texts: list[str]) -> str:
    trees = [tree for text in texts for tree in tree_texts(text)]
    numbered = (f"Tree={number}{tree}" for number, tree in enumerate(trees))
    head = _SIZES.sub("", texts[0][: _start(_TREE, texts[0])])
    notes = texts[0][_start(_END, texts[0]) :]
    # LightGBM reads a text without sizes, and writes them, and the importances of its columns, anew.
    booster = lgb.Booster(model_str=head + "".join(numbered) + notes)
    return str(booster.model_to_string())


def tree_texts(text: str) -> list[str]:
    """Each tree, without its number."""
    found = list(_TREE.finditer(text))
    starts = [match.start() for match in found] + [_start(_END, text)]
    return [text[match.end() : stop] for match, (_, stop) in zip(found, pairwise(starts), strict=True)]


def _start(pattern: re.Pattern[str], text: str) -> int:
    match = pattern.search(text)
    if match is None:
        raise ValueError(f"LightGBM's text has no line {pattern.pattern!r}: another version wrote it")
    return match.start()
