"""A budget of memory, and what it buys: how much of a log is kept and how much is learned from at once."""

import math
import re
from dataclasses import dataclass

import msgspec

from samplew_gbm.errors import SettingsError
from samplew_gbm.settings import Settings

_UNITS = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}
_LEAST = 32 * 10**6
# Measured while training, with room to spare: a row in all copies, a user, an item in the tables, the
# features of one candidate of a training query in all copies, a pair of items in a table of pairs, and how
# many pairs a row adds to one where sessions are long.
_ROW, _USER, _ITEM, _CANDIDATE, _PAIR = 400, 400, 4000, 400, 48
_PAIRS_OF_ROW = 30


@dataclass(frozen=True, slots=True)
class MemoryPlan:
    """How ``budget`` bytes are dealt out: half to the rows that are kept, a quarter to the training queries,
    a quarter to the linear item models.

    The budget covers what reading and training take beyond the package with all its libraries loaded, which
    is about 350 MB by itself. It is a plan by measured costs and not a limit that anything enforces.
    """

    budget: int

    @property
    def batch_rows(self) -> int:
        """Rows read at once."""
        return min(max(self.budget // 4096, 4096), 1 << 20)

    def holds(self, n_rows: int, n_users: int, n_items: int) -> bool:
        """Whether a log of this size can be learned from."""
        n_pairs = min(n_items**2, _PAIRS_OF_ROW * n_rows)
        needed = _ROW * n_rows + _USER * n_users + _ITEM * n_items + _PAIR * n_pairs
        return needed <= self.budget // 2

    def fit(self, settings: Settings) -> Settings:
        """The settings, with no more training queries and linear items than there is room for."""
        # A gate keeps a whole list, of about four times n_candidates, for each fourth query.
        rows = max(settings.n_negatives, settings.n_candidates) + 1 + settings.n_candidates
        return msgspec.structs.replace(
            settings,
            n_queries=min(settings.n_queries, max(1, self.budget // 4 // (_CANDIDATE * rows))),
            linear_items=min(settings.linear_items, math.isqrt(self.budget // 4 // _PAIR)),
        )


@dataclass(frozen=True, slots=True)
class UserSample:
    """Which part of a log fitted into ``budget`` bytes: all rows of a ``share`` of the users.

    The users are chosen by a hash of their ids: the same ones in any order of the rows, from any source.
    """

    budget: int
    share: float
    n_rows: int
    n_kept: int

    def describe(self) -> str:
        """One line."""
        budget = f"{self.budget / 1e6:,.0f} MB"
        if self.share == 1:
            return f"all {self.n_rows:,} rows fit into {budget}"
        return (
            f"sampled {100 * self.share:.3g} % of the users, {self.n_kept:,} of {self.n_rows:,} rows, "
            f"to stay within {budget}"
        )


def memory_plan(budget: int | str) -> MemoryPlan:
    """The plan for bytes, or for text such as ``500MB`` or ``2GiB``; ``SettingsError`` for anything else."""
    found = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([a-zA-Z]*)\s*", str(budget))
    if found is None or found[2].lower() not in _UNITS:
        raise SettingsError(f"memory_budget is {budget!r}; write it as 500MB or 2GB")
    n_bytes = int(float(found[1]) * _UNITS[found[2].lower()])
    if n_bytes < _LEAST:
        raise SettingsError(f"memory_budget is {budget!r}; give at least {_LEAST // 10**6}MB")
    return MemoryPlan(n_bytes)
