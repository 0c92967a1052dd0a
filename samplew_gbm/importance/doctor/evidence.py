"""What the rules of the doctor look at, and what a rule is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.queries import Segments

Severity = Literal["ok", "note", "warning", "error"]
Observation = tuple[Severity, str]
"""How bad it is, and what was found."""


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """All that is known of one training, each part optional; a rule that lacks its part is left out.

    ``n`` rows: ``weight`` and ``label`` (``float64[n]``, of any value), ``row`` (``int64[n]``, where each
    stood in its file), ``segment`` (``int[n]``, whose it is), ``importance`` (``float64[n]``, mean 1 in a
    segment) and ``popularity`` (``float64[n]``, how often its item occurs). ``indptr`` (``int64[q + 1]``)
    cuts the rows into queries; together with ``label`` it says that the rows are a ready matrix, which has
    no ``position`` (``float64[n]``) where that is None.

    ``parameters`` are LightGBM's under their main names (``main_names``), ``leaf_counts`` (``int64``) the
    rows of every leaf of a model, ``effective_share`` its report's where the weights themselves are not
    known, ``evaluation_weighted`` whether its validation rows had weights. ``order`` is the log's ("clock",
    "file" or "none"), ``n_repeated`` how many of its ``n_logged`` rows repeat another exactly;
    ``within_visits`` is the share of the rows that follow another of their user in one visit, where each row
    is a query of its own; ``accident_share`` the share of the rows that are accidents rather than taste.
    """

    weight: NDArray[np.float64] | None = None
    label: NDArray[np.float64] | None = None
    indptr: NDArray[np.int64] | None = None
    row: NDArray[np.int64] | None = None
    position: NDArray[np.float64] | None = None
    segment: NDArray[np.integer[Any]] | None = None
    importance: NDArray[np.float64] | None = None
    popularity: NDArray[np.float64] | None = None
    parameters: Mapping[str, Any] | None = None
    leaf_counts: NDArray[np.int64] | None = None
    effective_share: float | None = None
    evaluation_weighted: bool | None = None
    order: str | None = None
    n_logged: int | None = None
    n_repeated: int | None = None
    within_visits: float | None = None
    accident_share: float | None = None

    @property
    def usable_weight(self) -> NDArray[np.float64] | None:
        """The weights if any question but whether they are numbers makes sense."""
        weight = self.weight
        if weight is None or not len(weight) or not (np.isfinite(weight) & (weight >= 0)).all():
            return None
        return weight if weight.any() else None

    @property
    def weighted(self) -> bool | None:
        """Whether the weights differ at all; None where nothing is known of them."""
        if self.weight is not None:
            return bool(len(self.weight)) and not bool((self.weight == self.weight[0]).all())
        if self.effective_share is not None:
            return self.effective_share < 1 - 1e-9
        return None if self.labelled_queries is None else False  # a ready matrix without weights has none

    @property
    def labelled_queries(self) -> "LabelledQueries | None":
        """The queries of a ready matrix."""
        if self.label is None or self.indptr is None or not len(self.label):
            return None
        return LabelledQueries(self.indptr, self.label)


@dataclass(frozen=True, slots=True, eq=False)
class LabelledQueries(Segments):
    """Queries and the labels of their rows; a row of a label above 0 is a positive."""

    label: NDArray[np.float64]

    @property
    def n_positive(self) -> NDArray[np.int64]:
        """Positives of every query."""
        counts: NDArray[np.int64] = np.bincount(self.owner[self.label > 0], minlength=len(self))
        return counts


@dataclass(frozen=True, slots=True)
class Rule:
    """A trap: how it is looked for, why it is one, what to do. ``look`` gives None where it cannot look."""

    name: str
    look: Callable[[Evidence], Observation | None]
    why: str
    remedy: str


def share(part: float) -> str:
    """A share of 1 in words; never 0 % of what is not nothing."""
    return "under 0.1 %" if 0 < part < 0.001 else f"{100 * part:.1f} %"


def count(n: int, noun: str) -> str:
    """``1 row``, ``2,000 rows``, ``2 queries``."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{n:,} {noun if n == 1 else plural}"


def rows_named(evidence: Evidence, bad: NDArray[np.bool_]) -> str:
    """The first rows of the file where ``bad`` is true, counted from 1."""
    at = np.flatnonzero(bad) if evidence.row is None else np.sort(evidence.row[bad])
    named = ", ".join(f"{row + 1}" for row in at[:3].tolist())
    more = f" and {len(at) - 3:,} more" if len(at) > 3 else ""
    return f"{'row' if len(at) == 1 else 'rows'} {named}{more}"
