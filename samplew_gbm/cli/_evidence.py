"""What the doctor looks at, gathered from a log, a ready matrix or a model."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from samplew_gbm.cli._log import LogOptions
from samplew_gbm.cli._matrix import opened
from samplew_gbm.cli._paths import Source, is_model
from samplew_gbm.cli._reading import read_log_to_learn
from samplew_gbm.columns import MatrixColumns
from samplew_gbm.errors import SettingsError
from samplew_gbm.progress import Progress
from samplew_gbm.settings import Settings

if TYPE_CHECKING:
    from samplew_gbm.data.interactions import Interactions
    from samplew_gbm.importance.doctor import Evidence
    from samplew_gbm.pipeline import TrainingReport
    from samplew_gbm.pipeline.matrix_report import MatrixReport
    from samplew_gbm.ranking.ranker import Ranker


@dataclass(frozen=True, slots=True)
class Examined:
    """The kind of an input, its figures, and the evidence in it."""

    kind: str
    facts: dict[str, Any]
    evidence: "Evidence"


def kind_of(source: Source, columns: MatrixColumns, told: str | None = None) -> str:
    """``model``, else as ``told``, else ``matrix`` by its columns of queries and labels, else ``log``."""
    from samplew_gbm.data.heads import column_names

    if is_model(source):
        return "model"
    if told is not None:
        return told
    return "matrix" if {columns.query_id, columns.label} <= column_names(source) else "log"


def read_parameters(path: Path | None) -> dict[str, Any] | None:
    """LightGBM's parameters from a JSON file, under their main names; ``SettingsError`` for anything else."""
    if path is None:
        return None
    from samplew_gbm.importance.doctor import main_names

    try:
        given = msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror}); check the path") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{path}: is not a JSON object of parameters ({error}); write NAME: VALUE pairs"
        ) from None
    return main_names(given)


def of_model(path: Path) -> Examined:
    """A model: its report, its parameters and leaves, both from its checked text."""
    bundle, is_of_matrix = opened(path)
    if is_of_matrix:
        from samplew_gbm.pipeline.matrix_storage import matrix_model_in

        of_rows = matrix_model_in(bundle)
        told = of_rows.report
        importance = of_rows.parameters["importance"]
        return _of_trees(of_rows.ranker, told, told.n_queries, importance, told.effective_sample_size, None)
    from samplew_gbm.pipeline.storage import model_in

    model = model_in(bundle)
    report, importance = model.report, model.settings.importance
    share = 1.0 if importance == "none" else report.effective_sample_size
    return _of_trees(model.ranker, report, report.n_used_queries, importance, share, report.order)


def _of_trees(
    ranker: "Ranker",
    report: "TrainingReport | MatrixReport",
    n_queries: int,
    importance: str,
    effective_share: float,
    order: str | None,
) -> Examined:
    from samplew_gbm.importance.doctor import Evidence, leaf_counts_in, main_names, parameters_in

    counts = leaf_counts_in(ranker.text)
    facts = {
        "training_rows": report.n_rows,
        "training_queries": n_queries,
        "trees": report.n_trees,
        "leaves": len(counts),
        "importance": importance,
        "effective_sample_size": report.effective_sample_size,
    }
    evidence = Evidence(
        parameters=main_names(parameters_in(ranker.text)),
        leaf_counts=counts,
        effective_share=effective_share,
        evaluation_weighted=False,
        order=order,
    )
    return Examined("model", facts, evidence)


def of_matrix(path: Source, columns: MatrixColumns, parameters: dict[str, Any] | None) -> Examined:
    """A ready matrix; its features are not read."""
    import numpy as np

    from samplew_gbm.data.matrix_rows import read_matrix_rows
    from samplew_gbm.importance.doctor import Evidence

    rows = read_matrix_rows(path, columns=columns)
    facts = {
        "rows": len(rows.row),
        "queries": len(rows.indptr) - 1,
        "positives": int(np.count_nonzero(rows.label > 0)),
        "weights": rows.weight is not None,
        "positions": rows.position is not None,
    }
    evidence = Evidence(
        weight=rows.weight,
        label=rows.label,
        indptr=rows.indptr,
        row=rows.row,
        position=rows.position,
        parameters=parameters,
    )
    return Examined("matrix", facts, evidence)


def of_log(
    path: Source,
    reading: LogOptions,
    settings: Settings,
    parameters: dict[str, Any] | None,
    threads: int | None,
    progress: Progress,
) -> Examined:
    """A log: cleaned, weighed, and its weights looked at."""
    import numpy as np

    learned = read_log_to_learn(path, reading, settings, progress)
    interactions, cleaning, settings = learned.interactions, learned.cleaning, learned.settings
    from samplew_gbm.importance.doctor import Evidence
    from samplew_gbm.pipeline import weigh  # only now: it takes seconds to load
    from samplew_gbm.pipeline.accidents import accident_share_of
    from samplew_gbm.runtime import resolve_threads

    weights = weigh(interactions, settings, n_threads=threads, progress=progress)
    with progress.stage("look for accidents"):
        accident_share = accident_share_of(
            interactions, settings.random_state, n_threads=resolve_threads(threads)
        )
    facts = {
        "rows": cleaning.n_rows,
        "rows_kept": cleaning.n_kept,
        "users": interactions.n_users,
        "items": interactions.n_items,
        "importance": settings.importance,
    }
    evidence = Evidence(
        weight=weights.sample_weight,
        row=interactions.row,
        segment=interactions.user_index,
        importance=weights.importance,
        popularity=np.bincount(interactions.item_index)[interactions.item_index].astype(np.float64),
        parameters=parameters,
        order=interactions.order.value,
        n_logged=cleaning.n_rows,
        n_repeated=cleaning.n_duplicates,
        within_visits=_within_visits(interactions, settings),
        accident_share=accident_share,
    )
    return Examined("log", facts, evidence)


def _within_visits(interactions: "Interactions", settings: Settings) -> float | None:
    from samplew_gbm.data.interactions import Order
    from samplew_gbm.data.visits import visits

    own_queries = interactions.query is None and settings.queries == "rows"
    if not own_queries or interactions.order is not Order.CLOCK or not len(interactions):
        return None
    return 1 - int(visits(interactions)[-1] + 1) / len(interactions)
