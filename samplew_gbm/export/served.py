"""The ranker alone, of a model of either kind, and what a server must know to feed it."""

from dataclasses import dataclass, field

from samplew_gbm.errors import SettingsError
from samplew_gbm.importance.doctor import parameters_in
from samplew_gbm.pipeline import Model
from samplew_gbm.pipeline.matrix_model import MatrixModel
from samplew_gbm.pipeline.matrix_report import OWN
from samplew_gbm.ranking.ranker import Ranker

_SUMS = ("lambdarank", "rank_xendcg")  # objectives whose score is the sum of the trees


@dataclass(frozen=True, slots=True, eq=False)
class Served:
    """``names`` are the features as they are called outside, in the order of the ranker's.

    The number of a category is its place among ``categories`` of its feature. ``fault`` says why the score is
    neither the sum of the trees nor, with ``is_odds``, the probability of such log-odds; None where it is.
    """

    ranker: Ranker
    names: tuple[str, ...]
    is_odds: bool
    categories: dict[str, list[str | int]] = field(default_factory=dict)
    fault: str | None = None


def served_of(model: Model | MatrixModel) -> Served:
    """The ranker of a model of a log or of a matrix."""
    if isinstance(model, Model):
        return Served(model.ranker, model.feature_names, model.settings.objective == "binary")
    own, encoding = model.report.learner == OWN, model.encoding
    return Served(
        ranker=model.ranker,
        names=encoding.names,
        is_odds=own and model.parameters.get("objective") == "binary",
        categories={name: known.ids.to_pylist() for name, known in encoding.categories.items()},
        fault=None if own else _fault(model.ranker.text),
    )


def _fault(text: str) -> str | None:
    """What a caller's own ranker may have that is not known of ours."""
    objective = parameters_in(text).get("objective", "custom")
    if objective not in _SUMS:
        return f"its objective is {objective}"
    return "its score is a mean of trees" if "\naverage_output\n" in text else None


def refuse_unless_sum(served: Served) -> None:
    """``SettingsError`` where the score is made of the trees in a way that cannot be written."""
    if served.fault is not None:
        raise SettingsError(
            f"--to onnx: the caller's own ranker cannot be written, as {served.fault}; take lightgbm"
        )
