"""The ranker alone, of a model of either kind, and what a server must know to feed it."""

from dataclasses import dataclass, field

from samplew_gbm.errors import SettingsError
from samplew_gbm.pipeline import Model
from samplew_gbm.pipeline.matrix_model import MatrixModel
from samplew_gbm.pipeline.matrix_report import OWN
from samplew_gbm.ranking.ranker import Ranker
from samplew_gbm.ranking.scoring import is_sum_of_trees


@dataclass(frozen=True, slots=True, eq=False)
class Served:
    """``names`` are the features as they are called outside, in the order of the ranker's.

    The number of a category is its place among ``categories`` of its feature. The score ``is_sum``, that of
    the trees, or with ``is_odds`` the probability of such log-odds; or else what only LightGBM makes of it.
    """

    ranker: Ranker
    names: tuple[str, ...]
    is_odds: bool
    categories: dict[str, list[str | int]] = field(default_factory=dict)
    is_sum: bool = True


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
        is_sum=own or is_sum_of_trees(model.ranker.text),
    )


def refuse_unless_sum(served: Served) -> None:
    """``SettingsError`` where the score is made of the trees in a way that cannot be written."""
    if not served.is_sum:
        raise SettingsError("--to onnx: the caller's own ranker is more than a sum of trees; take lightgbm")
