"""``samplew recommend``: the best items for each user."""

from pathlib import Path

import click

from samplew_gbm.cli import _options as options
from samplew_gbm.cli._output import note, show_json
from samplew_gbm.cli._paths import InputSource, Source, refuse_overwriting
from samplew_gbm.cli._progress import console_progress
from samplew_gbm.cli._reading import note_unknown, read_later
from samplew_gbm.cli._side import SideFiles, arrival_options, join_arrivals
from samplew_gbm.columns import USER_ID, ColumnNames


@click.command(
    "recommend",
    short_help="The best items for each user.",
    epilog=options.examples(
        "samplew recommend --model model.swg -k 10 --out top.parquet",
        "samplew recommend --model model.swg --users users.csv --history today.parquet -k 5 --out top.csv",
        "samplew recommend --model model.swg --items todays-items.csv --out top.parquet",
    ),
)
@options.model_option
@click.option(
    "--users",
    "users_file",
    type=InputSource(),
    metavar="FILE",
    help="Table with the users to serve.  [default: all the model knows and all of --history]",
)
@options.history_option
@arrival_options
@click.option(
    "-k", "k", type=click.IntRange(min=1), default=10, show_default=True, help="Items for each user."
)
@options.out_option
@click.option("--include-seen", is_flag=True, help="Also recommend items that the user has taken before.")
@options.column_options
@options.threads_option
@options.json_option
def command(
    bundle: Path,
    users_file: Source | None,
    history: Source | None,
    arrivals: SideFiles,
    k: int,
    out: Path,
    include_seen: bool,
    columns: ColumnNames,
    threads: int | None,
    as_json: bool,
) -> None:
    """Rank the catalogue for each user and write the top K.

    The table has the columns user_id, item_id, score and rank, a user's rows together, best first. A user
    whom nobody has seen before gets what is best for newcomers. With --items or --item-vectors the catalogue
    also has the items that arrived since the training, where it was trained with such.
    """
    refuse_overwriting(out, bundle, users_file, history, *arrivals.paths)
    from samplew_gbm.data.sources import read_users
    from samplew_gbm.data.writing import write_table
    from samplew_gbm.pipeline import load_model, recommend

    with console_progress() as progress:
        model = join_arrivals(load_model(bundle), arrivals, columns, progress)
        later = read_later(history, columns, model.order, progress)
        users, n_unknown = None, 0
        if users_file is not None:
            users = read_users(users_file, columns=columns)[USER_ID].combine_chunks()
            n_unknown = note_unknown("user", users, model.users, later)
        top = recommend(
            model,
            users=users,
            history=later,
            k=k,
            include_seen=include_seen,
            n_threads=threads,
            progress=progress,
        )
        write_table(top, out)
    n_users = len(top[USER_ID].unique())
    note(f"wrote {top.num_rows:,} rows for {n_users:,} users to {out}")
    if as_json:
        show_json({"out": out, "n_rows": top.num_rows, "n_users": n_users, "n_unknown_users": n_unknown})
