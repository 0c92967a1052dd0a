"""The weight of a row as a sentence."""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from samplew_gbm.explain.weight import Judgement, RowExplanation


def sentence(found: "RowExplanation") -> str:
    """The weight as its product, in one sentence."""
    factors = [_WORDS.get(name, _plain(name))(found, value) for name, value in found.factors.items()]
    text = " x ".join([f"base {_number(found.base)}", *factors])
    if found.limited != found.product:
        text += f", the factors' product clipped from {_number(found.product)} to {_number(found.limited)}"
    who = f"row {found.row}, user {found.user_id}, item {found.item_id}"
    return f"{who}: {_number(found.sample_weight)} = {text}"


def _attention(found: "RowExplanation", value: float) -> str:
    return f"attention {_number(value)} ({_judged(found.judgement) if found.judgement else _unjudged(found)})"


def _judged(judgement: "Judgement") -> str:
    others = judgement.n_samples - 1
    text = f"affinity {_number(judgement.affinity)}, "
    if others:
        share = f"{100 * judgement.n_below / others:.0f} %"
        text += f"above {share} of this {judgement.axis}'s {_count(others, 'other sample')}"
    else:
        text += f"this {judgement.axis}'s only sample"
    named = ", ".join(f"{near.item_id} {_number(near.similarity)}" for near in judgement.closest)
    return f"{text}; closest to: {named} of the history" if named else text


def _unjudged(found: "RowExplanation") -> str:
    if not found.n_past:
        return "not judged: the user has no past to judge it from"
    return "not judged: it lies in the part of the log that is only learned from"


def _behaviour(found: "RowExplanation", value: float) -> str:
    return f"behaviour {found.event or 'without event'} {_number(value)}"


def _recency(found: "RowExplanation", value: float) -> str:
    return f"recency {_number(value)} ({found.age_days or 0:.1f} days old)"


def _propensity(found: "RowExplanation", value: float) -> str:
    return f"propensity {_number(value)} (the item has {_count(found.n_item_rows, 'row')})"


def _user_value(found: "RowExplanation", value: float) -> str:
    mean = found.user_mean_value
    told = "no values" if mean is None else f"mean value {_number(mean)}"
    return f"user value {_number(value)} ({told})"


def _own(found: "RowExplanation", value: float) -> str:
    return f"own weight {_number(value)} ({found.own_weight:g} in the log)"


def _plain(name: str) -> "Callable[[RowExplanation, float], str]":
    return lambda found, value: f"{name.replace('_', ' ')} {_number(value)}"


_WORDS: "dict[str, Callable[[RowExplanation, float], str]]" = {
    "attention": _attention,
    "behaviour": _behaviour,
    "recency": _recency,
    "propensity": _propensity,
    "user_value": _user_value,
    "own": _own,
}


def _number(value: float) -> str:
    return f"{value:.2f}" if abs(value) >= 0.1 or not value else f"{value:.2g}"


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"
