"""What else matters to the place of an item: what is not known, what was taken, what nominated it."""

from collections.abc import Iterator

import numpy as np

from samplew_gbm.pipeline.pair_judging import JudgedPair

FEW = 5  # users, or items of a history: with fewer little can be told


def notes_on(pair: JudgedPair, *, n_nominated: int) -> tuple[str, ...]:
    """Sentences, the most telling first."""
    if pair.known is None:
        return (*_of_user(pair), _UNKNOWN_ITEM)
    return (*_of_user(pair), *_of_item(pair.known.n_takers), *_of_list(pair, n_nominated))


_UNKNOWN_ITEM = (
    "the model does not know the item, so it comes last and is never recommended: train with interactions of "
    "it, or with --items that describe it"
)


def _of_user(pair: JudgedPair) -> Iterator[str]:
    who = "the user" if pair.user_known else "the user is new to the model and"
    if pair.by_neighbours:
        yield "the user has no history, so items are ranked by what the users nearest by their vectors took"
    elif not len(pair.history):
        yield f"{who} has no history, so items are ranked by popularity alone, below every other score"
    elif not pair.user_known:
        later = _count(len(pair.history), "later interaction")
        yield f"the user is new to the model, and ranked by {later}"
    elif len(pair.history) < FEW:
        yield f"the user's history holds only {_count(len(pair.history), 'interaction')}, so little is known"
    if left_out := len(pair.history) - len(pair.meant):
        yield f"{left_out:,} of {_count(len(pair.history), 'interaction')} are left out as likely accidents"


def _of_item(n_takers: int) -> Iterator[str]:
    if not n_takers:
        yield "nobody has taken the item yet: only what is said of it can speak for it"
    elif n_takers < FEW:
        yield f"only {_count(n_takers, 'user')} took the item, so little is known of it"


def _of_list(pair: JudgedPair, n_nominated: int) -> Iterator[str]:
    times = int(np.count_nonzero(pair.history == pair.item_index))
    if times:
        yield (
            f"the user took the item already ({_count(times, 'time')}): recommendations leave it out, unless "
            "they include what was seen"
        )
    elif not n_nominated and pair.is_candidate:
        yield "no source nominates it for this user: it is a candidate as one of the most taken items"
    elif not pair.is_candidate:
        yield "no source nominates it for this user, so it is not recommended, whatever its score"


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"
