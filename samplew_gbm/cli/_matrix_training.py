"""``samplew train --kind matrix``: a ranker of a ready feature matrix, learned and told."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from samplew_gbm.cli._log import ROWS, SIDE, LogOptions
from samplew_gbm.cli._matrix import MatrixOptions, columns_of_matrix
from samplew_gbm.cli._output import cost_rows, note, share_text, show, show_json, table
from samplew_gbm.cli._paths import Source, refuse_options
from samplew_gbm.cli._progress import console_progress
from samplew_gbm.cli._reading import refuse_model
from samplew_gbm.columns import ITEM_ID
from samplew_gbm.errors import DataError, SettingsError
from samplew_gbm.progress import Progress
from samplew_gbm.settings import Settings

if TYPE_CHECKING:
    from samplew_gbm.data.vectors import VectorTable
    from samplew_gbm.pipeline.matrix_model import MatrixModel

_OF_A_LOG = (
    *(name for name in SIDE if name != "item_vectors"),
    *(name for name in ROWS if name != "where"),
    "timestamp_column",
    "event_column",
    "value_column",
    "impression_event",
    "earlier",
    "trusted",
)
_OF_THE_GATE = ("label", "search")


@dataclass(frozen=True, slots=True)
class MatrixTraining:
    """What the command was asked for."""

    source: Source
    bundle: Path
    reading: LogOptions
    matrix: MatrixOptions
    settings: Settings
    gate: bool
    threads: int | None


def train_on_matrix(asked: MatrixTraining, *, as_json: bool) -> None:
    """Read the matrix, weigh its rows, ask the gate, train; write the model and tell of it."""
    _refuse(asked)
    refuse_model(asked.source)
    parameters = _parameters(asked)
    from samplew_gbm.pipeline.matrix_storage import save_matrix_model

    with console_progress() as progress:
        model = _learned(asked, parameters, progress)
        save_matrix_model(model, asked.bundle)
    if as_json:
        told = {"parameters": model.parameters, "feature_names": model.encoding.names}
        show_json({"model": asked.bundle, **told, "report": model.report})
    else:
        show(matrix_summary(model, progress))
        if model.report.verdict is not None:
            note(model.report.verdict.words())
        note(f"wrote {asked.bundle}")


def _refuse(asked: MatrixTraining) -> None:
    refuse_options(_OF_A_LOG, "belongs to a log, and --kind is matrix; leave it out")
    if not asked.gate or asked.settings.importance == "none":
        refuse_options(_OF_THE_GATE, "is for the gate, which has no weights to judge; leave one out")
    if len(asked.reading.side.item_vectors) > 1:
        raise click.UsageError("--item-vectors: of a matrix one table of vectors judges the rows; give one")


def _parameters(asked: MatrixTraining) -> dict[str, Any]:
    """Those of the estimator; ``SettingsError`` for a setting that it has no use for."""
    from samplew_gbm.estimator import ImportanceRanker

    known, plain = set(ImportanceRanker().get_params(deep=False)), Settings()
    parameters = msgspec.structs.asdict(asked.settings)
    for name, value in parameters.items():
        if name not in known and value != getattr(plain, name):
            told = ", ".join(each for each in parameters if each in known)
            raise SettingsError(f"--set {name}: says nothing of a matrix; leave it out, or set one of {told}")
    return {name: value for name, value in parameters.items() if name in known} | {
        "gate": asked.gate,
        "label": asked.matrix.label,
        "search": asked.matrix.search,
        "n_threads": asked.threads,
    }


def _learned(asked: MatrixTraining, parameters: dict[str, Any], progress: Progress) -> "MatrixModel":
    from samplew_gbm.data.matrix import read_matrix
    from samplew_gbm.estimator import ImportanceRanker

    with progress.stage(f"read {asked.source.name}"):
        matrix = read_matrix(
            asked.source,
            columns=columns_of_matrix(asked.reading.columns),
            leave_out=asked.matrix.leave_out,
            categorical=asked.matrix.categorical,
            where=asked.reading.where,
        )
        vectors = _vectors(asked.reading)
    try:
        ranker = ImportanceRanker(**parameters, item_vectors=vectors).fit_read(matrix, progress=progress)
    except DataError as error:
        raise type(error)(f"{asked.source}: {error}") from None
    return ranker.model()


def _vectors(reading: LogOptions) -> "VectorTable | None":
    if not reading.side.item_vectors:
        return None
    from samplew_gbm.data.vectors import read_vectors

    ((_, path),) = reading.side.item_vectors
    return read_vectors(path, id_column=reading.columns.item_id, key=ITEM_ID)


def matrix_summary(model: "MatrixModel", cost: Progress | None = None) -> str:
    """A training on a matrix for people, and what it cost where that is known."""
    report = model.report
    stages = [] if cost is None else cost.stages
    users = [] if report.n_users is None else [("users", f"{report.n_users:,}")]
    return table(
        [
            ("rows", f"{report.n_rows:,}"),
            ("queries", f"{report.n_queries:,}"),
            *users,
            ("rows with a label above 0", f"{report.n_positives:,}"),
            ("features", f"{len(model.encoding.names):,}"),
            ("of them categories", f"{len(model.n_categories):,}"),
            ("weights of your own", "yes" if report.own_weights else "no"),
            ("rows judged by", report.judge),
            ("learned with", report.learner),
            ("trees", f"{report.n_trees:,}"),
            ("effective sample size", share_text(report.effective_sample_size)),
            *cost_rows([stage.seconds for stage in stages], [stage.peak_rss_bytes for stage in stages]),
        ]
    )
