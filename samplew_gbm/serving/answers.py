"""Requests answered by the pipeline: what the command line would give for the same histories."""

from collections.abc import Iterable, Sequence

import pyarrow as pa

from samplew_gbm.columns import ITEM_ID, SCORE, TIMESTAMP, USER_ID
from samplew_gbm.data.interactions import Order
from samplew_gbm.data.vocabulary import UNKNOWN
from samplew_gbm.pipeline.inference import recommend, score
from samplew_gbm.pipeline.model import Model
from samplew_gbm.pipeline.ready import ReadyModel
from samplew_gbm.serving.feedback import FeedbackStore, HistoryItem
from samplew_gbm.serving.messages import (
    HistoryRow,
    Pair,
    RankedItem,
    RecommendRequest,
    ScoredPair,
    ScoreRequest,
    UserItems,
    seconds_of,
)
from samplew_gbm.serving.refusals import RefusalError


def recommendations(
    ready: ReadyModel, store: FeedbackStore | None, request: RecommendRequest
) -> list[UserItems]:
    """The best items of each user asked about, each user once."""
    users = {str(user): user for user in reversed(request.users)}
    asked = list(dict.fromkeys(map(str, request.users)))
    excluded = set(map(str, request.exclude))
    top = recommend(
        ready,
        users=pa.array(asked, pa.string()),
        history=_history(ready, store, asked, request.history),
        k=request.k + len(excluded),
        include_seen=request.include_seen,
        n_threads=1,
    )
    found: dict[str, list[RankedItem]] = {user: [] for user in asked}
    columns = (top[name].to_pylist() for name in (USER_ID, ITEM_ID, SCORE))
    for user, item, value in zip(*columns, strict=True):
        items = found[user]
        if len(items) < request.k and str(item) not in excluded:
            items.append(RankedItem(item_id=item, score=value, rank=len(items) + 1))
    return [UserItems(user_id=users[user], items=found[user]) for user in asked]


def scores(ready: ReadyModel, store: FeedbackStore | None, request: ScoreRequest) -> list[ScoredPair]:
    """The score of every pair, in their order."""
    pairs = request.all_pairs
    users, items = [str(pair.user_id) for pair in pairs], [str(pair.item_id) for pair in pairs]
    table = pa.table({USER_ID: pa.array(users, pa.string()), ITEM_ID: pa.array(items, pa.string())})
    history = _history(ready, store, dict.fromkeys(users), request.history)
    values = score(ready, table, history=history, n_threads=1)[SCORE].to_pylist()
    return [
        ScoredPair(user_id=pair.user_id, item_id=pair.item_id, score=value)
        for pair, value in zip(pairs, values, strict=True)
    ]


def warm_up(ready: ReadyModel) -> None:
    """Ask about a user who is known and one who is not, so that the first request need not wait longer."""
    known = ready.model.users.ids[0].as_py()
    item = ready.model.items.ids[0].as_py()
    row = HistoryRow(user_id=known, item_id=item, timestamp=1.0)
    recommendations(ready, None, RecommendRequest(users=[known, "nobody of this name"], k=1, history=[row]))
    scores(ready, None, ScoreRequest(pairs=[Pair(user_id=known, item_id=item)]))


def _history(
    ready: ReadyModel, store: FeedbackStore | None, users: Iterable[str], rows: Sequence[HistoryRow]
) -> pa.Table | None:
    """The later log of these users: their feedback in its order, then the rows of the request."""
    stored = [] if store is None else _unknown(ready.model, store.histories(users))
    if not stored and not rows:
        return None
    user_ids = [user for user, _ in stored] + [str(row.user_id) for row in rows]
    item_ids = [item.item_id for _, item in stored] + [str(row.item_id) for row in rows]
    columns = {USER_ID: pa.array(user_ids, pa.string()), ITEM_ID: pa.array(item_ids, pa.string())}
    if ready.model.order is Order.CLOCK:
        times = [item.timestamp for _, item in stored] + _times(rows)
        columns[TIMESTAMP] = pa.array(times, pa.float64())
    return pa.table(columns)


def _unknown(model: Model, stored: list[tuple[str, HistoryItem]]) -> list[tuple[str, HistoryItem]]:
    """The events that are no row of the model's log: one that learned from feedback does not see it twice.

    Without times a row and one that repeats it look the same, and all are kept.
    """
    if model.history_time is None or not stored:
        return stored
    known = {user: _rows(model, user) for user in {user for user, _ in stored}}
    return [
        (user, event)
        for user, event in stored
        if (event.timestamp, model.items.find(event.item_id)) not in known[user]
    ]


def _rows(model: Model, user: str) -> set[tuple[float, int]]:
    """Time and item of every row that a model knows of a user."""
    place = model.users.find(user)
    if place == UNKNOWN or model.history_time is None:
        return set()
    own = slice(*model.histories.indptr[place : place + 2].tolist())
    return set(zip(model.history_time[own].tolist(), model.histories.items[own].tolist(), strict=True))


def _times(rows: Sequence[HistoryRow]) -> list[float]:
    times = []
    for place, row in enumerate(rows):
        if row.timestamp is None:
            message = "the model was trained with times, so every row of a history needs one"
            raise RefusalError(422, "invalid", f"{message} - at `$.history[{place}].timestamp`")
        times.append(seconds_of(row.timestamp))
    return times
