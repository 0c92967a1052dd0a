"""External ids and the dense indices that stand for them inside the package."""

from bisect import bisect_left
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import ArrayLike, NDArray

from samplew_gbm.data.arrow import as_array
from samplew_gbm.data.identifiers import plain_ids
from samplew_gbm.errors import SchemaError, UnknownIdError

UNKNOWN = -1
_FEW = 64  # hashing the whole vocabulary costs more than this many binary searches


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Distinct ids in ascending order; the index of an id is its place.

    ``ids`` is an Arrow array of type ``int64`` or ``string`` without nulls. Numbers sort by value, text by
    its UTF-8 bytes, so the encoding depends on the set of ids and never on the order of the log. Writing
    ``ids`` to any Arrow format and calling ``Vocabulary(ids)`` again restores it.
    """

    ids: pa.Array

    def __post_init__(self) -> None:
        if self.ids.type not in (pa.int64(), pa.string()):
            raise SchemaError(f"a vocabulary holds int64 or string ids, not {self.ids.type}")
        if self.ids.null_count or not _ascending(self.ids):
            raise SchemaError("the ids of a vocabulary must be ascending, distinct and without nulls")

    @classmethod
    def from_values(cls, values: pa.Array | pa.ChunkedArray) -> "Vocabulary":
        """The vocabulary of every id that occurs in ``values`` (nulls left out)."""
        return cls(_sorted(plain_ids(values).unique().drop_null()))

    @classmethod
    def factorize(cls, values: pa.Array | pa.ChunkedArray) -> "tuple[Vocabulary, NDArray[np.int32]]":
        """The vocabulary of ``values`` and the ``int32[n]`` index of each value; ``values`` has no nulls."""
        coded = as_array(as_array(plain_ids(values)).dictionary_encode())
        order = pc.array_sort_indices(coded.dictionary).to_numpy(zero_copy_only=False)
        place = np.empty(len(order), np.int32)
        place[order] = np.arange(len(order), dtype=np.int32)
        return cls(coded.dictionary.take(pa.array(order))), place[
            coded.indices.to_numpy(zero_copy_only=False)
        ]

    def __len__(self) -> int:
        return len(self.ids)

    def union(self, other: "Vocabulary") -> "Vocabulary":
        """The ids of both; numbers become text where the other's are text."""
        ids = [self.ids, other.ids]
        if self.ids.type != other.ids.type:
            ids = [column.cast(pa.string()) for column in ids]
        return Vocabulary.from_values(pa.chunked_array(ids))

    def encode(self, values: pa.Array | pa.ChunkedArray) -> NDArray[np.int32]:
        """Index of each value as ``int32[n]``; -1 where the id is unknown or null.

        A vocabulary of numbers finds text that spells one of them ("12", not "012"), and the reverse.
        """
        plain = plain_ids(values)
        if len(plain) <= _FEW:
            return np.array([self.find(value) for value in plain.to_pylist()], np.int32).reshape(len(plain))
        value_set = self.ids
        if plain.type != value_set.type:
            plain, value_set = plain.cast(pa.string()), value_set.cast(pa.string())
        found = pc.index_in(plain, value_set=value_set, skip_nulls=True)
        index: NDArray[np.int32] = pc.fill_null(found, UNKNOWN).to_numpy().astype(np.int32, copy=False)
        return index

    def find(self, value: object) -> int:
        """Index of one id in O(log n), or -1; for single look-ups such as a server's."""
        key: Any = _key_like(value, self.ids.type)
        if key is None:
            return UNKNOWN
        place = bisect_left(_Ids(self.ids), key)
        return place if place < len(self.ids) and self.ids[place].as_py() == key else UNKNOWN

    def index_of(self, value: object) -> int:
        """Index of one id; ``UnknownIdError`` when the log did not hold it."""
        place = self.find(value)
        if place == UNKNOWN:
            raise UnknownIdError(f"id {value!r} does not occur in the log the model was trained on")
        return place

    def decode(self, index: ArrayLike) -> pa.Array:
        """The ids at ``index`` (any integer array); -1 becomes null."""
        at = np.asarray(index)
        return self.ids.take(pa.array(at.astype(np.int64, copy=False), mask=at < 0))


class _Ids:
    """Just enough of a sequence for ``bisect`` to search an Arrow array."""

    def __init__(self, ids: pa.Array) -> None:
        self._ids = ids

    def __len__(self) -> int:
        return len(self._ids)

    def __getitem__(self, place: int) -> Any:
        return self._ids[place].as_py()


def _key_like(value: object, kind: pa.DataType) -> int | str | None:
    """``value`` as a key of a vocabulary of ``kind``; ``None`` when it cannot be one of its ids."""
    if isinstance(value, bool) or not isinstance(value, int | str | np.integer):
        return None
    if kind == pa.string():
        return str(value)
    try:
        number = int(value)
    except ValueError:
        return None
    return number if str(number) == str(value) else None


def _sorted(ids: pa.Array) -> pa.Array:
    return ids.take(pc.array_sort_indices(ids))


def _ascending(ids: pa.Array) -> bool:
    return len(ids) < 2 or bool(pc.all(pc.less(ids[:-1], ids[1:])).as_py())
