"""The report of a model: its quality is that of evaluating, its effects those of the trees."""

from functools import cache

import msgspec
import numpy as np
import pyarrow as pa
import pytest

from samplew_gbm import build_interactions, read_log
from samplew_gbm.data.cleaning import clean
from samplew_gbm.data.interactions import Order
from samplew_gbm.pipeline import evaluate, load_model, save_model, train, weigh
from samplew_gbm.pipeline.model import TrainingReport
from samplew_gbm.pipeline.popular import evaluate_popular
from samplew_gbm.report.describing import describe_model
from samplew_gbm.report.drawing import Bar, bars, picture
from samplew_gbm.report.effects import N_CANDIDATES, direction_of, direction_words, effects_of
from samplew_gbm.report.markup import drawn, escaped, shortened
from samplew_gbm.report.model_page import model_page
from samplew_gbm.report.quality import quality_on
from samplew_gbm.report.stages import by_stage
from tests.pipeline.tiny_logs import DAY, TINY, random_log, random_table

ORDERS = pytest.mark.parametrize("order", list(Order), ids=lambda order: order.value)
SETTINGS = msgspec.structs.replace(TINY, n_leaves=4)


@cache
def trained(order=Order.CLOCK):
    return train(random_log(order), SETTINGS, gate=False, n_threads=1)


def later(n=60):
    """Rows after the log's, of known and of unknown users and items."""
    rng = np.random.default_rng(1)
    users, items = rng.integers(0, 33, n), rng.integers(0, 27, n)
    return pa.table({"user_id": users, "item_id": items, "timestamp": (201.0 + np.arange(n)) * DAY})


@ORDERS
def test_quality_is_that_of_evaluating_with_an_interval_around_it(order):
    test = later() if order is Order.CLOCK else later().drop_columns(["timestamp"])
    found = quality_on(trained(order), test, n_threads=1)
    expected = evaluate(trained(order), test, ks=(10, 20), n_threads=1)
    assert (found.n_users, found.n_unknown_users) == (expected.n_users, expected.n_unknown_users)
    assert found.n_unknown_items == expected.n_unknown_items > 0
    for each in found.metrics:
        assert each.model.mean == pytest.approx(expected.metrics[each.metric])
        assert each.gain.mean == pytest.approx(each.model.mean - each.popular.mean)
        for estimate in (each.model, each.popular, each.gain):
            assert estimate.low <= estimate.mean <= estimate.high
    assert 0 < found.coverage <= 1
    assert found.n_known_rows == expected.n_known_rows


def test_test_rows_that_the_model_knows_stand_on_the_page():
    words = "in the histories of their users already"
    known = describe_model(trained(), test=random_table(), n_threads=1)
    assert known.quality.n_known_rows == 330
    assert f"330 test rows are {words}" in model_page(known, None, name="m.swg", top=3)
    new = describe_model(trained(), test=later(), n_threads=1)
    assert words not in model_page(new, None, name="m.swg", top=3)


def test_the_most_taken_items_are_those_that_a_user_has_not():
    model = trained()
    found = evaluate_popular(model, later(), ks=(3,))
    counts = model.tables.counts
    for user, items in zip(found.user_id.to_pylist(), found.items, strict=True):
        seen = set() if user >= 30 else set(model.histories.slice(user, user + 1).items.tolist())
        left = sorted(set(range(25)) - seen, key=lambda item: (-counts[item], item))
        assert items.tolist() == (left[:3] + [-1] * 3)[:3]


@pytest.mark.filterwarnings("error")
def test_users_who_took_everything_leave_no_effect():
    whole = {"user_id": [0, 0, 1, 1], "item_id": [0, 1, 0, 1], "timestamp": [1.0, 2.0, 3.0, 4.0]}
    model = train(build_interactions(read_log(whole)), SETTINGS, gate=False, n_threads=1)
    found = effects_of(model, n_threads=1)
    assert found.n_rows == 0
    assert {each.mean for each in (*found.features, *found.groups)} == {0.0}
    assert {each.direction for each in found.features} == {0.0}


@ORDERS
def test_effects_are_means_over_the_sample(order):
    model = trained(order)
    found = effects_of(model, n_threads=1)
    assert found.n_users == np.count_nonzero(model.histories.sizes)
    assert 0 < found.n_rows <= N_CANDIDATES * found.n_users
    assert {each.feature for each in found.features} == set(model.feature_names)
    assert sum(each.gain for each in found.features) == pytest.approx(1)
    assert all(abs(each.direction) <= 1 + 1e-9 for each in found.features)
    means = [each.mean for each in found.features]
    assert means == sorted(means, reverse=True)
    assert max(each.mean for each in found.groups) <= sum(means)
    unused = [each for each in found.features if not each.gain]
    assert all(each.mean == each.direction == 0 for each in unused)
    assert effects_of(model, n_threads=2) == found


def test_a_direction_is_told_where_it_is_clear():
    assert [direction_words(value) for value in (1, 0.2, -0.2, -1)] == [
        "raises",
        "depends",
        "depends",
        "lowers",
    ]


def test_the_direction_is_that_of_more_of_a_feature():
    value = np.array([3, 1, 2, 2, 10], np.float32)
    rank = np.array([2, 0, 1, 1, 3])
    for part, expected in ((2.0 * rank, 1), (-1.0 * rank, -1), (np.ones(5), 0), (rank % 3 == 0, 0)):
        assert direction_of(value, part.astype(np.float64)) == pytest.approx(expected, abs=0.2)


def test_weights_and_cleaning_are_kept_in_the_model(tmp_path):
    log = random_log()
    _, cleaning = clean(log)
    model = trained().cleaned_by(cleaning)
    save_model(model, tmp_path / "m.swg")
    report = load_model(tmp_path / "m.swg").report
    assert report == msgspec.structs.replace(model.report, seconds={}, peak_rss_bytes=0)  # told, not kept
    assert report.cleaning == cleaning
    weight = weigh(log, SETTINGS, n_threads=1).sample_weight
    assert sum(report.weights.histogram.counts) == report.n_judged_rows
    assert report.weights.histogram.edges[-1] <= max(weight.max(), 1.25)
    twin = train(log, msgspec.structs.replace(SETTINGS, importance="none"), n_threads=1)
    assert (twin.report.weights, twin.report.cleaning) == (None, None)


def test_a_report_without_them_is_still_read():
    told = msgspec.to_builtins(trained().report)
    older = {name: value for name, value in told.items() if name not in ("weights", "cleaning")}
    report = msgspec.convert(older, TrainingReport)
    assert (report.weights, report.cleaning) == (None, None)
    assert report.n_rows == trained().report.n_rows


def test_the_shares_at_the_limits_are_counted():
    tight = msgspec.structs.replace(SETTINGS, weight_low=0.9, weight_high=1.05, temperature=0.5)
    found = train(random_log(), tight, gate=False, n_threads=1).report.weights
    assert 0.2 < found.share_at_low < 0.8
    assert 0.2 < found.share_at_high < 0.8
    assert found.share_at_low + found.share_at_high <= 1


@ORDERS
def test_the_same_model_has_the_same_page(order):
    pages = {
        model_page(describe_model(trained(order), n_threads=n), None, name="<m>", top=5) for n in (1, 2, 1)
    }
    assert len(pages) == 1
    (page,) = pages
    assert "Report of the model &lt;m&gt;" in page
    assert "how the log was cleaned is not recorded" in page
    assert "The gate was not asked." in page
    assert page.count("<svg") == 4


def test_bars_reach_from_zero_and_show_their_interval():
    drawing = bars([Bar("a<", 2.0, "+2"), Bar("b", -2.0, "-2", -3.0, -1.0)], "axis", signs=True)
    text = "\n".join(drawing.elements)
    assert 'class="up" x="48.00%" y="22" width="32.00%"' in text
    assert 'class="down" x="16.00%" y="68" width="32.00%"' in text
    assert 'class="whisker" x1="0.00%" x2="32.00%"' in text
    assert "a&lt;" in text
    assert picture("t", [("h", drawing)]).count("<svg") == 2


def test_what_is_long_or_turns_directions_is_tamed():
    assert shortened("x" * 60) == "x" * 60
    assert shortened("a" * 50 + "b" * 50) == "a" * 39 + "\u2026" + "b" * 20
    assert escaped("y" * 1000) == f"<bdi>{'y' * 39}\u2026{'y' * 20}</bdi>"
    assert drawn("\u202eab\u2066<") == "ab&lt;"


def test_the_folds_of_a_stage_are_added():
    seconds = {"fold 1 of 2: samples": 1.0, "fold 2 of 2: samples": 2.0, "gate": 4.0}
    assert by_stage(seconds) == {"all folds: samples": 3.0, "gate": 4.0}
