"""Options of commands that also take a ready feature matrix, or a model of one."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from samplew_gbm.cli._paths import is_given, refuse_options
from samplew_gbm.columns import LABEL, POSITION, QUERY_ID, WEIGHT, ColumnNames, MatrixColumns

if TYPE_CHECKING:
    from pathlib import Path

    from samplew_gbm.bundle import Bundle

Function = Callable[..., Any]

OF_A_MATRIX = ("label", "search", "leave_out", "categorical")
"""Parameters of ``train`` that say nothing of a log."""


@dataclass(frozen=True, slots=True)
class MatrixOptions:
    """How a matrix is learned from: what its labels are, and which of its columns are features."""

    label: str
    search: bool
    leave_out: tuple[str, ...]
    categorical: tuple[str, ...]


def matrix_options(function: Function) -> Function:
    """What only a matrix can be told; the command gets it as ``matrix``."""

    @functools.wraps(function)
    def with_matrix(
        label: str, search: bool, leave_out: tuple[str, ...], categorical: tuple[str, ...], **rest: Any
    ) -> Any:
        return function(matrix=MatrixOptions(label, search, leave_out, categorical), **rest)

    for option in reversed(_OPTIONS):
        with_matrix = option(with_matrix)
    return with_matrix


_OPTIONS = (
    click.option(
        "--labels",
        "label",
        type=click.Choice(["judgement", "click"]),
        default="judgement",
        show_default=True,
        help="Of a matrix: by judgements the weights must prove themselves; clicks are what they are there "
        "to doubt, so they stay unless they are shown to hurt.",
    ),
    click.option(
        "--search",
        is_flag=True,
        help="Of a matrix: let the gate choose among forms of the weights; it trains some 50 rankers.",
    ),
    click.option(
        "--leave-out",
        multiple=True,
        metavar="COLUMN",
        help="Of a matrix: a column to use for nothing, as often as needed.",
    ),
    click.option(
        "--categorical",
        multiple=True,
        metavar="COLUMN",
        help="Of a matrix: a column whose numbers are categories, as often as needed; text is so by itself.",
    ),
)


def unknown_category_option(function: Function) -> Function:
    """What a model of a matrix makes of a category that it has not met."""
    return click.option(
        "--unknown-category",
        type=click.Choice(["error", "missing"]),
        help="Of a matrix: what a category is that the training has not met.  [default: as the model says]",
    )(function)


def query_column_option(function: Function) -> Function:
    """What the column of queries is called, for a command that takes no other columns of a matrix."""
    return _column_option("query", QUERY_ID, function)


def label_column_option(function: Function) -> Function:
    """What the column of labels is called."""
    return _column_option("label", LABEL, function)


def _column_option(word: str, default: str, function: Function) -> Function:
    return click.option(
        f"--{word}-column",
        default=default,
        show_default=True,
        metavar="NAME",
        help=f"Column of the {word}, of a matrix.",
    )(function)


def columns_of_matrix(columns: ColumnNames) -> MatrixColumns:
    """Those of a log that a matrix has too, under its own names where none was given."""
    return MatrixColumns(
        query_id=columns.query_id or QUERY_ID,
        label=columns.label or LABEL,
        weight=columns.weight if is_given("weight_column") else WEIGHT,
        position=columns.position if is_given("position_column") else POSITION,
        user_id=columns.user_id,
        item_id=columns.item_id,
    )


def opened(path: "Path") -> "tuple[Bundle, bool]":
    """The bundle of a model, and whether it is one of a matrix."""
    from samplew_gbm.bundle import read_bundle
    from samplew_gbm.bundle.model_kinds import MATRIX_MODEL, kind_of

    bundle = read_bundle(path)
    return bundle, kind_of(bundle) == MATRIX_MODEL


def refuse_of_log(path: "Path", names: tuple[str, ...]) -> None:
    """A usage error where an option of logs was given and the model is one of a matrix."""
    refuse_options(names, f"{path} is a model of a matrix, and this belongs to one of a log; leave it out")


def refuse_of_matrix(path: "Path", names: tuple[str, ...]) -> None:
    """The reverse."""
    refuse_options(names, f"{path} is a model of a log, and this belongs to one of a matrix; leave it out")
