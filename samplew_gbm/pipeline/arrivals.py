"""Items that arrived after the training: they join the catalogue by what is said of them.

An item that arrives later is served like one that was described in training and never taken; nothing is
learned here. How such items fare a model learned only where its own catalogue had some, as only then each
fold hides items (``newcomers.py``): one whose items had all been taken ranks what is new low.

What is said must be given as in training, grown by the new items: the tokens of a table are numbered, and
weighed by how rare they are, among all its items, and a model keeps no text. Vectors and numbers of items
that the model knows stay as they are.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.enlarging import enlarged, placed
from samplew_gbm.data.interactions import Interactions
from samplew_gbm.data.item_tables import ContentTable
from samplew_gbm.data.side import NOTHING, NamedVectors, NumberTable, SideTables
from samplew_gbm.errors import DataError
from samplew_gbm.pipeline.continuing import interactions_of
from samplew_gbm.pipeline.model import Model


def with_arrivals(
    model: Model, describe: Callable[[Interactions], Interactions], *, where: str = "the table of items"
) -> Model:
    """The model with a larger catalogue: it recommends and scores the items that ``describe`` adds too.

    ``describe`` joins to the model's log what is known of all items, as ``describe_items`` and
    ``join_item_vectors`` do; ``where`` names its table in errors. Of what training had and ``describe`` has
    not, nothing is known of the new items. ``DataError`` where something is said that training had not, or
    no longer what it had.
    """
    log = describe(replace(interactions_of(model), content=None, side=None))
    _check_known(model, log, where)
    place = log.items.encode(model.items.ids)
    tables = replace(
        enlarged(model.tables, place, len(log.items)),
        content=_content(model, log, where),
        side=_side(model, log, where),
    )
    return replace(model, items=log.items, histories=placed(model.histories, place), tables=tables)


def _old(model: Model, log: Interactions) -> NDArray[np.int64]:
    """Of each item of the larger catalogue its place in the model's, -1 of a new one."""
    return model.items.encode(log.items.ids).astype(np.int64)


def _has_table(log: Interactions) -> bool:
    return log.content is not None or (log.side or NOTHING).item_numbers is not None


def _check_known(model: Model, log: Interactions, where: str) -> None:
    """``DataError`` where the trees have no feature of what is said."""
    if _has_table(log) and not _has_table(interactions_of(model)):
        raise DataError(
            f"{where}: describes items, but the model was trained without a table of them; leave it out, or "
            "train with it"
        )
    known = [vectors.name for vectors in (model.tables.side or NOTHING).item_vectors]
    for vectors in (log.side or NOTHING).item_vectors:
        if vectors.name not in known:
            raise DataError(
                f"the items have vectors {vectors.name!r}, but the model was trained with those called: "
                f"{', '.join(known) or 'none'}; name them alike, or train with them"
            )


def _content(model: Model, log: Interactions, where: str) -> ContentTable | None:
    """The tokens of all items; ``DataError`` where an item of the model has lost its own."""
    if model.tables.content is None:
        return None
    stored = model.tables.content.take(_old(model, log))
    if not _has_table(log):
        return stored
    lost = np.diff(stored.indptr) > 0
    if log.content is not None:
        lost &= np.diff(log.content.indptr) == 0
    if lost.any():
        item = log.items.decode(np.flatnonzero(lost)[:1])[0].as_py()
        raise DataError(
            f"{where}: no longer describes {np.count_nonzero(lost):,} of the model's items, such as "
            f"{item!r}; give the table that it was trained with, and the new items behind it"
        )
    return log.content


def _side(model: Model, log: Interactions, where: str) -> SideTables | None:
    """Vectors and numbers of the model, and those of the new items."""
    if model.tables.side is None:
        return None
    old, said = _old(model, log), log.side or NOTHING
    side = model.tables.side.take_items(old)
    numbers = side.item_numbers
    if numbers is not None and _has_table(log):
        numbers = _numbers(numbers, said.item_numbers, old, where)
    vectors = tuple(_vectors(each, said, old) for each in side.item_vectors)
    return replace(side, item_vectors=vectors, item_numbers=numbers)


def _vectors(stored: NamedVectors, said: SideTables, old: NDArray[np.int64]) -> NamedVectors:
    unit = stored.unit.copy()
    for vectors in said.item_vectors:
        if vectors.name == stored.name:
            if vectors.unit.shape[1] != unit.shape[1]:
                raise DataError(
                    f"the vectors {stored.name!r} are of width {vectors.unit.shape[1]}, but those that the "
                    f"model was trained with of {unit.shape[1]}; make them by the same model"
                )
            unit[old < 0] = vectors.unit[old < 0]
    return NamedVectors(stored.name, unit)


def _numbers(
    stored: NumberTable, said: NumberTable | None, old: NDArray[np.int64], where: str
) -> NumberTable:
    names = () if said is None else said.names
    missing = [name for name in stored.names if name not in names]
    if said is None or missing:
        raise DataError(
            f"{where}: no numbers {missing[0]!r}, which the model was trained with; give the table with all "
            "its columns"
        )
    values = stored.values.copy()
    columns = [said.names.index(name) for name in stored.names]
    values[old < 0] = said.values[old < 0][:, columns]
    return NumberTable(stored.names, values)
