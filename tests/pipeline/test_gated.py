"""Training with a gate: when tables without accidents are made for it, and what comes of them."""

import msgspec
import numpy as np
import pytest

from samplew_gbm.data.trusted import Trusted
from samplew_gbm.importance.taste import NOTABLE_SHARE
from samplew_gbm.pipeline import gated, gating, load_model, save_model, train
from samplew_gbm.pipeline.training import prepare
from samplew_gbm.settings import FIND
from tests.pipeline.tiny_logs import TINY, checkerboard, encoded

USERS, ITEMS = 140, 40
SMALL = msgspec.structs.replace(TINY, n_trees=10, n_rankers=1)


@pytest.fixture(scope="module")
def log():
    return encoded(checkerboard(n_users=USERS, n_items=ITEMS, n_taken=12), n_users=USERS, n_items=ITEMS)


def plant(monkeypatch, *, share=0.3, gain=0.1):
    """The log tells of a ``share`` of accidents; only ``taste`` over tables without them gains."""

    def planted(half, setting):
        best = setting.denoise == FIND and setting.importance == "taste"
        return np.full(len(half.users), 0.5 + gain * best)

    monkeypatch.setattr(gated, "accident_share_of", lambda *_, **__: share)
    monkeypatch.setattr(gating._Half, "_train_and_judge", planted)


def test_what_the_gate_chose_is_the_model_of_those_settings(log, monkeypatch, tmp_path):
    plant(monkeypatch)
    model = train(log, SMALL, trusted=Trusted(), n_threads=1)
    assert model.report.verdict.kept
    assert model.settings == msgspec.structs.replace(SMALL, importance="taste", denoise=FIND)
    plain = train(log, model.settings, gate=False, n_threads=1)
    assert model.ranker.text == plain.ranker.text
    np.testing.assert_array_equal(model.tables.counts, plain.tables.counts)
    assert {"fold 1 of 2: samples", "fold 1 of 2 without accidents: samples"} < set(model.report.seconds)
    save_model(model, tmp_path / "model.swg")
    assert load_model(tmp_path / "model.swg").report.verdict == model.report.verdict


def test_refused_tables_leave_the_unweighted_model_of_all_rows(log, monkeypatch):
    plant(monkeypatch, gain=-0.1)
    model = train(log, SMALL, trusted=Trusted(), n_threads=1)
    twin = train(log, msgspec.structs.replace(SMALL, importance="none"), n_threads=1)
    assert not model.report.verdict.kept
    assert model.settings == twin.settings
    assert model.ranker.text == twin.ranker.text
    np.testing.assert_array_equal(model.tables.counts, twin.tables.counts)


@pytest.mark.parametrize(
    ("share", "denoise", "trusted", "expected"),
    [
        (NOTABLE_SHARE, 0.0, Trusted(), [0, FIND]),
        (0.3, 0.0, None, [0]),  # nothing to prove it by
        (0.3, 0.2, Trusted(), [0.2]),  # told how many
        (NOTABLE_SHARE - 0.01, 0.0, Trusted(), [0]),  # none to speak of
    ],
)
def test_a_second_preparation_is_made_only_where_it_may_be_chosen(
    log, monkeypatch, share, denoise, trusted, expected
):
    seen = []

    def counted(log, settings, **options):
        seen.append(settings.denoise)
        return prepare(log, settings, **options)

    monkeypatch.setattr(gated, "prepare", counted)
    plant(monkeypatch, share=share)
    train(log, msgspec.structs.replace(SMALL, denoise=denoise), trusted=trusted, n_threads=1)
    assert seen == expected
