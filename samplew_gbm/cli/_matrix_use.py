"""What commands do with a model of a ready feature matrix: score, evaluate, inspect."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samplew_gbm.cli._matrix_training import matrix_summary
from samplew_gbm.cli._output import gain_text, note, show_json, table
from samplew_gbm.cli._paths import Source
from samplew_gbm.cli._progress import console_progress
from samplew_gbm.columns import SCORE, MatrixColumns
from samplew_gbm.errors import DataError
from samplew_gbm.progress import Progress

if TYPE_CHECKING:
    from samplew_gbm.data.matrix import RankingMatrix
    from samplew_gbm.pipeline.matrix_inference import MatrixEvaluation
    from samplew_gbm.pipeline.matrix_model import MatrixModel


@dataclass(frozen=True, slots=True)
class RowsToUse:
    """The matrix that a model is used on, and what an unknown category is; None: as the model says."""

    source: Source
    columns: MatrixColumns
    unknown_category: str | None

    def read(self, model: "MatrixModel", progress: Progress, *, labelled: bool) -> "RankingMatrix":
        """The features of the model, the ids, and labels where they are asked for."""
        from samplew_gbm.data.matrix import read_matrix_like

        with progress.stage(f"read {self.source.name}"):
            matrix = read_matrix_like(
                self.source,
                model.encoding,
                columns=self.columns,
                labelled=labelled,
                unknown=self.unknown_category or model.unknown_category,
            )
        for name, count in matrix.n_unknown.items():
            note(
                f"column {name!r}: {count:,} rows of categories that training has not met, taken for missing"
            )
        return matrix


def score_to(out: Path, model: "MatrixModel", rows: RowsToUse, threads: int | None, *, as_json: bool) -> None:
    """Write the ids of the rows and their scores, in the order of the rows."""
    from samplew_gbm.data.arrow import table_of
    from samplew_gbm.data.writing import write_table
    from samplew_gbm.pipeline.matrix_inference import score_matrix

    with console_progress() as progress:
        matrix = rows.read(model, progress, labelled=False)
        with progress.stage("score"):
            scores = score_matrix(model, matrix, n_threads=threads)
        write_table(table_of({**matrix.ids, SCORE: scores}), out)
    note(f"wrote {len(matrix):,} scores to {out}")
    if as_json:
        show_json({"out": out, "n_rows": len(matrix), "n_unknown_categories": matrix.n_unknown})


def evaluation_of(
    model: "MatrixModel", rows: RowsToUse, ks: tuple[int, ...], threads: int | None
) -> "MatrixEvaluation":
    """Metrics of a matrix with labels."""
    from samplew_gbm.pipeline.matrix_inference import evaluate_matrix

    with console_progress() as progress:
        matrix = rows.read(model, progress, labelled=True)
        try:
            return evaluate_matrix(model, matrix, ks=ks, n_threads=threads)
        except DataError as error:
            raise type(error)(f"{rows.source}: {error}") from None


def inside(model: "MatrixModel") -> dict[str, Any]:
    """What is inside, for machines."""
    return {
        "kind": "matrix",
        "parameters": model.parameters,
        "feature_names": model.encoding.names,
        "feature_gain": model.feature_gain,
        "categories": model.n_categories,
        "report": model.report,
    }


def sections(model: "MatrixModel") -> list[tuple[str, str]]:
    """The same for people: titles and texts."""
    verdict = model.report.verdict
    sizes = [(name, f"{n:,}") for name, n in model.n_categories.items()]
    return [
        ("Training on a ready matrix", matrix_summary(model)),
        *([] if verdict is None else [("Verdict on the weights", verdict.words())]),
        ("Parameters", table(list(model.parameters.items()))),
        ("Categories by column", table(sizes) if sizes else ""),
        ("Features by gain", gain_text(model.feature_gain)),
    ]
