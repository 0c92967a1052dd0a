"""The log in encoded form: the one value from which everything else is learned."""

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from samplew_gbm.columns import EVENT, ITEM_ID, TIMESTAMP, USER_ID, VALUE, WEIGHT
from samplew_gbm.data.arrow import as_array, as_floats, check_table
from samplew_gbm.data.impression_columns import taken_rows
from samplew_gbm.data.impressions import Displayed, Impressions, displayed
from samplew_gbm.data.item_tables import ContentTable
from samplew_gbm.data.side import SideTables
from samplew_gbm.data.validation import check_enough_ids, check_kind, check_not_empty
from samplew_gbm.data.vocabulary import UNKNOWN, Vocabulary
from samplew_gbm.errors import SchemaError
from samplew_gbm.settings import Settings


class Order(Enum):
    """What the order of a log's rows means."""

    CLOCK = "clock"  # timestamps compare across users
    FILE = "file"  # the file orders each user's own rows; nothing is known across users
    NONE = "none"  # a set


@dataclass(frozen=True, slots=True, eq=False)
class Interactions:
    """``n`` interactions in canonical order: by user, then timestamp, then place in the file.

    ``user_index`` and ``item_index`` are ``int32[n]`` into ``users`` and ``items``; ``timestamp`` is
    ``float64[n]`` in Unix seconds, present exactly when ``order`` is ``Order.CLOCK``; ``row`` is the
    0-based ``int64[n]`` row of the source log; ``event`` is text with nulls or ``None``; ``value`` is
    ``float64[n]`` with NaN where the log had none, or ``None``; ``weight`` is the log's own of each row,
    ``float64[n]``, or ``None``. The history of user ``u`` is ``indptr[u]:indptr[u + 1]``, oldest first
    (``indptr`` is ``int64[n_users + 1]``). ``content`` is what is said of the items, and ``side`` what else
    is known of items and users, or ``None``.

    ``query`` is ``int32[n]``, the query that a row was taken in, -1 for none; ``impressions`` are what those
    queries showed. ``position`` is ``int32[n]``, the 1-based place that a row was taken from, 0 where it is
    unknown. ``grade`` is ``int32[n]`` from 1 on, how strong a positive a row is. Each is ``None`` where the
    log has it not. ``repeats`` says whether candidates may be what their user took before: of an ordered log
    some of whose queries have lists, or one that continues such a log. A set has no before.
    """

    users: Vocabulary
    items: Vocabulary
    user_index: NDArray[np.int32]
    item_index: NDArray[np.int32]
    timestamp: NDArray[np.float64] | None
    order: Order
    row: NDArray[np.int64]
    event: pa.Array | None = None
    value: NDArray[np.float64] | None = None
    weight: NDArray[np.float64] | None = None
    content: ContentTable | None = None
    query: NDArray[np.int32] | None = None
    position: NDArray[np.int32] | None = None
    grade: NDArray[np.int32] | None = None
    impressions: Impressions | None = None
    side: SideTables | None = None
    repeats: bool = False
    indptr: NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        counts = np.bincount(self.user_index, minlength=self.n_users)
        indptr = np.zeros(self.n_users + 1, np.int64)
        np.cumsum(counts, out=indptr[1:])
        object.__setattr__(self, "indptr", indptr)

    def __len__(self) -> int:
        return len(self.user_index)

    @property
    def n_users(self) -> int:
        """Users in the vocabulary, with or without a row here."""
        return len(self.users)

    @property
    def n_items(self) -> int:
        """Items in the vocabulary, with or without a row here."""
        return len(self.items)

    def take(self, rows: NDArray[Any]) -> "Interactions":
        """The rows of a Boolean mask or of an index array, in canonical order, with the same vocabularies."""
        at = np.asarray(rows)
        at = np.flatnonzero(at) if at.dtype == np.bool_ else np.sort(at)
        return Interactions(
            users=self.users,
            items=self.items,
            user_index=self.user_index[at],
            item_index=self.item_index[at],
            timestamp=None if self.timestamp is None else self.timestamp[at],
            order=self.order,
            row=self.row[at],
            event=None if self.event is None else self.event.take(pa.array(at)),
            value=None if self.value is None else self.value[at],
            weight=None if self.weight is None else self.weight[at],
            content=self.content,
            side=self.side,
            query=None if self.query is None else self.query[at],
            position=None if self.position is None else self.position[at],
            grade=None if self.grade is None else self.grade[at],
            impressions=self.impressions,
            repeats=self.repeats,
        )

    def compact(self) -> "Interactions":
        """The same rows with vocabularies that hold only the users and items that still occur.

        An item that was only shown occurs too.
        """
        shown, side = self.impressions, self.side
        users, place_of_user = _shrink(self.users, self.user_index)
        occurring = [self.item_index] if shown is None else [self.item_index, shown.lists.items]
        items, place_of_item = _shrink(self.items, *occurring)
        kept, kept_users = (
            old.encode(new.ids).astype(np.int64) for old, new in ((self.items, items), (self.users, users))
        )
        return replace(
            self,
            users=users,
            items=items,
            user_index=place_of_user[self.user_index],
            item_index=place_of_item[self.item_index],
            content=None if self.content is None else self.content.take(kept),
            impressions=None if shown is None else shown.renumbered(place_of_item),
            side=None if side is None else side.take_items(kept).take_users(kept_users),
        )


def pairs_table(interactions: Interactions) -> pa.Table:
    """The rows as ``user_id`` and ``item_id``."""
    users, items = interactions.users, interactions.items
    return pa.table(
        {USER_ID: users.decode(interactions.user_index), ITEM_ID: items.decode(interactions.item_index)}
    )


@dataclass(frozen=True, slots=True)
class AlignedInteractions:
    """A later log in the indices of an earlier one, and how many rows had to be left out."""

    interactions: Interactions
    n_unknown_items: int
    n_unknown_users: int


def order_of(table: pa.Table, requested: str = "auto") -> Order:
    """The order of a table of ``read_log``: the file's if asked for, else the clock's if it has one."""
    if requested == "file":
        return Order.FILE
    return Order.CLOCK if TIMESTAMP in table.column_names else Order.NONE


def build_interactions(
    table: pa.Table, *, order: Order | None = None, where: str = "the log"
) -> Interactions:
    """Encode a table of ``read_log`` with vocabularies of its own.

    Rows that were only shown become ``impressions``; their items are in the vocabulary, and users who took
    nothing are not. ``order=None`` means ``order_of(table)``. ``DataError`` when fewer than two users or two
    items occur.
    """
    check_table(table, "table", (USER_ID, ITEM_ID))
    check_not_empty(table.num_rows, where)
    items, item_index = Vocabulary.factorize(table[ITEM_ID])
    users, user_index = Vocabulary.factorize(table[USER_ID])
    return displaying_interactions(table, users, items, user_index, item_index, order, where)


def displaying_interactions(
    table: pa.Table,
    users: Vocabulary,
    items: Vocabulary,
    user_index: NDArray[np.int32],
    item_index: NDArray[np.int32],
    order: Order | None,
    where: str,
) -> Interactions:
    """``assemble_interactions`` of the rows that were taken; what the others showed stands beside them."""
    shown = displayed(table, user_index, item_index, len(items), where)
    rows = taken_rows(table)
    if rows is not None:
        check_not_empty(len(rows), f"{where}: beside what was only shown")
        table, item_index = table.take(pa.array(rows)), item_index[rows]
        users, place = _shrink(users, user_index[rows])
        user_index = place[user_index[rows]]
    check_enough_ids(len(users), len(items), where)
    interactions = assemble_interactions(table, users, items, user_index, item_index, order, rows)
    return interactions if shown is None else _displaying(interactions, shown)


def check_log(interactions: object, settings: object) -> None:
    """Refuse arguments of training that are no encoded log and no settings; ``SettingsError``."""
    check_kind(interactions, Interactions, "interactions", "give build_interactions(read_log(...))")
    check_kind(settings, Settings, "settings", "give a Settings, such as Settings(n_trees=100)")


def _displaying(interactions: Interactions, shown: Displayed) -> Interactions:
    """The interactions with what their table says of displays."""
    rows, lists = interactions.row, shown.impressions
    return replace(
        interactions,
        query=None if shown.query is None else shown.query[rows],
        position=None if shown.position is None else shown.position[rows],
        impressions=lists,
        repeats=lists is not None and len(lists.lists.items) > 0 and interactions.order is not Order.NONE,
    )


def align_interactions(
    table: pa.Table, *, items: Vocabulary, users: Vocabulary | None = None, order: Order | None = None
) -> AlignedInteractions:
    """Encode a later log against known ``items``; rows of unknown items are left out and counted.

    Rows that were only shown are left out too, and not counted. Without ``users`` the log brings its own
    user vocabulary, which holds every user of the log, also those whose rows were all left out. With
    ``users`` the rows of unknown users are left out too. ``row`` still
    counts in the rows of ``table``.
    """
    if users is None:
        users, user_index = Vocabulary.factorize(table[USER_ID])
    else:
        user_index = users.encode(table[USER_ID])
    item_index = items.encode(table[ITEM_ID])
    taken = taken_rows(table)
    known = (item_index != UNKNOWN) & (user_index != UNKNOWN)
    if taken is not None:
        known &= np.isin(np.arange(len(known)), taken)
    rows = np.flatnonzero(known)
    kept = table if len(rows) == len(known) else table.take(pa.array(rows))
    interactions = assemble_interactions(kept, users, items, user_index[rows], item_index[rows], order, rows)
    n_unknown_items = int(np.count_nonzero(item_index == UNKNOWN))
    return AlignedInteractions(interactions, n_unknown_items, int(np.count_nonzero(user_index == UNKNOWN)))


def assemble_interactions(
    table: pa.Table,
    users: Vocabulary,
    items: Vocabulary,
    user_index: NDArray[np.int32],
    item_index: NDArray[np.int32],
    order: Order | None,
    row: NDArray[np.int64] | None = None,
) -> Interactions:
    """Encoded rows in canonical order; ``table`` has their other columns, ``row`` their numbers."""
    order = order_of(table) if order is None else order
    timestamp = _numbers(table, TIMESTAMP) if order is Order.CLOCK else None
    if order is Order.CLOCK and timestamp is None:
        raise SchemaError(
            f"the log has no column {TIMESTAMP!r}; without times its order is Order.FILE or Order.NONE"
        )
    at = _canonical_order(user_index, timestamp)
    value, weight = _numbers(table, VALUE), _numbers(table, WEIGHT)
    event = table[EVENT].take(pa.array(at)) if EVENT in table.column_names else None
    return Interactions(
        users=users,
        items=items,
        user_index=user_index[at],
        item_index=item_index[at],
        timestamp=None if timestamp is None else timestamp[at],
        order=order,
        row=at if row is None else row[at],
        event=None if event is None else as_array(event),
        value=None if value is None else value[at],
        weight=None if weight is None else weight[at],
    )


def _canonical_order(
    user_index: NDArray[np.int32], timestamp: NDArray[np.float64] | None
) -> NDArray[np.int64]:
    """Stable order by user and timestamp."""
    if timestamp is None:
        return np.argsort(user_index, kind="stable")
    by_time = np.argsort(timestamp, kind="stable")
    return by_time[np.argsort(user_index[by_time], kind="stable")]


def _numbers(table: pa.Table, name: str) -> NDArray[np.float64] | None:
    if name not in table.column_names:
        return None
    return as_floats(table[name])


def _shrink(vocabulary: Vocabulary, *indices: NDArray[np.int32]) -> tuple[Vocabulary, NDArray[np.int32]]:
    """The ids at the indices, and of each old index its new one; of one that does not occur, any."""
    occurs = np.zeros(len(vocabulary), bool)
    for index in indices:
        occurs[index] = True
    place = (np.cumsum(occurs) - 1).astype(np.int32)
    return Vocabulary(vocabulary.ids.filter(pa.array(occurs))), place
