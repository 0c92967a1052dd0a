"""``samplew train``: learn a model from a log."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from samplew_gbm.cli import _options as options
from samplew_gbm.cli._evidence import kind_of
from samplew_gbm.cli._log import LogOptions, log_options
from samplew_gbm.cli._matrix import OF_A_MATRIX, MatrixOptions, columns_of_matrix, matrix_options
from samplew_gbm.cli._matrix_training import MatrixTraining, train_on_matrix
from samplew_gbm.cli._output import cost_rows, note, share_text, show, show_json, table
from samplew_gbm.cli._paths import OutputFile, Source, is_given, refuse_options, refuse_overwriting
from samplew_gbm.cli._progress import console_progress
from samplew_gbm.cli._reading import read_log_for_training, read_log_to_learn
from samplew_gbm.cli._settings import parse_settings
from samplew_gbm.cli._side import SideFiles, join_side
from samplew_gbm.errors import SchemaError
from samplew_gbm.progress import Progress
from samplew_gbm.settings import Settings

if TYPE_CHECKING:
    from samplew_gbm.data.trusted import Trusted


@click.command(
    "train",
    short_help="Learn a model from a log.",
    epilog=options.examples(
        "samplew train log.parquet --model model.swg",
        "samplew train log.parquet --items items.csv --model model.swg",
        "samplew train log.parquet --item-vectors text=clip.npz --users users.csv --model model.swg",
        "samplew train clicks.csv.gz --model model.swg --user-column customer --item-column sku",
        "samplew train matrix.parquet --kind matrix --model search.swg",
        "samplew train this-week.parquet --continue model.swg --model next.swg",
        "samplew train log.parquet --model model.swg --seed 7 --set n_trees=800 --set temperature=1.5",
    ),
)
@options.input_argument("log", "LOG")
@click.option("--model", "bundle", required=True, type=OutputFile(), metavar="FILE", help="Model to write.")
@click.option(
    "--continue",
    "earlier",
    type=click.Path(path_type=Path),
    metavar="MODEL",
    help="Go on from this model with what LOG has later: histories grow, item tables are learned anew from "
    "both, the old trees stay and new ones follow. Settings and weights stay those of MODEL.",
)
@options.importance_option
@click.option(
    "--gate/--no-gate",
    default=True,
    show_default=True,
    help="Ask held-out users whether the weights stay; refused ones leave the unweighted model.",
)
@click.option(
    "--trusted",
    metavar="LABEL",
    help="Rows that tell for sure what was wanted: event=purchase, value>=4, or all. The weights, and the "
    "best form of them, must then prove themselves on these; so may item tables without the accidents that "
    "the log tells of.",
)
@options.settings_options
@click.option(
    "--kind",
    type=click.Choice(["log", "matrix"]),
    default="log",
    show_default=True,
    help="What LOG is; a matrix has the columns of query and label, and its other columns are features.",
)
@matrix_options
@log_options()
@options.threads_option
@options.json_option
def command(
    log: Source,
    bundle: Path,
    earlier: Path | None,
    reading: LogOptions,
    importance: str | None,
    gate: bool,
    trusted: str | None,
    seed: int | None,
    assignments: tuple[str, ...],
    kind: str,
    matrix: MatrixOptions,
    threads: int | None,
    as_json: bool,
) -> None:
    """Train a ranker on the interactions of LOG, or on a ready feature matrix.

    LOG is a Parquet, CSV, TSV or JSON-lines file (text also as .gz), a folder of them, or a table or query of
    a database (sqlite:///FILE?table=NAME, postgresql://USER@HOST/DATABASE?query=SQL), with the columns
    user_id and item_id and, when known, timestamp, event and value. Each user's history becomes training
    queries; attention over it gives every sample its importance.

    With --kind matrix LOG is a ready feature matrix, in any of these forms: rows of a query_id with a label,
    a grade from 0 on. A weight and a position are used where there are such, and user_id and item_id where
    there are both; every other column is a feature, of numbers or of categories.
    """
    refuse_overwriting(bundle, log, earlier, *reading.paths)
    if kind == "matrix":
        settings = parse_settings(assignments, importance=importance, seed=seed)
        asked = MatrixTraining(log, bundle, reading, matrix, settings, gate, threads)
        train_on_matrix(asked, as_json=as_json)
        return
    refuse_options(OF_A_MATRIX, "belongs to a matrix; leave it out, or add --kind matrix")
    if earlier is not None:
        _refuse_choices()
    if trusted is not None and not gate:
        raise click.UsageError("--trusted is what the gate asks; leave --no-gate out")
    settings = parse_settings(assignments, importance=importance, seed=seed)
    if trusted is not None and settings.importance == "none":
        raise click.UsageError("--trusted judges weights, and --importance none has none; leave one out")
    label = None if trusted is None else _label(trusted)

    with console_progress() as progress:
        if earlier is not None:
            model, cleaning = _continued(earlier, log, reading, threads, progress)
        else:
            model, cleaning = _trained(log, reading, settings, gate, label, threads, progress)
        from samplew_gbm.pipeline import save_model

        model = model.cleaned_by(cleaning)
        save_model(model, bundle)
    if as_json:
        show_json({"model": bundle, "settings": model.settings, "cleaning": cleaning, "report": model.report})
    else:
        show(summary(model.report))
        if model.report.verdict is not None:
            note(model.report.verdict.words())
        note(f"wrote {bundle}")


def _label(trusted: str) -> "Trusted":
    """What ``--trusted`` says, checked before the log is read."""
    from samplew_gbm.data.trusted import parse_trusted  # only where it is asked for: it takes long to load

    return parse_trusted(trusted)


def _refuse_choices() -> None:
    """A usage error where something is chosen that a model to continue from has settled."""
    for name, option in _SETTLED.items():
        if is_given(name):
            raise click.UsageError(
                f"{option} is settled by the model that --continue names; leave it out, or train anew",
                click.get_current_context(),
            )


_SETTLED = {
    "order": "--order",
    "importance": "--importance",
    "gate": "--gate or --no-gate",
    "trusted": "--trusted",
    "memory_budget": "--memory-budget",
    "seed": "--seed",
    "assignments": "--set",
}


def _trained(
    log: Source,
    reading: LogOptions,
    settings: Settings,
    gate: bool,
    trusted: "Trusted | None",
    threads: int | None,
    progress: Progress,
) -> tuple[Any, Any]:
    """A model, and what cleaning did to its log."""
    try:
        learned = read_log_to_learn(log, reading, settings, progress)
    except SchemaError as error:
        if kind_of(log, columns_of_matrix(reading.columns)) == "matrix":
            raise SchemaError(f"{error}; a ready feature matrix needs --kind matrix") from None
        raise
    _warn_of_matrix(log, reading)
    from samplew_gbm.pipeline import train  # only now: it takes seconds to load

    model = train(
        learned.interactions,
        learned.settings,
        gate=gate,
        trusted=trusted,
        n_threads=threads,
        progress=progress,
    )
    return model, learned.cleaning


def _warn_of_matrix(log: Source, reading: LogOptions) -> None:
    """A note where a log has what only a matrix needs, and nobody said which it is."""
    told = is_given("kind") or reading.columns.query_id
    if not told and kind_of(log, columns_of_matrix(reading.columns)) == "matrix":
        note(f"{log.name} has queries and labels, and is read as a log; --kind matrix makes features of it")


def _continued(
    earlier: Path,
    log: Source,
    reading: LogOptions,
    threads: int | None,
    progress: Progress,
) -> tuple[Any, Any]:
    """The next model, and what cleaning did to the log that it goes on with."""
    from samplew_gbm.data.interactions import Order
    from samplew_gbm.pipeline import continue_training, load_model

    model = old = load_model(earlier)
    order = "file" if model.order is Order.FILE else "auto"
    bare = replace(reading, order=order, side=SideFiles())  # what is beside is joined to both logs below
    _, interactions, cleaning = read_log_for_training(log, bare, progress)
    model = continue_training(
        model,
        interactions,
        describe=lambda both: join_side(both, reading.side, reading.columns, progress),
        n_threads=threads,
        progress=progress,
    )
    note(_added_words(old.ranker.n_trees, model.ranker.n_trees))
    return model, cleaning


def _added_words(before: int, after: int) -> str:
    """What continuing did to the trees."""
    if after > before:
        return f"all tables are new; {after - before:,} new trees join the {before:,} old ones"
    return (
        f"all tables are new; no tree joins the {before:,} old ones: "
        "new ones were not clearly better by users kept from them, or these were too few to tell"
    )


def summary(report: Any) -> str:
    """A training report for people."""
    rows = [
        ("interactions", f"{report.n_interactions:,}"),
        ("users", f"{report.n_users:,}"),
        ("items", f"{report.n_items:,}"),
        ("order of rows", report.order),
        ("training queries", f"{report.n_queries:,}"),
        ("queries with a hit", f"{report.n_used_queries:,}"),
        ("candidate recall", share_text(report.candidate_recall)),
        ("training rows", f"{report.n_rows:,}"),
        ("trees", f"{report.n_trees:,}"),
        *([("times continued", f"{report.n_continued:,}")] if report.n_continued else []),
        ("effective sample size", share_text(report.effective_sample_size)),
        *((f"validation {name}", f"{value:.4f}") for name, value in report.validation.items()),
    ]
    return table([*rows, *cost_rows(report.seconds.values(), [report.peak_rss_bytes])])
