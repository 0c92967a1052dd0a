"""The explanation of a recommendation as text."""

import textwrap
from typing import TYPE_CHECKING

from samplew_gbm.cli._output import share_text, table
from samplew_gbm.explain.words import START, headline, nominated, what_sums

if TYPE_CHECKING:
    from samplew_gbm.explain.recommendation import Explanation

_WIDTH = 110
_FEATURES = 3  # of a group that are named


def recommendation_text(found: "Explanation") -> str:
    """Where the item stands, and below it what adds up to that."""
    who = f"user {found.user_id}, item {found.item_id}: score {found.score:.4f}, {headline(found)}"
    parts = [who, *(_folded(note) for note in found.notes)]
    if found.reasons:
        parts += ["", "what adds up to the score", _indented(table(_reason_rows(found)))]
    if found.attended:
        parts += ["", "what attention looked at", _indented(table(_attended_rows(found), head=_HEAD))]
    if found.nominations:
        parts += ["", _folded(nominated(found), indent="")]
    return "\n".join(parts)


_HEAD = ("item of the history", "attention", "similarity", "times taken", "places from the end")


def _reason_rows(found: "Explanation") -> list[tuple[str, str]]:
    reasons = [(f"{each.words} ({_named(each.features)})", each.contribution) for each in found.reasons]
    rows = [(words, f"{value:+.4f}") for words, value in (*reasons, (START, found.base))]
    return [*rows, (what_sums(found), f"{found.total:.4f}")]


def _named(features: tuple[str, ...]) -> str:
    more = ", ..." if len(features) > _FEATURES else ""
    return ", ".join(features[:_FEATURES]) + more


def _attended_rows(found: "Explanation") -> list[tuple[str, ...]]:
    return [
        (
            str(each.item_id),
            share_text(each.attention),
            f"{each.similarity:.2f}",
            f"{each.times:,}",
            f"{each.places_back:,}",
        )
        for each in found.attended
    ]


def _folded(text: str, indent: str = "  ") -> str:
    return textwrap.fill(text, _WIDTH, initial_indent=indent, subsequent_indent="  ", break_on_hyphens=False)


def _indented(text: str) -> str:
    return textwrap.indent(text, "  ")
