"""How good a model's recommendations are on rows it has not seen, beside those of what is most taken."""

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from samplew_gbm.evaluation.bootstrap import paired_difference
from samplew_gbm.evaluation.lists import coverage, popularity_bias
from samplew_gbm.pipeline.inference import evaluate_users
from samplew_gbm.pipeline.model import Model
from samplew_gbm.pipeline.popular import evaluate_popular
from samplew_gbm.progress import Progress

SHOWN = ("NDCG@10", "HR@10", "Recall@10", "MRR@10", "NDCG@20", "HR@20")
KS = (10, 20)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over users and its 95 % interval (percentile bootstrap over the users)."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Measured:
    """A metric of the model, of recommending the most taken items, and of their difference user by user."""

    metric: str
    model: Estimate
    popular: Estimate
    gain: Estimate


@dataclass(frozen=True, slots=True)
class Quality:
    """Of ``n_users`` users of a test log; what is unknown to the model counts as missed.

    ``n_known_rows`` of the log are in their users' histories already, which is no test.
    ``coverage`` is the share of the catalogue in somebody's first ten, ``popularity_bias`` how many times
    more popular these are than what is taken.
    """

    n_users: int
    n_unknown_users: int
    n_unknown_items: int
    n_known_rows: int
    metrics: tuple[Measured, ...]
    coverage: float
    popularity_bias: float


def quality_on(
    model: Model, test: Any, *, n_threads: int | None = None, progress: Progress | None = None
) -> Quality:
    """The quality on ``test``, a table of interactions that the model has not seen."""
    found = evaluate_users(model, test, ks=KS, n_threads=n_threads, progress=progress)
    popular = evaluate_popular(model, test, ks=KS)
    first = found.items[:, : KS[0]]
    return Quality(
        n_users=len(found.user_id),
        n_unknown_users=found.n_unknown_users,
        n_unknown_items=found.n_unknown_items,
        n_known_rows=found.n_known_rows,
        metrics=tuple(_measured(name, found.per_user[name], popular.per_user[name]) for name in SHOWN),
        coverage=coverage(first, len(model.items)),
        popularity_bias=popularity_bias(first, model.tables.counts),
    )


def _measured(name: str, model: NDArray[Any], popular: NDArray[Any]) -> Measured:
    nothing = model * 0
    return Measured(name, _estimate(model, nothing), _estimate(popular, nothing), _estimate(model, popular))


def _estimate(a: NDArray[Any], b: NDArray[Any]) -> Estimate:
    found = paired_difference(a, b)
    return Estimate(found.mean, found.low, found.high)
