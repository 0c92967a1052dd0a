"""The whole way on a simulated shop, where it is known what the users like and which clicks are accidents."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from samplew_gbm.columns import ITEM_ID, USER_ID
from samplew_gbm.data.cleaning import clean
from samplew_gbm.data.interactions import build_interactions
from samplew_gbm.data.simulate import Shop, simulate_shop
from samplew_gbm.pipeline import Model, evaluate, fit, prepare, recommend, row_weights
from samplew_gbm.progress import Progress, StageRecord
from samplew_gbm.runtime import resolve_threads
from samplew_gbm.settings import Settings

CLICKS_PER_USER = 60
NOISE = 0.3
# Less than the defaults learn from, so that the whole takes half a minute on two cores.
N_QUERIES, LINEAR_ITEMS = 20_000, 2_000
METRICS = ("NDCG@10", "HR@10", "Recall@20")
WEIGHTED, TWIN = "with importance", "without"
_CUTS = (10, 20)
_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Demonstration:
    """What was found.

    ``quality`` holds the metrics of the weighted model and of its unweighted twin against what the users
    truly take next; ``accident_auc`` is the probability that an accidental click has a lower importance
    than another one (chance is .5) among the ``n_judged`` clicks of the training queries; ``stages`` are
    the parts in order with seconds and peak memory; ``history`` (oldest first) and ``recommendations``
    (best first) are items of ``user`` in words, and ``taken_next`` those that he truly takes next.
    """

    n_users: int
    n_items: int
    n_interactions: int
    accidental_share: float
    quality: dict[str, dict[str, float]]
    accident_auc: float
    n_judged: int
    stages: list[StageRecord]
    user: str
    history: list[str]
    recommendations: list[str]
    taken_next: list[str]

    def gain(self, metric: str = METRICS[0]) -> float:
        """The weighted model's metric divided by its twin's, minus 1; NaN when the twin's is 0."""
        weighted, twin = (self.quality[name][metric] for name in (WEIGHTED, TWIN))
        return weighted / twin - 1.0 if twin else float("nan")

    def accident_verdict(self) -> str:
        """In one sentence whether importance tells accidents from other clicks."""
        found = "tells accidents apart" if self.accident_auc > 0.5 else "does not tell accidents apart"
        return (
            f"importance {found}: an accident has a lower one than another click with probability "
            f"{self.accident_auc:.3f} (chance: 0.500; {self.n_judged:,} clicks judged)"
        )

    def verdict(self) -> str:
        """In one sentence whether the weights helped here."""
        gain = self.gain()
        if np.isnan(gain):
            return "the unweighted model found nothing, so there is no gain to measure"
        if gain > 0:
            return f"importance raised {METRICS[0]} by {gain:.1%} on this shop"
        change = "left it as it was" if gain == 0 else f"lowered it by {-gain:.1%}"
        return f"importance did not raise {METRICS[0]} on this shop: it {change}"


def demonstrate(
    *,
    n_users: int = 1000,
    n_items: int = 10_000,
    random_state: int = 0,
    n_threads: int | None = None,
    progress: Progress | None = None,
) -> Demonstration:
    """Simulate a shop, train with and without importance, and judge both by the planted truth.

    Both models have the same seed and settings but for the importance. ``SettingsError`` for sizes below 2.
    """
    progress = Progress() if progress is None else progress
    parts = _Parts(progress)
    with parts.part("simulate the shop"):
        shop = simulate_shop(n_users, n_items, n_users * CLICKS_PER_USER, NOISE, random_state)
        interactions, _ = clean(build_interactions(shop.log))
    settings = Settings(random_state=random_state, n_queries=N_QUERIES, linear_items=LINEAR_ITEMS)
    twin_settings = msgspec.structs.replace(settings, importance="none")
    with parts.part("learn from the log"):
        prepared = prepare(interactions, settings, n_threads=n_threads, progress=progress)
    with parts.part(f"train {WEIGHTED}"):
        model = fit(prepared, settings, n_threads=n_threads, progress=progress)
    with parts.part(f"train {TWIN}"):
        twin = fit(prepared, twin_settings, n_threads=n_threads, progress=progress)
    with parts.part("evaluate both"):
        models = {WEIGHTED: model, TWIN: twin}
        quality = {name: _quality(each, shop, n_threads) for name, each in models.items()}
    with parts.part("weigh every interaction"):
        weights = row_weights(interactions, prepared.samples, settings, n_threads=resolve_threads(n_threads))
        judged = np.concatenate([part.judged_rows for part in prepared.samples])
        auc = rank_auc(-weights.importance[judged], shop.accidental[interactions.row[judged]])
    user, history, recommendations, taken_next = _one_user(model, shop, n_threads)
    return Demonstration(
        n_users=n_users,
        n_items=n_items,
        n_interactions=len(shop.accidental),
        accidental_share=float(shop.accidental.mean()),
        quality=quality,
        accident_auc=auc,
        n_judged=len(judged),
        stages=parts.records,
        user=user,
        history=history,
        recommendations=recommendations,
        taken_next=taken_next,
    )


class _Parts:
    """The parts of the whole, apart from the stages within each."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.records: list[StageRecord] = []

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        with self.progress.stage(name):
            yield
        self.records.append(self.progress.stages[-1])


def rank_auc(score: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    """Probability that a positive has a higher score than a negative, ties counted half.

    The rank-sum statistic with mean ranks of ties (Mann and Whitney 1947); NaN without both kinds.
    """
    n_positive = int(positive.sum())
    n_negative = len(positive) - n_positive
    if not n_positive or not n_negative:
        return float("nan")
    _, place, counts = np.unique(score, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    mean_rank = (last - (counts - 1) / 2)[place]
    rank_sum = float(mean_rank[positive].sum())
    return (rank_sum - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative)


def _quality(model: Model, shop: Shop, n_threads: int | None) -> dict[str, float]:
    found = evaluate(model, shop.truth, ks=_CUTS, n_threads=n_threads).metrics
    return {name: float(found[name]) for name in METRICS}


def _one_user(model: Model, shop: Shop, n_threads: int | None) -> tuple[str, list[str], list[str], list[str]]:
    """The first user's name, last items of the history, recommendations and true next items."""
    users = shop.user_ids[:1]
    top = recommend(model, users=users, k=_SHOWN, n_threads=n_threads)
    mine = np.flatnonzero(shop.user_index == 0)[-_SHOWN:]
    history = shop.item_ids.take(shop.item_index[mine]).to_pylist()
    user = users[0].as_py()
    taken = [
        item
        for who, item in zip(shop.truth[USER_ID].to_pylist(), shop.truth[ITEM_ID].to_pylist(), strict=True)
        if who == user
    ]
    return user, history, top[ITEM_ID].to_pylist(), taken
