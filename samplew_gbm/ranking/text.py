"""Where LightGBM's text has its parts: a head, the trees by number, and notes behind them."""

import re
from itertools import pairwise

from samplew_gbm.errors import DataError

TREE = re.compile(r"^Tree=\d+$", re.MULTILINE)
END = re.compile(r"^end of trees$", re.MULTILINE)


def tree_texts(text: str) -> list[str]:
    """Each tree, without its number."""
    found = list(TREE.finditer(text))
    starts = [match.start() for match in found] + [start_of(END, text)]
    return [text[match.end() : stop] for match, (_, stop) in zip(found, pairwise(starts), strict=True)]


def start_of(pattern: re.Pattern[str], text: str) -> int:
    match = pattern.search(text)
    if match is None:
        raise DataError(f"LightGBM's text has no line {pattern.pattern!r}: another version wrote it")
    return match.start()
