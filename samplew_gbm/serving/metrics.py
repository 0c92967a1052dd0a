"""What Prometheus is told."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """Counters of one server."""

    def __init__(self) -> None:
        registry = self._registry = CollectorRegistry()
        self._requests = Counter(
            "samplew_requests", "Requests answered.", ("route", "status"), registry=registry
        )
        self._seconds = Histogram(
            "samplew_request_seconds",
            "Time from a request to its answer.",
            ("route",),
            buckets=_SECONDS,
            registry=registry,
        )
        self._feedback = Counter(
            "samplew_feedback_events", "Events acknowledged.", ("outcome",), registry=registry
        )
        self._loads = Counter("samplew_model_loads", "Models asked for.", ("outcome",), registry=registry)
        self._version = Gauge("samplew_model_version", "Models loaded so far.", registry=registry)
        self._loaded = Gauge(
            "samplew_model_loaded_timestamp_seconds", "When the model was loaded.", registry=registry
        )

    def answered(self, route: str, status: int, seconds: float) -> None:
        """A request has its answer."""
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def stored(self, accepted: int, repeated: int) -> None:
        """Feedback is on disk."""
        self._feedback.labels("accepted").inc(accepted)
        self._feedback.labels("repeated").inc(repeated)

    def loaded(self, version: int, at: float) -> None:
        """A model serves."""
        self._loads.labels("served").inc()
        self._version.set(version)
        self._loaded.set(at)

    def refused(self) -> None:
        """A model was not fit to serve."""
        self._loads.labels("refused").inc()

    def text(self) -> bytes:
        """All of it in Prometheus' text format."""
        return generate_latest(self._registry)
