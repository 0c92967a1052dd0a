"""Reading what a command is given; heavy packages are loaded here only once a command runs."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samplew_gbm.cli._output import note
from samplew_gbm.cli._side import SideFiles, join_side
from samplew_gbm.columns import USER_ID, ColumnNames
from samplew_gbm.progress import Progress

if TYPE_CHECKING:
    from samplew_gbm.data.cleaning import CleaningReport
    from samplew_gbm.data.interactions import Interactions, Order

NOTHING_BESIDE = SideFiles()


def read_log_for_training(
    log: Path, columns: ColumnNames, order: str, progress: Progress, side: SideFiles = NOTHING_BESIDE
) -> tuple[Any, "Interactions", "CleaningReport"]:
    """The table of the log, its cleaned interactions, and what the cleaning did, which is noted too.

    ``side`` are the files that describe items and users.
    """
    from samplew_gbm.data.cleaning import clean
    from samplew_gbm.data.interactions import build_interactions, order_of
    from samplew_gbm.data.sources import read_log

    with progress.stage("read the log"):
        table = read_log(log, columns=columns, order="file" if order == "file" else "auto")
        interactions = build_interactions(table, order=order_of(table, order), where=str(log))
        cleaned, report = clean(interactions)
    note(report.describe())
    return table, join_side(cleaned, side, columns, progress), report


def read_later(log: Path | None, columns: ColumnNames, order: "Order", progress: Progress) -> Any:
    """A log read as one of ``order`` is, which is that of the log learned from, or ``None``.

    Nothing is learned from it, so it needs no weights.
    """
    if log is None:
        return None
    from samplew_gbm.data.interactions import Order
    from samplew_gbm.data.sources import read_log

    with progress.stage(f"read {log.name}"):
        unweighted = replace(columns, weight="")
        return read_log(log, columns=unweighted, order="file" if order is Order.FILE else "auto")


def note_unknown(noun: str, asked: Any, vocabulary: Any, *tables: Any) -> int:
    """Note how many different ids of ``asked`` are neither in ``vocabulary`` nor in a later log.

    ``tables`` are pairs of a table or ``None`` and the name of its id column.
    """
    unknown = {str(value) for value in asked.filter(vocabulary.encode(asked) < 0).to_pylist()}
    for later in tables:
        if later is not None:
            unknown -= {str(value) for value in later[USER_ID].to_pylist()}
    if unknown:
        plural = "" if len(unknown) == 1 else "s"
        note(f"{len(unknown):,} {noun}{plural} the model does not know: ranked as newcomers")
    return len(unknown)
