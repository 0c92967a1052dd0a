"""Rank what was shown: train on the lists of a log before a time, rank the lists after it.

python -m bench.impressions --data DIR --out bench/results/impressions.json [--log trivago shop] [--seeds 0 1]

Of each held-out list with a click in it: the rank of what was clicked, by the model trained on lists
(``lists``), by the same with clicks weighed by inverse examination (``placed``), by the model whose negatives
are retrieved as if no list were known (``retrieved``), and by orders that learn nothing. A list is scored under
an id of its own, with the user's history before it: what a service would know.
"""

import argparse
import json
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bench.datasets import DataError, find_data
from bench.machine import describe
from bench.measure import CommandError, measure
from samplew_gbm.data.simulate import simulate_shop
from samplew_gbm.data.simulated_events import impression_log

TRIVAGO = Path("trivago_impressions/trivago_val_100k.parquet")
HELD_OUT = 0.2  # of the lists, the latest
SHOWN = "--query-column query_id --position-column position --label-column label"
SCORE = "samplew score pairs.parquet --model model.swg --history past.parquet --out scores.parquet"
ARMS = {
    "lists": SHOWN,
    "placed": f"{SHOWN} --set position_power=-1",
    "retrieved": "--label-column label",
}
COLUMNS = ("query_id", "user_id", "item_id", "timestamp", "position", "label")


@dataclass(frozen=True)
class Lists:
    """The held-out rows, list after list: ``start`` is ``int64[q + 1]``, ``clicked`` the row of each click."""

    rows: pa.Table
    start: np.ndarray
    clicked: np.ndarray


def trivago_rows(data: Path) -> Iterator[tuple[Any, ...]]:
    """Rows of ``COLUMNS`` and the price: every hotel that a user touched, and each list that a click shows."""
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


def quality(scores: np.ndarray, held: Lists, kept: np.ndarray) -> dict[str, float]:
    """Mean reciprocal rank and NDCG of the click in its list; rows that tie share the middle of their ranks."""
    own = np.repeat(scores[held.clicked], np.diff(held.start))
    above = np.add.reduceat((scores > own) + 0.5 * (scores == own), held.start[:-1])
    rank = (above + 0.5)[kept]
    return {"MRR": float(np.mean(1 / rank)), "NDCG": float(np.mean(1 / np.log2(rank + 1)))}


def orders(train: pa.Table, held: Lists) -> dict[str, np.ndarray]:
    """Scores that learn nothing but counts."""
    taken = Counter(train.filter(pc.equal(train["label"], 1))["item_id"].to_pylist())
    found = {
        "popularity": np.array([taken[item] for item in held.rows["item_id"].to_pylist()], float),
        "position": -held.rows["position"].to_numpy().astype(float),
    }
    if "price" in held.rows.column_names:
        found["price"] = -held.rows["price"].to_numpy()
    return found


def judge(log: pa.Table, seeds: Sequence[int], work: Path, samplew: str) -> dict[str, Any]:
    train, held = divide(log)
    past = histories(log, held)
    pq.write_table(train.select(list(COLUMNS)), work / "train.parquet")
    pq.write_table(past, work / "past.parquet")
    ids = pa.array([f"list {query}" for query in held.rows["query_id"].to_pylist()])
    pq.write_table(pa.table({"user_id": ids, "item_id": held.rows["item_id"]}), work / "pairs.parquet")
    lists = ids.take(pa.array(held.start[:-1]))
    known = pc.is_in(lists, value_set=past["user_id"].combine_chunks()).to_numpy(zero_copy_only=False)
    parts = {"all": np.ones(len(known), bool), "with a history": known}
    found: dict[str, Any] = {"lists": len(known), "with a history": int(known.sum()), "runs": []}
    for name, scores in orders(train, held).items():
        found[name] = {part: quality(scores, held, kept) for part, kept in parts.items()}
        print(f"{name:<12}", found[name], flush=True)
    for seed in seeds:
        for arm, options in ARMS.items():
            line = f"samplew train train.parquet --model model.swg --seed {seed} --threads 2 {options}"
            trained = measure(line, work, samplew)
            measure(SCORE, work, samplew)
            scores = pq.read_table(work / "scores.parquet")["score"].to_numpy()
            run = {part: quality(scores, held, kept) for part, kept in parts.items()}
            found["runs"].append({"arm": arm, "line": line, "seconds": trained.seconds, **run})
            print(f"{arm:<12}", run, f"{trained.seconds:.0f} s", flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="folder of the data sets (or SAMPLEW_DATA)")
    parser.add_argument("--log", nargs="+", choices=("trivago", "shop"), default=("trivago", "shop"))
    parser.add_argument("--seeds", type=int, nargs="+", default=(0,))
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    samplew = shutil.which("samplew") or sys.exit("samplew is not installed: pip install .")
    result: dict[str, Any] = {"machine": describe()}
    with tempfile.TemporaryDirectory() as folder:
        try:
            for name in arguments.log:
                log = trivago(find_data(arguments.data)) if name == "trivago" else shop(0)
                result[name] = judge(log, arguments.seeds, Path(folder), samplew)
        except (DataError, CommandError) as error:
            sys.exit(str(error))
    arguments.out.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
