"""The Optuna example: a real study of a few trials, which never sees the rows of the test."""

import pytest

from samplew_gbm.data.simulate import simulate_shop

pytest.importorskip("optuna", reason="Optuna is not installed (extra dev)")

from bench import optuna_example as example

FIXED = {"n_trees": 8, "n_rankers": 1, "n_epochs": 2, "linear_items": 0, "n_folds": 2}


@pytest.fixture(scope="module")
def parts() -> example.Parts:
    return example.divide(simulate_shop(40, 50, 1200, random_state=1).log)


def test_every_part_is_later_than_the_one_before(parts: example.Parts) -> None:
    assert sum(part.num_rows for part in (parts.learn, parts.valid, parts.test)) == 1200
    ends = [(min(part), max(part)) for part in (_times(parts.learn), _times(parts.valid), _times(parts.test))]
    assert ends[0][1] < ends[1][0]
    assert ends[1][1] < ends[2][0]


def _times(table: object) -> list[float]:
    return table["timestamp"].to_pylist()  # type: ignore[index, no-any-return]


def test_a_study_begins_with_the_defaults_and_ends_no_worse(parts: example.Parts) -> None:
    study = example.search(parts.learn, parts.valid, FIXED, n_trials=3, n_threads=2)
    assert [trial.state.name for trial in study.trials] == ["COMPLETE"] * 3
    assert study.trials[0].params["alpha"] == 10.0
    assert study.best_value >= study.trials[0].value
    assert len({tuple(trial.params.values()) for trial in study.trials}) == 3
    again = example.quality(parts.learn, parts.valid, FIXED | study.best_params, 1)
    assert again == study.best_value
