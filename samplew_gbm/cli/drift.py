"""``samplew drift``: is what arrives still what was learned from?"""

from typing import TYPE_CHECKING, Any

import click

from samplew_gbm.cli import _options as options
from samplew_gbm.cli._log import METHOD, SIDE, LogOptions
from samplew_gbm.cli._output import note, share_text, show, show_json, table
from samplew_gbm.cli._paths import Source, is_model, refuse_options
from samplew_gbm.cli._progress import console_progress
from samplew_gbm.cli._reading import read_log_for_training
from samplew_gbm.cli._settings import parse_settings
from samplew_gbm.cli._side import SideFiles, side_options
from samplew_gbm.columns import ColumnNames
from samplew_gbm.progress import Progress

if TYPE_CHECKING:
    from samplew_gbm.drift.measuring import Drift

_OF_WEIGHTS = (*METHOD, *SIDE)
DRIFT_CODE = 5
"""Exit code where a quantity calls for action, for schedulers: not one of an error."""


@click.command(
    "drift",
    short_help="Has what arrives moved away from what was learned?",
    epilog=options.examples(
        "samplew drift model.swg this-week.parquet",
        "samplew drift model.swg this-week.parquet --weights --threshold 0.2 --json",
        "samplew drift last-month.parquet this-month.parquet",
        "samplew drift last-month.parquet this-month.parquet --weights --importance vectors "
        "--item-vectors text.npz",
    ),
)
@options.input_argument("old", "OLD")
@options.input_argument("new", "NEW")
@click.option(
    "--threshold",
    type=click.FloatRange(min=0, min_open=True),
    default=0.25,
    show_default=True,
    metavar="PSI",
    help="From where on a quantity calls for action; from 0.1 on it is to be watched.",
)
@click.option(
    "--weights",
    is_flag=True,
    help="Compare importance and sample weights too; takes as long as weigh, twice.",
)
@click.option(
    "--queries",
    "n_queries",
    type=click.IntRange(min=1),
    default=1000,
    show_default=True,
    metavar="N",
    help="Requests that features, scores and recall are compared on, where OLD is a model.",
)
@options.importance_option
@options.settings_options
@side_options
@options.order_option
@options.column_options
@options.threads_option
@options.json_option
def command(
    old: Source,
    new: Source,
    threshold: float,
    weights: bool,
    n_queries: int,
    importance: str | None,
    seed: int | None,
    assignments: tuple[str, ...],
    side: SideFiles,
    order: str,
    columns: ColumnNames,
    threads: int | None,
    as_json: bool,
) -> None:
    """Compare OLD with NEW, each a log or a model: a model and what came after its log, or two logs.

    Of every quantity the population stability index (PSI) is told over bins of OLD, beside what chance alone
    would make of it: "watch" from 0.1 and "act" from the threshold above that, and only beyond chance. Where
    OLD is a model, the features and scores that it serves and the items that it finds are compared too;
    what has moved by the clock alone is told as its age, and does not count.

    Of two logs, --weights are by the same --importance, --set, --items, --users and vectors as those of
    weigh, but for factors of events, values and positions. A model keeps its own.

    The exit code is 0 if nothing calls for action and 5 if something does; errors have those of all commands.
    """
    if is_model(old):
        refuse_options(_OF_WEIGHTS, f"{old} is a model, which weighs as it was trained; leave it out")
    if not weights:
        refuse_options(_OF_WEIGHTS, "it changes how rows weigh and nothing else; add --weights")
    settings = None if is_model(old) else parse_settings(assignments, importance=importance, seed=seed)
    from samplew_gbm.drift.measuring import measure_drift

    with console_progress() as progress:
        before = _read(old, LogOptions(columns, side, order=order), progress)
        after = _read(new, LogOptions(columns, order=_order_like(before, order)), progress)
        found = measure_drift(
            before,
            after,
            weights=weights,
            threshold=threshold,
            n_queries=n_queries,
            settings=settings,
            n_threads=threads,
            progress=progress,
        )
    if as_json:
        show_json({"old": old, "new": new, "drift": found})
    else:
        _tell(found)
    if found.level == "act":
        raise click.exceptions.Exit(DRIFT_CODE)


def _read(source: Source, reading: LogOptions, progress: Progress) -> Any:
    """A model, or the cleaned interactions of a log."""
    if is_model(source):
        from samplew_gbm.pipeline import load_model

        return load_model(source)
    _, interactions, _ = read_log_for_training(source, reading, progress)
    return interactions


def _order_like(before: Any, order: str) -> str:
    """A log is read in the order of the model that it is compared with."""
    from samplew_gbm.data.interactions import Order

    return "file" if before.order is Order.FILE else order


def _tell(found: "Drift") -> None:
    """The quantities by how far they moved; of features only those that did."""
    told = [shift for shift in found.shifts if shift.group != "features" or shift.level != "stable"]
    rows = []
    for shift in sorted(told, key=lambda shift: shift.expected - shift.psi):
        most = shift.moved_most
        moved = f"{most.label}: {share_text(most.old)} -> {share_text(most.new)}"
        name = f"{shift.group}: {shift.name}"
        rows.append((name, f"{shift.psi:.3f}", f"{shift.expected:.3f}", shift.level, moved))
    show(table(rows, head=("", "PSI", "by chance", "", "what moved most")))
    n_calm = len(found.shifts) - len(told)
    if n_calm:
        show(f"features and scores that are stable: {n_calm}")
    unknown = f"{share_text(found.unknown_users)} of unknown users"
    note(
        f"{found.n_new:,} rows against {found.n_old:,}, {found.n_repeated:,} of them in both, {unknown}, "
        f"{share_text(found.unknown_items)} of unknown items"
    )
    if any(shift.group == "age" for shift in found.shifts):
        note("age: moved by the clock alone, as the model stands still; samplew train --continue renews it")
    note(f"in all: {found.level}")
