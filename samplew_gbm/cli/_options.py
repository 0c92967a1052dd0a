"""Options that several commands share, each written once."""

import functools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from samplew_gbm.cli._paths import TABLE_ENDINGS, InputSource, OutputFile
from samplew_gbm.cli._settings import NAMES
from samplew_gbm.columns import ColumnNames, MatrixColumns
from samplew_gbm.settings import CONTROLS, IMPORTANCE_SCHEMES

Function = Callable[..., Any]
Decorator = Callable[[Function], Function]


def examples(*lines: str) -> str:
    """The end of a help text: command lines, kept as they are."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def input_argument(name: str, metavar: str) -> Decorator:
    """A file, a folder or an address in a database to read."""
    return click.argument(name, metavar=metavar, type=InputSource())


def model_option(function: Function) -> Function:
    """The model to use."""
    return click.option(
        "--model",
        "bundle",
        required=True,
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="The model that train wrote.",
    )(function)


def out_option(function: Function) -> Function:
    """The table to write."""
    return click.option(
        "--out",
        required=True,
        type=OutputFile(TABLE_ENDINGS),
        metavar="FILE",
        help="Table to write; its ending says how: .parquet, .csv, .tsv, .jsonl, text also with .gz.",
    )(function)


def history_option(function: Function) -> Function:
    """Interactions since the training."""
    return click.option(
        "--history",
        type=InputSource(),
        metavar="LOG",
        help="Later interactions: they extend the users' histories, nothing is learned from them.",
    )(function)


def order_option(function: Function) -> Function:
    """What orders the rows of the log."""
    return click.option(
        "--order",
        type=click.Choice(["auto", "file"]),
        default="auto",
        show_default=True,
        help="auto: by time, where the log has one. file: the rows stand in each user's own order.",
    )(function)


def where_option(function: Function) -> Function:
    """Which rows of the log are read."""
    return click.option(
        "--where",
        multiple=True,
        metavar="CONDITION",
        help="Read only rows of LOG for which it holds, such as day>=2024-01-01; repeat it for several.",
    )(function)


def memory_option(function: Function) -> Function:
    """How much memory reading and training may take."""
    return click.option(
        "--memory-budget",
        metavar="SIZE",
        help="Memory that reading and training may take beyond the program itself, such as 500MB: LOG is "
        "read in batches, and where its rows do not fit a sample of the users is learned from.",
    )(function)


def importance_option(function: Function) -> Function:
    """How to weigh the samples."""
    return click.option(
        "--importance",
        type=click.Choice(IMPORTANCE_SCHEMES),
        help="How to weigh the samples; none: the same model without weights. "
        f"{', '.join(CONTROLS)}: weights that must not help.  [default: attention]",
    )(function)


def settings_options(function: Function) -> Function:
    """Everything else that ``Settings`` holds."""
    function = click.option(
        "--set",
        "assignments",
        multiple=True,
        metavar="NAME=VALUE",
        help=f"Any setting, as often as needed: {', '.join(NAMES)}.",
    )(function)
    return click.option("--seed", type=int, metavar="N", help="Same seed, same result.  [default: 0]")(
        function
    )


def threads_option(function: Function) -> Function:
    """How many threads work."""
    return click.option(
        "--threads",
        type=click.IntRange(min=1),
        metavar="N",
        help="Threads to use.  [default: every CPU this process may run on]",
    )(function)


def json_option(function: Function) -> Function:
    """Results for machines."""
    return click.option("--json", "as_json", is_flag=True, help="Write the result as JSON to stdout.")(
        function
    )


def column_options(function: Function) -> Function:
    """What the columns are called in the user's files; the command gets them as ``columns``."""

    @functools.wraps(function)
    def with_columns(
        user_column: str,
        item_column: str,
        timestamp_column: str,
        event_column: str,
        value_column: str,
        **rest: Any,
    ) -> Any:
        names = ColumnNames(user_column, item_column, timestamp_column, event_column, value_column)
        return function(columns=names, **rest)

    return _named_columns(with_columns, _COLUMNS)


def id_column_options(function: Function) -> Function:
    """What the columns of ids are called where nothing else of a table matters; given as ``columns``."""

    @functools.wraps(function)
    def with_columns(user_column: str, item_column: str, **rest: Any) -> Any:
        return function(columns=ColumnNames(user_column, item_column), **rest)

    return _named_columns(with_columns, {word: _COLUMNS[word] for word in ("user", "item")})


def weight_column_option(function: Function) -> Function:
    """The log's own weights; it stands below ``column_options``, whose ``columns`` it adds to."""

    @functools.wraps(function)
    def with_weight(columns: ColumnNames, weight_column: str, **rest: Any) -> Any:
        return function(columns=replace(columns, weight=weight_column), **rest)

    return click.option(
        "--weight-column",
        default="",
        metavar="NAME",
        help="Column of your own weight; it multiplies the learned one, or with --set mix=0 stands alone.",
    )(with_weight)


def display_options(function: Function) -> Function:
    """What was only shown; it stands below ``column_options``, whose ``columns`` it adds to."""

    @functools.wraps(function)
    def with_displays(
        columns: ColumnNames,
        query_column: str,
        position_column: str,
        label_column: str,
        impression_event: str,
        **rest: Any,
    ) -> Any:
        names = replace(
            columns,
            query_id=query_column,
            position=position_column,
            label=label_column,
            impression_event=impression_event,
        )
        return function(columns=names, **rest)

    decorated: Function = with_displays
    for option, metavar, text in reversed(_DISPLAYS):
        decorated = click.option(option, default="", metavar=metavar, help=text)(decorated)
    return decorated


def impression_event_option(function: Function) -> Function:
    """The event of what was only shown, for a command that names the columns of queries otherwise."""
    option, metavar, text = _IMPRESSION_EVENT
    return click.option(option, default="", metavar=metavar, help=text)(function)


def matrix_column_options(function: Function) -> Function:
    """What the columns of a ready matrix are called; the command gets them as ``matrix_columns``."""

    @functools.wraps(function)
    def with_columns(
        query_column: str, label_column: str, weight_column: str, position_column: str, **rest: Any
    ) -> Any:
        names = MatrixColumns(query_column, label_column, weight_column, position_column)
        return function(matrix_columns=names, **rest)

    return _named_columns(with_columns, _MATRIX_COLUMNS)


def _named_columns(function: Function, defaults: dict[str, str]) -> Function:
    """An option for each column, in their order."""
    for word, default in reversed(defaults.items()):
        option = click.option(
            f"--{word}-column",
            default=default,
            show_default=True,
            metavar="NAME",
            help=f"Column of the {word}.",
        )
        function = option(function)
    return function


_DEFAULTS = ColumnNames()
_COLUMNS = {
    "user": _DEFAULTS.user_id,
    "item": _DEFAULTS.item_id,
    "timestamp": _DEFAULTS.timestamp,
    "event": _DEFAULTS.event,
    "value": _DEFAULTS.value,
}
_IMPRESSION_EVENT = (
    "--impression-event",
    "EVENT",
    "The event of rows that were only shown, in place of a label.",
)
_DISPLAYS = (
    ("--query-column", "NAME", "Column of the query that a row was shown or taken in."),
    ("--position-column", "NAME", "Column of the place, from 1, that a row was shown in."),
    ("--label-column", "NAME", "Column that is 0 where an item was only shown and 1 where it was taken."),
    _IMPRESSION_EVENT,
)
_MATRIX_DEFAULTS = MatrixColumns()
_MATRIX_COLUMNS = {
    "query": _MATRIX_DEFAULTS.query_id,
    "label": _MATRIX_DEFAULTS.label,
    "weight": _MATRIX_DEFAULTS.weight,
    "position": _MATRIX_DEFAULTS.position,
}
