"""A shop whose truth is known: clicks with planted taste, position bias, drift and accidental clicks.

The equations (all vectors in R^d have length 1; u a user, i an item, c(i) its category):

* item      ``q_i = unit(m_c(i) + 0.5 s_style(i) + 0.5 e_i)``, ``m, s, e`` Gaussian directions.
* popularity ``pop_i ~ rank_i ** -0.9`` with a random rank (Zipf), independent of taste.
* taste     ``p_u(0) = unit(m_a + m_b + 0.5 e_u)`` for two favourite categories a, b; it walks:
  ``p_u(t + D) = unit(p_u(t) + drift * sqrt(D in days) * e)``.
* page      20 items in random positions: 8 popular ones (drawn by pop), 6 shelf neighbours of the item
  taken before (in a new session: of the user's taste), 6 of the user's taste: category c with probability
  softmax_c(6 <p_u, m_c>), the item in it by pop.
* relevance ``r_ui = sigmoid(8 (<p_u, q_i> - 0.3))``; *taste* of a row is ``<p_u, q_i>`` when it happened.
* position  place k = 1..20 is examined in proportion to ``1 / k`` (position bias).
* click     one item a page, in proportion to ``r_ui / k``; with probability ``noise`` the click is an
  accident instead: a popular item of the page in proportion to ``1 / k`` alone, whatever the taste. With
  ``accidents="uniform"`` the page of an accident holds items drawn evenly from the catalogue, and any is hit.
* sessions  of four clicks on average, a minute apart; the sessions of a user are uniform over the days.

The truth to evaluate on continues every user at the end of the log: no accident, no position bias
(a choice in proportion to ``r_ui``), items new to the user only.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from samplew_gbm.columns import ITEM_ID, TIMESTAMP, USER_ID
from samplew_gbm.data.simulated_catalogue import (
    Catalogue,
    Floats,
    Ints,
    directions,
    draw_by_popularity,
    draw_by_taste,
    draw_neighbours,
    make_catalogue,
    unit,
)
from samplew_gbm.errors import SettingsError

Bools = npt.NDArray[np.bool_]

FIRST_SECOND = 1_735_689_600.0  # 2025-01-01 UTC
DAY = 86_400.0
POPULAR, RELATED, TASTE = 8, 6, 6
PAGE = POPULAR + RELATED + TASTE
STEEPNESS, THRESHOLD = 8.0, 0.3
ACCIDENTS = ("popular", "uniform")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Shop:
    """A simulated log and the truth behind it. Arrays of n entries belong to the n rows of ``log``.

    ``log`` (``user_id, item_id, timestamp``) is in time order; ``truth`` (``user_id, item_id``) holds what
    each user would really take next, in that order. ``user_index`` and ``item_index`` point into
    ``user_ids`` and ``item_ids``, as do the rows of the factors; ``user_factors`` are the tastes when the
    log ends, ``first_user_factors`` those of its first day. ``pages`` is ``int32[n, PAGE]``, the items that
    each row was taken among, by position, or ``None`` where they were not kept.
    """

    log: pa.Table
    truth: pa.Table
    accidental: Bools
    taste: Floats
    position: Ints
    user_index: Ints
    item_index: Ints
    user_ids: pa.Array
    item_ids: pa.Array
    user_factors: Floats
    first_user_factors: Floats
    item_factors: Floats
    pages: npt.NDArray[np.int32] | None = None

    def true_relevance(self, user_index: npt.ArrayLike, item_index: npt.ArrayLike) -> Floats:
        """Probability in (0, 1) that the user, at the end of the log, likes the item; broadcasts."""
        users, items = np.broadcast_arrays(user_index, item_index)
        return relevance(np.einsum("...d,...d->...", self.user_factors[users], self.item_factors[items]))


@dataclass(frozen=True, slots=True, eq=False)
class _Schedule:
    """Who clicks when: the clicks of user u are the rows ``start[u]:start[u + 1]``, oldest first."""

    start: Ints
    timestamp: Floats
    opens_session: Bools


def simulate_shop(
    n_users: int = 1000,
    n_items: int = 10_000,
    n_interactions: int = 60_000,
    noise: float = 0.3,
    random_state: int = 0,
    *,
    drift: float = 0.06,
    n_factors: int = 16,
    n_days: float = 180.0,
    n_truth: int = 10,
    accidents: str = "popular",
    keep_pages: bool = False,
) -> Shop:
    """Simulate a shop of the equations above; the same arguments give the same shop.

    ``noise`` is the probability that a click is accidental, ``drift`` the step of the taste's random walk
    per square root of a day, ``n_truth`` the number of next items per user (fewer where a tiny catalogue
    has nothing new to show), ``accidents`` what is clicked by accident: popular items or any
    ("uniform"); ``keep_pages`` keeps what was shown.
    Raises ``SettingsError`` for a size below one or a share outside [0, 1].
    """
    if accidents not in ACCIDENTS:
        raise SettingsError(f"accidents is {accidents!r}; give one of {', '.join(ACCIDENTS)}")
    _check(n_users, n_items, n_interactions, noise, random_state, drift, n_factors, n_days, n_truth)
    rng = np.random.default_rng(random_state)
    catalogue = make_catalogue(rng, n_items, n_factors)
    schedule = _make_schedule(rng, n_users, n_interactions, n_days)
    first = _first_tastes(rng, catalogue, n_users)
    tastes = first.copy()
    pages = np.zeros((n_interactions, PAGE), np.int32) if keep_pages else None
    item, position, taste, accidental = _click_through(
        rng, catalogue, schedule, tastes, noise, drift, anywhere=accidents == "uniform", pages=pages
    )
    user = np.repeat(np.arange(n_users), np.diff(schedule.start))
    truth_user, truth_item = _continue_truly(rng, catalogue, schedule, tastes, user * n_items + item, n_truth)

    digits = max(4, len(str(n_users - 1)))
    user_ids = pa.array([f"user-{u:0{digits}d}" for u in range(n_users)])
    item_ids = pa.array(catalogue.names)
    order = np.argsort(schedule.timestamp, kind="stable")
    user, item = user[order], item[order]
    named = {USER_ID: user_ids.take(pa.array(user)), ITEM_ID: item_ids.take(pa.array(item))}
    truth = {USER_ID: user_ids.take(pa.array(truth_user)), ITEM_ID: item_ids.take(pa.array(truth_item))}
    return Shop(
        log=pa.table({**named, TIMESTAMP: schedule.timestamp[order]}),
        truth=pa.table(truth),
        accidental=accidental[order],
        taste=taste[order],
        position=position[order],
        user_index=user,
        item_index=item,
        user_ids=user_ids,
        item_ids=item_ids,
        user_factors=tastes,
        first_user_factors=first,
        item_factors=catalogue.factors,
        pages=None if pages is None else pages[order],
    )


def _check(
    n_users: int,
    n_items: int,
    n_interactions: int,
    noise: float,
    random_state: int,
    drift: float,
    n_factors: int,
    n_days: float,
    n_truth: int,
) -> None:
    smallest = {"n_users": (n_users, 1), "n_items": (n_items, 1), "n_factors": (n_factors, 1)}
    smallest |= {"n_truth": (n_truth, 0), "random_state": (random_state, 0)}
    for name, (value, least) in smallest.items():
        if value < least:
            raise SettingsError(f"{name} is {value}; give a number of at least {least}")
    if n_interactions < n_users:
        raise SettingsError(
            f"n_interactions is {n_interactions}; give at least one for each of {n_users} users"
        )
    if not 0 <= noise <= 1:
        raise SettingsError(f"noise is {noise}; give a share from 0 to 1")
    if not (drift >= 0 and n_days > 0):
        raise SettingsError(f"drift is {drift} and n_days {n_days}; give drift >= 0 and n_days > 0")


def relevance(taste: Floats) -> Floats:
    """Probability in (0, 1) that an item of this taste is liked."""
    liked: Floats = 1.0 / (1.0 + np.exp(-STEEPNESS * (taste - THRESHOLD)))
    return liked


def _make_schedule(rng: np.random.Generator, n_users: int, n_interactions: int, n_days: float) -> _Schedule:
    least = min(5, n_interactions // n_users)
    activity = rng.lognormal(sigma=0.6, size=n_users)
    counts = least + rng.multinomial(n_interactions - least * n_users, activity / activity.sum())
    start = np.concatenate(([0], np.cumsum(counts)))
    opens = rng.random(n_interactions) < 0.25
    opens[start[:-1]] = True
    # Exponential gaps between sessions, divided by their sum with one more behind the last session, are
    # the spacings of uniform session starts.
    between = np.where(opens, rng.exponential(size=n_interactions), 0.0)
    total = np.add.reduceat(between, start[:-1]) + rng.exponential(size=n_users)
    within = np.where(opens, 0.0, 1.0 + rng.exponential(60.0, size=n_interactions))
    gap = between / np.repeat(total, counts) * n_days * DAY + within
    elapsed = np.cumsum(gap)
    before = np.repeat((elapsed - gap)[start[:-1]], counts)
    return _Schedule(start, FIRST_SECOND + elapsed - before, opens)


def _first_tastes(rng: np.random.Generator, catalogue: Catalogue, n_users: int) -> Floats:
    n_categories, n_factors = catalogue.centres.shape
    favourites = rng.integers(n_categories, size=(n_users, 2))
    return unit(catalogue.centres[favourites].sum(axis=1) + 0.5 * directions(rng, n_users, n_factors))


def _page(
    rng: np.random.Generator, catalogue: Catalogue, tastes: Floats, previous: Ints
) -> tuple[Ints, Bools]:
    """The page each user sees: items and whether each is there for its popularity; (users, PAGE) both.

    ``previous`` is the item before, -1 in a new session.
    """
    n_users = len(tastes)
    anywhere = np.zeros((n_users, POPULAR), dtype=np.int64)
    popular = draw_by_popularity(rng, catalogue, anywhere, anywhere + len(catalogue.names))
    liked = draw_by_taste(rng, catalogue, tastes, TASTE + 1)
    context = np.where(previous >= 0, previous, liked[:, 0])
    related = draw_neighbours(rng, catalogue, np.repeat(context[:, None], RELATED, axis=1))
    items = np.concatenate((popular, related, liked[:, 1:]), axis=1)
    place = np.argsort(rng.random((n_users, PAGE)), axis=1)
    return np.take_along_axis(items, place, axis=1), place < POPULAR


def _choose(rng: np.random.Generator, appeal: Floats) -> Ints:
    """One column per row in proportion to ``appeal``, which is not zero everywhere."""
    share = np.cumsum(appeal, axis=1)
    mass = rng.random((len(appeal), 1)) * share[:, -1:]
    column: Ints = np.minimum((share <= mass).sum(axis=1), appeal.shape[1] - 1)
    return column


def _tastes_of(catalogue: Catalogue, tastes: Floats, items: Ints) -> Floats:
    affinity: Floats = np.einsum("ukd,ud->uk", catalogue.factors[items], tastes)
    return affinity


def _click_through(
    rng: np.random.Generator,
    catalogue: Catalogue,
    schedule: _Schedule,
    tastes: Floats,
    noise: float,
    drift: float,
    *,
    anywhere: bool,
    pages: npt.NDArray[np.int32] | None,
) -> tuple[Ints, Ints, Floats, Bools]:
    """Item, 1-based position, taste and accident of every row; ``tastes`` is walked in place.

    ``anywhere``: an accident may hit any item of the catalogue instead of a popular one of the page. The
    pages are written to ``pages``, where it is given.
    The n-th clicks of all users are drawn together, so that the loop is as long as the longest history.
    """
    n = len(schedule.timestamp)
    item, position, taste = np.full(n, -1), np.zeros(n, dtype=np.int64), np.zeros(n)
    accidental = rng.random(n) < noise
    examined = 1.0 / np.arange(1, PAGE + 1)
    counts = np.diff(schedule.start)
    most_active = np.argsort(-counts, kind="stable")
    for step in range(counts.max()):
        users = most_active[: np.searchsorted(-counts[most_active], -step)]
        rows = schedule.start[users] + step
        if step > 0:
            days = (schedule.timestamp[rows] - schedule.timestamp[rows - 1]) / DAY
            walk = drift * np.sqrt(days)[:, None] * directions(rng, len(users), tastes.shape[1])
            tastes[users] = unit(tastes[users] + walk)
        previous = np.where(schedule.opens_session[rows], -1, item[rows - 1])
        items, popular = _page(rng, catalogue, tastes[users], previous)
        if anywhere:
            even = rng.integers(len(catalogue.names), size=items.shape)
            items, popular = np.where(accidental[rows, None], even, items), np.ones_like(popular)
        affinity = _tastes_of(catalogue, tastes[users], items)
        appeal = np.where(accidental[rows, None], popular, relevance(affinity)) * examined
        place = _choose(rng, appeal)
        at = np.arange(len(users))
        if pages is not None:
            pages[rows] = items
        item[rows], position[rows], taste[rows] = items[at, place], place + 1, affinity[at, place]
    return item, position, taste, accidental


def _continue_truly(
    rng: np.random.Generator,
    catalogue: Catalogue,
    schedule: _Schedule,
    tastes: Floats,
    seen: Ints,
    n_truth: int,
) -> tuple[Ints, Ints]:
    """What each user takes next by taste alone: (user, item), a user's items in order.

    ``seen`` are the keys ``user * n_items + item`` of the log.
    """
    n_users, n_items = len(tastes), len(catalogue.names)
    users = np.arange(n_users)
    previous = np.full(n_users, -1)
    taken: list[Ints] = []
    for _ in range(n_truth):
        items, _popular = _page(rng, catalogue, tastes, previous)
        known = np.isin(users[:, None] * n_items + items, seen)
        appeal = np.where(known, 0.0, relevance(_tastes_of(catalogue, tastes, items)))
        chosen = items[users, _choose(rng, appeal)]
        fresh = ~known.all(axis=1)
        keys = (users * n_items + chosen)[fresh]
        seen = np.concatenate((seen, keys))
        taken.append(keys)
        previous = np.where(fresh, chosen, previous)
    keys = np.concatenate(taken) if taken else np.zeros(0, dtype=np.int64)
    keys = keys[np.argsort(keys // n_items, kind="stable")]
    return keys // n_items, keys % n_items
