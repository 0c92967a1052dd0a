"""The gate: who is asked, who chooses, what a refusal leaves."""

import msgspec
import numpy as np
import pyarrow as pa
import pytest

from samplew_gbm.data.interactions import Order, build_interactions
from samplew_gbm.data.trusted import Trusted, parse_trusted
from samplew_gbm.errors import DataError, SettingsError
from samplew_gbm.pipeline import forms, gating, load_model, prepare, proving, save_model, train
from samplew_gbm.pipeline.verdict import EVERY_ROW, undecided
from samplew_gbm.progress import Progress
from samplew_gbm.settings import FIND, Settings
from tests.pipeline.tiny_logs import TINY, checkerboard, encoded

USERS, ITEMS = 140, 40
SMALL = msgspec.structs.replace(TINY, n_trees=10, n_rankers=1)


@pytest.fixture(scope="module")
def log():
    """Two groups of taste, and accidental clicks that follow none; an event tells them apart."""
    table = checkerboard(n_users=USERS, n_items=ITEMS, n_taken=12)
    rng = np.random.default_rng(3)
    accident = rng.random(table.num_rows) < 0.25
    items = np.array(table["item_id"].to_pylist())
    items[accident] = rng.integers(0, ITEMS, accident.sum())
    events = pa.array(np.where(accident, "click", "purchase"))
    table = table.set_column(1, "item_id", pa.array(items)).append_column("event", events)
    return encoded(table, Order.CLOCK, n_users=USERS, n_items=ITEMS)


@pytest.fixture(scope="module")
def prepared(log):
    return prepare(log, SMALL, ask=np.ones(len(log), bool), n_threads=1)


def judged(prepared, trusted=None, n_threads=1, denoised=None, **changes):
    settings = msgspec.structs.replace(SMALL, **changes)
    return gating.judge_weights(
        prepared, settings, trusted, denoised=denoised, n_threads=n_threads, progress=Progress()
    )


def halves(prepared, trusted=None):
    asked = gating.asked_of(prepared.interactions, prepared.samples, trusted)
    everyone = np.arange(prepared.interactions.n_users)
    return gating._halves({0.0: prepared}, asked, everyone, 0, 1, lambda _: None)


def tables_of(half):
    return half.over[0.0]


def test_nobody_judges_what_was_learned_from_him(prepared):
    first, second = halves(prepared)
    for half in (first, second):
        tables = tables_of(half)
        assert set(tables.judge.user_index) <= set(half.users)
        assert not set(tables.learn.user_index) & set(half.users)
    assert not set(first.users) & set(second.users)
    judged_rows = np.concatenate([part.judged_rows for part in prepared.samples])
    everyone = set(prepared.interactions.user_index[judged_rows])
    assert set(first.users) | set(second.users) == everyone


def test_a_half_reports_what_the_other_half_chose(prepared, monkeypatch):
    """Each half likes another setting; what is reported of either comes from the users of the other half."""
    tried = gating.settings_to_try(SMALL)
    liked, asked = {0: tried[3], 1: tried[7]}, []

    def planted(half, setting):
        place = 0 if half.users[0] in first_users else 1
        asked.append((place, setting))
        n_users = len(half.users)
        likes = setting.importance == "attention" and same_form(setting, liked[place])
        return np.full(n_users, 0.9 if likes else 0.5)

    first_users = set(halves(prepared)[0].users.tolist())
    monkeypatch.setattr(gating._Half, "_train_and_judge", planted)
    settings, verdict = judged(prepared, Trusted())
    # Each half's favourite is worth nothing to the other, so there is nothing to keep - but it is tried.
    assert verdict.change == 0
    assert verdict.setting == {name: getattr(tried[3], name) for name in forms.CHOSEN}
    for place in (0, 1):
        assert any(where == place and same_form(setting, liked[1 - place]) for where, setting in asked)
    assert settings.importance == "none"  # what changes nothing is not kept


def test_what_both_halves_like_is_kept(prepared, monkeypatch):
    liked = gating.settings_to_try(SMALL)[5]

    def planted(half, setting):
        return np.full(len(half.users), 0.6 if same_form(setting, liked) else 0.5)

    monkeypatch.setattr(gating._Half, "_train_and_judge", planted)
    settings, verdict = judged(prepared, Trusted())
    assert settings == liked
    assert verdict.kept
    assert verdict.change == pytest.approx(0.1)
    assert verdict.controls == pytest.approx({"placebo": 0.0, "wrong_sign": 0.0})
    assert verdict.n_settings == len(gating.settings_to_try(SMALL)) <= 24


@pytest.fixture(scope="module")
def denoised(log):
    without = msgspec.structs.replace(SMALL, denoise=FIND)
    return prepare(log, without, ask=np.ones(len(log), bool), n_threads=1)


@pytest.mark.parametrize("liked", ["none", "taste"])
def test_tables_without_accidents_are_chosen_with_the_weights_that_go_with_them(
    prepared, denoised, monkeypatch, liked
):
    """Twin and given form are of all rows; what gains is told against them."""

    def planted(half, setting):
        best = setting.denoise == FIND and setting.importance == liked
        return np.full(len(half.users), 0.6 if best else 0.5)

    monkeypatch.setattr(gating._Half, "_train_and_judge", planted)
    settings, verdict = judged(prepared, Trusted(), denoised=denoised)
    assert settings == msgspec.structs.replace(SMALL, importance=liked, denoise=FIND)
    assert verdict.kept
    assert verdict.without_accidents
    assert verdict.change == pytest.approx(0.1)
    over_the_same_tables = -0.1 if liked == "none" else 0.0
    assert verdict.controls == pytest.approx(dict.fromkeys(("placebo", "wrong_sign"), over_the_same_tables))
    what = "tables without accidents kept" if liked == "none" else "weights and tables without accidents kept"
    assert verdict.words().startswith(what)


def test_refused_tables_leave_all_rows(prepared, denoised, monkeypatch):
    """Each half likes other tables, which are worth nothing to the other's users."""

    def planted(half, setting):
        liked = "none" if half.users[0] == first_user else "taste"
        likes = setting.denoise == FIND and setting.importance == liked
        return np.full(len(half.users), 0.6 if likes else 0.5)

    first_user = halves(prepared)[0].users[0]
    monkeypatch.setattr(gating._Half, "_train_and_judge", planted)
    settings, verdict = judged(prepared, Trusted(), denoised=denoised)
    assert not verdict.kept
    assert settings == gating.without_weights(SMALL)
    assert verdict.words().startswith("tables without accidents refused, trained with all rows")


def test_the_same_users_judge_over_all_tables(prepared, denoised):
    asked = gating.asked_of(prepared.interactions, prepared.samples)
    everyone = np.arange(prepared.interactions.n_users)
    for half in gating._halves({0.0: prepared, FIND: denoised}, asked, everyone, 0, 1, lambda _: None):
        for setting in (SMALL, msgspec.structs.replace(SMALL, denoise=FIND)):
            values = half.values(gating.without_weights(setting))
            assert values.shape == half.users.shape
        for tables in half.over.values():
            assert not set(tables.learn.user_index) & set(half.users)


@pytest.mark.parametrize("objective", ["lambdarank", "binary"])
def test_several_rankers_are_worth_what_the_joined_one_is(prepared, objective):
    """What is reported adds rankers to the one that the search has trained; a model joins all at once."""
    half = halves(prepared)[0]
    tables = tables_of(half)
    setting = msgspec.structs.replace(SMALL, n_rankers=3, objective=objective)
    joined, _ = gating.train_on(
        tables.learn, half.weigh(setting), half.weigh.order, setting, n_threads=1, progress=Progress()
    )
    one, several = half.values(setting), half.shipped(setting)
    scores = joined.scorer(1, raw=True)(tables.judge.features)
    np.testing.assert_allclose(half._scores(setting), scores, atol=1e-9)
    np.testing.assert_allclose(several, half.asked.ndcg(half.users, tables.judge, scores), atol=1e-9)
    assert not np.allclose(one, several)


def test_without_a_trusted_label_only_the_weights_are_asked_about(prepared, denoised):
    assert judged(prepared, denoised=denoised) == judged(prepared)


@pytest.mark.parametrize(("spread", "chosen"), [(0.29, 0), (0.0, 5)])
def test_the_form_given_stays_unless_another_is_better_by_more_than_a_standard_error(
    prepared, monkeypatch, spread, chosen
):
    """The given is the worst of all by a little: for sure, or by what might be the luck of a few users."""
    tried = gating.settings_to_try(SMALL)

    def planted(half, setting):
        place = next((at for at, own in enumerate(tried) if same_form(own, setting)), None)
        values = np.full(len(half.users), 0.5)
        if place == 0:
            values -= 0.01
        elif place == 5:
            values += 0.01 + np.where(np.arange(len(values)) % 2, spread, -spread)
        return values

    monkeypatch.setattr(gating._Half, "_train_and_judge", planted)
    assert [half.choose(tried) for half in halves(prepared)] == [tried[chosen]] * 2


@pytest.mark.parametrize(("top", "kept"), [(0.01, True), (-0.01, False)])
def test_weights_are_chosen_and_proved_by_longer_lists_and_must_gain_at_the_top(
    prepared, monkeypatch, top, kept
):
    tried = gating.settings_to_try(SMALL)

    def planted(half, setting):
        narrow, wide = np.full(len(half.users), 0.4), np.full(len(half.users), 0.5)
        if same_form(setting, tried[5]):
            narrow, wide = narrow + top, wide + 0.1
        if same_form(setting, tried[7]):
            narrow, wide = narrow + 0.2, wide + 0.05
        return np.array([narrow, wide])

    monkeypatch.setattr(gating._Half, "_train_and_judge", planted)
    settings, verdict = judged(prepared, Trusted())
    assert settings == (tried[5] if kept else gating.without_weights(SMALL))
    assert (verdict.kept, verdict.k) == (kept, 50)
    assert (verdict.change, verdict.twin) == (pytest.approx(0.1), pytest.approx(0.5))
    assert verdict.top_change == pytest.approx(top / 0.4)
    found = f"NDCG@50 +20.0% (90 % interval +20.0% to +20.0%), NDCG@10 {top / 0.4:+.1%}, on"
    assert found in verdict.words()


def test_without_proof_the_top_alone_is_asked_about(prepared, monkeypatch):
    def planted(half, setting):
        gain = 0.0 if setting.importance == "none" else 0.1
        return np.array([np.full(len(half.users), 0.4 - gain), np.full(len(half.users), 0.5 + gain)])

    monkeypatch.setattr(gating._Half, "_train_and_judge", planted)
    settings, verdict = judged(prepared)
    assert settings == gating.without_weights(SMALL)
    assert (verdict.k, verdict.change) == (10, pytest.approx(-0.1))
    assert "NDCG@10 -25.0% (90 % interval -25.0% to -25.0%) on" in verdict.words()


def test_a_log_chooses_by_longer_lists_than_it_reports(prepared):
    half = halves(prepared)[0]
    twin = gating.without_weights(SMALL)
    rows, scores = tables_of(half).judge, half._scores(twin)
    np.testing.assert_array_equal(half.values(twin), half.asked.ndcg(half.users, rows, scores, 10))
    np.testing.assert_array_equal(half.promise(twin), half.asked.ndcg(half.users, rows, scores, 50))


def same_form(one, other):
    return all(getattr(one, name) == getattr(other, name) for name in forms.CHOSEN)


@pytest.mark.parametrize(("change", "kept"), [(-0.01, False), (0.01, True), (0.0, True)])
def test_without_a_trusted_label_only_harm_refuses(prepared, monkeypatch, change, kept):
    def planted(half, setting):
        values = np.full(len(half.users), 0.5)
        return values if setting.importance == "none" else values + change

    monkeypatch.setattr(gating._Half, "_train_and_judge", planted)
    settings, verdict = judged(prepared)
    assert verdict.kept is kept
    assert settings == (SMALL if kept else gating.without_weights(SMALL))
    assert (verdict.label, verdict.n_settings) == (EVERY_ROW, 1)


def test_a_trusted_label_wants_proof(prepared, monkeypatch):
    """Half of the users gain, half lose a little less: the mean is above 0, its bound is not."""

    def planted(half, setting):
        values = np.full(len(half.users), 0.5)
        if setting.importance == "attention":
            values += np.where(np.arange(len(values)) % 2, 0.3, -0.28)
        return values

    monkeypatch.setattr(gating._Half, "_train_and_judge", planted)
    settings, verdict = judged(prepared, Trusted())
    assert verdict.change > 0 > verdict.low
    assert not verdict.kept
    assert settings.importance == "none"


def test_refused_weights_leave_the_unweighted_model_to_the_last_byte(log):
    wrong = msgspec.structs.replace(SMALL, importance="wrong_sign", weight_low=0.0, temperature=0.2)
    gated, twin = (
        train(log, wrong, trusted=Trusted(event="purchase"), n_threads=1),
        train(log, gating.without_weights(wrong), n_threads=1),
    )
    assert not gated.report.verdict.kept
    assert gated.ranker.text == twin.ranker.text
    assert gated.settings == twin.settings
    assert np.array_equal(gated.tables.embeddings.items, twin.tables.embeddings.items)


def test_the_verdict_is_the_same_for_any_number_of_threads(prepared):
    assert judged(prepared) == judged(prepared, n_threads=3)


def test_only_trusted_rows_are_asked(prepared, log):
    trusted = Trusted(event="purchase").rows(log)
    for half, every in zip(halves(prepared, trusted), halves(prepared), strict=True):
        rows = tables_of(half).judge
        told = np.add.reduceat((rows.row >= 0) & trusted[rows.row], rows.indptr[:-1])
        assert told.all()
        assert 0 < len(rows.query) < len(tables_of(every).judge.query)


def test_few_users_cannot_tell_and_weights_stay_out():
    few = encoded(checkerboard(), Order.CLOCK, n_users=40, n_items=30)
    model = train(few, TINY, n_threads=1)
    assert model.settings.importance == "none"
    assert model.report.verdict == undecided(40)
    assert "40 users are too few" in model.report.verdict.words()
    weighted = train(few, TINY, gate=False, n_threads=1)
    assert weighted.report.verdict is None
    assert weighted.settings == TINY


def test_few_users_with_a_trusted_row_cannot_tell(prepared):
    log = prepared.interactions
    mask = log.user_index < 30

    class Few(Trusted):
        def rows(self, interactions):
            return mask

    settings, verdict = judged(prepared, Few())
    assert settings == gating.without_weights(SMALL)
    assert 0 < verdict.n_users <= 30
    assert verdict == undecided(verdict.n_users)


def test_the_verdict_is_kept_in_the_bundle(log, tmp_path):
    model = train(log, SMALL, n_threads=1)
    save_model(model, tmp_path / "model.swg")
    read = load_model(tmp_path / "model.swg")
    assert read.report.verdict == model.report.verdict
    assert read.report.verdict.n_users > proving.LEAST_ASKED
    assert "users kept out" in read.report.verdict.words()


def test_the_twin_is_not_asked(log):
    assert train(log, gating.without_weights(SMALL), n_threads=1).report.verdict is None


@pytest.mark.parametrize(("order", "alike"), [(Order.NONE, "softened"), (Order.CLOCK, "plain")])
def test_negatives_are_softened_by_themselves_where_rows_have_no_order(order, alike):
    log = encoded(checkerboard(), order, n_users=40, n_items=30)
    texts = {
        name: train(log, msgspec.structs.replace(SMALL, negatives=name), gate=False, n_threads=1).ranker.text
        for name in ("auto", "plain", "softened")
    }
    assert texts["auto"] == texts[alike]
    assert texts["plain"] != texts["softened"]


def test_pairs_are_not_tried_where_the_objective_has_none():
    assert {s.weighting for s in gating.settings_to_try(Settings(objective="binary"))} == {"row"}


@pytest.mark.parametrize(
    ("text", "rows"),
    [("event=buy", [1]), ("value>=4", [0, 2]), ("value >= 4.5", [2]), ("all", [0, 1, 2, 3])],
)
def test_a_trusted_label_names_rows(text, rows):
    assert np.flatnonzero(parse_trusted(text).rows(shop())).tolist() == rows


def shop():
    return build_interactions(
        pa.table(
            {
                "user_id": [1, 1, 2, 2],
                "item_id": [1, 2, 1, 2],
                "timestamp": [1.0, 2.0, 3.0, 4.0],
                "event": ["view", "buy", "view", None],
                "value": [4.0, 1.0, 5.0, float("nan")],
            }
        )
    )


@pytest.mark.parametrize(
    "text", ["", "purchase", "event=", "value=4", "value>=high", "value>=nan", "rating>=4"]
)
def test_a_label_that_says_nothing_is_refused(text):
    with pytest.raises(SettingsError, match="write event=NAME, value>=NUMBER or all"):
        parse_trusted(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("event=sale", "no row of the log is so; its events are buy, view"),
        ("value>=9", "its values are lower"),
    ],
)
def test_a_label_that_no_row_has_is_refused(text, message):
    with pytest.raises(DataError, match=message):
        parse_trusted(text).rows(shop())


@pytest.mark.parametrize("text", ["event=buy", "value>=4"])
def test_a_log_without_the_column_is_refused(text):
    with pytest.raises(DataError, match=r"the log has no (event|value) column"):
        parse_trusted(text).rows(encoded(checkerboard(), n_users=40, n_items=30))


@pytest.mark.parametrize(("trusted", "reported"), [(Trusted(), 3), (None, 1)])
def test_proof_is_asked_of_as_many_rankers_as_a_model_has(prepared, monkeypatch, trusted, reported):
    asked = []

    def planted(half, setting):
        asked.append(setting)
        return np.full(len(half.users), 0.5)

    monkeypatch.setattr(gating._Half, "_train_and_judge", planted)
    judged(prepared, trusted, n_rankers=3)
    whole = [each for each in asked if each.n_rankers == reported]
    assert {each.importance for each in asked} >= {each.importance for each in whole} >= {"none", "attention"}
    assert {each.n_rankers for each in asked} == {1, reported}
    assert all(each.n_trees == SMALL.n_trees for each in asked if each.n_rankers == 3)
