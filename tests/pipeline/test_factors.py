"""Factors of a log: which are on, what they need, and that a weight is their limited product."""

import msgspec
import numpy as np
import pyarrow as pa
import pytest

from samplew_gbm.data.interactions import Interactions, Order, build_interactions
from samplew_gbm.errors import DataError, SettingsError
from samplew_gbm.importance.weights import effective_share
from samplew_gbm.pipeline import train
from samplew_gbm.pipeline.crossfitting import cross_fitted_samples
from samplew_gbm.pipeline.factors import FACTORS, active_factors
from samplew_gbm.pipeline.learning import event_times
from samplew_gbm.pipeline.weighing import ATTENTION, row_weights, weigh
from samplew_gbm.progress import Progress
from tests.pipeline.tiny_logs import DAY, TINY, encoded, random_table

NO_EVENTS = pa.nulls(330, pa.string())
EVENTS = ["view", "cart", "purchase", None]
ALL = {"behaviour": "purchase=3,cart=2", "half_life": 60.0, "propensity_power": 0.5, "value_power": 1.0}


def full_table(n_rows=330, **columns) -> pa.Table:
    """A random log with all that factors look at; ``columns`` replace some of it, None leaves one out."""
    rng = np.random.default_rng(4)
    table = random_table(n_rows=n_rows)
    added = {
        "event": [EVENTS[place] for place in rng.choice(4, n_rows, p=[0.6, 0.2, 0.1, 0.1])],
        "value": np.where(rng.random(n_rows) < 0.3, np.nan, rng.gamma(2, 10, n_rows)),
        "weight": rng.gamma(2, 1, n_rows),
    } | columns
    for name, values in added.items():
        if values is not None:
            table = table.append_column(name, pa.array(values))
    return table


def with_settings(**options):
    return msgspec.structs.replace(TINY, **options)


def samples_of(log: Interactions):
    return cross_fitted_samples(log, TINY, event_times(log), n_threads=1, progress=Progress())


@pytest.fixture(scope="module")
def log():
    return encoded(full_table())


@pytest.fixture(scope="module")
def samples(log):
    return samples_of(log)


def test_all_are_off_by_default(log):
    assert active_factors(encoded(full_table(weight=None)), TINY) == {}
    assert list(active_factors(log, TINY)) == ["own"]
    assert list(active_factors(log, with_settings(**ALL))) == list(FACTORS)
    assert active_factors(log, with_settings(**ALL, importance="none")) == {}


def test_each_belongs_to_its_own_row(log):
    """Rows of the source log, not of the encoded one, by another way of looking them up."""
    found = active_factors(log, with_settings(**ALL))
    table = full_table()
    event, time = table["event"].to_pylist(), table["timestamp"].to_numpy()
    for place, row in enumerate(log.row.tolist()):
        assert found["behaviour"][place] == {"purchase": 3, "cart": 2}.get(event[row], 1)
        age = (time.max() - time[row]) / DAY
        assert found["recency"][place] == pytest.approx(max(0.1, 2 ** (-age / 60)))
    own = table["weight"].to_numpy()
    np.testing.assert_allclose(found["own"], (own / own.mean())[log.row])


@pytest.mark.parametrize("mix", [0.0, 0.5, 1.0])
def test_a_weight_is_the_limited_product_of_its_factors(mix, log, samples):
    settings = with_settings(**ALL, mix=mix)
    found = row_weights(log, samples, settings, n_threads=1)
    assert list(found.factors) == [ATTENTION, *FACTORS]
    product = np.prod(list(found.factors.values()), axis=0)
    limited = np.clip(product, settings.weight_low, settings.weight_high)
    assert (limited != product).any()
    np.testing.assert_allclose(found.sample_weight, found.base * limited, rtol=1e-12)
    np.testing.assert_allclose(found.base, 1 / limited.mean())
    assert found.sample_weight.mean() == pytest.approx(1)
    judged = np.concatenate([part.judged_rows for part in samples])
    free = np.ones(len(log), bool)
    free[judged] = False
    assert (found.factors[ATTENTION][free] == 1).all()
    assert np.ptp(found.sample_weight[free]) > 0
    np.testing.assert_allclose(found.factors[ATTENTION], (1 - mix) + mix * found.importance)


def test_attention_alone_is_what_it_was(samples):
    """Judged rows have the mean 1 among themselves, the others are 1."""
    log = encoded(full_table(weight=None))
    found = row_weights(log, samples, TINY, n_threads=1)
    judged = np.concatenate([part.judged_rows for part in samples])
    clipped = np.clip(found.importance[judged], TINY.weight_low, TINY.weight_high)
    np.testing.assert_array_equal(found.sample_weight[judged], clipped / clipped.mean())
    others = np.setdiff1d(np.arange(len(log)), judged)
    assert (found.sample_weight[others] == 1).all()
    assert (found.base[others] == 1).all()
    assert list(found.factors) == [ATTENTION]


def test_the_temperature_is_that_of_the_effective_sample_size(log, samples):
    found = row_weights(log, samples, with_settings(effective_sample=0.9, **ALL), n_threads=1)
    judged = np.concatenate([part.judged_rows for part in samples])
    clipped = np.clip(found.importance[judged], TINY.weight_low, TINY.weight_high)
    assert effective_share(clipped) == pytest.approx(0.9, abs=1e-4)
    assert found.effective_sample == pytest.approx(0.9, abs=1e-4)
    again = row_weights(log, samples, with_settings(temperature=found.temperature, **ALL), n_threads=1)
    np.testing.assert_array_equal(again.sample_weight, found.sample_weight)


def test_later_rows_leave_the_ratios_that_behaviour_recency_and_own_weight_promise():
    settings = with_settings(behaviour=ALL["behaviour"], half_life=2000.0, age_floor=1e-6)
    short, whole = encoded(full_table().slice(0, 200)), encoded(full_table())
    place = np.argsort(whole.row)[short.row]
    before, after = active_factors(short, settings), active_factors(whole, settings)
    np.testing.assert_array_equal(after["behaviour"][place], before["behaviour"])
    for name in ("recency", "own"):
        ratio = after[name][place] / before[name]
        np.testing.assert_allclose(ratio, ratio[0])
    assert ratio[0] != 1


def test_training_takes_the_factors(log):
    weighted = train(log, with_settings(**ALL), gate=False, n_threads=1)
    plain = train(encoded(full_table(weight=None)), TINY, gate=False, n_threads=1)
    assert weighted.ranker.text != plain.ranker.text


@pytest.mark.parametrize(
    ("columns", "options", "kind", "message"),
    [
        ({"event": None}, {"behaviour": "view=2"}, SettingsError, "--event-column NAME ('event' by default)"),
        ({}, {"behaviour": "view=2,sale=9"}, DataError, "'sale', which the log's events never are"),
        ({}, {"behaviour": "sale=9"}, DataError, "give some of 'cart', 'purchase', 'view'"),
        (
            {"event": NO_EVENTS},
            {"behaviour": "a=9"},
            DataError,
            "all of them are empty, so leave behaviour empty",
        ),
        ({"value": None}, {"value_power": 1.0}, SettingsError, "--value-column NAME ('value' by default)"),
        ({"value": [1.0, -1.0] * 165}, {"value_power": 1.0}, DataError, "in rows 2, 4, 6 and 162 more"),
        ({"value": [0.0] * 330}, {"value_power": 1.0}, DataError, "needs values above 0"),
        ({"weight": [0.0] * 330}, {}, DataError, "own weight is 0 in every row"),
    ],
)
def test_what_a_factor_lacks_is_said_before_the_work(columns, options, kind, message):
    progress = Progress()
    with pytest.raises(kind) as error:
        weigh(encoded(full_table(**columns)), with_settings(**options), n_threads=1, progress=progress)
    assert message in str(error.value)
    assert progress.stages == []


@pytest.mark.parametrize("order", [Order.FILE, Order.NONE])
def test_recency_needs_a_clock(order):
    with pytest.raises(SettingsError, match="half_life is 3 days, but no times are read from the log"):
        weigh(build_interactions(full_table(), order=order), with_settings(half_life=3.0))
