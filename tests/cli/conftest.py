"""A tiny shop, its files, and one trained model for all tests of the command line."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from samplew_gbm.data.simulate import Shop, simulate_shop
from tests.cli.cli_calls import FAST, call


@pytest.fixture(scope="session")
def shop() -> Shop:
    return simulate_shop(50, 80, 1500, random_state=1)


@pytest.fixture(scope="session")
def files(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``log``, ``later`` and ``truth`` as Parquet, ``pairs.csv`` and ``users.csv``."""
    folder = tmp_path_factory.mktemp("shop")
    pq.write_table(shop.log.slice(0, 1300), folder / "log.parquet")
    pq.write_table(shop.log.slice(1300), folder / "later.parquet")
    pq.write_table(shop.truth, folder / "truth.parquet")
    users, items = shop.user_ids.to_pylist(), shop.item_ids.to_pylist()
    pairs = [f"{users[n % 50]},{items[n % 80]}" for n in range(200)] + [
        "nobody,nothing",
        f"{users[0]},nothing",
    ]
    (folder / "pairs.csv").write_text("user_id,item_id\n" + "\n".join(pairs) + "\n")
    (folder / "users.csv").write_text("user_id\n" + "\n".join([users[3], "nobody", users[1]]) + "\n")
    return folder


@pytest.fixture(scope="session")
def model(files: Path) -> Path:
    """A model trained on ``log.parquet``."""
    path = files / "model.swg"
    called = call("train", files / "log.parquet", "--model", path, *FAST)
    assert called.code == 0, called.err
    return path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, which is the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def table() -> pa.Table:
    """Four clean rows."""
    return pa.table(
        {"user_id": ["a", "a", "b", "b"], "item_id": ["x", "y", "x", "z"], "timestamp": [1.0, 2.0, 3.0, 4.0]}
    )
