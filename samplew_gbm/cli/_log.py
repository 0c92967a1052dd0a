"""The options of every command that learns from a log, as ``train`` does: one group, read one way."""

import functools
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samplew_gbm.cli import _options as options
from samplew_gbm.cli._options import Decorator, Function
from samplew_gbm.cli._side import SideFiles, side_options
from samplew_gbm.columns import ColumnNames

if TYPE_CHECKING:
    from samplew_gbm.data.cleaning import CleaningReport
    from samplew_gbm.data.interactions import Interactions
    from samplew_gbm.settings import Settings

ROWS = ("where", "memory_budget", "order")
ARRIVALS = ("items", "item_vectors", "user_vectors")
SIDE = (*ARRIVALS, "side_users")
COLUMNS = ("user_column", "item_column", "timestamp_column", "event_column", "value_column")
WEIGHT = ("weight_column",)
DISPLAYS = ("query_column", "position_column", "label_column", "impression_event")
METHOD = ("importance", "seed", "assignments")


@dataclass(frozen=True, slots=True)
class LogOptions:
    """How a log is read that is learned from: its columns, which rows, in which order, and what is beside it.

    ``memory_budget`` is text such as ``500MB``, or ``None`` for no limit.
    """

    columns: ColumnNames = field(default_factory=ColumnNames)
    side: SideFiles = field(default_factory=SideFiles)
    where: tuple[str, ...] = ()
    order: str = "auto"
    memory_budget: str | None = None

    @property
    def paths(self) -> tuple[Path, ...]:
        """Every file that is read beside the log."""
        return self.side.paths


@dataclass(frozen=True, slots=True)
class LearnedLog:
    """A log ready to be learned from; ``settings`` are those given, within the budget of memory."""

    interactions: "Interactions"
    cleaning: "CleaningReport"
    settings: "Settings"

    @property
    def n_rows(self) -> int:
        """Rows of the whole log, those that no sample of the users holds too."""
        return self.cleaning.n_rows if self.cleaning.sample is None else self.cleaning.sample.n_rows


def log_options(*, memory: bool = True, weight: bool = True, displays: bool = True) -> Decorator:
    """The group; the command gets it as ``reading``.

    Each part that would change nothing of what a command shows is left out.
    """
    parts = [
        side_options,
        options.where_option,
        *([options.memory_option] if memory else []),
        options.order_option,
        options.column_options,
        *([options.weight_column_option] if weight else []),
        *([options.display_options] if displays else []),
    ]

    def decorate(function: Function) -> Function:
        @functools.wraps(function)
        def with_reading(
            columns: ColumnNames,
            side: SideFiles,
            where: tuple[str, ...],
            order: str,
            memory_budget: str | None = None,
            **rest: Any,
        ) -> Any:
            return function(reading=LogOptions(columns, side, where, order, memory_budget), **rest)

        decorated: Function = with_reading
        for part in reversed(parts):
            decorated = part(decorated)
        return decorated

    return decorate
