"""What each route does: the model, the store and the threads that work, off the event loop."""

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import msgspec

from samplew_gbm.serving import answers
from samplew_gbm.serving.app import Handler
from samplew_gbm.serving.feedback import FeedbackStore, StoredEvent
from samplew_gbm.serving.messages import (
    FeedbackReceipt,
    FeedbackRequest,
    Health,
    Message,
    ModelInfo,
    Recommendations,
    RecommendRequest,
    ScoreRequest,
    Scores,
    seconds_of,
)
from samplew_gbm.serving.metrics import Metrics
from samplew_gbm.serving.refusals import RefusalError, busy
from samplew_gbm.serving.state import Models

WAITING_PER_THREAD = 64  # requests that may wait for a thread, for each

_LOG = logging.getLogger(__name__)


class Service:
    """The functions behind the routes. ``close`` ends the threads, then writes what the store still holds."""

    def __init__(
        self,
        models: Models,
        store: FeedbackStore | None,
        metrics: Metrics,
        description: bytes,
        *,
        n_threads: int,
        seconds: float,
    ) -> None:
        self._models = models
        self._store = store
        self._metrics = metrics
        self._description = description
        self._seconds = seconds
        self._room = n_threads * (1 + WAITING_PER_THREAD)
        self._n_running = 0
        self._workers = ThreadPoolExecutor(n_threads, thread_name_prefix="answer")
        self._loader = ThreadPoolExecutor(1, thread_name_prefix="model")
        self._loaded()

    @property
    def handlers(self) -> dict[str, Handler]:
        """The function of each route, by its name."""
        return {
            "recommend": self.recommend,
            "score": self.score,
            "feedback": self.feedback,
            "swap": self.swap,
            "model": self.model,
            "live": self.live,
            "ready": self.ready,
            "metrics": self.metrics,
            "openapi": self.openapi,
        }

    async def recommend(self, request: RecommendRequest) -> bytes:
        """Rank for users."""
        served = self._models.current

        def answer() -> Recommendations:
            users = answers.recommendations(served.ready, self._store, request)
            return Recommendations(model_version=served.version, users=users)

        return await self._work(answer)

    async def score(self, request: ScoreRequest) -> bytes:
        """Score pairs."""
        served = self._models.current

        def answer() -> Scores:
            found = answers.scores(served.ready, self._store, request)
            return Scores(model_version=served.version, scores=found)

        return await self._work(answer)

    async def feedback(self, request: FeedbackRequest) -> FeedbackReceipt:
        """Store events; the answer waits until they are on disk, however long that takes.

        An answer given before could not say whether they will be.
        """
        if self._store is None:
            raise RefusalError(
                503, "no_store", "this server keeps no feedback; start it with --feedback FILE"
            )
        now = time.time()
        events = [
            StoredEvent(
                event.event_id,
                str(event.user_id),
                str(event.item_id),
                now if event.timestamp is None else seconds_of(event.timestamp),
                event.event,
                event.value,
            )
            for event in request.events
        ]
        accepted = await asyncio.wrap_future(self._store.submit(events))
        repeated = len(events) - accepted
        self._metrics.stored(accepted, repeated)
        return FeedbackReceipt(accepted=accepted, repeated=repeated)

    async def swap(self) -> ModelInfo:
        """Load the model file again."""
        return await asyncio.wrap_future(self._loader.submit(self._swap))

    def swap_soon(self) -> None:
        """The same, without waiting for it; the log says how it ended."""
        self._loader.submit(self._swap)

    async def model(self) -> ModelInfo:
        """The model that answers."""
        return self._models.current.info

    async def live(self) -> Health:
        """The process runs."""
        return Health(status="alive")

    async def ready(self) -> Health:
        """Requests are taken."""
        if self._n_running >= self._room:
            raise busy("all threads are taken")
        return Health(status="ready")

    async def metrics(self) -> bytes:
        """Counters."""
        return self._metrics.text()

    async def openapi(self) -> bytes:
        """The description of the routes."""
        return self._description

    def close(self) -> None:
        """Finish what runs, and write what waits."""
        self._loader.shutdown(cancel_futures=True)
        self._workers.shutdown(cancel_futures=True)
        if self._store is not None:
            self._store.close()

    async def _work(self, answer: Callable[[], Message]) -> bytes:
        """Answer in a thread, as JSON; a refusal where none comes free, or where it takes too long."""
        if self._n_running >= self._room:
            raise busy("all threads are taken")
        self._n_running += 1
        working = asyncio.get_running_loop().run_in_executor(
            self._workers, lambda: msgspec.json.encode(answer())
        )
        working.add_done_callback(self._left)
        done, _ = await asyncio.wait([working], timeout=self._seconds)
        if not done:
            working.cancel()
            raise busy(f"there was no answer within {self._seconds:g} seconds")
        return working.result()

    def _left(self, working: "asyncio.Future[bytes]") -> None:
        self._n_running -= 1

    def _swap(self) -> ModelInfo:
        try:
            served = self._models.swap()
        except RefusalError as refusal:
            self._metrics.refused()
            _LOG.warning("%s", refusal.message)
            raise
        except Exception:
            self._metrics.refused()
            _LOG.exception("unexpected error in loading a model; the old one goes on")
            raise
        self._loaded()
        _LOG.warning("model %d serves", served.version)
        return served.info

    def _loaded(self) -> None:
        served = self._models.current
        self._metrics.loaded(served.version, served.loaded_at)
