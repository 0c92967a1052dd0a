"""Reading what a command is given; heavy packages are loaded here only once a command runs."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from samplew_gbm.cli._log import LearnedLog, LogOptions
from samplew_gbm.cli._output import note
from samplew_gbm.cli._paths import Source, is_model
from samplew_gbm.cli._side import join_side
from samplew_gbm.columns import USER_ID, ColumnNames
from samplew_gbm.errors import DataError
from samplew_gbm.progress import Progress

if TYPE_CHECKING:
    from samplew_gbm.data.cleaning import CleaningReport
    from samplew_gbm.data.interactions import Interactions, Order
    from samplew_gbm.settings import Settings


def read_log_for_training(
    log: Source, reading: LogOptions, progress: Progress
) -> tuple[Any, "Interactions", "CleaningReport"]:
    """The table of the log, its cleaned interactions, and what the cleaning did, which is noted too.

    A budget of memory is not kept, as the table is whole.
    """
    from samplew_gbm.data.cleaning import clean
    from samplew_gbm.data.interactions import build_interactions, order_of
    from samplew_gbm.data.sources import read_log

    refuse_model(log)
    order, where = reading.order, reading.where
    with progress.stage("read the log"):
        table = read_log(
            log, columns=reading.columns, order="file" if order == "file" else "auto", where=where
        )
        interactions = build_interactions(table, order=order_of(table, order), where=str(log))
        cleaned, report = clean(interactions)
    note(report.describe())
    return table, join_side(cleaned, reading.side, reading.columns, progress), report


def read_log_to_learn(
    log: Source, reading: LogOptions, settings: "Settings", progress: Progress
) -> LearnedLog:
    """The log and the settings that ``train`` learns with, within the budget of memory where there is one."""
    if reading.memory_budget is None:
        _, interactions, cleaning = read_log_for_training(log, reading, progress)
        return LearnedLog(interactions, cleaning, settings)
    refuse_model(log)
    from samplew_gbm.data.memory import memory_plan

    settings = memory_plan(reading.memory_budget).fit(settings)
    interactions, cleaning = _read_log_within(reading.memory_budget, log, reading, progress)
    return LearnedLog(interactions, cleaning, settings)


def refuse_model(source: Source) -> None:
    """``DataError`` where a log or a matrix is asked for and a model is given."""
    if is_model(source):
        raise DataError(f"{source}: is a model, and nothing is learned from one; give a log or a matrix")


def _read_log_within(
    memory_budget: str, log: Source, reading: LogOptions, progress: Progress
) -> tuple["Interactions", "CleaningReport"]:
    """In batches, without the table; of a log that does not fit, a sample of the users."""
    from samplew_gbm.data.cleaning import clean
    from samplew_gbm.data.streaming import read_interactions

    with progress.stage("read the log"):
        interactions, sample = read_interactions(
            log,
            memory_budget=memory_budget,
            columns=reading.columns,
            order="file" if reading.order == "file" else "auto",
            where=reading.where,
        )
        cleaned, report = clean(interactions)
    report = replace(report, sample=sample)
    note(report.describe())
    return join_side(cleaned, reading.side, reading.columns, progress), report


def read_later(log: Source | None, columns: ColumnNames, order: "Order", progress: Progress) -> Any:
    """A log read as one of ``order`` is, which is that of the log learned from, or ``None``.

    Nothing is learned from it, so it needs no weights; what was only shown is no part of a history.
    """
    if log is None:
        return None
    from samplew_gbm.data.impression_columns import without_impressions
    from samplew_gbm.data.interactions import Order
    from samplew_gbm.data.sources import read_log

    with progress.stage(f"read {log.name}"):
        bare = replace(columns, weight="", query_id="", position="", impression_event="")
        table = read_log(log, columns=bare, order="file" if order is Order.FILE else "auto")
        return without_impressions(table, columns.impression_event)


def note_known(n_rows: int) -> None:
    """Note that rows of a test log are known already, if any."""
    if n_rows:
        from samplew_gbm.pipeline.known_rows import known_words

        note(known_words(n_rows))


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
