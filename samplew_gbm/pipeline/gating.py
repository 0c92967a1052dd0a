"""The gate: are a model's weights kept? Only users who chose nothing about them are asked.

The users of the cross-fitted samples are dealt into two halves; rankers learned on one half are judged on
the other. The values of all users, weighted and twin, give a paired bootstrap.

*With a trusted label* the weights must prove themselves: each half chooses a setting, by successive halving
(Jamieson and Talwalkar, AISTATS 2016), the other half alone judges what it chose, and weights stay if they
gain and the one-sided 95 % lower bound is not below 0. That holds for users like these, for that label, at
that level - and it is a bound on choosing so, not on any one training.

*Without one* the only labels are the rows that the weights are there to doubt: an accident that they
discount counts against them. So nothing is chosen, and the weights as given stay unless they are shown to
hurt, their upper bound being below 0.
"""

from dataclasses import dataclass, field

import msgspec
import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.trusted import Trusted
from samplew_gbm.importance.base import SampleSignals
from samplew_gbm.importance.schemes import SCHEMES
from samplew_gbm.pipeline.assembling import TrainingRows, assemble
from samplew_gbm.pipeline.proving import (
    LEAST_ASKED,
    Half,
    Steps,
    judge_halves,
    n_trainings,
    ndcg_by_owner,
    settings_to_try,
    sides_of,
    some_owners,
    without_weights,
)
from samplew_gbm.pipeline.samples import NEGATIVE
from samplew_gbm.pipeline.signals import signals_of
from samplew_gbm.pipeline.training import Prepared, train_on
from samplew_gbm.pipeline.verdict import EVERY_ROW, Verdict, undecided
from samplew_gbm.pipeline.weighing import RowWeights, row_weights
from samplew_gbm.progress import Advance, Progress
from samplew_gbm.ranking.ranker import Binned
from samplew_gbm.settings import Settings


def judge_weights(
    prepared: Prepared,
    settings: Settings,
    trusted: Trusted | None = None,
    *,
    n_threads: int,
    progress: Progress,
) -> tuple[Settings, Verdict]:
    """The settings to train with, and the verdict on the weights."""
    mask = None if trusted is None else trusted.rows(prepared.interactions)
    rows = assemble(prepared.samples, prepared.interactions.grade)
    rows = rows.take(some_owners(rows.user_index, settings.random_state))
    n_asked = _n_asked(rows, _label(rows, mask))
    if n_asked < LEAST_ASKED:
        return without_weights(settings), undecided(n_asked)
    tried = [settings] if trusted is None else settings_to_try(settings)
    with progress.stage("judge the weights", n_trainings(len(tried))) as advance:
        halves = _halves(prepared, rows, mask, settings.random_state, n_threads, advance)
        label = EVERY_ROW if trusted is None else str(trusted)
        return judge_halves(halves, tried, proof=trusted is not None, label=label)


@dataclass(slots=True, eq=False, kw_only=True)
class _Half(Half):
    """Learns on the ``learn`` rows of one half of the users, and judges on the rows ``judge`` of the other.

    ``label`` is ``int32`` beside the rows to judge, ``user`` ``int64[q]`` the place of each query's user.
    """

    weigh: "_Weigher"
    learn: TrainingRows
    judge: TrainingRows
    label: NDArray[np.int32]
    user: NDArray[np.int64]
    n_threads: int
    binned: dict[int, Binned] = field(default_factory=dict)

    def _train_and_judge(self, setting: Settings) -> NDArray[np.float64]:
        ranker, _ = train_on(
            self.learn,
            self.weigh(setting),
            self.weigh.order,
            setting,
            binned=self.binned,
            n_threads=self.n_threads,
            progress=Progress(),
        )
        scores = ranker.scorer(self.n_threads)(self.judge.features)
        return ndcg_by_owner(scores, self.label, self.judge.indptr, self.user)


class _Weigher:
    """Weights of the whole log, made once a setting: its forms and both halves share them.

    Signals are made once a scheme.
    """

    def __init__(self, prepared: Prepared, n_threads: int) -> None:
        self.order = prepared.interactions.order
        self._prepared, self._n_threads = prepared, n_threads
        self._known: dict[Settings, RowWeights] = {}
        self._signals: dict[str, SampleSignals] = {}

    def __call__(self, setting: Settings) -> RowWeights:
        key = msgspec.structs.replace(setting, weighting="row", negatives="plain", n_trees=1)
        if key not in self._known:
            interactions, samples = self._prepared.interactions, self._prepared.samples
            name = setting.importance
            if name in SCHEMES and name not in self._signals:
                self._signals[name] = signals_of(
                    interactions, samples, SCHEMES[name], setting, n_threads=self._n_threads
                )
            self._known[key] = row_weights(
                interactions, samples, setting, signals=self._signals.get(name), n_threads=self._n_threads
            )
        return self._known[key]


def _halves(
    prepared: Prepared,
    rows: TrainingRows,
    trusted: NDArray[np.bool_] | None,
    random_state: int,
    n_threads: int,
    advance: Advance,
) -> list[_Half]:
    side = sides_of(rows.user_index, random_state)
    parts = [rows.take(np.flatnonzero(side == half)) for half in (0, 1)]
    steps, weigher = Steps(advance), _Weigher(prepared, n_threads)
    halves = []
    for learn, judge in (parts, parts[::-1]):
        user = np.unique(judge.user_index, return_inverse=True)[1]
        label = _label(judge, trusted)
        halves.append(
            _Half(
                weigh=weigher,
                learn=learn,
                judge=judge,
                label=label,
                user=user,
                n_threads=n_threads,
                advance=steps,
            )
        )
    return halves


def _label(rows: TrainingRows, trusted: NDArray[np.bool_] | None) -> NDArray[np.int32]:
    """What the rows are judged by, ``int32`` beside them: 1 for the positives that are trusted, else 0."""
    if trusted is None:
        return rows.label
    label = np.zeros_like(rows.label)
    positive = rows.row != NEGATIVE
    label[positive] = trusted[rows.row[positive]]
    return label


def _n_asked(rows: TrainingRows, label: NDArray[np.int32]) -> int:
    """Users with a row to be asked about."""
    query = np.repeat(np.arange(len(rows.user_index)), np.diff(rows.indptr))
    return len(np.unique(rows.user_index[query[label > 0]]))
