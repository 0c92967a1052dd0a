"""Settings from words."""

import pytest

from samplew_gbm.cli._settings import parse_settings
from samplew_gbm.errors import SettingsError
from samplew_gbm.settings import Settings, behaviour_factors
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
        (["zzz=3"], "give one of importance, axis, temperature"),
        (["n_trees=many"], "--set n_trees=many: n_trees must be a whole number"),
        (["n_trees=1.5"], "n_trees must be a whole number"),
        (["mix=half"], "--set mix=half: mix must be a number"),
        (["mix=nan"], "mix is nan; give a value from 0.0 to 1.0"),
        (["n_trees=0"], "n_trees is 0; give a value from 1 to 100000"),
        (["n_trees=3", "n_trees=4"], "n_trees is given twice"),
        (["random_state=3"], "random_state is given twice"),
        (["weighting=pair", "objective=binary"], "weighting is 'pair', which needs objective lambdarank"),
        (["effective_sample=1"], "effective_sample is 1.0; give a value from 0.0 to 0.999"),
        (["half_life=-1"], "half_life is -1.0"),
        (["age_floor=0"], "age_floor is 0.0"),
        (["propensity_power=1.5"], "propensity_power is 1.5; give a value from 0.0 to 1.0"),
        (["value_power=-1"], "value_power is -1.0"),
        (["behaviour=purchase"], "behaviour is 'purchase': 'purchase' is no EVENT=NUMBER"),
        (["behaviour=purchase=3,"], "'' is no EVENT=NUMBER"),
        (["behaviour==3"], "'=3' is no EVENT=NUMBER"),
        (["behaviour=a=0"], "a number above 0 and up to 1000"),
        (["behaviour=a=-1"], "'a=-1' is no EVENT=NUMBER"),
        (["behaviour=a=nan"], "'a=nan' is no EVENT=NUMBER"),
        (["behaviour=a=inf"], "'a=inf' is no EVENT=NUMBER"),
        (["behaviour=a=two"], "'a=two' is no EVENT=NUMBER"),
        (["behaviour=a=1,a=2"], "'a' is given twice; give it once"),
        (["objective=best"], "objective is 'best'; give one of lambdarank"),
    ],
)
def test_what_cannot_be_set_is_named(words: list[str], message: str) -> None:
    with pytest.raises(SettingsError) as error:
        parse_settings(words, seed=1)
    assert message in str(error.value)


def test_factors_of_events_are_read_as_written() -> None:
    settings = parse_settings(["behaviour=purchase=3, add to cart = 1.5 ,k=v=2"])
    assert behaviour_factors(settings.behaviour) == {"purchase": 3, "add to cart": 1.5, "k=v": 2}
    assert behaviour_factors(Settings().behaviour) == behaviour_factors("  ") == {}


@pytest.mark.parametrize("command", ["train", "weigh"])
def test_wrong_settings_end_with_4_before_anything_is_read(command: str) -> None:
    target = {"train": "--model", "weigh": "--out"}[command]
    called = call(command, "absent.parquet", target, "m.parquet", "--set", "n_trees=-1")
    assert called.code == 4
    assert "n_trees is -1" in called.error()
