"""``samplew evaluate``: how good the recommendations are on held-out interactions."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from samplew_gbm.cli import _options as options
from samplew_gbm.cli._matrix import (
    label_column_option,
    opened,
    query_column_option,
    refuse_of_log,
    refuse_of_matrix,
    unknown_category_option,
)
from samplew_gbm.cli._matrix_use import RowsToUse, evaluation_of
from samplew_gbm.cli._output import note, show, show_json, table
from samplew_gbm.cli._paths import InputSource, Source
from samplew_gbm.cli._progress import console_progress
from samplew_gbm.cli._reading import note_known, read_later
from samplew_gbm.cli._side import SideFiles, arrival_options, join_arrivals
from samplew_gbm.columns import ColumnNames, MatrixColumns

if TYPE_CHECKING:
    from samplew_gbm.pipeline.matrix_inference import MatrixEvaluation

_OF_A_LOG = (
    "history", "items", "item_vectors",
    "user_column", "item_column", "timestamp_column", "event_column", "value_column",
)  # fmt: skip
_OF_A_MATRIX = ("query_column", "label_column", "unknown_category")


@click.command(
    "evaluate",
    short_help="Quality on held-out interactions.",
    epilog=options.examples(
        "samplew evaluate --model model.swg --test next-week.parquet",
        "samplew evaluate --model model.swg --test next-week.parquet -k 5 -k 20 --json",
        "samplew evaluate --model search.swg --test matrix.parquet --label-column grade",
    ),
)
@options.model_option
@click.option(
    "--test",
    "test_file",
    required=True,
    type=InputSource(),
    metavar="LOG",
    help="Interactions that the model has not seen.",
)
@options.history_option
@arrival_options
@click.option(
    "-k",
    "ks",
    type=click.IntRange(1, 2**63 - 1),
    multiple=True,
    default=(5, 10, 20),
    show_default=True,
    help="Length of the list that is judged, as often as needed.",
)
@options.column_options
@query_column_option
@label_column_option
@unknown_category_option
@options.threads_option
@options.json_option
def command(
    bundle: Path,
    test_file: Source,
    history: Source | None,
    arrivals: SideFiles,
    ks: tuple[int, ...],
    columns: ColumnNames,
    query_column: str,
    label_column: str,
    unknown_category: str | None,
    threads: int | None,
    as_json: bool,
) -> None:
    """Measure the recommendations against the interactions of a held-out LOG.

    Every user of it gets a ranking of the catalogue without what the user has already taken; the metrics
    are means over the users.

    With a model of a ready feature matrix LOG is another such matrix, with its labels: the rows of each
    query are ranked, and the metrics are means over the queries that have a label above 0.
    """
    cuts = tuple(sorted(set(ks)))
    model_file, of_matrix = opened(bundle)
    if of_matrix:
        refuse_of_log(bundle, _OF_A_LOG)
        from samplew_gbm.pipeline.matrix_storage import matrix_model_in

        rows = RowsToUse(test_file, MatrixColumns(query_column, label_column), unknown_category)
        _tell_of_matrix(evaluation_of(matrix_model_in(model_file), rows, cuts, threads), as_json=as_json)
        return
    refuse_of_matrix(bundle, _OF_A_MATRIX)
    from samplew_gbm.pipeline import evaluate
    from samplew_gbm.pipeline.storage import model_in

    with console_progress() as progress:
        model = join_arrivals(model_in(model_file), arrivals, columns, progress)
        later = read_later(history, columns, model.order, progress)
        test = read_later(test_file, columns, model.order, progress)
        found = evaluate(model, test, history=later, ks=cuts, n_threads=threads, progress=progress)
    note_known(found.n_known_rows)
    if as_json:
        show_json(found)
        return
    show(metrics_table(found.metrics))
    note(f"means over {found.n_users:,} users; {found.n_unknown_items:,} test rows of unknown items")


def _tell_of_matrix(found: "MatrixEvaluation", *, as_json: bool) -> None:
    if as_json:
        show_json(found)
        return
    show(metrics_table(found.metrics))
    left = f"; {found.n_without_positives:,} without a label above 0 are left out"
    note(f"means over {found.n_queries:,} queries{left if found.n_without_positives else ''}")


def metrics_table(metrics: dict[str, float]) -> str:
    """``{"NDCG@5": .., "NDCG@10": ..}`` as a row for each metric and a column for each cut."""
    names = list(dict.fromkeys(name.partition("@")[0] for name in metrics))
    cuts = sorted({int(name.partition("@")[2]) for name in metrics if "@" in name})
    values = [[metrics.get(f"{name}@{cut}", metrics.get(name)) for cut in cuts] for name in names]
    rows = [
        [name, *("" if value is None else f"{value:.4f}" for value in row)]
        for name, row in zip(names, values, strict=True)
    ]
    return table(rows, head=["", *(f"@{cut}" for cut in cuts)])
