"""Logs with lists that were shown: which are learned from, which held out, what is known before them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bench.datasets import DataError
from samplew_gbm.data.simulate import simulate_shop
from samplew_gbm.data.simulated_events import impression_log

TRIVAGO = Path("trivago_impressions/trivago_val_100k.parquet")
HELD_OUT = 0.2  # of the lists, the latest
COLUMNS = ("query_id", "user_id", "item_id", "timestamp", "position", "label")


@dataclass(frozen=True)
class Lists:
    """The held-out rows: list ``i`` is ``start[i]:start[i + 1]``, and its click the row ``clicked[i]``."""

    rows: pa.Table
    start: np.ndarray
    clicked: np.ndarray


def trivago_rows(data: Path) -> Iterator[tuple[Any, ...]]:
    """Rows of ``COLUMNS`` and the price: every hotel that a user touched, and the list of each click."""
    path = data / TRIVAGO
    if not path.is_file():
        raise DataError(f"no data: {path} is not there")
    names = ("user_id", "timestamp", "action_type", "reference", "impressions", "prices")
    table = pq.read_table(path, columns=list(names))
    for number, row in enumerate(zip(*(table[name].to_pylist() for name in names), strict=True)):
        user, time, action, item, shown, prices = row
        if not str(item).isdigit() or not action.startswith(("clickout item", "interaction item")):
            continue
        if action != "clickout item" or not shown:
            yield (None, user, item, float(time), None, 1, None)
            continue
        listed = shown.split("|")
        for place, (each, price) in enumerate(zip(listed, prices.split("|"), strict=True), 1):
            yield (number, user, each, float(time), place, int(each == item), float(price))
        if item not in listed:
            yield (number, user, item, float(time), None, 1, None)


def trivago(data: Path) -> pa.Table:
    columns = zip(*trivago_rows(data), strict=True)
    return pa.table(dict(zip((*COLUMNS, "price"), columns, strict=True)))


def shop(seed: int) -> pa.Table:
    """A simulated shop, as tests/data has it: clicks with position bias, three in ten by accident."""
    kept = simulate_shop(1500, 2000, 40_000, noise=0.3, random_state=seed, keep_pages=True)
    return impression_log(kept)


def divide(log: pa.Table) -> tuple[pa.Table, Lists]:
    """Rows before the time at which the held-out lists begin, and these, less lists without a choice."""
    query = log["query_id"].to_numpy(zero_copy_only=False).astype(float)
    time, label = log["timestamp"].to_numpy(), log["label"].to_numpy()
    placed = ~np.isnan(log["position"].to_numpy(zero_copy_only=False).astype(float))
    first = np.unique(query[~np.isnan(query)], return_index=True)[1]
    cut = np.quantile(time[~np.isnan(query)][first], 1 - HELD_OUT)
    late = np.flatnonzero((time >= cut) & placed & ~np.isnan(query))
    late = late[np.lexsort((late, query[late]))]
    one, sizes = np.unique(query[late], return_counts=True)
    clicks = np.bincount(np.searchsorted(one, query[late]), label[late])
    good = (clicks == 1) & (sizes > 1)
    late = late[good[np.searchsorted(one, query[late])]]
    start = np.concatenate([[0], np.cumsum(sizes[good])])
    held = Lists(log.take(pa.array(late)), start, np.flatnonzero(label[late] == 1))
    return log.filter(pa.array(time < cut)), held


def histories(log: pa.Table, held: Lists) -> pa.Table:
    """What the user of each list took before it, under the id of the list."""
    taken = log.filter(pc.equal(log["label"], 1)).sort_by("timestamp")
    items, times = taken["item_id"].to_pylist(), taken["timestamp"].to_numpy()
    rows_of: dict[Any, list[int]] = {}
    for row, user in enumerate(taken["user_id"].to_pylist()):
        rows_of.setdefault(user, []).append(row)
    ids, chosen = [], []
    asked = held.rows.take(pa.array(held.start[:-1])).select(["query_id", "user_id", "timestamp"]).to_pylist()
    for ask in asked:
        before = [row for row in rows_of.get(ask["user_id"], ()) if times[row] < ask["timestamp"]]
        ids += [f"list {ask['query_id']}"] * len(before)
        chosen += before
    return pa.table({"user_id": ids, "item_id": [items[row] for row in chosen], "timestamp": times[chosen]})


def prices(rows: pa.Table) -> pa.Table:
    """The mean price of each item among rows that show one: a table of items."""
    shown = rows.filter(pc.is_valid(rows["price"]))
    means = shown.group_by("item_id").aggregate([("price", "mean")])
    return pa.table({"item_id": means["item_id"], "price": means["price_mean"]}).sort_by("item_id")
