"""The gate: are a model's weights kept? Only users who chose nothing about them are asked.

The users of the cross-fitted samples are dealt into two halves; rankers learned on one half are judged on
the other. The values of all users, weighted and twin, give a paired bootstrap.

*With a trusted label* the weights must prove themselves: each half chooses a setting, by successive halving
(Jamieson and Talwalkar, AISTATS 2016), the other half alone judges what it chose, and weights stay if they
gain and the one-sided 95 % lower bound is not below 0: of NDCG at ``WIDE_K``, by which users tell as much
as twice as many do by that at ``K``; at ``K`` the mean must gain as well. That holds for users like these,
for that label, at that level - and it is a bound on choosing so, not on any one training. Where the samples
were also made over tables without accidents, these are among what is chosen from: a weight alone does not
reach the tables.

*Without one* the only labels are the rows that the weights are there to doubt: an accident that they
discount counts against them. So nothing is chosen, and the weights as given stay unless they are shown to
hurt, their upper bound being below 0.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec
import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.trusted import Trusted
from samplew_gbm.importance.base import SampleSignals
from samplew_gbm.importance.schemes import SCHEMES
from samplew_gbm.pipeline.asked import Asked, asked_of
from samplew_gbm.pipeline.assembling import TrainingRows, assemble, assemble_whole
from samplew_gbm.pipeline.forms import settings_to_try, without_weights
from samplew_gbm.pipeline.proving import (
    LEAST_ASKED,
    WIDE_K,
    Half,
    K,
    Steps,
    judge_halves,
    n_trainings,
    sides_of,
    some_owners,
)
from samplew_gbm.pipeline.signals import signals_of
from samplew_gbm.pipeline.training import Prepared, train_on
from samplew_gbm.pipeline.verdict import EVERY_ROW, Verdict, undecided
from samplew_gbm.pipeline.weighing import RowWeights, row_weights
from samplew_gbm.progress import Advance, Progress
from samplew_gbm.ranking.ranker import Binned
from samplew_gbm.settings import FIND, Settings


def judge_weights(
    prepared: Prepared,
    settings: Settings,
    trusted: Trusted | None = None,
    *,
    denoised: Prepared | None = None,
    n_threads: int,
    progress: Progress,
) -> tuple[Settings, Verdict]:
    """The settings to train with, and the verdict on the weights.

    ``prepared`` needs the rows to ask: those trusted, or all. ``ValueError`` where it was made without.
    ``denoised`` is the same log prepared without its accidents, ``denoise`` being ``FIND``. With it and a
    trusted label the settings may be of that; the twin is always of ``prepared``.
    """
    mask = None if trusted is None else trusted.rows(prepared.interactions)
    asked = asked_of(prepared.interactions, prepared.samples, mask)
    rows = assemble(prepared.samples, prepared.interactions.grade)
    n_found = np.bincount(rows.user_index, minlength=prepared.interactions.n_users)
    users = some_owners(np.arange(len(n_found)), n_found, settings.random_state)
    n_asked = len(np.intersect1d(users, asked.users))
    if n_asked < LEAST_ASKED:
        return without_weights(settings), undecided(n_asked)
    over = {settings.denoise: prepared}
    if denoised is not None:
        over[FIND] = denoised
    tried = [settings]
    if trusted is not None:
        tried = settings_to_try(settings, denoised=denoised is not None)
    with progress.stage("judge the weights", n_trainings(len(tried))) as advance:
        halves = _halves(over, asked, users, settings.random_state, n_threads, advance)
        label = EVERY_ROW if trusted is None else str(trusted)
        return judge_halves(halves, tried, proof=trusted is not None, label=label)


@dataclass(frozen=True, slots=True, eq=False)
class _Tables:
    """Rows over one choice of tables: to ``learn`` from, of one half of the users, and to ``judge`` by, whole
    lists of the other half."""

    learn: TrainingRows
    judge: TrainingRows
    binned: dict[int, Binned] = field(default_factory=dict)


@dataclass(slots=True, eq=False, kw_only=True)
class _Half(Half):
    """Learns on the rows of one half of the users, over the tables of a ``denoise``, and judges ``users``."""

    k = WIDE_K
    weigh: "_Weigher"
    over: Mapping[float, _Tables]
    asked: Asked
    users: NDArray[np.int32]
    n_threads: int
    scores: dict[Settings, NDArray[np.float64]] = field(default_factory=dict)

    def _train_and_judge(self, setting: Settings) -> NDArray[np.float64]:
        rows, scores = self.over[setting.denoise].judge, self._scores(setting)
        return np.array([self.asked.ndcg(self.users, rows, scores, k) for k in (K, WIDE_K)])

    def _scores(self, setting: Settings) -> NDArray[np.float64]:
        """Those of the rows to judge; several rankers add theirs to those of one, which is kept."""
        one = msgspec.structs.replace(setting, n_rankers=1)
        if one not in self.scores:
            self.scores[one] = self._scores_by(one, first=0)
        return self.scores[one] + (0 if setting == one else self._scores_by(setting, first=1))

    def _scores_by(self, setting: Settings, *, first: int) -> NDArray[np.float64]:
        tables = self.over[setting.denoise]
        ranker, _ = train_on(
            tables.learn,
            self.weigh(setting),
            self.weigh.order,
            setting,
            binned=tables.binned,
            first=first,
            n_threads=self.n_threads,
            progress=Progress(),
        )
        return ranker.scorer(self.n_threads, raw=True)(tables.judge.features)


class _Weigher:
    """Weights of the whole log, made once a setting: its forms and both halves share them.

    Signals are made once a scheme and choice of tables.
    """

    def __init__(self, over: Mapping[float, Prepared], n_threads: int) -> None:
        self.order = next(iter(over.values())).interactions.order
        self._over, self._n_threads = over, n_threads
        self._known: dict[Settings, RowWeights] = {}
        self._signals: dict[tuple[str, float], SampleSignals] = {}

    def __call__(self, setting: Settings) -> RowWeights:
        key = msgspec.structs.replace(setting, weighting="row", negatives="plain", n_trees=1)
        if key not in self._known:
            prepared = self._over[setting.denoise]
            self._known[key] = row_weights(
                prepared.interactions,
                prepared.samples,
                setting,
                signals=self._signals_for(setting),
                n_threads=self._n_threads,
            )
        return self._known[key]

    def _signals_for(self, setting: Settings) -> SampleSignals | None:
        scheme = SCHEMES.get(setting.importance)
        if scheme is None:
            return None
        key = (scheme.name, 0.0 if scheme.of_rows else setting.denoise)
        if key not in self._signals:
            prepared = self._over[setting.denoise]
            self._signals[key] = signals_of(
                prepared.interactions, prepared.samples, scheme, setting, n_threads=self._n_threads
            )
        return self._signals[key]


def _halves(
    over: Mapping[float, Prepared],
    asked: Asked,
    users: NDArray[np.integer],
    random_state: int,
    n_threads: int,
    advance: Advance,
) -> list[_Half]:
    """Both halves of the ``users``; the rows of others are left out."""
    steps, weigher = Steps(advance), _Weigher(over, n_threads)
    side = sides_of(len(users), random_state)
    rows = {denoise: assemble(each.samples, each.interactions.grade) for denoise, each in over.items()}

    def tables(denoise: float, learning: NDArray[np.integer], judging: NDArray[np.integer]) -> _Tables:
        one, each = rows[denoise], over[denoise]
        lists = assemble_whole(each.samples, judging, each.interactions.grade)
        return _Tables(one.take(np.flatnonzero(np.isin(one.user_index, learning))), asked.answering(lists))

    halves = []
    for half in (0, 1):
        learning, judging = users[side == half], users[side != half]
        halves.append(
            _Half(
                weigh=weigher,
                over={denoise: tables(denoise, learning, judging) for denoise in over},
                asked=asked,
                users=np.intersect1d(judging, asked.users),
                n_threads=n_threads,
                advance=steps,
            )
        )
    return halves
