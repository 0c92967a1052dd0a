"""Rankers joined into one: its trees are those of all, so its score is the sum of theirs.

LightGBM's text holds a head, the trees by number, and notes behind them. What is joined is its own text
again: any tool that reads one model reads it.
"""

import re

from samplew_gbm.ranking.ranker import Ranker
from samplew_gbm.ranking.text import END, TREE, start_of, tree_texts

_SIZES = re.compile(r"^tree_sizes=.*\n", re.MULTILINE)


def join_rankers(rankers: list[Ranker]) -> Ranker:
    """One ranker of all trees, in order; gain and numbers of trees add. All must have the same columns."""
    first = rankers[0]
    if len(rankers) == 1:
        return first
    gain = {name: sum(ranker.gain[name] for ranker in rankers) for name in first.names}
    text = _joined([ranker.text for ranker in rankers])
    return Ranker(text, first.names, sum(ranker.n_trees for ranker in rankers), gain)


def _joined(texts: list[str]) -> str:
    import lightgbm as lgb

    trees = [tree for text in texts for tree in tree_texts(text)]
    numbered = (f"Tree={number}{tree}" for number, tree in enumerate(trees))
    head = _SIZES.sub("", texts[0][: start_of(TREE, texts[0])])
    notes = texts[0][start_of(END, texts[0]) :]
    # LightGBM reads a text without sizes, and writes them, and the importances of its columns, anew.
    booster = lgb.Booster(model_str=head + "".join(numbered) + notes)
    return str(booster.model_to_string())
