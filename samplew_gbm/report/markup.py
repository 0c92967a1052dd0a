"""Values of a report as HTML text."""

import html
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CONTROLS = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0)), "\ufffd")


def escaped(value: object) -> str:
    """Text of the log as text of the page: no tags or controls, and its direction turns nothing beside it."""
    if value is None:
        return ""
    return f"<bdi>{plain(value)}</bdi>"


def plain(value: object) -> str:
    """The same where no element may stand."""
    text = str(value).encode("utf-8", "replace").decode()  # the name of a file may hold halves of characters
    return html.escape(text.translate(_CONTROLS), quote=True)


def count(value: int) -> str:
    """A whole number."""
    return f"{value:,}"


def number(value: float) -> str:
    """An importance."""
    return f"{value:.2f}"


def percent(value: float) -> str:
    """A share of 1 in percent."""
    return f"{100 * value:.2f} %"


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
