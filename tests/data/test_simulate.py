import numpy as np
import pyarrow as pa
import pytest

from samplew_gbm.columns import ITEM_ID, TIMESTAMP, USER_ID
from samplew_gbm.data.simulate import ACCIDENTS, DAY, PAGE, Shop, simulate_shop
from samplew_gbm.errors import SettingsError


@pytest.fixture(scope="module")
def shop() -> Shop:
    return simulate_shop(300, 2000, 20_000, noise=0.3, random_state=1)


def test_sizes_types_and_time_span(shop: Shop) -> None:
    assert shop.log.schema.names == [USER_ID, ITEM_ID, TIMESTAMP]
    assert shop.log.schema.types == [pa.string(), pa.string(), pa.float64()]
    assert shop.log.num_rows == len(shop.accidental) == len(shop.taste) == len(shop.position) == 20_000
    assert len(np.unique(shop.user_index)) == 300
    time = shop.log[TIMESTAMP].to_numpy()
    assert (np.diff(time) >= 0).all()
    assert 175 * DAY < time[-1] - time[0] < 185 * DAY


def test_ids_are_words_and_indices_point_to_them(shop: Shop) -> None:
    assert shop.user_ids[7].as_py() == "user-0007"
    assert len(set(shop.item_ids.to_pylist())) == 2000
    assert all(len(name.split()) == 4 for name in shop.item_ids.to_pylist())
    assert shop.log[USER_ID].to_pylist() == shop.user_ids.take(pa.array(shop.user_index)).to_pylist()
    assert shop.log[ITEM_ID].to_pylist() == shop.item_ids.take(pa.array(shop.item_index)).to_pylist()


def test_same_seed_same_shop_and_another_seed_another() -> None:
    first, again, other = (simulate_shop(20, 100, 400, random_state=seed) for seed in (5, 5, 6))
    assert first.log.equals(again.log)
    assert first.truth.equals(again.truth)
    np.testing.assert_array_equal(first.taste, again.taste)
    assert not first.log.equals(other.log)


@pytest.mark.parametrize("noise", [0.0, 0.3, 1.0])
def test_share_of_accidents_is_the_noise(noise: float) -> None:
    accidental = simulate_shop(100, 500, 10_000, noise).accidental
    assert abs(accidental.mean() - noise) <= 4 * np.sqrt(noise * (1 - noise) / 10_000)


def test_accidents_have_no_taste_and_wanted_clicks_have(shop: Shop) -> None:
    everywhere = shop.user_factors @ shop.item_factors.T
    assert abs(shop.taste[shop.accidental].mean() - everywhere.mean()) < 0.05
    assert shop.taste[~shop.accidental].mean() > everywhere.mean() + 0.3


def test_upper_positions_are_clicked_more_whatever_the_reason(shop: Shop) -> None:
    """Pages are shuffled: without the bias every place would get 5 % of the clicks."""
    assert shop.position.min() == 1
    assert shop.position.max() == PAGE
    for rows in (shop.accidental, ~shop.accidental):
        share = np.bincount(shop.position[rows], minlength=PAGE + 1)[1:] / rows.sum()
        assert share[0] > 0.15
        assert share[0] > share[1] > share[3] > share[7] > share[15] > 0.005


def test_taste_drifts_only_when_asked_to(shop: Shop) -> None:
    kept = (shop.user_factors * shop.first_user_factors).sum(axis=1)
    assert 0.5 < kept.mean() < 0.95
    still = simulate_shop(30, 200, 600, drift=0.0)
    np.testing.assert_allclose(still.user_factors, still.first_user_factors)


def test_taste_of_a_row_is_the_users_taste_at_that_time() -> None:
    still = simulate_shop(30, 200, 600, drift=0.0)
    users, items = still.first_user_factors[still.user_index], still.item_factors[still.item_index]
    np.testing.assert_allclose(still.taste, (users * items).sum(axis=1))


def test_next_item_of_a_session_is_related_to_the_one_before(shop: Shop) -> None:
    """Shelf neighbours follow each other far more often than the same clicks in random order would."""
    order = np.lexsort((np.arange(len(shop.user_index)), shop.user_index))
    user, item = shop.user_index[order], shop.item_index[order]
    time = shop.log[TIMESTAMP].to_numpy()[order]
    same_session = (np.diff(user) == 0) & (np.diff(time) < 600)
    near = np.abs(np.diff(item)) <= 5
    shuffled = np.random.default_rng(0).permutation(item)
    by_chance = (np.abs(np.diff(shuffled)) <= 5) & (np.diff(shuffled) != 0)
    assert near[same_session & (np.diff(item) != 0)].mean() > 5 * by_chance.mean()


def test_popularity_is_skewed(shop: Shop) -> None:
    counts = np.sort(np.bincount(shop.item_index, minlength=2000))[::-1]
    assert counts[:20].sum() > 0.15 * counts.sum()
    assert counts[1000:].sum() < 0.25 * counts.sum()


def test_truth_is_new_to_the_user_wanted_and_complete(shop: Shop) -> None:
    users, items = shop.truth[USER_ID].to_pylist(), shop.truth[ITEM_ID].to_pylist()
    bought = set(zip(shop.log[USER_ID].to_pylist(), shop.log[ITEM_ID].to_pylist(), strict=True))
    pairs = list(zip(users, items, strict=True))
    assert len(set(pairs)) == len(pairs) == 300 * 10
    assert not bought & set(pairs)
    user_of = {name: index for index, name in enumerate(shop.user_ids.to_pylist())}
    item_of = {name: index for index, name in enumerate(shop.item_ids.to_pylist())}
    relevance = shop.true_relevance([user_of[u] for u in users], [item_of[i] for i in items])
    anything = shop.true_relevance(np.arange(300)[:, None], np.arange(2000)[None, :])
    assert anything.shape == (300, 2000)
    assert ((anything > 0) & (anything < 1)).all()
    assert relevance.mean() > 2 * anything.mean()


def test_a_tiny_catalogue_runs_out_of_news() -> None:
    shop = simulate_shop(4, 3, 60)
    assert shop.log.num_rows == 60
    assert shop.truth.num_rows < 4 * 3


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"n_users": 0}, "n_users"),
        ({"n_items": 0}, "n_items"),
        ({"n_users": 10, "n_interactions": 9}, "n_interactions"),
        ({"noise": 1.5}, "noise"),
        ({"noise": float("nan")}, "noise"),
        ({"drift": -1.0}, "drift"),
        ({"random_state": -1}, "random_state"),
    ],
)
def test_impossible_sizes_are_refused(arguments: dict[str, float], word: str) -> None:
    with pytest.raises(SettingsError, match=word):
        simulate_shop(**arguments)  # type: ignore[arg-type]


def test_accidents_may_hit_any_item_instead_of_popular_ones() -> None:
    shops = [simulate_shop(200, 2000, 10_000, 0.5, accidents=kind) for kind in ACCIDENTS]
    hits = [np.bincount(shop.item_index[shop.accidental], minlength=2000) for shop in shops]
    assert hits[0].max() > 40
    assert hits[1].max() < 15  # 2.5 on average
    with pytest.raises(SettingsError, match="popular, uniform"):
        simulate_shop(20, 100, 400, accidents="rare")
