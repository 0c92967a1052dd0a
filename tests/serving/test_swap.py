"""Another model takes the place of the one that serves: whole, at once, or not at all."""

import shutil
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from samplew_gbm import build_interactions, describe_items, save_model, train
from samplew_gbm.data.writing import write_table
from tests.cli.cli_calls import call
from tests.serving.conftest import SETTINGS, SmallShop
from tests.serving.rows import rows_of, table_rows
from tests.serving.servers import SECONDS, Client, Server, serving

N_CLIENTS = 4
N_SWAPS = 4


@pytest.fixture(scope="module")
def other(small_shop: SmallShop, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of other rows."""
    path = tmp_path_factory.mktemp("other") / "other.swg"
    settings = msgspec.structs.replace(SETTINGS, n_trees=3)
    save_model(train(build_interactions(small_shop.later), settings, gate=False, n_threads=2), path)
    return path


@pytest.fixture(scope="module")
def model(small_shop: SmallShop, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that the server serves."""
    return Path(shutil.copy(small_shop.bundle, tmp_path_factory.mktemp("served") / "model.swg"))


@pytest.fixture(scope="module")
def swapping(model: Path) -> Iterator[Server]:
    with serving(model, model.parent) as server:
        yield server


def put(source: Path, target: Path) -> None:
    """As ``samplew train`` does: the file is there as a whole or not."""
    beside = target.with_suffix(".new")
    shutil.copy(source, beside)
    beside.replace(target)


def version(client: Client) -> int:
    return int(client.get("/v1/model").body["model_version"])


def test_a_swap_under_load_answers_every_request_by_one_model(
    small_shop: SmallShop, swapping: Server, model: Path, other: Path
) -> None:
    user = small_shop.users[0]
    stop = threading.Event()
    seen: list[tuple[int, Any]] = []
    faults: list[object] = []

    def ask() -> None:
        client = swapping.client()
        while not stop.is_set():
            answer = client.post("/v1/recommend", {"users": [user], "k": 5})
            if answer.status == 200:
                seen.append((answer.body["model_version"], answer.body["users"]))
            else:
                faults.append(answer)

    threads = [threading.Thread(target=ask) for _ in range(N_CLIENTS)]
    for thread in threads:
        thread.start()
    client = swapping.client()
    first = version(client)
    for number in range(1, N_SWAPS + 1):
        put(other if number % 2 else small_shop.bundle, model)
        answer = client.post("/v1/model")
        assert (answer.status, answer.body["model_version"]) == (200, first + number)
        n_seen = len(seen)
        while len(seen) < n_seen + 10 and not faults:
            time.sleep(0.01)
    stop.set()
    for thread in threads:
        thread.join(SECONDS)
    assert faults == []
    assert {number for number, _ in seen} == set(range(first, first + N_SWAPS + 1))
    of_parity = {parity: [each for number, each in seen if number % 2 == parity] for parity in (0, 1)}
    assert all(each == answers[0] for answers in of_parity.values() for each in answers)
    assert of_parity[0][0] != of_parity[1][0]


def test_a_broken_file_leaves_the_old_model_serving(
    small_shop: SmallShop, swapping: Server, model: Path
) -> None:
    client = swapping.client()
    before, number = client.recommend(small_shop.users[0]), version(client)
    content = small_shop.bundle.read_bytes()
    for broken in (content[:-10], content[:5000] + b"\x00" + content[5001:], b"", b"no model"):
        model.write_bytes(broken)
        answer = client.post("/v1/model")
        assert (answer.status, answer.code) == (422, "model_refused")
        assert "the old one goes on" in answer.body["error"]["message"]
    model.unlink()
    assert client.post("/v1/model").code == "model_refused"
    assert client.recommend(small_shop.users[0]) == before
    assert version(client) == number
    assert 'samplew_model_loads_total{outcome="refused"} 5.0' in client.get("/metrics").body
    put(small_shop.bundle, model)


def test_what_arrived_since_the_training_is_served_and_read_again(
    small_shop: SmallShop, tmp_path: Path
) -> None:
    kinds = {item: f"kind {place % 5}" for place, item in enumerate([*small_shop.items, "never taken"])}
    table = pa.table({"sku": list(kinds), "kind": list(kinds.values())})
    described = describe_items(
        build_interactions(small_shop.later), table.rename_columns(["item_id", "kind"]), where="items"
    )
    save_model(train(described, SETTINGS, gate=False, n_threads=2), tmp_path / "model.swg")
    write_table(table, tmp_path / "items.csv")
    words = ("--items", tmp_path / "items.csv", "--item-column", "sku")
    with serving(tmp_path / "model.swg", tmp_path, *words) as server:
        client, user = server.client(), small_shop.users[0]
        pair = {"user_id": user, "items": ["brand new"]}
        (unknown,) = client.post("/v1/score", pair).body["scores"]
        more = pa.table({"sku": ["brand new"], "kind": ["kind 1"]})
        write_table(pa.concat_tables([table, more]), tmp_path / "items.csv")
        assert client.post("/v1/model").body["n_items"] == len(kinds) + 1
        (known,) = client.post("/v1/score", pair).body["scores"]
        assert unknown["score"] < known["score"]
        (answer,) = client.recommend(user, k=100)
        assert "brand new" in [item["item_id"] for item in answer["items"]]
        write_table(table.slice(0, 3), tmp_path / "items.csv")
        refused = client.post("/v1/model")
        assert (refused.status, refused.code) == (422, "model_refused")
        assert client.recommend(user, k=100) == [answer]


def test_a_model_that_learned_from_the_feedback_takes_over(small_shop: SmallShop, tmp_path: Path) -> None:
    model, following, store = (tmp_path / name for name in ("model.swg", "next.swg", "store.sqlite"))
    top = tmp_path / "top.parquet"
    shutil.copy(small_shop.bundle, model)
    rows = small_shop.later.select(["user_id", "item_id", "timestamp"]).to_pylist()
    events = [{"event_id": f"{place}", **row} for place, row in enumerate(rows)]
    with serving(model, tmp_path, "--feedback", store) as server:
        client = server.client()
        assert client.post("/v1/feedback", {"events": events}).body["accepted"] == len(events)
        source = f"sqlite:///{store}?table=feedback"
        called = call("train", source, "--continue", model, "--model", following, "--threads", 1)
        assert called.code == 0, called.err
        following.replace(model)
        n_learned = small_shop.model.n_interactions + len(events)
        assert client.post("/v1/model").body["n_interactions"] == n_learned
        assert call("recommend", "--model", model, "--out", top).code == 0
        answers = client.recommend(*pq.read_table(top)["user_id"].unique().to_pylist())
        assert rows_of(answers) == table_rows(top)


def test_sighup_loads_the_file_again(small_shop: SmallShop, swapping: Server, model: Path) -> None:
    client = swapping.client()
    number = version(client)
    model.write_bytes(b"no model")
    swapping.process.send_signal(signal.SIGHUP)
    _wait(lambda: swapping.said().count("the old one goes on") == 6)
    put(small_shop.bundle, model)
    swapping.process.send_signal(signal.SIGHUP)
    _wait(lambda: version(client) == number + 1)


def _wait(happened: Any) -> None:
    end = time.monotonic() + SECONDS
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.02)
