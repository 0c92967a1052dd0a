"""Ablation: did the weights help? The weighted model against its unweighted twin, on rows neither has seen.

A model and its twin share everything but the weights: the log, the folds, the candidates, the features, the
seeds. Whatever differs between their rankings of the same users is due to the weights. A variant differs from
the twin in its settings instead, and learns whatever depends on them anew.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.interactions import Interactions, Order, pairs_table
from samplew_gbm.data.splitting import leave_last_out, random_folds, split_by_time
from samplew_gbm.errors import DataError, SettingsError
from samplew_gbm.evaluation.bootstrap import Difference, paired_difference
from samplew_gbm.evaluation.lists import coverage, popularity_bias
from samplew_gbm.pipeline import Prepared, UserEvaluation, evaluate_users, fit, prepare
from samplew_gbm.pipeline.signals import check_scheme
from samplew_gbm.progress import Progress
from samplew_gbm.settings import Settings

TWIN = "none"
WEIGHTS, SETTING = "the weights", "the setting"
LEARNED = 0.8  # of a timed log's rows; what comes after is the test
PARTS = 5  # of a set's rows; one of them is the test


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """What to learn from, what to judge by (``user_id``, ``item_id``), and in words how they were divided.

    ``history`` is what the users took between the two: known when they are asked, not learned from.
    """

    learn: Interactions
    test: Any
    history: Any
    division: str


@dataclass(frozen=True, slots=True)
class Arm:
    """One way to weigh, or one variant: means over users and seeds, and the differences to the twin.

    The twin has none. ``differs_in`` says in words in what. ``coverage`` and ``popularity_bias`` are those of
    the lists; ``effective_sample_size`` is a share; ``seconds`` are those of weighing and training, without
    what all arms share.
    """

    name: str
    differs_in: str
    metrics: dict[str, float]
    differences: dict[str, Difference]
    coverage: float
    popularity_bias: float
    effective_sample_size: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Ablation:
    """The twin's arm first. Intervals are over ``n_users`` users and ``n_seeds`` trainings, values are means.

    ``n_known_rows`` of the test were in their users' histories already, which is no test.
    """

    arms: list[Arm]
    n_users: int
    n_seeds: int
    division: str
    n_known_rows: int = 0

    def verdicts(self, metric: str) -> list[str]:
        """One sentence an arm on what its weights, or its setting, did to a metric."""
        return [_verdict(arm, metric) for arm in self.arms[1:]]


def hold_out(interactions: Interactions, *, random_state: int = 0) -> HeldOut:
    """Divide a log for judging: by time where it has one, else each user's last row, of a set a random part.

    Judged are users that are left something to learn from, on items that they have not taken before.
    ``DataError`` where nothing is left to judge.
    """
    if interactions.order is Order.CLOCK:
        learn, held = split_by_time(interactions, fraction=LEARNED)
        division = f"learned from the first {LEARNED:.0%} of the rows, judged by the time after"
    elif interactions.order is Order.FILE:
        learn, held = leave_last_out(interactions)
        division = "learned from all but each user's last row, judged by that"
    else:
        part = random_folds(interactions, n_folds=PARTS, random_state=random_state)
        learn, held = interactions.take(part != 0), interactions.take(part == 0)
        division = (
            f"learned from {PARTS - 1} of {PARTS} random parts of each user's rows, judged by the other"
        )
    return HeldOut(learn, pairs_table(held.take(_new(learn, held))), None, division)


def _new(learn: Interactions, held: Interactions) -> NDArray[np.bool_]:
    """Rows of users that are learned from, and of items that are new to them; ``bool`` beside ``held``."""
    keys = learn.user_index.astype(np.int64) * learn.n_items + learn.item_index
    wanted = held.user_index.astype(np.int64) * learn.n_items + held.item_index
    new: NDArray[np.bool_] = ~np.isin(wanted, keys) & (np.diff(learn.indptr)[held.user_index] > 0)
    if not new.any():
        raise DataError("nothing is left to judge by: no user takes a new item later; give a test log")
    return new


def ablate(
    held_out: HeldOut,
    settings: Settings | None = None,
    *,
    schemes: Sequence[str] = ("attention",),
    variants: Mapping[str, Settings] | None = None,
    n_seeds: int = 3,
    ks: Sequence[int] = (5, 10, 20),
    n_threads: int | None = None,
    progress: Progress | None = None,
) -> Ablation:
    """Train the twin, a model of each scheme and the variants, ``n_seeds`` times, and compare user by user.

    ``variants`` are settings of their own by name, weights and all; whoever wants to know what one setting
    does gives those of the twin but for it. Seeds are ``settings.random_state`` and those after it, for every
    arm; each stands for a training of its own, from the embeddings on. ``SettingsError`` for a number of
    seeds below 1, nothing to judge, or two arms of one name.
    """
    settings, progress, variants = settings or Settings(), progress or Progress(), variants or {}
    names = [name for name in dict.fromkeys(schemes) if name != TWIN]
    if n_seeds < 1 or not (names or variants):
        raise SettingsError(
            f"seeds: {n_seeds}, schemes: {names}; give at least 1 seed and one scheme to judge"
        )
    if both := sorted({TWIN, *names} & variants.keys()):
        raise SettingsError(f"a variant has the name of a scheme, {both[0]}; give it another")
    for name in [*names, *(each.importance for each in variants.values() if each.importance != TWIN)]:
        check_scheme(held_out.learn, name)
    runs: dict[str, list[_Run]] = {name: [] for name in (TWIN, *names, *variants)}
    for seed in range(n_seeds):
        own = _seeded(settings, settings.random_state + seed)
        prepared = prepare(held_out.learn, own, n_threads=n_threads, progress=progress)
        for name in (TWIN, *names):
            weighing = msgspec.structs.replace(own, importance=name)
            runs[name].append(_run(prepared, weighing, held_out, ks, n_threads, progress))
        for name, variant in variants.items():
            varied = _seeded(variant, settings.random_state + seed)
            prepared = prepare(held_out.learn, varied, n_threads=n_threads, progress=progress)
            runs[name].append(_run(prepared, varied, held_out, ks, n_threads, progress))
    twin = _per_user(runs[TWIN])
    arms = [
        _arm(name, SETTING if name in variants else WEIGHTS, found, {} if name == TWIN else twin)
        for name, found in runs.items()
    ]
    n_users = next(iter(twin.values())).shape[1]
    n_known_rows = runs[TWIN][0].found.n_known_rows
    return Ablation(arms, n_users, n_seeds, held_out.division, n_known_rows)


def _seeded(settings: Settings, random_state: int) -> Settings:
    return msgspec.structs.replace(settings, random_state=random_state)


@dataclass(frozen=True, slots=True, eq=False)
class _Run:
    """One training of one arm."""

    found: UserEvaluation
    coverage: float
    popularity_bias: float
    effective_sample_size: float
    seconds: float


def _run(
    prepared: Prepared,
    settings: Settings,
    held_out: HeldOut,
    ks: Sequence[int],
    n_threads: int | None,
    progress: Progress,
) -> _Run:
    begin = time.perf_counter()
    model = fit(prepared, settings, n_threads=n_threads, progress=progress)
    seconds = time.perf_counter() - begin
    found = evaluate_users(
        model, held_out.test, history=held_out.history, ks=ks, n_threads=n_threads, progress=progress
    )
    return _Run(
        found,
        coverage(found.items, len(model.items)),
        popularity_bias(found.items, model.tables.counts),
        model.report.effective_sample_size,
        seconds,
    )


def _per_user(runs: Sequence[_Run]) -> dict[str, NDArray[np.float64]]:
    """Every metric of every user by each training, ``float64[s, u]``."""
    return {name: np.stack([run.found.per_user[name] for run in runs]) for name in runs[0].found.per_user}


def _arm(name: str, differs_in: str, runs: Sequence[_Run], twin: dict[str, NDArray[np.float64]]) -> Arm:
    per_user = _per_user(runs)
    return Arm(
        name=name,
        differs_in=differs_in,
        metrics={metric: float(np.nanmean(values)) for metric, values in per_user.items()},
        differences={metric: paired_difference(per_user[metric], own) for metric, own in twin.items()},
        coverage=float(np.mean([run.coverage for run in runs])),
        popularity_bias=float(np.mean([run.popularity_bias for run in runs])),
        effective_sample_size=float(np.mean([run.effective_sample_size for run in runs])),
        seconds=float(np.mean([run.seconds for run in runs])),
    )


def _verdict(arm: Arm, metric: str) -> str:
    found = arm.differences[metric]
    if not found.baseline > 0:
        return f"{arm.name}: the unweighted twin found nothing, so there is no {metric} to compare"
    change, low, high = (value / found.baseline for value in (found.mean, found.low, found.high))
    figures = f"{metric} {change:+.1%}, 95 % interval {low:+.1%} to {high:+.1%}"
    if not found.sure:
        return f"{arm.name}: no difference can be told ({figures})"
    return f"{arm.name}: {arm.differs_in} {'helped' if found.mean > 0 else 'hurt'} ({figures})"
