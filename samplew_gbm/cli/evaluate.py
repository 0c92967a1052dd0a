"""``samplew evaluate``: how good the recommendations are on held-out interactions."""

from pathlib import Path

import click

from samplew_gbm.cli import _options as options
from samplew_gbm.cli._output import note, show, show_json, table
from samplew_gbm.cli._paths import InputSource, Source
from samplew_gbm.cli._progress import console_progress
from samplew_gbm.cli._reading import note_known, read_later
from samplew_gbm.cli._side import SideFiles, arrival_options, join_arrivals
from samplew_gbm.columns import ColumnNames


@click.command(
    "evaluate",
    short_help="Quality on held-out interactions.",
    epilog=options.examples(
        "samplew evaluate --model model.swg --test next-week.parquet",
        "samplew evaluate --model model.swg --test next-week.parquet -k 5 -k 20 --json",
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
@options.threads_option
@options.json_option
def command(
    bundle: Path,
    test_file: Source,
    history: Source | None,
    arrivals: SideFiles,
    ks: tuple[int, ...],
    columns: ColumnNames,
    threads: int | None,
    as_json: bool,
) -> None:
    """Measure the recommendations against the interactions of a held-out LOG.

    Every user of it gets a ranking of the catalogue without what the user has already taken; the metrics
    are means over the users.
    """
    from samplew_gbm.pipeline import evaluate, load_model

    with console_progress() as progress:
        model = join_arrivals(load_model(bundle), arrivals, columns, progress)
        later = read_later(history, columns, model.order, progress)
        test = read_later(test_file, columns, model.order, progress)
        cuts = tuple(sorted(set(ks)))
        found = evaluate(model, test, history=later, ks=cuts, n_threads=threads, progress=progress)
    note_known(found.n_known_rows)
    if as_json:
        show_json(found)
        return
    show(metrics_table(found.metrics))
    note(f"means over {found.n_users:,} users; {found.n_unknown_items:,} test rows of unknown items")


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
