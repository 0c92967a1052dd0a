"""What goes over the wire, and how much of it a request may hold: the OpenAPI document is made of these."""

from datetime import UTC, datetime
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from samplew_gbm.serving.refusals import RefusalError

MOST_USERS = 1_000  # of a request
MOST_ROWS = 10_000  # of a history, of feedback, of what is to be scored
MOST_ITEMS = 1_000  # of an answer for one user
MOST_ANSWERS = 100_000  # users of a request times their items
LONGEST_ID = 1_000  # characters

IdText = Annotated[str, Meta(min_length=1, max_length=LONGEST_ID)]
IdNumber = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
Id = IdText | IdNumber
# Up to the year 5138: a time in milliseconds is refused and not taken for one far ahead.
Seconds = Annotated[float, Meta(gt=-1e11, lt=1e11, description="Unix seconds")]
Time = Seconds | Annotated[datetime, Meta(description="RFC 3339; without a zone UTC")]
Excluded = Annotated[list[Id], Meta(max_length=MOST_ITEMS)]


class Message(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Anything that is received or sent."""


class HistoryRow(Message):
    """An interaction known to this request only; it needs a time where the model's log had times."""

    user_id: Id
    item_id: Id
    timestamp: Time | None = None


History = Annotated[list[HistoryRow], Meta(max_length=MOST_ROWS)]


class RecommendRequest(Message):
    """Users to recommend to. ``history`` follows what model and feedback know of them."""

    users: Annotated[list[Id], Meta(min_length=1, max_length=MOST_USERS)]
    k: Annotated[int, Meta(ge=1, le=MOST_ITEMS)] = 10
    history: History = []
    exclude: Excluded = []
    include_seen: bool = False

    def __post_init__(self) -> None:
        if len(self.users) * self.k > MOST_ANSWERS:
            raise ValueError(f"Expected at most {MOST_ANSWERS} items in all - at `$.users`, `$.k`")


class RankedItem(Message):
    """An item, the ranker's score, and its place from 1."""

    item_id: str | int
    score: float
    rank: int


class UserItems(Message):
    """The best items of one user, best first; fewer than ``k`` where no more are left to see."""

    user_id: str | int
    items: list[RankedItem]


class Recommendations(Message):
    """Each user once, in the order asked. ``model_version`` counts the models this server has loaded."""

    model_version: int
    users: list[UserItems]


class Pair(Message):
    """An item to score for a user."""

    user_id: Id
    item_id: Id


class ScoreRequest(Message):
    """Either ``pairs``, or ``user_id`` with the ``items`` to score for him."""

    pairs: Annotated[list[Pair], Meta(min_length=1, max_length=MOST_ROWS)] | None = None
    user_id: Id | None = None
    items: Annotated[list[Id], Meta(min_length=1, max_length=MOST_ROWS)] | None = None
    history: History = []

    def __post_init__(self) -> None:
        of_user = self.user_id is not None and self.items is not None
        if of_user == (self.pairs is not None) or (self.user_id is None) != (self.items is None):
            raise ValueError("Give either `pairs`, or `user_id` and `items`")

    @property
    def all_pairs(self) -> list[Pair]:
        """What is to be scored, whichever way it was asked."""
        if self.user_id is None or self.items is None:
            return self.pairs or []
        return [Pair(user_id=self.user_id, item_id=item) for item in self.items]


class ScoredPair(Message):
    """Scores compare within a user."""

    user_id: str | int
    item_id: str | int
    score: float


class Scores(Message):
    """The pairs in the order asked."""

    model_version: int
    scores: list[ScoredPair]


class Event(Message):
    """An interaction that has happened. One of an ``event_id`` that is known already changes nothing.

    Without a ``timestamp`` it has the time at which it arrives.
    """

    event_id: IdText
    user_id: Id
    item_id: Id
    timestamp: Time | None = None
    event: Annotated[str, Meta(max_length=LONGEST_ID)] | None = None
    value: float | None = None


class FeedbackRequest(Message):
    """All of these events are stored, or none."""

    events: Annotated[list[Event], Meta(min_length=1, max_length=MOST_ROWS)]


class FeedbackReceipt(Message):
    """The events are on disk: ``accepted`` were new, ``repeated`` were there already."""

    accepted: int
    repeated: int


class ModelInfo(Message):
    """The model that answers; ``loaded_at`` is in Unix seconds."""

    model_version: int
    loaded_at: float
    n_users: int
    n_items: int
    n_interactions: int


class Health(Message):
    """``status`` is "alive" or "ready"."""

    status: str


class Fault(Message):
    """``code`` is for machines, ``message`` says what to do."""

    code: str
    message: str


class Failure(Message):
    """The answer to a request that is refused."""

    error: Fault


Received = TypeVar("Received", bound=Message)


def decode(decoder: msgspec.json.Decoder[Received], body: bytes) -> Received:
    """A body as a message; a refusal says where it is wrong (400: no JSON, 422: not what is asked)."""
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise RefusalError(422, "invalid", f"{error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RefusalError(400, "malformed_json", f"the body is not JSON: {error}") from None


def seconds_of(time: float | datetime) -> float:
    """Unix seconds."""
    if not isinstance(time, datetime):
        return time
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
