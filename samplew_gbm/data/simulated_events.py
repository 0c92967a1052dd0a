"""What a simulated shop logs beside its clicks: the pages that were shown, and what a click led to."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from samplew_gbm.columns import EVENT, ITEM_ID, LABEL, POSITION, QUERY_ID, TIMESTAMP
from samplew_gbm.data.simulate import Shop, relevance
from samplew_gbm.data.simulated_catalogue import Floats, Ints
from samplew_gbm.errors import SettingsError

VIEW, CART, PURCHASE = "view", "cart", "purchase"
CARTED, BOUGHT = 0.5, 0.5  # of clicks on what suits perfectly, and of what lies in a cart
CART_AFTER, PURCHASE_AFTER = 20.0, 40.0  # seconds; the next click of a session comes after a minute or more


def impression_log(shop: Shop) -> pa.Table:
    """Every item of every page: the columns of ``Shop.log``, ``query_id``, ``position`` and ``label``.

    Pages are in time order, their items by position. A page may show an item twice. ``SettingsError``
    where the shop was simulated without ``keep_pages``.
    """
    if shop.pages is None:
        raise SettingsError("this shop did not keep its pages; simulate it with keep_pages=True")
    n, size = shop.pages.shape
    page = np.repeat(np.arange(n), size)
    position = np.tile(np.arange(1, size + 1), n)
    log = shop.log.take(pa.array(page)).set_column(
        shop.log.column_names.index(ITEM_ID), ITEM_ID, shop.item_ids.take(pa.array(shop.pages.ravel()))
    )
    taken = position == shop.position[page]
    extra = {QUERY_ID: page, POSITION: position, LABEL: taken.astype(np.int8)}
    for name, values in extra.items():
        log = log.append_column(name, pa.array(values))
    return log


def event_log(shop: Shop, random_state: int = 0) -> pa.Table:
    """The clicks as views, and the carts and purchases that they led to, with ``event``, in time order.

    A view leads to a cart with probability ``CARTED`` times the relevance of its taste, an accidental one
    never; a cart to a purchase with probability ``BOUGHT``.
    """
    rng = np.random.default_rng(random_state)
    n = len(shop.taste)
    carted = rng.random(n) < CARTED * np.where(shop.accidental, 0.0, relevance(shop.taste))
    bought = carted & (rng.random(n) < BOUGHT)
    times: Floats = shop.log[TIMESTAMP].to_numpy()
    parts = [
        _events(shop.log, np.flatnonzero(rows), event, times + after)
        for rows, event, after in (
            (np.ones(n, bool), VIEW, 0.0),
            (carted, CART, CART_AFTER),
            (bought, PURCHASE, PURCHASE_AFTER),
        )
    ]
    joined = pa.concat_tables(parts)
    return joined.take(pc.array_sort_indices(joined[TIMESTAMP].combine_chunks()))


def _events(log: pa.Table, rows: Ints, event: str, times: Floats) -> pa.Table:
    at = log.column_names.index(TIMESTAMP)
    part = log.take(pa.array(rows)).set_column(at, TIMESTAMP, pa.array(times[rows]))
    return part.append_column(EVENT, pa.array([event] * len(rows), pa.string()))
