"""``samplew report``: suspicious rows, the value of users and the relevance of items, as a folder."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from samplew_gbm.cli import _options as options
from samplew_gbm.cli._log import ARRIVALS, METHOD, LogOptions, log_options
from samplew_gbm.cli._model_report import ModelRequest, report_model
from samplew_gbm.cli._output import note, share_text, show, show_json, table
from samplew_gbm.cli._paths import (
    InputSource,
    OutputFolder,
    Source,
    checked_out,
    is_model,
    refuse_options,
    refuse_overwriting,
    source_name,
)
from samplew_gbm.cli._progress import console_progress
from samplew_gbm.cli._reading import read_log_to_learn
from samplew_gbm.cli._settings import parse_settings
from samplew_gbm.report.files import FILES, ITEMS, PAGE, SUSPICIOUS, USERS, folder_fault
from samplew_gbm.settings import IMPORTANCE_SCHEMES

if TYPE_CHECKING:
    from samplew_gbm.report.making import Report

_SCHEMES = [name for name in IMPORTANCE_SCHEMES if name != "none"]
_OF_A_LOG = ("order", "judge", *METHOD)
_OF_EITHER_LOG = ("side_users", "where", "memory_budget", "query_column", "position_column")
_OF_A_MODEL = ("test", "log")


@click.command(
    "report",
    short_help="A page about a model, or what counts in a log.",
    epilog=options.examples(
        "samplew report model.swg --out model.html --test next-week.parquet",
        "samplew report model.swg --out model.html --test next-week.parquet --items todays-items.csv",
        "samplew report model.swg --out model.html --log log.parquet --items items.csv",
        "samplew report log.parquet --out findings",
        "samplew report log.csv --out findings --top 50 --judge taste --json",
    ),
)
@options.input_argument("source", "INPUT")
@click.option(
    "--out",
    required=True,
    type=click.Path(readable=False, path_type=Path),
    metavar="PATH",
    help="Of a model: the page to write, .html. Of a log: the folder, a new one, an empty one, or one that "
    "holds an earlier report only.",
)
@click.option(
    "--test",
    type=InputSource(),
    metavar="LOG",
    help="Of a model: interactions that it has not seen, for its quality with 95 % intervals.",
)
@click.option(
    "--log",
    type=InputSource(),
    metavar="LOG",
    help="Of a model: the log that it was trained on, to add what a report of the log tells.",
)
@click.option(
    "--top",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    metavar="N",
    help="Rows of each table that the page and --json show.",
)
@click.option(
    "--importance",
    type=click.Choice(_SCHEMES),
    default="consensus",
    show_default=True,
    help="What the relevance of items is made of.",
)
@click.option(
    "--judge",
    type=click.Choice(["consensus", "taste"]),
    default="consensus",
    show_default=True,
    help="What rows and users are judged by: taste finds accidents on what is popular, consensus does not.",
)
@options.settings_options
@log_options(weight=False)
@options.threads_option
@options.json_option
def command(
    source: Source,
    out: Path,
    test: Source | None,
    log: Source | None,
    top: int,
    importance: str,
    judge: str,
    reading: LogOptions,
    seed: int | None,
    assignments: tuple[str, ...],
    threads: int | None,
    as_json: bool,
) -> None:
    """Write a page about a model, or what the importance of the rows of a log says to the people of a shop.

    INPUT is a model that train wrote, or a log. Of a model: one page that needs nothing else - its quality,
    what moves its scores, how its rows weighed and what the gate said of that, its data and its cost. For
    --test, --items and vectors bring what arrived since the training, as they do for evaluate.

    Of a log: the folder gets index.html, a page for reading that needs nothing else, and the whole tables:
    suspicious.parquet, the judged rows of the smallest importance (a tenth of them, or N), users.parquet and
    items.parquet, the mean importance of each with a 95 % interval. Rows that cannot be judged are left out
    and counted. How many rows are noise is not claimed.
    """
    if is_model(source):
        refuse_options(_OF_A_LOG, f"{source} is a model, and this belongs to a log; leave it out")
        if log is None:
            refuse_options(_OF_EITHER_LOG, f"{source} is a model, and this belongs to its log; add --log LOG")
        if log is None and test is None:
            refuse_options(
                ARRIVALS, f"{source} is a model, and this belongs to logs; add --log LOG or --test LOG"
            )
        report_model(ModelRequest(source, out, test, log, top, reading, threads), as_json=as_json)
        return
    refuse_options(_OF_A_MODEL, f"{source} is no model, and this belongs to one; leave it out")
    settings = parse_settings(assignments, importance=importance, seed=seed)
    checked_out(OutputFolder(folder_fault), out)
    for target in (out, *(out / name for name in FILES)):
        refuse_overwriting(target, source, *reading.paths)

    with console_progress() as progress:
        learned = read_log_to_learn(source, reading, settings, progress)
        from samplew_gbm.report.making import make_report  # only now: it takes seconds to load
        from samplew_gbm.report.page import page_html
        from samplew_gbm.report.tables import report_tables
        from samplew_gbm.report.writing import write_report

        found = make_report(
            learned.interactions,
            learned.settings,
            judge=judge,
            top=top,
            n_threads=threads,
            progress=progress,
        )
        tables = report_tables(learned.interactions, found)
        write_report(tables, page_html(found, tables, name=source_name(source), top=top), out)
    if as_json:
        shown = {name.partition(".")[0]: tables[name].slice(0, top).to_pylist() for name in tables}
        show_json({"out": out, "files": FILES, **_summary(found), **shown})
        return
    show(table(_summary_rows(found, tables)))
    note(f"wrote the report to {out}; open {out / PAGE}")


def _summary(found: "Report") -> dict[str, Any]:
    return {
        "judge": found.judge,
        "importance": found.scheme,
        "n_rows": found.n_rows,
        "n_judged": found.n_judged,
        "n_unjudged": found.n_rows - found.n_judged,
        "n_suspicious": len(found.suspicious.place),
        "n_users": len(found.users.group),
        "n_items": len(found.items.means.group),
    }


def _summary_rows(found: "Report", tables: dict[str, Any]) -> list[tuple[str, str]]:
    user, item = (tables[name].slice(0, 1).to_pylist()[0] for name in (USERS, ITEMS))
    lowest = [
        f"row {row['row']}, importance {row['importance']:.3f}"
        for row in tables[SUSPICIOUS].slice(0, 1).to_pylist()
    ] or ["none, all weigh alike"]
    return [
        ("rows judged", f"{found.n_judged:,}"),
        ("rows that cannot be judged", f"{found.n_rows - found.n_judged:,}"),
        ("rows listed as suspicious", f"{len(found.suspicious.place):,}"),
        ("the most suspicious", lowest[0]),
        ("users with judged rows", f"{len(found.users.group):,}"),
        ("first user", f"{user['user_id']}, {_interval(user)}"),
        ("items with judged rows", f"{len(found.items.means.group):,}"),
        ("first item", f"{item['item_id']}, {_interval(item)}"),
    ]


def _interval(row: dict[str, Any]) -> str:
    mean = f"{row['mean_importance']:.2f} ({row['low']:.2f} to {row['high']:.2f})"
    return f"{mean}, {share_text(row['share'])} of the total"
