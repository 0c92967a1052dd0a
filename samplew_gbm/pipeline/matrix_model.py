"""What is kept of a training on a feature matrix: what scoring further rows needs, and how it came about."""

from dataclasses import dataclass
from typing import Any

from samplew_gbm.data.encoding import Encoding
from samplew_gbm.pipeline.matrix_report import MatrixReport
from samplew_gbm.ranking.ranker import Ranker


@dataclass(frozen=True, slots=True, eq=False)
class MatrixModel:
    """The columns that were learned from, the trees, and the ``parameters`` that the estimator had."""

    parameters: dict[str, Any]
    encoding: Encoding
    ranker: Ranker
    report: MatrixReport

    @property
    def unknown_category(self) -> str:
        """What a category is that training has not met: ``"missing"``, or an ``"error"``."""
        return str(self.parameters.get("unknown_category", "error"))

    @property
    def feature_gain(self) -> dict[str, float]:
        """The gain of each column, under its own name."""
        gains = (self.ranker.gain[name] for name in self.ranker.names)
        return dict(zip(self.encoding.names, gains, strict=True))

    @property
    def n_categories(self) -> dict[str, int]:
        """How many categories each column has that holds any."""
        return {name: len(known) for name, known in self.encoding.categories.items()}
