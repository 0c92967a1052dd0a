"""From a model to its report: what it was learned from, what it reaches, what moves its scores."""

from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from samplew_gbm.pipeline.model import Model, TrainingReport
from samplew_gbm.progress import Progress
from samplew_gbm.report.effects import Effects, effects_of
from samplew_gbm.report.quality import Quality, quality_on
from samplew_gbm.settings import Settings


@dataclass(frozen=True, slots=True)
class ModelReport:
    """``changed`` are the settings that are not the default; times are those of the log, in Unix seconds.

    ``n_described`` items are described, ``None`` where nothing is said of any. ``quality`` is ``None`` where
    no test rows were given.
    """

    training: TrainingReport
    importance: str
    changed: dict[str, Any]
    first_time: float | None
    last_time: float | None
    n_described: int | None
    effects: Effects
    quality: Quality | None


def describe_model(
    model: Model, *, test: Any = None, n_threads: int | None = None, progress: Progress | None = None
) -> ModelReport:
    """The report of a model; ``test`` is a table of interactions that it has not seen."""
    progress = progress or Progress()
    time, content = model.history_time, model.tables.content
    with progress.stage("feature effects"):
        effects = effects_of(model, n_threads=n_threads)
    quality = None if test is None else quality_on(model, test, n_threads=n_threads, progress=progress)
    return ModelReport(
        training=model.report,
        importance=model.settings.importance,
        changed=_changed(model.settings),
        first_time=None if time is None or not len(time) else float(time.min()),
        last_time=None if time is None or not len(time) else float(time.max()),
        n_described=None if content is None else int(np.count_nonzero(np.diff(content.indptr))),
        effects=effects,
        quality=quality,
    )


def _changed(settings: Settings) -> dict[str, Any]:
    default = msgspec.to_builtins(Settings())
    given = msgspec.to_builtins(settings)
    return {name: value for name, value in given.items() if value != default[name]}
