"""``samplew explain``: why a row of a log weighs what it weighs, or why a model recommends an item."""

import textwrap
from pathlib import Path
from typing import Any

import click

from samplew_gbm.cli import _options as options
from samplew_gbm.cli._log import METHOD, ROWS, WEIGHT, LogOptions, log_options
from samplew_gbm.cli._output import note, show, show_json
from samplew_gbm.cli._paths import (
    OutputFile,
    Source,
    checked_out,
    is_model,
    refuse_options,
    refuse_overwriting,
)
from samplew_gbm.cli._progress import console_progress
from samplew_gbm.cli._reading import read_later, read_log_to_learn
from samplew_gbm.cli._recommendation_text import recommendation_text
from samplew_gbm.cli._settings import parse_settings
from samplew_gbm.cli._side import join_arrivals
from samplew_gbm.cli._weight_text import sentence

_WIDTH = 110
_OF_A_LOG = ("row", "side_users", *ROWS, *METHOD, *WEIGHT, "query_column", "position_column")
_OF_A_MODEL = ("history", "out")
_PICTURE = OutputFile((".svg", ".html", ".htm"))


@click.command(
    "explain",
    short_help="Why a row weighs what it weighs, or why an item is recommended.",
    epilog=options.examples(
        "samplew explain model.swg --user u42 --item i7",
        "samplew explain model.swg --user u42 --item i7 --history today.parquet --out why.svg",
        "samplew explain log.parquet --row 17",
        "samplew explain log.parquet --user u42 --item i7 --json",
        "samplew explain log.parquet --row 17 --items items.csv",
        "samplew explain log.parquet --row 17 --set half_life=30 --set behaviour=purchase=3,cart=2",
    ),
)
@options.input_argument("source", "INPUT")
@click.option("--row", type=click.IntRange(min=1), metavar="N", help="Of a log: the row, counted from 1.")
@click.option("--user", metavar="ID", help="With --item: the pair, of a model or of rows of a log.")
@click.option("--item", metavar="ID", help="See --user.")
@options.history_option
@click.option(
    "--out",
    type=click.Path(readable=False, path_type=Path),
    metavar="FILE",
    help="Of a model: also draw it, as a picture (.svg) or a page (.html).",
)
@options.importance_option
@options.settings_options
@log_options()
@options.threads_option
@options.json_option
def command(
    source: Source,
    row: int | None,
    user: str | None,
    item: str | None,
    history: Source | None,
    out: Path | None,
    reading: LogOptions,
    importance: str | None,
    seed: int | None,
    assignments: tuple[str, ...],
    threads: int | None,
    as_json: bool,
) -> None:
    """Explain why a model ranks an item where it does for a user, or what a row of a log weighs.

    INPUT is a model that train wrote, or a log. Of a model: what each group of features adds to the score
    that recommend and score print, the items of the history that attention looked at, and which candidate
    sources nominated the item. Neither the user nor the item has to be known; --items, --item-vectors and
    --user-vectors bring what arrived since the training, as they do for recommend.

    Of a log: the weight that weigh and train give a row under the same settings, a product of factors, kept
    within limits, times the base that makes the mean of all weights 1. Affinity is that of models that have
    not seen the row; the items named as closest are chosen by embeddings of the whole log, to be
    read only.
    """
    if (user is None) != (item is None):
        raise click.UsageError("--user and --item name a row together, or a recommendation; give both")
    if is_model(source):
        refuse_options(_OF_A_LOG, f"{source} is a model, and this belongs to a log; leave it out")
        if user is None or item is None:
            raise click.UsageError(f"{source} is a model; give the pair to explain: --user ID and --item ID")
        _explain_recommendation(source, user, item, history, out, reading, threads, as_json)
        return
    refuse_options(_OF_A_MODEL, f"{source} is no model, and this belongs to one; leave it out")
    if (row is None) == (user is None):
        raise click.UsageError("give the row to explain: either --row N, or --user ID and --item ID")
    settings = parse_settings(assignments, importance=importance, seed=seed)

    with console_progress() as progress:
        learned = read_log_to_learn(source, reading, settings, progress)
        interactions = learned.interactions
        from samplew_gbm.explain.weight import (  # it takes seconds to load
            explain,
            place_of_row,
            places_of_pair,
        )

        if row is not None:
            places = [place_of_row(interactions, row, learned.n_rows)]
        else:
            places = places_of_pair(interactions, user or "", item or "")
        found = explain(interactions, places, learned.settings, n_threads=threads, progress=progress)
    if as_json:
        show_json({"log": source, "temperature": found.temperature, "rows": found.rows})
        return
    for each in found.rows:
        show(textwrap.fill(sentence(each), _WIDTH, subsequent_indent="  ", break_on_hyphens=False))


def _explain_recommendation(
    bundle: Path,
    user: str,
    item: str,
    history: Source | None,
    out: Path | None,
    reading: LogOptions,
    threads: int | None,
    as_json: bool,
) -> None:
    if out is not None:
        checked_out(_PICTURE, out)
        refuse_overwriting(out, bundle, history, *reading.paths)
    from samplew_gbm.explain.recommendation import explain_recommendation
    from samplew_gbm.pipeline import load_model

    with console_progress() as progress:
        model = join_arrivals(load_model(bundle), reading.side, reading.columns, progress)
        later = read_later(history, reading.columns, model.order, progress)
        found = explain_recommendation(model, user, item, history=later, n_threads=threads)
    if out is not None:
        _draw(found, out)
    if as_json:
        show_json({"model": bundle, **_plain(found)})
    else:
        show(recommendation_text(found))
    if out is not None:
        note(f"wrote {out}")


def _draw(found: Any, out: Path) -> None:
    from samplew_gbm.data.writing import atomic_write
    from samplew_gbm.report.explanation import explanation_page, explanation_picture

    draw = explanation_picture if out.name.lower().endswith(".svg") else explanation_page
    with atomic_write(out) as file:
        file.write(draw(found).encode("utf-8"))


def _plain(found: Any) -> dict[str, Any]:
    return {name: getattr(found, name) for name in found.__slots__}
