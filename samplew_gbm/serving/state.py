"""The model that answers, and how another takes its place while requests are served."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from samplew_gbm.errors import SamplewError
from samplew_gbm.pipeline.model import Model
from samplew_gbm.pipeline.ready import ReadyModel, make_ready
from samplew_gbm.serving.answers import warm_up
from samplew_gbm.serving.messages import ModelInfo
from samplew_gbm.serving.refusals import RefusalError


@dataclass(frozen=True, slots=True, eq=False)
class Served:
    """A model made ready; ``version`` counts from 1, ``loaded_at`` is in Unix seconds."""

    ready: ReadyModel
    version: int
    loaded_at: float

    @property
    def info(self) -> ModelInfo:
        """What is told of it."""
        model = self.ready.model
        return ModelInfo(
            model_version=self.version,
            loaded_at=self.loaded_at,
            n_users=len(model.users),
            n_items=len(model.items),
            n_interactions=model.n_interactions,
        )


class Models:
    """``current`` is the model to answer with; a request takes it once and keeps it to its end."""

    def __init__(self, load: Callable[[], Model]) -> None:
        self._load = load
        self.current = self._next(1)

    def swap(self) -> Served:
        """Load the file again beside the model that serves, ask it something, put it in place.

        A refusal (422) where the file cannot be used: the old model goes on. One thread at a time calls it.
        """
        try:
            served = self._next(self.current.version + 1)
        except (SamplewError, OSError, MemoryError) as error:
            message = f"the new model is not used and the old one goes on: {error}"
            raise RefusalError(422, "model_refused", message) from None
        self.current = served
        return served

    def _next(self, version: int) -> Served:
        ready = make_ready(self._load())
        warm_up(ready)
        return Served(ready, version, time.time())
