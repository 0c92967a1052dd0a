"""What commands do with a model of a ready feature matrix: score, evaluate, inspect."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from samplew_gbm.cli._matrix_training import matrix_summary, told_parameters
from samplew_gbm.cli._output import gain_text, note, show_json, table
from samplew_gbm.cli._paths import Source
from samplew_gbm.cli._progress import console_progress
from samplew_gbm.columns import SCORE, MatrixColumns
from samplew_gbm.errors import DataError
from samplew_gbm.progress import Progress

if TYPE_CHECKING:
    from samplew_gbm.bundle import Bundle
    from samplew_gbm.data.matrix import RankingMatrix
    from samplew_gbm.estimator import ImportanceRanker
    from samplew_gbm.estimator.judging import MatrixEvaluation


def ranker_in(bundle: "Bundle", unknown_category: str | None = None) -> "ImportanceRanker":
    """The ranker that a bundle holds, with another answer to unknown categories where one was given."""
    from samplew_gbm.estimator import ImportanceRanker

    ranker = ImportanceRanker.from_bundle(bundle)
    return ranker if unknown_category is None else ranker.set_params(unknown_category=unknown_category)


def score_matrix(
    ranker: "ImportanceRanker",
    source: Source,
    columns: MatrixColumns,
    out: Path,
    threads: int | None,
    *,
    as_json: bool,
) -> None:
    """Write the ids of the rows and their scores, in the order of the rows."""
    from samplew_gbm.data.arrow import table_of
    from samplew_gbm.data.writing import write_table
    from samplew_gbm.estimator.judging import score_rows

    with console_progress() as progress:
        matrix = _read(ranker, source, columns, progress, labelled=False)
        with progress.stage("score"):
            scores = score_rows(ranker, matrix, n_threads=threads)
        write_table(table_of({**matrix.ids, SCORE: scores}), out)
    note(f"wrote {len(matrix):,} scores to {out}")
    if as_json:
        show_json({"out": out, "n_rows": len(matrix)})


def evaluation_of(
    ranker: "ImportanceRanker",
    source: Source,
    columns: MatrixColumns,
    ks: tuple[int, ...],
    threads: int | None,
) -> "MatrixEvaluation":
    """Metrics of a matrix with labels."""
    from samplew_gbm.estimator.judging import evaluate_matrix

    with console_progress() as progress:
        matrix = _read(ranker, source, columns, progress, labelled=True)
        try:
            return evaluate_matrix(ranker, matrix, ks=ks, n_threads=threads)
        except DataError as error:
            raise type(error)(f"{source}: {error}") from None


def _read(
    ranker: "ImportanceRanker", source: Source, columns: MatrixColumns, progress: Progress, *, labelled: bool
) -> "RankingMatrix":
    from samplew_gbm.data.matrix import read_matrix_like

    with progress.stage(f"read {source.name}"):
        return read_matrix_like(
            source,
            ranker.encoding_,
            columns=columns,
            labelled=labelled,
            unknown=ranker.unknown_category,
        )


def inside(ranker: "ImportanceRanker") -> dict[str, Any]:
    """What is inside, for machines."""
    return {
        "kind": "matrix",
        "parameters": told_parameters(ranker),
        "feature_names": ranker.encoding_.names,
        "feature_gain": ranker.feature_importances_,
        "categories": _n_categories(ranker),
        "report": ranker.report_,
    }


def sections(ranker: "ImportanceRanker") -> list[tuple[str, str]]:
    """The same for people: titles and texts."""
    gain = dict(zip(ranker.encoding_.names, ranker.feature_importances_.tolist(), strict=True))
    verdict = [] if ranker.verdict_ is None else [("Verdict on the weights", ranker.verdict_.words())]
    sizes = [(name, f"{n:,}") for name, n in _n_categories(ranker).items()]
    return [
        ("Training on a ready matrix", matrix_summary(ranker)),
        *verdict,
        ("Parameters", table(list(told_parameters(ranker).items()))),
        ("Categories by column", table(sizes) if sizes else ""),
        ("Features by gain", gain_text(gain)),
    ]


def _n_categories(ranker: "ImportanceRanker") -> dict[str, int]:
    return {name: len(known) for name, known in ranker.encoding_.categories.items()}
