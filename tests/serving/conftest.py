"""A small shop, its model, and one server that most tests share."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from samplew_gbm import Settings, build_interactions, save_model, train
from samplew_gbm.data.simulate import simulate_shop
from samplew_gbm.pipeline import Model
from tests.serving.servers import Client, Server, serving

SETTINGS = Settings(n_trees=10, n_rankers=1, n_factors=8, n_negatives=10, n_candidates=30)
N_EARLIER = 1300


@dataclass(frozen=True)
class SmallShop:
    """``later`` is what happens after the training; ``folder`` has it, and the model, as files."""

    folder: Path
    later: pa.Table
    model: Model

    @property
    def bundle(self) -> Path:
        return self.folder / "model.swg"

    @property
    def users(self) -> list[str]:
        return list(self.model.users.ids.to_pylist())

    @property
    def items(self) -> list[str]:
        return list(self.model.items.ids.to_pylist())


@pytest.fixture(scope="session")
def small_shop(tmp_path_factory: pytest.TempPathFactory) -> SmallShop:
    folder = tmp_path_factory.mktemp("serving")
    log = simulate_shop(50, 80, 1500, random_state=1).log
    later = log.slice(N_EARLIER)
    model = train(build_interactions(log.slice(0, N_EARLIER)), SETTINGS, gate=False, n_threads=2)
    save_model(model, folder / "model.swg")
    pq.write_table(later, folder / "later.parquet")
    return SmallShop(folder, later, model)


@pytest.fixture(scope="session")
def server(small_shop: SmallShop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """With a store, without keys; tests leave no feedback of users that the model knows."""
    folder = tmp_path_factory.mktemp("shared")
    store = folder / "feedback.sqlite"
    with serving(small_shop.bundle, folder, "--feedback", store, "--max-body", 200_000) as found:
        yield found


@pytest.fixture
def client(server: Server) -> Client:
    return server.client()
