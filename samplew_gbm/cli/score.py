"""``samplew score``: how well given items suit given users."""

from pathlib import Path

import click

from samplew_gbm.cli import _options as options
from samplew_gbm.cli._matrix import (
    opened,
    query_column_option,
    refuse_of_log,
    refuse_of_matrix,
    unknown_category_option,
)
from samplew_gbm.cli._matrix_use import RowsToUse, score_to
from samplew_gbm.cli._output import note, show_json
from samplew_gbm.cli._paths import Source, refuse_overwriting
from samplew_gbm.cli._progress import console_progress
from samplew_gbm.cli._reading import note_unknown, read_later
from samplew_gbm.cli._side import SideFiles, arrival_options, join_arrivals
from samplew_gbm.columns import ITEM_ID, USER_ID, ColumnNames, MatrixColumns

_OF_A_LOG = ("history", "items", "item_vectors", "timestamp_column", "event_column", "value_column")
_OF_A_MATRIX = ("query_column", "unknown_category")


@click.command(
    "score",
    short_help="Score given pairs of user and item, or rows of a ready matrix.",
    epilog=options.examples(
        "samplew score pairs.parquet --model model.swg --out scored.parquet",
        "samplew score pairs.csv --model model.swg --history today.parquet --out scored.csv",
        "samplew score matrix.parquet --model search.swg --out scored.parquet",
    ),
)
@options.input_argument("pairs_file", "PAIRS")
@options.model_option
@options.history_option
@arrival_options
@options.out_option
@options.column_options
@query_column_option
@unknown_category_option
@options.threads_option
@options.json_option
def command(
    pairs_file: Source,
    bundle: Path,
    history: Source | None,
    arrivals: SideFiles,
    out: Path,
    columns: ColumnNames,
    query_column: str,
    unknown_category: str | None,
    threads: int | None,
    as_json: bool,
) -> None:
    """Score the user-item pairs of PAIRS, a table with the columns user_id and item_id.

    The table written has one row for each pair, in the same order: user_id, item_id and score. Higher is
    better, and scores compare within a user. Pairs with unknown users or items get a score too.

    With a model of a ready feature matrix PAIRS is another such matrix, with the same features; labels are
    not needed. The table written has those of query_id, user_id and item_id that there are, and the score,
    which compares within a query.
    """
    refuse_overwriting(out, bundle, pairs_file, history, *arrivals.paths)
    model_file, of_matrix = opened(bundle)
    if of_matrix:
        refuse_of_log(bundle, _OF_A_LOG)
        from samplew_gbm.pipeline.matrix_storage import matrix_model_in

        names = MatrixColumns(query_id=query_column, user_id=columns.user_id, item_id=columns.item_id)
        rows = RowsToUse(pairs_file, names, unknown_category)
        score_to(out, matrix_model_in(model_file), rows, threads, as_json=as_json)
        return
    refuse_of_matrix(bundle, _OF_A_MATRIX)
    from samplew_gbm.data.sources import read_pairs
    from samplew_gbm.data.writing import write_table
    from samplew_gbm.pipeline import score
    from samplew_gbm.pipeline.storage import model_in

    with console_progress() as progress:
        model = join_arrivals(model_in(model_file), arrivals, columns, progress)
        later = read_later(history, columns, model.order, progress)
        with progress.stage(f"read {pairs_file.name}"):
            pairs = read_pairs(pairs_file, columns=columns).select([USER_ID, ITEM_ID])
        n_users = note_unknown("user", pairs[USER_ID], model.users, later)
        n_items = note_unknown("item", pairs[ITEM_ID], model.items)
        scored = score(model, pairs, history=later, n_threads=threads, progress=progress)
        write_table(scored, out)
    note(f"wrote {scored.num_rows:,} scores to {out}")
    if as_json:
        show_json(
            {"out": out, "n_rows": scored.num_rows, "n_unknown_users": n_users, "n_unknown_items": n_items}
        )
