"""Side tables as members of a bundle, and back."""

from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.side import NamedVectors, NumberTable, SideTables


class SideNames(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Names of the vectors and of the columns of numbers; ``None`` where there is no such table."""

    item_vectors: list[str]
    item_numbers: list[str] | None
    user_vectors: list[str]
    user_numbers: list[str] | None


def names_of_side(side: SideTables | None) -> SideNames | None:
    """What the header of a model says of its side tables."""
    if side is None:
        return None
    items, users = side.item_numbers, side.user_numbers
    return SideNames(
        [vectors.name for vectors in side.item_vectors],
        None if items is None else list(items.names),
        [vectors.name for vectors in side.user_vectors],
        None if users is None else list(users.names),
    )


def members_of_side(side: SideTables | None) -> dict[str, NDArray[np.float32]]:
    """The arrays to store."""
    if side is None:
        return {}
    members = {f"vectors.item.{vectors.name}": vectors.unit for vectors in side.item_vectors}
    members |= {f"vectors.user.{vectors.name}": vectors.unit for vectors in side.user_vectors}
    if side.item_numbers is not None:
        members["numbers.item"] = side.item_numbers.values
    if side.user_numbers is not None:
        members["numbers.user"] = side.user_numbers.values
    return members


def side_from(array: Callable[[str], NDArray[Any]], names: SideNames) -> SideTables:
    """The tables whose members ``array`` gives; ``ValueError`` where they do not fit."""

    def numbers(member: str, columns: list[str] | None) -> NumberTable | None:
        if columns is None:
            return None
        values = array(member)
        if values.ndim != 2 or values.dtype != np.float32:
            raise ValueError(f"{member} is {values.dtype} of shape {list(values.shape)}")
        return NumberTable(tuple(columns), values)

    return SideTables(
        tuple(NamedVectors(name, array(f"vectors.item.{name}")) for name in names.item_vectors),
        numbers("numbers.item", names.item_numbers),
        tuple(NamedVectors(name, array(f"vectors.user.{name}")) for name in names.user_vectors),
        numbers("numbers.user", names.user_numbers),
    )
