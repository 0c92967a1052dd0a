"""The table of routes: what each takes, gives and may refuse; the server and its OpenAPI are made of it."""

from dataclasses import dataclass

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
)

_BODY_FAULTS = (400, 408, 413, 415, 422)


@dataclass(frozen=True, slots=True)
class Route:
    """``name`` is that of the server's function; without ``request`` there is no body.

    ``answer`` is a message, or the media type of a text. An ``open`` route asks for no API key.
    """

    method: str
    path: str
    name: str
    summary: str
    answer: type[Message] | str
    request: type[Message] | None = None
    faults: tuple[int, ...] = ()
    open: bool = False


ROUTES = (
    Route(
        "POST",
        "/v1/recommend",
        "recommend",
        "The best items for users.",
        Recommendations,
        RecommendRequest,
        (*_BODY_FAULTS, 503),
    ),
    Route(
        "POST",
        "/v1/score",
        "score",
        "Score given items for users.",
        Scores,
        ScoreRequest,
        (*_BODY_FAULTS, 503),
    ),
    Route(
        "POST",
        "/v1/feedback",
        "feedback",
        "Store events; the answer means that they are on disk, and they change the next recommendation.",
        FeedbackReceipt,
        FeedbackRequest,
        (*_BODY_FAULTS, 503),
    ),
    Route(
        "POST",
        "/v1/model",
        "swap",
        "Load the model file again; where it cannot be used the old model goes on.",
        ModelInfo,
        faults=(422,),
    ),
    Route("GET", "/v1/model", "model", "The model that answers.", ModelInfo),
    Route("GET", "/health/live", "live", "Whether the process runs.", Health, open=True),
    Route("GET", "/health/ready", "ready", "Whether requests are taken.", Health, faults=(503,), open=True),
    Route("GET", "/metrics", "metrics", "Counters for Prometheus.", "text/plain"),
    Route("GET", "/openapi.json", "openapi", "This description.", "application/json", open=True),
)
"""Paths are literal, so that a route is found by looking it up."""
