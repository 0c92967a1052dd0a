"""Encoding a log batch by batch, so that no more of it is in memory than a budget allows."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from zlib import crc32

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from samplew_gbm.columns import EVENT, ITEM_ID, LABEL, QUERY_ID, TIMESTAMP, USER_ID, ColumnNames
from samplew_gbm.data.arrow import Column, as_array, as_floats
from samplew_gbm.data.chunks import join_chunks
from samplew_gbm.data.identifiers import checked_ids, join_ids
from samplew_gbm.data.impression_columns import check_shown, labelled_rows, query_ids, wanted_columns
from samplew_gbm.data.interactions import Interactions, Order, displaying_interactions
from samplew_gbm.data.memory import MemoryPlan, UserSample, memory_plan
from samplew_gbm.data.request import ID_COLUMNS, Part, Request
from samplew_gbm.data.sources import DEFAULT_NAMES, converted, log_request, source_text, stream_parts
from samplew_gbm.data.validation import check_not_empty
from samplew_gbm.data.vocabulary import Vocabulary
from samplew_gbm.errors import SchemaError

_TIGHTER = 0.75


def read_interactions(
    source: Any,
    *,
    memory_budget: int | str,
    columns: ColumnNames = DEFAULT_NAMES,
    order: Literal["auto", "file"] = "auto",
    where: Iterable[str] = (),
) -> tuple[Interactions, UserSample]:
    """``build_interactions(read_log(source))`` within a budget of memory, such as ``500MB``.

    The log is read in batches. Of each row two ``int32`` codes are kept, its number, and its timestamp, event
    code, value, weight, query code, position and label where there are such: 16 to 64 bytes; of each user,
    item and query its id. Where even that is more than can be learned from within the budget
    (``MemoryPlan``), whole users are left out, with what was shown to them.

    A source that is in memory already counts in the caller's memory; a ``RecordBatchReader`` is read as it
    comes. Raises what ``read_log`` raises; rows are then counted within their batch.
    """
    plan = memory_plan(memory_budget)
    request = log_request(columns, order, tuple(where))
    kept = _Kept(plan, request, columns)
    for part in stream_parts(source, request, plan.batch_rows):
        kept.append(part)
    name = source_text(source)
    check_not_empty(kept.n_rows, name)
    check_shown(kept.any_shown, columns, name)
    sample = UserSample(plan.budget, kept.share, kept.n_rows, kept.n_kept())
    return kept.interactions(name, Order.FILE if order == "file" else None), sample


@dataclass(slots=True)
class _Codes:
    """The distinct values of a column so far, in order of appearance; the code of one is its place."""

    name: str
    values: pa.Array | None = None

    def __len__(self) -> int:
        return 0 if self.values is None else len(self.values)

    def encode(self, values: pa.Array) -> NDArray[np.int32]:
        """Codes of distinct ``values``; those that are new are added."""
        if not len(values):
            return np.empty(0, np.int32)
        if self.values is None:
            self.values = values
            return np.arange(len(values), dtype=np.int32)
        joined = join_chunks([self.values, values], "the log", self.name)
        known, values = joined.chunk(0), joined.chunk(1)
        found = pc.index_in(values, value_set=known)
        new = found.is_null()
        codes: NDArray[np.int32] = pc.fill_null(found, -1).to_numpy(zero_copy_only=False).astype(np.int32)
        at = np.flatnonzero(new.to_numpy(zero_copy_only=False))
        codes[at] = len(known) + np.arange(len(at), dtype=np.int32)
        self.values = pa.concat_arrays([known, values.filter(new)])
        return codes

    def keep(self, wanted: NDArray[np.bool_]) -> NDArray[np.int32]:
        """Drop the values that are not wanted; the new code of each old one."""
        self.values = as_array(self.values).filter(pa.array(wanted))
        again: NDArray[np.int32] = (np.cumsum(wanted) - 1).astype(np.int32)
        return again


@dataclass(slots=True)
class _Kept:
    """What is kept of the batches so far: chunks of arrays by column, all of the same users."""

    plan: MemoryPlan
    request: Request
    names: ColumnNames
    any_shown: bool = False
    share: float = 1.0
    n_rows: int = 0
    users: _Codes = field(default_factory=lambda: _Codes(USER_ID))
    items: _Codes = field(default_factory=lambda: _Codes(ITEM_ID))
    events: _Codes = field(default_factory=lambda: _Codes(EVENT))
    queries: _Codes = field(default_factory=lambda: _Codes(QUERY_ID))
    place: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    chunks: list[dict[str, NDArray[Any]]] = field(default_factory=list)
    textual: dict[str, bool] = field(default_factory=lambda: dict.fromkeys(ID_COLUMNS, True))

    def append(self, part: Part) -> None:
        """Encode the rows of one batch whose users are in the sample, and shrink the sample if it must be."""
        n, ours = part.table.num_rows, {name: column for column, name in self.request.mapped.items()}
        columns = {ours[name]: part.table[name] for name in part.table.column_names}
        if self.chunks and (TIMESTAMP in columns) != (TIMESTAMP in self.chunks[0]):
            name = self.request.mapped[TIMESTAMP]
            raise SchemaError(f"{part.where}: some rows have no column {name!r}; write it in all rows")
        table = pa.table({column: self._checked(values, column, part) for column, values in columns.items()})
        if wanted_columns(self.names):
            table = labelled_rows(table, self.names, part.where)
            self.any_shown |= LABEL in table.column_names and bool((as_floats(table[LABEL]) == 0).any())
        keep, user_index = self._sampled(as_array(table[USER_ID]))
        chunk: dict[str, NDArray[Any]] = {"row": self.n_rows + keep, USER_ID: user_index}
        coded = {ITEM_ID: self.items, EVENT: self.events, QUERY_ID: self.queries}
        for column in table.column_names:
            if column != USER_ID:
                values = as_array(table[column]).take(pa.array(keep))
                codes = coded.get(column)
                chunk[column] = values.to_numpy() if codes is None else _encoded(codes, values)
        self.n_rows += n
        self.chunks.append(chunk)
        while not self.plan.holds(self.n_kept(), len(self.users), len(self.items)) and len(self.users) > 2:
            self._tighten()

    def _checked(self, values: Column, column: str, part: Part) -> Column:
        name = self.request.mapped[column]
        if column not in ID_COLUMNS:
            return converted(values, column, part.where, name)
        self.textual[column] &= name in part.textual
        checked = query_ids if column == QUERY_ID else checked_ids
        return as_array(checked(values, where=part.where, column=name))

    def _sampled(self, ids: pa.Array) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """The rows whose user is in the sample, and their codes."""
        coded = ids.dictionary_encode()
        place = _places(coded.dictionary)
        inside = place < self.share
        n_before = len(self.users)
        codes = np.full(len(place), -1, np.int32)
        codes[inside] = self.users.encode(coded.dictionary.filter(pa.array(inside)))
        self.place = np.concatenate([self.place, place[codes >= n_before]])
        index = codes[coded.indices.to_numpy()]
        keep = np.flatnonzero(index >= 0)
        return keep, index[keep]

    def n_kept(self) -> int:
        """Rows kept so far, also those that were only shown."""
        return sum(len(chunk[USER_ID]) for chunk in self.chunks)

    def _tighten(self) -> None:
        """A smaller share of the users, which are a part of those before."""
        self.share *= _TIGHTER
        wanted = self.place < self.share
        self.place = self.place[wanted]
        again = self.users.keep(wanted)
        for at, chunk in enumerate(self.chunks):
            stays = wanted[chunk[USER_ID]]
            chunk = {name: values[stays] for name, values in chunk.items()}
            chunk[USER_ID] = again[chunk[USER_ID]]
            self.chunks[at] = chunk
        for codes in (self.items, self.queries):
            if len(codes):
                self._drop_unused(codes)

    def _drop_unused(self, codes: _Codes) -> None:
        occurs = np.zeros(len(codes) + 1, bool)  # the last place is that of -1, which is null
        for chunk in self.chunks:
            occurs[chunk[codes.name]] = True
        again = np.append(codes.keep(occurs[:-1]), np.int32(-1))
        for chunk in self.chunks:
            chunk[codes.name] = again[chunk[codes.name]]

    def interactions(self, where: str, order: Order | None) -> Interactions:
        """All that was kept, with vocabularies in ascending order."""
        sizes = [len(chunk[USER_ID]) for chunk in self.chunks]
        columns = {name: self._joined(name, sizes) for name in self._names()}
        users, user_index = self._vocabulary(self.users, USER_ID, columns.pop(USER_ID), where)
        items, item_index = self._vocabulary(self.items, ITEM_ID, columns.pop(ITEM_ID), where)
        row = columns.pop("row")
        for codes in (self.events, self.queries):
            if codes.name in columns:
                columns[codes.name] = self._decoded(codes, columns[codes.name], where)
        table = pa.table(columns) if columns else pa.table({USER_ID: user_index})
        found = displaying_interactions(table, users, items, user_index, item_index, order, where)
        return replace(found, row=row[found.row])

    def _names(self) -> list[str]:
        return list(dict.fromkeys(name for chunk in self.chunks for name in chunk))

    def _joined(self, name: str, sizes: list[int]) -> NDArray[Any]:
        """One column of all chunks, which give it up."""
        filler = -1 if name == EVENT else np.nan
        parts = zip(self.chunks, sizes, strict=True)
        return np.concatenate(
            [chunk.pop(name) if name in chunk else np.full(n, filler) for chunk, n in parts]
        )

    def _decoded(self, codes: _Codes, index: NDArray[Any], where: str) -> Column:
        values = pa.array([], pa.string()) if codes.values is None else codes.values
        if codes.name in ID_COLUMNS:
            values = join_ids([values], [where], codes.name, textual=self.textual[codes.name])
        decoded = values.take(pa.array(index.astype(np.int64), mask=index < 0))
        return decoded if codes.name in ID_COLUMNS else decoded.cast(pa.string())

    def _vocabulary(
        self, codes: _Codes, column: str, index: NDArray[np.int32], where: str
    ) -> tuple[Vocabulary, NDArray[np.int32]]:
        ids = join_ids([codes.values], [where], column, textual=self.textual[column])
        vocabulary, place = Vocabulary.factorize(ids)
        return vocabulary, place[index]


def _encoded(codes: _Codes, values: pa.Array) -> NDArray[np.int32]:
    """Codes of any values; -1 for null."""
    coded = values.dictionary_encode()
    found = np.append(codes.encode(coded.dictionary), np.int32(-1))
    index: NDArray[np.int32] = found[pc.fill_null(coded.indices, -1).to_numpy(zero_copy_only=False)]
    return index


def _places(ids: pa.Array) -> NDArray[np.float64]:
    """A number in [0, 1) for each id, by its text: the same from any source, and evenly spread."""
    text = ids.cast(pa.string()).to_pylist()
    mixed = np.fromiter((crc32(word.encode()) for word in text), np.uint64, len(text))
    mixed = (mixed ^ (mixed >> np.uint64(16))) * np.uint64(0x9E3779B97F4A7C15)
    return (mixed >> np.uint64(11)).astype(np.float64) / float(1 << 53)
