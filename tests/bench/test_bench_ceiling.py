"""What the bench calls known is known to nobody else, and what is hidden is ranked by none."""

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from bench import ceiling
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


def parts(data: Path) -> tuple[ceiling.Rows, ceiling.Rows]:
    folder = data / "movielens_100k_noisy"
    train, valid = (ceiling.rows_of(folder / f"ml100k.{part}.rating") for part in ("train", "valid"))
    return train, valid


def pairs_of(user: np.ndarray, item: np.ndarray) -> set[tuple[int, int]]:
    return set(zip(user.tolist(), item.tolist(), strict=True))


def chosen(rows: ceiling.Rows, flag: int) -> set[tuple[int, int]]:
    return pairs_of(rows.user[rows.flag == flag], rows.item[rows.flag == flag])


def test_a_log_without_noise_has_the_clean_rows_only(data: Path) -> None:
    train, _ = parts(data)
    assert len(train.log(without_noise=True)) == len(chosen(train, 1))
    assert len(train.log()) == len(chosen(train, 1) | chosen(train, 0)) > len(chosen(train, 1))


@pytest.mark.parametrize("without_noise", [False, True])
def test_candidates_are_nothing_of_the_training_part_and_no_noise(data: Path, without_noise: bool) -> None:
    train, valid = parts(data)
    settings = QUICK()
    model = fit(prepare(train.log(without_noise=without_noise), settings, n_threads=1), settings, n_threads=1)
    found = ceiling.candidates_of(model, train, valid, 1)
    items = np.array(model.items.ids.to_pylist())
    listed = pairs_of(np.unique(valid.user)[found.lists.owner], items[found.lists.items])
    assert not listed & pairs_of(train.user, train.item)
    assert not listed & chosen(valid, 0)
    assert found.label.sum() == len(listed & chosen(valid, 1)) > 0
    assert len(found.wanted.items) == len(chosen(valid, 1))
    best = found.judged(found.label.astype(float))["NDCG@20"]
    assert np.nanmax(best) == pytest.approx(1)


def test_the_file_holds_every_arm_against_the_linear_model(
    data: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(ceiling, "Settings", QUICK)
    out = tmp_path / "found.json"
    ceiling.main(["--data", str(data), "--seeds", "0", "1", "--out", str(out)])
    arms = {arm["arm"]: arm for arm in json.loads(out.read_text())["arms"]}
    assert {"none", "attention", "linear", "labels known: ranker", "noise known: linear"} < set(arms)
    for arm in arms.values():
        for metric, gain in arm["against linear"].items():
            assert gain["n"] == USERS
            expected = arm["metrics"][metric] - arms["linear"]["metrics"][metric]
            assert gain["mean"] == pytest.approx(expected, abs=1e-9)
