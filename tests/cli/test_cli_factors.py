"""Factors on the command line: what weigh writes and explain says."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from samplew_gbm.cli._weight_text import sentence
from samplew_gbm.explain.weight import Judgement, Near, RowExplanation
from tests.cli.cli_calls import FAST, call

ON = [
    *("--set", "behaviour=purchase=3,cart=2", "--set", "half_life=30", "--set", "value_power=0.5"),
    *("--set", "propensity_power=0.5", "--weight-column", "trust"),
]
FACTORS = [
    f"factor_{name}" for name in ("attention", "behaviour", "recency", "propensity", "user_value", "own")
]


@pytest.fixture(scope="module")
def log(files: Path) -> Path:
    """``log.parquet`` with events, values and a weight of its own; its first two rows twice."""
    table = pq.read_table(files / "log.parquet")
    rng = np.random.default_rng(0)
    n = table.num_rows
    for name, values in (
        ("event", rng.choice(["view", "cart", "purchase"], n)),
        ("value", rng.gamma(2, 10, n)),
        ("trust", rng.gamma(2, 1, n)),
    ):
        table = table.append_column(name, pa.array(values))
    path = files / "full.parquet"
    pq.write_table(pa.concat_tables([table, table.slice(0, 2)]), path)
    return path


def test_weights_are_written_with_their_factors(log: Path, folder: Path) -> None:
    called = call("weigh", log, "--out", "w.parquet", "--factors", *FAST, *ON, "--json")
    assert called.code == 0, called.err
    weighted = pq.read_table("w.parquet")
    assert weighted.column_names[-8:] == ["importance", "sample_weight", *FACTORS]
    assert "weight" in weighted.column_names
    parts = np.column_stack([weighted[name].to_numpy() for name in FACTORS])
    assert (parts[-2:] == 0).all()
    assert (parts[:-2] > 0).all()
    limited = np.clip(parts[:-2].prod(axis=1), 0.1, 5.0)
    weight = weighted["sample_weight"].to_numpy()
    np.testing.assert_allclose(weight[:-2], limited / limited.mean())
    assert weight[-2:].tolist() == [0, 0]
    found = json.loads(called.out)
    assert found["temperature"] == 2.0
    assert found["effective_sample_size"] == pytest.approx(
        weight.sum() ** 2 / (len(weight[:-2]) * (weight**2).sum())
    )


def test_only_the_factors_that_are_on_are_written(files: Path, folder: Path) -> None:
    log = files / "log.parquet"
    assert call("weigh", log, "--out", "plain.parquet", *FAST).code == 0
    assert call("weigh", log, "--out", "factors.parquet", "--factors", *FAST).code == 0
    plain, factors = pq.read_table("plain.parquet"), pq.read_table("factors.parquet")
    assert factors.column_names == [*plain.column_names, "factor_attention"]
    assert factors.select(plain.column_names).equals(plain)


def test_the_temperature_found_is_told(files: Path, folder: Path) -> None:
    words = ["weigh", files / "log.parquet", "--out", "w.csv", *FAST, "--set", "effective_sample=0.8"]
    found = json.loads(call(*words, "--json").out)
    assert found["effective_sample_of_importance"] == pytest.approx(0.8, abs=1e-4)
    assert found["temperature"] != 2.0
    text = call(*words).out
    assert "of the importance alone    80.0 %" in text
    assert "temperature chosen for it" in text


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--set", "behaviour=sale=3"], 3, "give some of 'cart', 'purchase', 'view'"),
        (["--set", "behaviour=cart"], 4, "'cart' is no EVENT=NUMBER"),
        (["--set", "half_life=3", "--order", "file"], 4, "no times are read from the log"),
        (["--weight-column", "absent"], 3, "no column 'absent'"),
        (["--weight-column", "value"], 4, "--weight-column and --value-column both name column 'value'"),
        (["--set", "value_power=1", "--value-column", "user_id"], 4, "both name column 'user_id'"),
    ],
)
@pytest.mark.parametrize("command", ["weigh", "train"])
def test_what_a_factor_cannot_have_is_said(
    command: str, words: list[str], code: int, message: str, log: Path, folder: Path
) -> None:
    target = {"weigh": ["--out", "w.csv"], "train": ["--model", "m.swg"]}[command]
    called = call(command, log, *target, *FAST, *words)
    assert called.code == code
    assert message in called.err.splitlines()[-1]
    assert list(folder.iterdir()) == []


def test_training_and_ablation_take_factors(log: Path, files: Path, folder: Path) -> None:
    called = call("train", log, "--model", "m.swg", *FAST, *ON, "--json")
    assert called.code == 0, called.err
    assert json.loads(called.out)["settings"]["half_life"] == 30
    words = ["ablate", log, "--test", files / "later.parquet", "--seeds", 1, *FAST, *ON]
    assert call(*words).code == 0


def test_a_row_is_explained(log: Path, folder: Path) -> None:
    called = call("explain", log, "--row", 1290, *FAST, *ON, "--json")
    assert called.code == 0, called.err
    (row,) = json.loads(called.out)["rows"]
    assert list(row["factors"]) == [name.removeprefix("factor_") for name in FACTORS]
    assert row["sample_weight"] == pytest.approx(row["base"] * row["limited"])
    assert row["judgement"]["closest"]
    text = call("explain", log, "--row", 1290, *FAST, *ON).out
    joined = " ".join(text.split())
    assert joined.startswith(f"row 1290, user {row['user_id']}, item {row['item_id']}: ")
    for word in ("= base ", " x attention ", " x behaviour ", " x recency ", " x own weight ", "days old"):
        assert word in joined
    assert max(map(len, text.splitlines())) <= 110


def test_every_row_of_a_pair_is_explained(log: Path, folder: Path) -> None:
    table = pq.read_table(log)
    user, item = table["user_id"][5].as_py(), table["item_id"][5].as_py()
    called = call("explain", log, "--user", user, "--item", item, *FAST, "--json")
    assert called.code == 0, called.err
    rows = json.loads(called.out)["rows"]
    assert {(row["user_id"], row["item_id"]) for row in rows} == {(user, item)}
    assert 6 in [row["row"] for row in rows]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ([], 2, "either --row N, or --user ID and --item ID"),
        (["--row", "0"], 2, "0 is not in the range"),
        (["--row", "1", "--user", "a", "--item", "b"], 2, "either --row N"),
        (["--user", "a"], 2, "--user and --item name a row together"),
        (["--row", "1301"], 3, "row 1301 was dropped in cleaning"),
        (["--row", "1303"], 3, "the log has 1,302 rows and no row 1,303"),
        (["--user", "a", "--item", "b"], 3, "user 'a' does not occur in the log"),
        (["--row", "1", "--importance", "none"], 4, "importance is 'none'"),
    ],
)
def test_what_cannot_be_explained_is_said(words: list[str], code: int, message: str, log: Path) -> None:
    called = call("explain", log, *words, *FAST)
    assert called.code == code
    assert called.out == ""
    assert message in called.err.splitlines()[-1]


JUDGEMENT = Judgement("user", 0.314, 24, 20, 9, (Near("a", 0.9), Near("b", 0.5)))


def explanation(**options: object) -> RowExplanation:
    values: dict[str, object] = {
        "row": 17,
        "user_id": "u",
        "item_id": "i",
        "importance": 1.6,
        "sample_weight": 1.632,
        "base": 1.02,
        "factors": {"attention": 1.6},
        "product": 1.6,
        "limited": 1.6,
        "judgement": JUDGEMENT,
        "n_past": 9,
        "n_item_rows": 1,
        "event": "purchase",
        "age_days": 12.04,
        "user_mean_value": None,
        "own_weight": 2.0,
    }
    return RowExplanation(**(values | options))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (
            {},
            "row 17, user u, item i: 1.63 = base 1.02 x attention 1.60 (affinity 0.31, above 87 % of this "
            "user's 23 other samples; closest to: a 0.90, b 0.50 of the history)",
        ),
        (
            {"judgement": Judgement("user", 1, 1, 0, 0, ())},
            "attention 1.60 (affinity 1.00, this user's only sample)",
        ),
        ({"judgement": None}, "(not judged: it lies in the part of the log that is only learned from)"),
        ({"judgement": None, "n_past": 0}, "(not judged: the user has no past to judge it from)"),
        ({"factors": {"behaviour": 1.5}}, "base 1.02 x behaviour purchase 1.50"),
        ({"factors": {"behaviour": 1.0}, "event": None}, "x behaviour without event 1.00"),
        ({"factors": {"recency": 0.77}}, "x recency 0.77 (12.0 days old)"),
        ({"factors": {"propensity": 0.051}}, "x propensity 0.051 (the item has 1 row)"),
        ({"factors": {"user_value": 1}}, "x user value 1.00 (no values)"),
        ({"factors": {"user_value": 2}, "user_mean_value": 7.5}, "x user value 2.00 (mean value 7.50)"),
        ({"factors": {"own": 0.5}}, "x own weight 0.50 (2 in the log)"),
        ({"factors": {"next_idea": 0.5}}, "x next idea 0.50"),
        ({"product": 5.3}, ", the factors' product clipped from 5.30 to 1.60"),
    ],
)
def test_the_words_of_an_explanation(options: dict[str, object], text: str) -> None:
    assert text in sentence(explanation(**options))
