"""Drift between what was learned from and what arrives, quantity by quantity."""

from dataclasses import dataclass

from samplew_gbm.data.appending import append_interactions
from samplew_gbm.data.interactions import Interactions
from samplew_gbm.drift.rows import shifts_of_rows, unknown_share
from samplew_gbm.drift.serving import AGE, Sampling, shift_of_recall, shifts_of_features
from samplew_gbm.drift.shifts import ACT, LEVELS, Shift
from samplew_gbm.drift.weights import shifts_of_weights
from samplew_gbm.errors import SettingsError
from samplew_gbm.pipeline import Model
from samplew_gbm.pipeline.continuing import interactions_of
from samplew_gbm.progress import Progress
from samplew_gbm.runtime import resolve_threads
from samplew_gbm.settings import Settings


@dataclass(frozen=True, slots=True)
class Drift:
    """``level`` is the worst of ``shifts`` but for those of the model's age, which passes without any drift.

    ``n_repeated`` rows of the new log are in the old one too; ``unknown_users`` and ``unknown_items`` are the
    shares of its rows whose user, or item, is not.
    """

    level: str
    shifts: list[Shift]
    n_old: int
    n_new: int
    n_repeated: int
    unknown_users: float
    unknown_items: float
    threshold: float


def measure_drift(
    old: Model | Interactions,
    new: Model | Interactions,
    *,
    weights: bool = False,
    threshold: float = ACT,
    n_queries: int = 1000,
    settings: Settings | None = None,
    n_threads: int | None = None,
    progress: Progress | None = None,
) -> Drift:
    """How far ``new`` is from ``old``; of a model the rows that it keeps are taken: no events and no values.

    Where ``old`` is a model, what it would serve of ``n_queries`` requests before and after is compared too.
    With ``weights`` the importance and sample weights of both logs are, by the settings of the model, or by
    ``settings``. ``SettingsError`` for a threshold not above 0, ``DataError`` for logs ordered differently.
    """
    if not threshold > 0 or n_queries < 1:
        raise SettingsError(
            f"threshold is {threshold} and n_queries {n_queries}; give a threshold above 0, and queries"
        )
    threads, progress = resolve_threads(n_threads), progress or Progress()
    before, after = (interactions_of(side) if isinstance(side, Model) else side for side in (old, new))
    appended = append_interactions(before, after)
    chosen = settings or (old.settings if isinstance(old, Model) else Settings())
    with progress.stage("compare the rows"):
        shifts = list(shifts_of_rows(before, after, threshold))
    if weights:
        shifts += shifts_of_weights(before, appended, chosen, threshold, n_threads=threads, progress=progress)
    if isinstance(old, Model):
        sampling = Sampling(n_queries, chosen.random_state, threads)
        with progress.stage("compare what is served"):
            shifts += shift_of_recall(old, appended, sampling, threshold)
            shifts += shifts_of_features(old, before, after, appended, sampling, threshold)
    return Drift(
        level=max((shift.level for shift in shifts if shift.group != AGE), key=LEVELS.index),
        shifts=shifts,
        n_old=len(before),
        n_new=len(after),
        n_repeated=appended.n_repeated,
        unknown_users=unknown_share(before.users, after.users, after.user_index),
        unknown_items=unknown_share(before.items, after.items, after.item_index),
        threshold=threshold,
    )
