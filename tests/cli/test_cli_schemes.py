"""Importance schemes from the command line: every name is taken, and a log that cannot serve is refused."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from samplew_gbm.settings import IMPORTANCE_SCHEMES
from tests.cli.cli_calls import FAST, call


def with_columns(files: Path, folder: Path) -> Path:
    """The shop's log with views and purchases, and a value that falls from row to row."""
    log = pq.read_table(files / "log.parquet")
    drop = [name for name in ("event", "value") if name in log.column_names]
    names = ["purchase" if row % 3 == 0 else "view" for row in range(log.num_rows)]
    log = log.drop_columns(drop).append_column("event", [names])
    log = log.append_column("value", [np.linspace(2, 1, log.num_rows)])
    pq.write_table(log, folder / "log.parquet")
    return folder / "log.parquet"


def with_vectors(log: Path) -> Path:
    """A vector of each item of the log, beside it."""
    items = pq.read_table(log)["item_id"].unique().to_pylist()
    vectors = np.random.default_rng(0).normal(size=(len(items), 5))
    np.savez(log.with_name("vectors.npz"), ids=np.array(items), vectors=vectors)
    return log.with_name("vectors.npz")


@pytest.mark.parametrize("scheme", IMPORTANCE_SCHEMES)
def test_weigh_takes_every_scheme(scheme: str, files: Path, folder: Path) -> None:
    log = with_columns(files, folder)
    beside = ("--item-vectors", with_vectors(log)) if scheme == "vectors" else ()
    called = call("weigh", log, "--importance", scheme, *beside, "--out", folder / "w.parquet", *FAST)
    assert called.code == 0, called.err
    importance = pq.read_table(folder / "w.parquet")["importance"].to_numpy()
    assert np.isfinite(importance).all()
    assert (np.ptp(importance) > 0) == (scheme not in ("none", "uniform"))


def test_train_and_ablate_take_them_too(files: Path, folder: Path) -> None:
    log = with_columns(files, folder)
    assert call("train", log, "--model", folder / "m.swg", "--importance", "consensus", *FAST).code == 0
    schemes = ("--scheme", "purchase_given_click", "--scheme", "external")
    called = call("ablate", log, *schemes, "--seeds", "1", *FAST)
    assert called.code == 0, called.err
    assert "purchase_given_click: " in called.out


@pytest.mark.parametrize(
    ("scheme", "missing"), [("purchase_given_click", "no column 'event'"), ("external", "no column 'value'")]
)
def test_a_log_without_what_a_scheme_needs_is_refused(
    scheme: str, missing: str, files: Path, folder: Path
) -> None:
    log = pq.read_table(with_columns(files, folder)).drop_columns(["event", "value"])
    pq.write_table(log, folder / "plain.parquet")
    for words in (
        ("train", "--model", "m.swg", "--importance"),
        ("weigh", "--out", "w.parquet", "--importance"),
        ("ablate", "--scheme"),
    ):
        called = call(words[0], "plain.parquet", *words[1:], scheme, *FAST)
        assert called.code == 3
        assert scheme in called.error()
        assert missing in called.error()
    assert [path.name for path in folder.iterdir() if path.suffix != ".parquet"] == []
