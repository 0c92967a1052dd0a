"""What the bench calls known is known to nobody else, and what is hidden is ranked by none."""

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from bench import ceiling, knowing, noisy
from samplew_gbm.pipeline import fit, prepare
from samplew_gbm.settings import Settings

USERS, ITEMS = 40, 30
QUICK = partial(Settings, n_trees=5, n_rankers=1, n_epochs=2)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two groups of taste; a fifth of the rows are noise."""
    folder = tmp_path / "movielens_100k_noisy"
    folder.mkdir()
    rng = np.random.default_rng(0)
    lines: dict[str, list[str]] = {"train": [], "valid": []}
    for user in range(USERS):
        own = rng.permutation(np.arange(user % 2, ITEMS, 2))[:12]
        for at, item in enumerate(own):
            flag = int(rng.random() < 0.8)
            noisy = item if flag else (item + 1) % ITEMS
            lines["train" if at < 8 else "valid"].append(f"{user}\t{noisy}\t{flag}\n")
    for part, rows in lines.items():
        (folder / f"ml100k.{part}.rating").write_text("".join(rows))
    return tmp_path


def parts(data: Path) -> tuple[noisy.Rows, noisy.Rows]:
    folder = data / "movielens_100k_noisy"
    train, valid = (noisy.rows_of(folder / f"ml100k.{part}.rating") for part in ("train", "valid"))
    return train, valid


def pairs_of(user: np.ndarray, item: np.ndarray) -> set[tuple[int, int]]:
    return set(zip(user.tolist(), item.tolist(), strict=True))


def chosen(rows: noisy.Rows, flag: int) -> set[tuple[int, int]]:
    return pairs_of(rows.user[rows.flag == flag], rows.item[rows.flag == flag])


def test_a_log_without_noise_has_the_clean_rows_only(data: Path) -> None:
    train, _ = parts(data)
    assert len(train.log(train.flag == 1)) == len(chosen(train, 1))
    assert len(train.log(train.flag >= 0)) == len(chosen(train, 1) | chosen(train, 0)) > len(chosen(train, 1))


@pytest.mark.parametrize("without_noise", [False, True])
def test_candidates_are_nothing_of_the_training_part_and_no_noise(data: Path, without_noise: bool) -> None:
    train, valid = parts(data)
    settings = QUICK()
    log = train.log(train.flag >= without_noise)
    model = fit(prepare(log, settings, n_threads=1), settings, n_threads=1)
    found = noisy.candidates_of(model, train, valid, 1)
    items = np.array(model.items.ids.to_pylist())
    listed = pairs_of(np.unique(valid.user)[found.lists.owner], items[found.lists.items])
    assert not listed & pairs_of(train.user, train.item)
    assert not listed & chosen(valid, 0)
    assert found.label.sum() == len(listed & chosen(valid, 1)) > 0
    assert len(found.wanted.items) == len(chosen(valid, 1))
    best = found.judged(found.label.astype(float))["NDCG@20"]
    assert np.nanmax(best) == pytest.approx(1)


def judged_by(data: Path, *, items_known: bool, own: bool) -> np.ndarray:
    """His odds of one part of the users; without ``own`` their flags are turned around for him."""
    train, _ = parts(data)
    log = train.log(train.flag >= 0)
    prepared = prepare(log, QUICK(), n_threads=1)
    flag = train.flag[log.row]
    part = np.random.default_rng(0).permutation(log.n_users)[log.user_index] % knowing.PARTS
    told = np.where(part == 0, 1 - flag, flag) if not own else flag
    odds = knowing.odds_of_clean(prepared, told, seed=0, n_threads=1, items_known=items_known)
    return odds[part == 0]


@pytest.mark.parametrize("items_known", [False, True])
def test_a_judge_of_noise_is_told_nothing_by_the_flags_of_users_whom_he_judges(
    data: Path, items_known: bool
) -> None:
    as_they_are, turned = (judged_by(data, items_known=items_known, own=own) for own in (True, False))
    np.testing.assert_array_equal(as_they_are, turned)


def test_the_clean_share_of_an_item_is_of_the_users_of_other_parts() -> None:
    item, flag = np.array([0, 0, 0, 0, 1], np.int32), np.array([1, 0, 1, 1, 0])
    part, held = np.array([1, 2, 2, 0, 1]), 0
    prior = 2 / 4 * knowing.PRIOR_ROWS
    expected = np.array([1, 1, 1, 2, 0]) + prior
    expected /= np.array([2, 1, 1, 3, 0]) + knowing.PRIOR_ROWS
    np.testing.assert_allclose(knowing._clean_share(item, flag, part, held), expected)


def test_the_file_holds_every_arm_against_the_linear_model(
    data: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(ceiling, "Settings", QUICK)
    out = tmp_path / "found.json"
    ceiling.main(["--data", str(data), "--seeds", "0", "1", "--out", str(out)])
    found = json.loads(out.read_text())
    arms = {arm["arm"]: arm for arm in found["arms"]}
    assert {"none", "attention", "linear", "labels known: ranker", "noise known: linear"} < set(arms)
    assert {"noise judged: attention", "noise judged, items known: odds as weights"} < set(arms)
    assert set(found["auc"]) == {"noise judged", "noise judged, items known"}
    for arm in arms.values():
        for metric, gain in arm["against linear"].items():
            assert gain["n"] == USERS
            expected = arm["metrics"][metric] - arms["linear"]["metrics"][metric]
            assert gain["mean"] == pytest.approx(expected, abs=1e-9)
