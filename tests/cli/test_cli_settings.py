"""Settings from words."""

import pytest

from samplew_gbm.cli._settings import parse_settings
from samplew_gbm.errors import SettingsError
from samplew_gbm.settings import Settings
from tests.cli.cli_calls import call


def test_nothing_given_means_the_defaults() -> None:
    assert parse_settings([]) == Settings()


def test_words_get_the_type_of_their_setting() -> None:
    words = ["n_trees=7", "temperature=1e6", "learning_rate = 1e-2", "n-leaves=4", "objective=binary"]
    found = parse_settings(words, importance="none", seed=5)
    assert found == Settings(
        n_trees=7,
        temperature=1e6,
        learning_rate=0.01,
        n_leaves=4,
        objective="binary",
        importance="none",
        random_state=5,
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["n_trees"], "--set n_trees: there is no '='; write --set NAME=VALUE"),
        (["n_tree=3"], "--set n_tree=3: there is no setting 'n_tree'; did you mean n_trees?"),
        (["zzz=3"], "give one of importance, temperature"),
        (["n_trees=many"], "--set n_trees=many: n_trees must be a whole number"),
        (["n_trees=1.5"], "n_trees must be a whole number"),
        (["mix=half"], "--set mix=half: mix must be a number"),
        (["mix=nan"], "mix is nan; give a value from 0.0 to 1.0"),
        (["n_trees=0"], "n_trees is 0; give a value from 1 to 100000"),
        (["n_trees=3", "n_trees=4"], "n_trees is given twice"),
        (["random_state=3"], "random_state is given twice"),
        (["weighting=pair", "objective=binary"], "weighting is 'pair', which needs objective lambdarank"),
        (["objective=best"], "objective is 'best'; give one of lambdarank"),
    ],
)
def test_what_cannot_be_set_is_named(words: list[str], message: str) -> None:
    with pytest.raises(SettingsError) as error:
        parse_settings(words, seed=1)
    assert message in str(error.value)


@pytest.mark.parametrize("command", ["train", "weigh"])
def test_wrong_settings_end_with_4_before_anything_is_read(command: str) -> None:
    target = {"train": "--model", "weigh": "--out"}[command]
    called = call(command, "absent.parquet", target, "m.parquet", "--set", "n_trees=-1")
    assert called.code == 4
    assert "n_trees is -1" in called.error()
