"""Tiny logs, as tables and encoded, whose vocabularies do not depend on which rows they have."""

import numpy as np
import pyarrow as pa

from samplew_gbm.data.describing import describe_items, describe_users
from samplew_gbm.data.interactions import Interactions, Order, align_interactions
from samplew_gbm.data.joining import join_item_vectors, join_user_vectors
from samplew_gbm.data.vectors import read_vectors
from samplew_gbm.data.vocabulary import Vocabulary
from samplew_gbm.settings import Settings

DAY = 86_400.0
TINY = Settings(n_factors=8, n_epochs=2, n_trees=8, n_candidates=10, n_negatives=1000, n_folds=2)
"""Every candidate is kept: nothing is drawn at random."""


def log_table(users, items, days=None, name=lambda index: index):
    """A log as `read_log` returns it; ``name`` makes an id of an index."""
    columns = {"user_id": [name(user) for user in users], "item_id": [name(item) for item in items]}
    return pa.table(columns if days is None else columns | {"timestamp": np.asarray(days) * DAY})


def random_table(seed=0, n_users=30, n_items=25, n_rows=330, name=lambda index: index):
    """Rows in time order: users and items by chance, small ids more often, now and then at the same time."""
    rng = np.random.default_rng(seed)
    users = rng.permutation(np.arange(n_rows) % n_users)
    items = (n_items * rng.random(n_rows) ** 1.3).astype(int)
    return log_table(users, items, np.sort(rng.integers(0, 200, n_rows)), name)


def described(n_items):
    """A table of items with a colour, a few tags and a price each; of item 5 nothing is said."""
    some = [item for item in range(n_items) if item != 5]
    tags = [[item % 4, 10 + item % 7] for item in some]
    prices, colours = [1.5 * (item % 9) for item in some], [f"colour {item % 2}" for item in some]
    return pa.table({"item_id": some, "colour": colours, "tags": tags, "price": prices})


def with_side(log):
    """Vectors of two models, one of items alone, and the ages of the users; some have none."""
    rng = np.random.default_rng(0)
    items, users = (np.arange(1, n) for n in (log.n_items, log.n_users))
    text = read_vectors((items, rng.normal(size=(len(items), 4))))
    seen = np.delete(np.arange(log.n_items), 2)
    image = read_vectors((seen, rng.normal(size=(len(seen), 7))))
    own = read_vectors((users, rng.normal(size=(len(users), 4))), key="user_id")
    log = join_item_vectors(log, {"text": text, "image": image})
    log = join_user_vectors(log, {"text": own})
    ages = pa.table({"user_id": users, "age": users % 11, "town": [f"town {user % 3}" for user in users]})
    return describe_users(log, ages)


def encoded(table, order=Order.CLOCK, n_users=30, n_items=25):
    """Interactions with all of ``range(n_users)`` and ``range(n_items)`` as vocabularies, both described."""
    users, items = (Vocabulary(pa.array(range(n))) for n in (n_users, n_items))
    log = align_interactions(table, users=users, items=items, order=order).interactions
    return with_side(describe_items(log, described(n_items)))


def random_log(order=Order.CLOCK, **options) -> Interactions:
    return encoded(random_table(**options), order, options.get("n_users", 30), options.get("n_items", 25))


def checkerboard(n_users=40, n_items=30, n_taken=9, seed=0, name=lambda index: index):
    """Two groups of taste: users take items of their own parity only, each item once, a day apart."""
    rng = np.random.default_rng(seed)
    users, items = [], []
    for user in range(n_users):
        own = 2 * rng.permutation(n_items // 2)[:n_taken] + user % 2
        users += [user] * n_taken
        items += own.tolist()
    days = np.tile(np.arange(n_taken), n_users) + np.repeat(np.arange(n_users), n_taken) / n_users
    at = np.argsort(days)
    return log_table(np.array(users)[at].tolist(), np.array(items)[at].tolist(), days[at], name)
