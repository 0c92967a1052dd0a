"""Continue training: a model and what came after its log make the next model.

What is learned anew, from the model's histories and the new rows together: the vocabularies, which only
grow, and all item tables. What is kept: the settings, whether there are weights, and every tree. What is
added: trees of samples of the new rows alone, which go on from the scores of the old ones, where users kept
from them say that they are better by more than a standard error; new rows of few users add none.

The old trees have seen old rows only, as labels and as values of features; a new row is judged, as in a first
training, by tables of the rows before its span of time. So no row tells of itself, neither in old trees nor
in new ones. Rows that are new to the model but not later than its last one join the histories and the
tables, and are not judged: the old trees may know what came of them.

A model keeps no events, values or weights of its rows. The new rows are weighed with theirs; where a mean
over all rows is taken, the old ones have none.
"""

from collections.abc import Callable
from dataclasses import replace

import msgspec
import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.appending import Appended, append_interactions
from samplew_gbm.data.interactions import Interactions, check_log
from samplew_gbm.errors import DataError
from samplew_gbm.pipeline.assembling import assemble
from samplew_gbm.pipeline.model import Model
from samplew_gbm.pipeline.training import fit, prepare
from samplew_gbm.progress import Progress
from samplew_gbm.runtime import resolve_threads


def continue_training(
    model: Model,
    interactions: Interactions,
    *,
    describe: Callable[[Interactions], Interactions] | None = None,
    n_threads: int | None = None,
    progress: Progress | None = None,
) -> Model:
    """The model that also knows the rows of a later log; those that it knows already are passed over.

    ``describe`` joins to the rows of both logs what is known of all items and users, as ``describe_items``
    and its sisters do; without it the old ones stay described as they were, and new ones are not. The gate is
    not asked again. ``DataError`` where the log has nothing later than the model's, is ordered otherwise, or
    leads to other columns than the old trees have.
    """
    progress, threads = progress or Progress(), resolve_threads(n_threads)
    check_log(interactions, model.settings)
    appended = append_interactions(interactions_of(model), interactions)
    log = appended.interactions
    if describe is not None:
        log = describe(log)
    judged = _later_rows(model, appended)
    prepared = prepare(log, model.settings, only=judged, n_threads=threads, progress=progress)
    if prepared.samples:
        _check_columns(model.feature_names, assemble(prepared.samples).names)
    trained = fit(
        prepared,
        model.settings,
        verdict=model.report.verdict,
        start=model.ranker,
        n_threads=threads,
        progress=progress,
    )
    report = msgspec.structs.replace(trained.report, n_continued=model.report.n_continued + 1)
    return replace(trained, report=report)


def interactions_of(model: Model) -> Interactions:
    """The rows that a model was trained on, as far as it keeps them: who took what, and when."""
    return Interactions(
        users=model.users,
        items=model.items,
        user_index=model.histories.owner.astype(np.int32),
        item_index=model.histories.items,
        timestamp=model.history_time,
        order=model.order,
        row=np.arange(model.n_interactions),
        content=model.tables.content,
        side=model.tables.side,
        repeats=model.tables.repeats,
    )


def _later_rows(model: Model, appended: Appended) -> NDArray[np.bool_]:
    """The new rows that come after all that the model knows, ``bool[n]``."""
    time, later = appended.interactions.timestamp, appended.is_new
    if time is not None and model.history_time is not None:
        later = later & (time > model.history_time.max(initial=-np.inf))
    if not later.any():
        known = f"{appended.n_repeated:,} rows are already in the model" if appended.n_repeated else "none is"
        raise DataError(
            f"the log has no row later than those that the model was trained on ({known}); "
            "give what came after them, or train anew on both logs"
        )
    return later


def _check_columns(old: tuple[str, ...], new: tuple[str, ...]) -> None:
    if old == new:
        return
    gone, more = (sorted(set(a) - set(b)) for a, b in ((old, new), (new, old)))
    raise DataError(
        "training cannot be continued, as the features are no longer those that the trees split on "
        f"(gone: {', '.join(gone) or 'none'}; more: {', '.join(more) or 'none'}); describe items and users "
        "as for the first training, or train anew, as a catalogue that outgrew linear_items needs it too"
    )
