"""The files of a small shop that the READMEs speak of."""

import sqlite3
from pathlib import Path

import numpy as np
import pyarrow as pa

from samplew_gbm.columns import EVENT, ITEM_ID, TIMESTAMP, USER_ID
from samplew_gbm.data.simulate import simulate_shop
from samplew_gbm.data.simulated_events import event_log, impression_log
from samplew_gbm.data.writing import write_table

N_USERS, N_ITEMS = 30, 30
N_EARLIER, N_LATER = 550, 50  # rows of the log, and those that come after it


def write_shop(folder: Path) -> None:
    """Write them.

    ``log`` and ``later``, with events, and ``pairs``, each as ``.parquet`` and ``.csv``; ``shown.parquet``,
    the pages and what was taken of them; ``shop.db``, the log as a table ``events`` of SQLite; ``items.csv``,
    ``users.csv`` and ``vectors.npz``, what is known of items and users;
    ``ml-100k/u.data``, ratings of nobody in the form that MovieLens has; ``matrix`` (as ``.parquet`` and
    ``.csv``) and ``later-matrix.parquet``, judged rows of search queries with features.
    """
    shop = simulate_shop(N_USERS, N_ITEMS, N_EARLIER + N_LATER, random_state=2, keep_pages=True)
    log = event_log(shop)
    for ending in ("parquet", "csv"):
        write_table(log.slice(0, N_EARLIER), folder / f"log.{ending}")
        write_table(log.slice(N_EARLIER), folder / f"later.{ending}")
        write_table(log.slice(0, 50).select([USER_ID, ITEM_ID]), folder / f"pairs.{ending}")
    write_table(impression_log(shop), folder / "shown.parquet")
    names = shop.item_ids.to_pylist()
    items = {ITEM_ID: names, "kind": [name.split()[-2] for name in names], "price": np.arange(float(N_ITEMS))}
    write_table(pa.table(items), folder / "items.csv")
    ages = 20 + np.arange(N_USERS)
    write_table(pa.table({USER_ID: shop.user_ids, "age": ages}), folder / "users.csv")
    np.savez(folder / "vectors.npz", ids=np.array(names), vectors=shop.item_factors.astype(np.float32))
    with sqlite3.connect(folder / "shop.db") as database:
        database.execute(
            f"create table events ({USER_ID} text, {ITEM_ID} text, {TIMESTAMP} real, {EVENT} text)"
        )
        rows = log.slice(0, N_EARLIER).select([USER_ID, ITEM_ID, TIMESTAMP, EVENT]).to_pylist()
        values = [tuple(row.values()) for row in rows]
        database.executemany("insert into events values (?, ?, ?, ?)", values)
    database.close()
    _write_ratings(shop.log, folder / "ml-100k")
    _write_matrix(folder)


def _write_matrix(folder: Path) -> None:
    """Queries of eight rows: what they match decides, and a little how many clicked; categories too."""
    rng = np.random.default_rng(3)
    n = 1600
    match, clicks = rng.normal(size=n), rng.poisson(3, n)
    label = np.clip(np.round(match + 0.1 * clicks + rng.normal(size=n) / 2), 0, 2).astype(int)
    rows = pa.table(
        {
            "query_id": np.arange(n) // 8,
            "item_id": rng.integers(0, 90, n),
            "position": np.arange(n) % 8 + 1,
            "label": label,
            "match": match.round(4),
            "clicks": clicks,
            "category": rng.integers(0, 5, n),
            "brand": np.array(["oak", "elm", "ash"])[rng.integers(0, 3, n)],
        }
    )
    for ending in ("parquet", "csv"):
        write_table(rows.slice(0, 1200), folder / f"matrix.{ending}")
    write_table(rows.slice(1200), folder / "later-matrix.parquet")


def _write_ratings(log: pa.Table, folder: Path) -> None:
    """User, item, rating and Unix seconds, parted by tabs, without a header and in no order."""
    folder.mkdir()
    users, items = (log[name].dictionary_encode().combine_chunks().indices for name in (USER_ID, ITEM_ID))
    times = np.linspace(874_724_710, 893_286_638, log.num_rows).astype(int)
    rows = zip(users.to_pylist(), items.to_pylist(), times.tolist(), strict=True)
    lines = [f"{user + 1}\t{item + 1}\t{1 + item % 5}\t{time}\n" for user, item, time in rows]
    (folder / "u.data").write_text("".join(lines[::2] + lines[1::2]))
