"""The options for what is known beside a log: tables of items and users, and ready vectors of both."""

import functools
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from samplew_gbm.cli._options import Decorator, Function
from samplew_gbm.cli._output import note
from samplew_gbm.columns import ITEM_ID, USER_ID, ColumnNames
from samplew_gbm.progress import Progress

if TYPE_CHECKING:
    from samplew_gbm.data.interactions import Interactions
    from samplew_gbm.data.vectors import VectorTable
    from samplew_gbm.pipeline import Model


@dataclass(frozen=True, slots=True)
class SideFiles:
    """Files that describe items and users; vectors by the name of their model."""

    items: Path | None = None
    users: Path | None = None
    item_vectors: tuple[tuple[str, Path], ...] = ()
    user_vectors: tuple[tuple[str, Path], ...] = ()

    @property
    def paths(self) -> tuple[Path, ...]:
        """Every file given."""
        vectors = [path for _, path in (*self.item_vectors, *self.user_vectors)]
        return tuple(path for path in (self.items, self.users, *vectors) if path is not None)


def _files_options(name: str, options: tuple[Decorator, ...]) -> Decorator:
    """The options of files; the command gets all that were given as ``name``."""

    def decorate(function: Function) -> Function:
        @functools.wraps(function)
        def with_files(
            items: Path | None,
            item_vectors: tuple[str, ...],
            side_users: Path | None = None,
            user_vectors: tuple[str, ...] = (),
            **rest: Any,
        ) -> Any:
            named = [tuple(map(_named, words)) for words in (item_vectors, user_vectors)]
            return function(**{name: SideFiles(items, side_users, *named)}, **rest)

        decorated: Function = with_files
        for option in reversed(options):
            decorated = option(decorated)
        return decorated

    return decorate


def _table(option: str, *names: str, text: str) -> Decorator:
    return click.option(option, *names, type=click.Path(path_type=Path), metavar="FILE", help=text)


def _vectors(option: str, text: str) -> Decorator:
    return click.option(option, multiple=True, metavar="[NAME=]FILE", help=text)


side_options = _files_options(
    "side",
    (
        _table(
            "--items",
            text="Table that describes the items: item_id and any columns, such as category, title, price; a "
            "column of lists of decimals is a vector of each.",
        ),
        _table(
            "--users",
            "side_users",
            text="Table that describes the users: user_id and columns of numbers, dates or categories.",
        ),
        _vectors(
            "--item-vectors",
            "Ready vectors of the items, as often as there are models of them: a table of item_id and lists "
            "or columns of numbers, .npz (ids, vectors), or .npy with FILE.ids.npy (or .csv) beside it.",
        ),
        _vectors("--user-vectors", "Vectors of the users in the space of the item vectors of the same NAME."),
    ),
)
"""The four options of what is known beside a log."""

arrival_options = _files_options(
    "arrivals",
    (
        _table(
            "--items",
            text="The table of items that train was given, and behind them those that arrived since: they "
            "join the catalogue.",
        ),
        _vectors("--item-vectors", "The same of vectors, under the names that train was given."),
        _vectors(
            "--user-vectors",
            "Vectors of users, under the names that train was given: for who has no history, items are "
            "ranked by what the users of the nearest vectors took.",
        ),
    ),
)
"""The three for items and users that arrived after the training."""


def join_side(
    interactions: "Interactions", side: SideFiles, columns: ColumnNames, progress: Progress
) -> "Interactions":
    """The log with everything that the files say of its items and users."""
    from samplew_gbm.data.describing import describe_items, describe_users
    from samplew_gbm.data.joining import join_item_vectors, join_user_vectors
    from samplew_gbm.data.sources import read_items, read_user_table

    if side.items is not None:
        with progress.stage(f"read {side.items.name}"):
            table = read_items(side.items, columns=columns)
            interactions = describe_items(interactions, table, where=str(side.items))
    if side.users is not None:
        with progress.stage(f"read {side.users.name}"):
            table = read_user_table(side.users, columns=columns)
            interactions = describe_users(interactions, table, where=str(side.users))
    for name, path in side.item_vectors:
        vectors = _read(path, columns.item_id, ITEM_ID, progress)
        interactions = join_item_vectors(interactions, {name: vectors}, where=str(path))
    for name, path in side.user_vectors:
        vectors = _read(path, columns.user_id, USER_ID, progress)
        interactions = join_user_vectors(interactions, {name: vectors}, where=str(path))
    return interactions


def join_arrivals(model: "Model", side: SideFiles, columns: ColumnNames, progress: Progress) -> "Model":
    """The model with the items and users that only the files know; how many there are is noted."""
    model = _join_new_users(model, side, columns, progress)
    side = replace(side, user_vectors=())
    if not side.paths:
        return model
    from samplew_gbm.pipeline import with_arrivals

    joined = with_arrivals(
        model, lambda log: join_side(log, side, columns, progress), where=str(side.items or "--item-vectors")
    )
    n_new = len(joined.items) - len(model.items)
    note(f"{n_new:,} items arrived since the training")
    if n_new and model.tables.counts.all():
        note("in training every item had been taken, so how new ones fare was not learned: they may rank low")
    return joined


def _join_new_users(model: "Model", side: SideFiles, columns: ColumnNames, progress: Progress) -> "Model":
    if not side.user_vectors:
        return model
    from samplew_gbm.pipeline import with_new_users

    tables = {name: _read(path, columns.user_id, USER_ID, progress) for name, path in side.user_vectors}
    joined = with_new_users(model, tables, where="--user-vectors")
    note(f"{len(joined.users) - len(model.users):,} users arrived since the training")
    return joined


def _read(path: Path, id_column: str, key: str, progress: Progress) -> "VectorTable":
    from samplew_gbm.data.vectors import read_vectors

    with progress.stage(f"read {path.name}"):
        return read_vectors(path, id_column=id_column, key=key)


def _named(word: str) -> tuple[str, Path]:
    """``NAME=FILE``, or a file that names its model itself."""
    name, equals, file = word.partition("=")
    if equals and file and name.isidentifier():
        return name, Path(file)
    stem = re.sub(r"\W", "_", Path(word).name.partition(".")[0])
    return stem if stem.isidentifier() else f"v{stem}", Path(word)
