"""``samplew train`` with its gate: what it says, what it refuses."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from samplew_gbm.data.simulate import simulate_shop
from tests.cli.cli_calls import FAST, call

USERS = 130


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    """A shop whose event says which clicks were no accidents, and whose value is the taste."""
    shop = simulate_shop(USERS, 60, 2600, noise=0.3, random_state=2)
    events = pa.array(np.where(shop.accidental, "click", "purchase"))
    table = shop.log.append_column("event", events).append_column("value", pa.array(shop.taste))
    path = tmp_path_factory.mktemp("gate") / "log.parquet"
    pq.write_table(table, path)
    return path


@pytest.mark.parametrize("trusted", [(), ("--trusted", "event=purchase"), ("--trusted", "value>=0")])
def test_the_verdict_is_told_and_kept(log, folder: Path, trusted):
    called = call("train", log, "--model", "m.swg", *trusted, *FAST)
    assert called.code == 0, called.err
    told = [line for line in called.err.splitlines() if line.startswith("weights ")]
    assert len(told) == 1
    assert "users kept out, judged by" in told[0]
    assert (trusted[1] if trusted else "every interaction") in told[0]
    assert told[0] in call("inspect", "m.swg").out.replace("\n  ", "\n")


def test_the_verdict_in_numbers(log, folder: Path):
    called = call("train", log, "--model", "m.swg", "--importance", "wrong_sign", "--json", *FAST)
    assert called.code == 0, called.err
    found = json.loads(called.out)
    verdict = found["report"]["verdict"]
    assert verdict["low"] <= verdict["change"] <= verdict["high"]
    assert 0 < verdict["n_users"] <= USERS
    assert found["settings"]["importance"] == ("wrong_sign" if verdict["kept"] else "none")


def test_a_refusal_and_the_twin_recommend_the_same(log, folder: Path):
    wrong = ("--importance", "wrong_sign", "--set", "temperature=0.1", "--trusted", "event=purchase")
    for name, words in (("gated", wrong), ("twin", ("--importance", "none"))):
        called = call("train", log, "--model", f"{name}.swg", *words, *FAST)
        assert called.code == 0, called.err
        assert call("recommend", "--model", f"{name}.swg", "--out", f"{name}.csv").code == 0
    assert "weights refused" in call("inspect", "gated.swg").out
    assert Path("gated.csv").read_bytes() == Path("twin.csv").read_bytes()


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("--trusted", "purchase"), 4, "write event=NAME, value>=NUMBER or all"),
        (("--trusted", "event=sale"), 3, "its events are click, purchase"),
        (("--trusted", "all", "--no-gate"), 2, "leave --no-gate out"),
        (("--trusted", "all", "--importance", "none"), 2, "--importance none has none; leave one out"),
    ],
)
def test_a_label_that_cannot_be_is_one_clear_error(log, folder: Path, words, code, message):
    called = call("train", log, "--model", "m.swg", *words, *FAST)
    assert called.code == code
    assert message in called.error()
    assert not Path("m.swg").exists()


def test_a_trusted_label_that_cannot_be_read_is_told_before_the_log_is_read(log, folder: Path):
    called = call("train", log, "--model", "m.swg", "--trusted", "purchase", *FAST)
    assert called.code == 4
    assert "read the log" not in called.err
    assert "rows" not in called.err
