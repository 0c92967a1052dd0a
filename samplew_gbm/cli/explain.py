"""``samplew explain``: why a row of a log weighs what it weighs."""

import textwrap
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from samplew_gbm.cli import _options as options
from samplew_gbm.cli._output import show, show_json
from samplew_gbm.cli._paths import Source
from samplew_gbm.cli._progress import console_progress
from samplew_gbm.cli._reading import read_log_for_training
from samplew_gbm.cli._settings import parse_settings
from samplew_gbm.columns import ColumnNames

if TYPE_CHECKING:
    from samplew_gbm.explain import Judgement, RowExplanation

_WIDTH = 110


@click.command(
    "explain",
    short_help="Why a row of a log weighs what it weighs.",
    epilog=options.examples(
        "samplew explain log.parquet --row 17",
        "samplew explain log.parquet --user u42 --item i7 --json",
        "samplew explain log.parquet --row 17 --set half_life=30 --set behaviour=purchase=3,cart=2",
    ),
)
@options.input_argument("log", "LOG")
@click.option("--row", type=click.IntRange(min=1), metavar="N", help="Row of LOG, counted from 1.")
@click.option("--user", metavar="ID", help="With --item: every row of this user and item.")
@click.option("--item", metavar="ID", help="See --user.")
@options.where_option
@options.order_option
@options.importance_option
@options.settings_options
@options.column_options
@options.weight_column_option
@options.display_options
@options.threads_option
@options.json_option
def command(
    log: Source,
    row: int | None,
    user: str | None,
    item: str | None,
    where: tuple[str, ...],
    order: str,
    importance: str | None,
    seed: int | None,
    assignments: tuple[str, ...],
    columns: ColumnNames,
    threads: int | None,
    as_json: bool,
) -> None:
    """Explain the weight that weigh and train give a row of LOG, under the same settings.

    A weight is a product of factors, kept within limits, times the base that makes the mean of all weights 1.
    Affinity is that of models that have not seen the row; the items named as closest are chosen by embeddings
    of the whole log, for the reader only.
    """
    _check_choice(row, user, item)
    settings = parse_settings(assignments, importance=importance, seed=seed)

    with console_progress() as progress:
        rows, interactions, _ = read_log_for_training(log, columns, order, progress, where=where)
        from samplew_gbm.explain import explain, place_of_row, places_of_pair  # it takes seconds to load

        if row is not None:
            places = [place_of_row(interactions, row, rows.num_rows)]
        else:
            places = places_of_pair(interactions, user or "", item or "")
        found = explain(interactions, places, settings, n_threads=threads, progress=progress)
    if as_json:
        show_json({"log": log, "temperature": found.temperature, "rows": found.rows})
        return
    for each in found.rows:
        show(textwrap.fill(sentence(each), _WIDTH, subsequent_indent="  ", break_on_hyphens=False))


def _check_choice(row: int | None, user: str | None, item: str | None) -> None:
    if (user is None) != (item is None):
        raise click.UsageError("--user and --item name a row together; give both")
    if (row is None) == (user is None):
        raise click.UsageError("give the row to explain: either --row N, or --user ID and --item ID")


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
