"""The general part of the gate: two halves choose settings of the weights, and each reports on the other's.

A half learns on some of the asked and judges on the others; what it learns and asks is its own affair
(`gating` of a log, `matrix_gating` of a feature matrix).
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from samplew_gbm.evaluation.bootstrap import Difference, is_ahead, paired_difference
from samplew_gbm.evaluation.evaluate import evaluate
from samplew_gbm.pipeline.forms import form_of, without_weights
from samplew_gbm.pipeline.verdict import USERS, Verdict
from samplew_gbm.progress import Advance
from samplew_gbm.settings import CONTROLS, Settings

RUNGS = ((30, 2),)  # trees, and how many settings go on; the last ones train to the end
LEVEL = 0.9  # two-sided, which is 95 % one-sided
N_QUERIES = 20_000  # at most are trained on or judged: a share of the asked tells enough of a large log
LEAST_ASKED = 100
K = 10  # of the NDCG that every gate asks for
WIDE_K = 50  # of the NDCG that proves the weights of a log: users tell as much as twice as many at K


def n_trainings(n_tried: int) -> int:
    """At most, of both halves: the search, the twin at each of its budgets, and what is reported."""
    if n_tried == 1:
        return 4
    reported = 1 + 1 + 1 + 1 + len(CONTROLS)  # what the other half chose, by one ranker too; twins
    return 2 * (n_tried + sum(left + 1 for _, left in RUNGS) + len(RUNGS) + 1 + reported)


class Steps:
    """Counts trainings for the progress of both halves."""

    def __init__(self, advance: Advance) -> None:
        self._advance, self._done = advance, 0

    def step(self) -> None:
        self._done += 1
        self._advance(self._done)


@dataclass(slots=True, eq=False, kw_only=True)
class Half(ABC):
    """Learns on one half of the asked, and judges on the other; each setting is trained once."""

    k: ClassVar[int] = K  # of the NDCG that is chosen and proved by
    advance: Steps
    known: dict[Settings, NDArray[np.float64]] = field(default_factory=dict)

    @abstractmethod
    def _train_and_judge(self, setting: Settings) -> NDArray[np.float64]:
        """The metric of each of the ``a`` asked, ``float64[a]``; NaN where nothing can be told.

        ``float64[2, a]`` where ``k`` is not ``K``: NDCG at ``K``, and at ``k``.
        """

    def choose(self, tried: Sequence[Settings]) -> Settings:
        """The setting best for those judged, by successive halving; the milder of equals.

        The first, which a caller gave, always goes on to the end, and stays unless another is better by more
        than a standard error (the rule of Breiman et al., CART, 1984): few are asked, and the best of many by
        chance alone would be no better to the others than any.
        """
        left, twin, given = list(tried), without_weights(tried[0]), tried[0]
        for n_trees, n_left in RUNGS:
            if len(left) > n_left:
                best = np.argsort(-self._gains(left, twin, n_trees), kind="stable")[:n_left]
                left = [left[place] for place in sorted({0, *best.tolist()})]
        if len(left) == 1:
            return given
        other = left[int(np.argmax(self._gains(left, twin)))]
        return other if is_ahead(self.promise(other), self.promise(given)) else given

    def _gains(
        self, tried: Sequence[Settings], twin: Settings, n_trees: int | None = None
    ) -> NDArray[np.float64]:
        base = self.promise(twin, n_trees)
        return np.array([np.nanmean(self.promise(setting, n_trees) - base) for setting in tried])

    def promise(self, setting: Settings, n_trees: int | None = None) -> NDArray[np.float64]:
        """NDCG at ``k`` by one ranker of ``setting`` of each of those judged, ``float64[a]``."""
        most = setting.n_trees if n_trees is None else min(n_trees, setting.n_trees)
        return self.proof(msgspec.structs.replace(setting, n_trees=most, n_rankers=1))

    def proof(self, setting: Settings) -> NDArray[np.float64]:
        """The same by as many rankers as a model has: a verdict on one is a verdict on its luck."""
        found: NDArray[np.float64] = self._judged(setting)[-1]
        return found

    def values(self, setting: Settings) -> NDArray[np.float64]:
        """NDCG at ``K`` by one ranker."""
        return self.shipped(msgspec.structs.replace(setting, n_rankers=1))

    def shipped(self, setting: Settings) -> NDArray[np.float64]:
        """NDCG at ``K`` by all rankers."""
        found: NDArray[np.float64] = self._judged(setting)[0]
        return found

    def _judged(self, setting: Settings) -> NDArray[np.float64]:
        """One row a metric, ``float64[1 or 2, a]``."""
        if setting not in self.known:
            self.known[setting] = np.atleast_2d(self._train_and_judge(setting))
            self.advance.step()
        return self.known[setting]


def judge_halves(
    halves: Sequence[Half], tried: Sequence[Settings], *, proof: bool, label: str, unit: str = USERS
) -> tuple[Settings, Verdict]:
    """What two halves find of the settings ``tried``: the one to train with, and the verdict.

    With ``proof`` weights must prove themselves: they gain, at ``K`` too, and their lower bound is not below
    0. Without, they stay unless they are shown to hurt, by NDCG at ``K``. ``tried`` goes from mild to sharp;
    ``label`` is what was asked, of each ``unit``.
    """
    settings = tried[0]
    chosen = [half.choose(tried) for half in halves]
    final = _of_both(halves, sorted(chosen, key=tried.index))
    # What a half chose is reported by the other, whose users had no say in it.
    pairs = list(zip(halves, reversed(chosen), strict=True))
    # Without proof weights stay unless they hurt, which one ranker tells at a third of the time.
    found = _difference(pairs, Half.proof if proof else Half.values, settings)
    top = _difference(pairs, Half.shipped, settings) if proof else found
    controls = _controls(pairs) if proof and len(tried) > 1 else {}
    kept = bool(found.low >= 0 and min(found.mean, top.mean) > 0 if proof else found.high >= 0)
    verdict = Verdict(
        kept=kept,
        label=label,
        setting=form_of(final),
        n_settings=len(tried),
        n_users=found.n,
        change=found.mean,
        low=found.low,
        high=found.high,
        twin=found.baseline,
        controls=controls,
        unit=unit,
        without_accidents=final.denoise != settings.denoise,
        k=halves[0].k if proof else K,
        top_change=top.mean / top.baseline if top.baseline else 0.0,
    )
    return (final if kept else without_weights(settings)), verdict


def _difference(
    pairs: Sequence[tuple[Half, Settings]],
    reached: Callable[[Half, Settings], NDArray[np.float64]],
    settings: Settings,
) -> Difference:
    """What each half's setting changes, against no weights over the tables of ``settings``."""
    twin = [reached(half, without_weights(settings)) for half, _ in pairs]
    own = [reached(half, setting) for half, setting in pairs]
    return paired_difference(np.concatenate(own), np.concatenate(twin), level=LEVEL)


def _of_both(halves: Sequence[Half], chosen: Sequence[Settings]) -> Settings:
    """Which of the settings that the halves chose to train with, by all users: the milder of near equals."""
    mild, sharp = chosen
    if mild == sharp:
        return mild
    values = [np.concatenate([half.promise(each) for half in halves]) for each in (sharp, mild)]
    return sharp if is_ahead(*values) else mild


def _controls(pairs: Sequence[tuple[Half, Settings]]) -> dict[str, float]:
    """The change by each control in the form that was reported on, over the same tables.

    Nothing hangs on these, so one ranker and its twin, which the search has mostly trained, must do.
    """
    base = np.concatenate([half.promise(without_weights(own)) for half, own in pairs])
    found = {}
    for name in CONTROLS:
        values = [half.promise(msgspec.structs.replace(own, importance=name)) for half, own in pairs]
        found[name] = paired_difference(np.concatenate(values), base).mean
    return found


def some_owners(
    owners: NDArray[np.integer], n_queries: NDArray[np.int64], random_state: int
) -> NDArray[np.integer]:
    """Who of distinct ``owners``, ``a`` of them, is asked: drawn at random until about ``N_QUERIES`` queries.

    ``n_queries`` is ``int64[a]``, how many each has. Sorted.
    """
    order = np.random.default_rng((random_state, 1)).permutation(len(owners))
    return np.sort(owners[order[np.cumsum(n_queries[order]) <= N_QUERIES]])


def sides_of(n_owners: int, random_state: int) -> NDArray[np.int64]:
    """The half, 0 or 1, that each owner is dealt to together with all queries of his, ``int64[n_owners]``."""
    side: NDArray[np.int64] = np.random.default_rng((random_state, 2)).permutation(n_owners) % 2
    return side


def ndcg_by_owner(
    scores: NDArray[np.float64], label: NDArray[Any], indptr: NDArray[np.int64], owner: NDArray[np.int64]
) -> NDArray[np.float64]:
    """NDCG at ``K`` of each owner, ``float64[a]``: the mean of his queries; NaN without a positive."""
    found = evaluate(scores, label, indptr, metrics=("ndcg",), ks=(K,))
    return mean_by_owner(found.per_query[f"ndcg@{K}"], owner)


def mean_by_owner(values: NDArray[np.float64], owner: NDArray[np.int64]) -> NDArray[np.float64]:
    """The mean of each owner's known ``values``, ``float64[a]`` by its number; NaN where none is known."""
    known = ~np.isnan(values)
    n_owners = int(owner.max()) + 1
    sums = np.bincount(owner[known], values[known], minlength=n_owners)
    counts = np.bincount(owner[known], minlength=n_owners)
    mean: NDArray[np.float64] = np.divide(sums, counts, out=np.full(n_owners, np.nan), where=counts > 0)
    return mean
