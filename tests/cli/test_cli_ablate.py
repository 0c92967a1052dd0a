"""``samplew ablate`` as a user meets it."""

import json
from pathlib import Path

from tests.cli.cli_calls import FAST, call

QUICK = (*FAST, "--seeds", "1")


def test_it_says_in_words_and_numbers_whether_the_weights_helped(files: Path, folder: Path) -> None:
    called = call("ablate", files / "log.parquet", *QUICK, "--controls")
    assert called.code == 0, called.err
    for word in ("none", "attention", "placebo", "wrong_sign", "95 % interval", "coverage"):
        assert word in called.out
    verdicts = [line for line in called.out.splitlines() if ": " in line]
    assert [line.partition(":")[0] for line in verdicts] == ["attention", "placebo", "wrong_sign"]
    assert "judged by the time after" in called.err
    assert not list(folder.iterdir())


def test_for_machines_it_gives_every_figure(files: Path, folder: Path) -> None:
    words = ("--test", files / "later.parquet", "--json")
    found = json.loads(call("ablate", files / "log.parquet", *words, *QUICK).out)
    twin, weighted = found["found"]["arms"]
    assert (twin["name"], weighted["name"]) == ("none", "attention")
    assert twin["metrics"].keys() == weighted["differences"].keys()
    assert weighted["differences"]["NDCG@10"]["n"] == found["found"]["n_users"] > 0
    assert found["found"]["division"] == "judged by later.parquet"
    assert len(found["verdicts"]) == 1


def test_settings_are_tried_beside_the_weights(files: Path, folder: Path) -> None:
    both = "n-leaves=4 importance=loss_rank"
    words = (*QUICK, "--try", "denoise=0.3", "--try", both)
    called = call("ablate", files / "log.parquet", *words, "--json")
    assert called.code == 0, called.err
    arms = json.loads(called.out)["found"]["arms"]
    assert [arm["name"] for arm in arms] == ["none", "attention", "denoise=0.3", both]
    sizes = [arm["effective_sample_size"] for arm in arms if arm["differs_in"] == "the setting"]
    assert sizes[0] == 1 > sizes[1]


def test_a_setting_to_try_that_is_none_is_refused(files: Path, folder: Path) -> None:
    for word, what in (
        ("denoise", "there is no '='"),
        ("", "there is no '='"),
        ("n_leaves=4 denoise=0", "denoise has that value already"),
        ("denoize=0.3", "did you mean denoise"),
        ("denoise=many", "must be a number"),
        ("denoise=0", "denoise has that value already"),
        ("importance=none", "importance has that value already"),
    ):
        called = call("ablate", files / "log.parquet", *QUICK, "--try", word)
        assert (called.code, what in called.error(), "--try" in called.error()) == (4, True, True)


def test_the_schemes_are_not_a_setting_here(files: Path, folder: Path) -> None:
    called = call("ablate", files / "log.parquet", "--set", "importance=placebo")
    assert called.code == 4
    assert "importance is given twice" in called.error()


def test_history_without_a_test_is_refused(files: Path, folder: Path) -> None:
    called = call("ablate", files / "log.parquet", "--history", files / "later.parquet")
    assert called.code == 2
    assert "--history goes with --test" in called.error()
