"""The gate: are a model's weights kept? Only users who chose nothing about them are asked.

The users of the cross-fitted samples are dealt into two halves; rankers learned on one half are judged on
the other. The values of all users, weighted and twin, give a paired bootstrap.

*With a trusted label* the weights must prove themselves: each half chooses a setting, by successive halving
(Jamieson and Talwalkar, AISTATS 2016), the other half alone judges what it chose, and weights stay if the
one-sided 95 % lower bound is not below 0. That holds for users like these, for that label, at that level -
and it is a bound on choosing so, not on any one training.

*Without one* the only labels are the rows that the weights are there to doubt: an accident that they
discount counts against them. So nothing is chosen, and the weights as given stay unless they are shown to
hurt, their upper bound being below 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.trusted import Trusted
from samplew_gbm.evaluation.bootstrap import paired_difference
from samplew_gbm.evaluation.evaluate import evaluate
from samplew_gbm.pipeline.assembling import TrainingRows, assemble
from samplew_gbm.pipeline.samples import NEGATIVE
from samplew_gbm.pipeline.training import Prepared, train_on
from samplew_gbm.pipeline.verdict import EVERY_ROW, Setting, Verdict, undecided
from samplew_gbm.pipeline.weighing import RowWeights, row_weights
from samplew_gbm.progress import Advance, Progress
from samplew_gbm.settings import CONTROLS, Settings

N_QUERIES = 20_000  # at most are trained on or judged: a share of the users tells enough of a large log
LEAST_USERS = 100
EFFECTIVE_SAMPLES = (0.9, 0.7)  # mild to sharp
FORMS = (("row", "plain"), ("pair", "plain"), ("row", "softened"))  # weighting, negatives
CHOSEN = ("importance", "temperature", "effective_sample", "weighting", "negatives")
RUNGS = ((20, 4), (60, 2))  # trees, and how many settings go on; the last ones train to the end
K = 10
LEVEL = 0.9  # two-sided, which is 95 % one-sided


def without_weights(settings: Settings) -> Settings:
    """The settings of the unweighted twin."""
    return msgspec.structs.replace(settings, importance="none", weighting="row", negatives="auto")


def settings_to_try(settings: Settings) -> list[Settings]:
    """As given, then from mild to sharp; forms that the objective or the scheme cannot have are left out."""
    forms = [form for form in FORMS if form[0] == "row" or settings.objective == "lambdarank"]
    tried = [
        msgspec.structs.replace(
            settings,
            importance=scheme,
            effective_sample=share,
            weighting=weighting,
            negatives=negatives,
        )
        for share in EFFECTIVE_SAMPLES
        for scheme in (settings.importance, "centred")
        for weighting, negatives in forms
    ]
    return list(dict.fromkeys([settings, *tried]))


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
    rows = _some_users(assemble(prepared.samples, prepared.interactions.grade), settings.random_state)
    n_asked = _n_asked(rows, _label(rows, mask))
    if n_asked < LEAST_USERS:
        return without_weights(settings), undecided(n_asked)
    tried = [settings] if trusted is None else settings_to_try(settings)
    with progress.stage("judge the weights", _n_trainings(len(tried))) as advance:
        halves = _halves(prepared, rows, mask, settings.random_state, n_threads, advance)
        chosen = [half.choose(tried) for half in halves]
        final = tried[min(tried.index(setting) for setting in chosen)]  # the milder of the two
        # What a half chose is reported by the other, whose users had no say in it.
        pairs = list(zip(halves, reversed(chosen), strict=True))
        twin = np.concatenate([half.values(without_weights(settings)) for half in halves])
        found = paired_difference(
            np.concatenate([half.values(setting) for half, setting in pairs]), twin, level=LEVEL
        )
        controls = {}
        for name in CONTROLS if trusted is not None else ():
            values = [half.values(msgspec.structs.replace(own, importance=name)) for half, own in pairs]
            controls[name] = paired_difference(np.concatenate(values), twin).mean
    kept = bool(found.high >= 0 if trusted is None else found.low >= 0)
    verdict = Verdict(
        kept=kept,
        label=EVERY_ROW if trusted is None else str(trusted),
        setting=_setting(final),
        n_settings=len(tried),
        n_users=found.n,
        change=found.mean,
        low=found.low,
        high=found.high,
        twin=found.baseline,
        controls=controls,
    )
    return (final if kept else without_weights(settings)), verdict


def _n_trainings(n_tried: int) -> int:
    """Of both halves: those of the search, the twin at each of its budgets, and what is reported."""
    if n_tried == 1:
        return 4
    return 2 * (n_tried + sum(left for _, left in RUNGS) + len(RUNGS) + 1 + 1 + len(CONTROLS))


@dataclass(slots=True, eq=False)
class _Half:
    """Learns on the ``learn`` rows of one half of the users, and judges on the rows ``judge`` of the other.

    ``label`` is ``int32`` beside the rows to judge, ``user`` ``int64[q]`` the place of each query's user.
    """

    weigh: "_Weigher"
    learn: TrainingRows
    judge: TrainingRows
    label: NDArray[np.int32]
    user: NDArray[np.int64]
    n_threads: int
    advance: "_Steps"
    known: dict[Settings, NDArray[np.float64]]

    def choose(self, tried: Sequence[Settings]) -> Settings:
        """The setting best for the users judged, by successive halving; the milder of equals."""
        left = list(tried)
        for n_trees, n_left in RUNGS:
            if len(left) > n_left:
                best = np.argsort(-self._gains(left, n_trees), kind="stable")[:n_left]
                left = [left[place] for place in np.sort(best)]
        return left[int(np.argmax(self._gains(left)))] if len(left) > 1 else left[0]

    def _gains(self, tried: Sequence[Settings], n_trees: int | None = None) -> NDArray[np.float64]:
        twin = self.values(without_weights(tried[0]), n_trees)
        return np.array([np.nanmean(self.values(setting, n_trees) - twin) for setting in tried])

    def values(self, setting: Settings, n_trees: int | None = None) -> NDArray[np.float64]:
        """NDCG at ``K`` of each user judged, ``float64[u]``: mean of the queries; NaN without a positive."""
        most = setting.n_trees if n_trees is None else min(n_trees, setting.n_trees)
        small = msgspec.structs.replace(setting, n_trees=most, n_rankers=1)
        if small not in self.known:
            self.known[small] = self._train_and_judge(small)
            self.advance.step()
        return self.known[small]

    def _train_and_judge(self, setting: Settings) -> NDArray[np.float64]:
        ranker, _ = train_on(
            self.learn,
            self.weigh(setting),
            self.weigh.order,
            setting,
            n_threads=self.n_threads,
            progress=Progress(),
        )
        scores = ranker.scorer(self.n_threads)(self.judge.features)
        found = evaluate(scores, self.label, self.judge.indptr, metrics=("ndcg",), ks=(K,))
        values = found.per_query[f"ndcg@{K}"]
        known = ~np.isnan(values)
        n_users = int(self.user.max()) + 1
        sums = np.bincount(self.user[known], values[known], minlength=n_users)
        counts = np.bincount(self.user[known], minlength=n_users)
        mean: NDArray[np.float64] = np.divide(sums, counts, out=np.full(n_users, np.nan), where=counts > 0)
        return mean


class _Weigher:
    """Weights of the whole log, made once a setting: its forms and both halves share them."""

    def __init__(self, prepared: Prepared, n_threads: int) -> None:
        self.order = prepared.interactions.order
        self._prepared, self._n_threads = prepared, n_threads
        self._known: dict[Settings, RowWeights] = {}

    def __call__(self, setting: Settings) -> RowWeights:
        key = msgspec.structs.replace(setting, weighting="row", negatives="plain", n_trees=1)
        if key not in self._known:
            interactions, samples = self._prepared.interactions, self._prepared.samples
            self._known[key] = row_weights(interactions, samples, setting, n_threads=self._n_threads)
        return self._known[key]


class _Steps:
    """Counts trainings for the progress of both halves."""

    def __init__(self, advance: Advance) -> None:
        self._advance, self._done = advance, 0

    def step(self) -> None:
        self._done += 1
        self._advance(self._done)


def _halves(
    prepared: Prepared,
    rows: TrainingRows,
    trusted: NDArray[np.bool_] | None,
    random_state: int,
    n_threads: int,
    advance: Advance,
) -> list[_Half]:
    users, place = np.unique(rows.user_index, return_inverse=True)
    side = np.random.default_rng((random_state, 2)).permutation(len(users))[place] % 2
    parts = [rows.take(np.flatnonzero(side == half)) for half in (0, 1)]
    steps, weigher = _Steps(advance), _Weigher(prepared, n_threads)
    halves = []
    for learn, judge in (parts, parts[::-1]):
        user = np.unique(judge.user_index, return_inverse=True)[1]
        label = _label(judge, trusted)
        halves.append(_Half(weigher, learn, judge, label, user, n_threads, steps, {}))
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


def _some_users(rows: TrainingRows, random_state: int) -> TrainingRows:
    """Whole users, drawn at random, of about ``N_QUERIES`` queries."""
    users, counts = np.unique(rows.user_index, return_counts=True)
    order = np.random.default_rng((random_state, 1)).permutation(len(users))
    kept = users[order[np.cumsum(counts[order]) <= N_QUERIES]]
    return rows.take(np.flatnonzero(np.isin(rows.user_index, kept)))


def _setting(settings: Settings) -> Setting:
    return {name: getattr(settings, name) for name in CHOSEN}
