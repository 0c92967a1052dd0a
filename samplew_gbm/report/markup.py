"""Values of a report as HTML text."""

import html
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

LONGEST_ID = 60  # characters of an id that are shown
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CONTROLS = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0)), "\ufffd")
_DIRECTIONS = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F))


def escaped(value: object) -> str:
    """Text of the log as text of the page: no tags or controls, and its direction turns nothing beside it.

    Of what is very long the middle is left out.
    """
    if value is None:
        return ""
    return f"<bdi>{plain(shortened(value))}</bdi>"


def plain(value: object) -> str:
    """The same where no element may stand, whole."""
    text = str(value).encode("utf-8", "replace").decode()  # the name of a file may hold halves of characters
    return html.escape(text.translate(_CONTROLS), quote=True)


def drawn(value: object, longest: int = LONGEST_ID) -> str:
    """The same in a drawing, where nothing wraps and no element isolates: without marks of direction."""
    return plain(shortened(str(value).translate(_DIRECTIONS), longest))


def shortened(value: object, longest: int = LONGEST_ID) -> str:
    """At most ``longest`` characters: the beginning and the end of a longer text."""
    text = str(value)
    if len(text) <= longest:
        return text
    tail = longest // 3
    return f"{text[: longest - tail - 1]}\u2026{text[-tail:]}"


def count(value: int) -> str:
    """A whole number."""
    return f"{value:,}"


def number(value: float) -> str:
    """An importance."""
    return f"{value:.2f}"


def signed(value: float) -> str:
    """What is added to a score."""
    return f"{value:+.3f}"


def metric(value: float) -> str:
    """A metric between 0 and 1."""
    return f"{value:.4f}"


def percent(value: float) -> str:
    """A share of 1 in percent."""
    return f"{100 * value:.2f} %"


NUMERIC = (count, number, signed, metric, percent)
"""The texts that stand to the right of their column."""


def moment(seconds: float) -> str:
    """Unix seconds as a date and a time of UTC; as they are where no calendar reaches."""
    try:
        return (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%d %H:%M:%S")
    except OverflowError:
        return f"{seconds:.0f}"


def top_users(users: Sequence[object], ranks: Sequence[int], n_own: Sequence[int]) -> str:
    """Each user, and the place of the item among the user's judged rows by affinity."""
    named = zip(users, ranks, n_own, strict=True)
    return ", ".join(f"{escaped(user)} ({rank:,} of {own:,})" for user, rank, own in named)
