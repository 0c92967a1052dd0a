"""What is answered is what the command line answers for the same histories, digit for digit."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from samplew_gbm import build_interactions, recommend, score, train
from samplew_gbm.data.interactions import Order
from samplew_gbm.pipeline import make_ready
from samplew_gbm.serving.answers import recommendations, scores
from samplew_gbm.serving.messages import HistoryRow, Pair, RecommendRequest, ScoreRequest
from tests.cli.cli_calls import call
from tests.serving.conftest import SETTINGS, SmallShop
from tests.serving.rows import rows_of, table_rows
from tests.serving.servers import Client, Server, serving

NEWCOMERS = ["newcomer", "another"]


@pytest.fixture(scope="module")
def later(small_shop: SmallShop) -> pa.Table:
    """What happens after the training, of newcomers too."""
    users = small_shop.later["user_id"].to_pylist()
    users[10], users[11], users[20] = *NEWCOMERS, NEWCOMERS[0]
    return small_shop.later.set_column(
        small_shop.later.column_names.index("user_id"), "user_id", pa.array(users)
    )


@pytest.fixture(scope="module")
def asked(small_shop: SmallShop, later: pa.Table, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``later``, ``users`` and ``pairs``."""
    folder = tmp_path_factory.mktemp("asked")
    pq.write_table(later, folder / "later.parquet")
    users = [*NEWCOMERS, *small_shop.users, "nobody"]
    pq.write_table(pa.table({"user_id": users}), folder / "users.parquet")
    pairs = {"user_id": (users * 3)[:120], "item_id": [*small_shop.items, "nothing"] * 2}
    pairs["item_id"] = pairs["item_id"][:120]
    pq.write_table(pa.table(pairs), folder / "pairs.parquet")
    return folder


def feedback_of(table: pa.Table) -> dict[str, Any]:
    """In another order than that of time, which must not matter."""
    rows = table.select(["user_id", "item_id", "timestamp"]).to_pylist()
    events = [{"event_id": f"e{place}", **row} for place, row in enumerate(rows)]
    return {"events": events[::-1]}


@pytest.mark.parametrize("include_seen", [False, True])
def test_recommendations_are_those_of_the_command_line(
    small_shop: SmallShop, asked: Path, later: pa.Table, tmp_path: Path, include_seen: bool
) -> None:
    out = tmp_path / "top.parquet"
    words = ["--users", asked / "users.parquet", "--history", asked / "later.parquet", "-k", 7]
    seen = ["--include-seen"] if include_seen else []
    called = call("recommend", "--model", small_shop.bundle, *words, "--out", out, *seen)
    assert called.code == 0, called.err
    users = pq.read_table(asked / "users.parquet")["user_id"].to_pylist()
    history = later.select(["user_id", "item_id", "timestamp"]).to_pylist()
    with serving(small_shop.bundle, tmp_path, "--feedback", tmp_path / "store.sqlite") as server:
        client = server.client()
        given = client.recommend(*users, k=7, include_seen=include_seen, history=history)
        assert rows_of(given) == table_rows(out)
        stored = client.post("/v1/feedback", feedback_of(later))
        assert stored.body == {"accepted": later.num_rows, "repeated": 0}
        kept = client.recommend(*users, k=7, include_seen=include_seen)
        assert rows_of(kept) == table_rows(out)


def test_scores_are_those_of_the_command_line(
    small_shop: SmallShop, asked: Path, later: pa.Table, tmp_path: Path, client: Client
) -> None:
    out = tmp_path / "scored.parquet"
    words = [asked / "pairs.parquet", "--history", asked / "later.parquet", "--out", out]
    called = call("score", "--model", small_shop.bundle, *words)
    assert called.code == 0, called.err
    pairs = pq.read_table(asked / "pairs.parquet").to_pylist()
    history = later.select(["user_id", "item_id", "timestamp"]).to_pylist()
    answer = client.post("/v1/score", {"pairs": pairs, "history": history})
    assert [tuple(row.values()) for row in answer.body["scores"]] == table_rows(out)


def test_items_of_one_user_are_scored_as_pairs_are(small_shop: SmallShop, client: Client) -> None:
    user, items = small_shop.users[3], small_shop.items[:5]
    pairs = [{"user_id": user, "item_id": item} for item in items]
    one_way = client.post("/v1/score", {"pairs": pairs})
    other = client.post("/v1/score", {"user_id": user, "items": items})
    assert one_way.status == 200
    assert one_way.body == other.body


def test_each_user_is_answered_once_in_the_order_asked(small_shop: SmallShop, client: Client) -> None:
    one, other = small_shop.users[1], small_shop.users[0]
    answers = client.recommend(one, other, one, k=2)
    assert [answer["user_id"] for answer in answers] == [one, other]
    assert all([item["rank"] for item in answer["items"]] == [1, 2] for answer in answers)


def test_excluded_items_make_room_for_the_next(small_shop: SmallShop, client: Client) -> None:
    (all_five,) = client.recommend(small_shop.users[0], k=5)
    best = [item["item_id"] for item in all_five["items"]]
    (rest,) = client.recommend(small_shop.users[0], k=3, exclude=[best[0], best[2], "nothing"])
    assert [item["item_id"] for item in rest["items"]] == [best[1], best[3], best[4]]
    assert [item["rank"] for item in rest["items"]] == [1, 2, 3]


def test_a_k_beyond_the_catalogue_gives_all_that_is_left(small_shop: SmallShop, client: Client) -> None:
    (answer,) = client.recommend(small_shop.users[0], k=1000, include_seen=True)
    assert sorted(item["item_id"] for item in answer["items"]) == small_shop.items


def numbered(table: pa.Table) -> pa.Table:
    """The same log with numbers for ids."""
    columns = {name: table[name] for name in table.column_names}
    for name in ("user_id", "item_id"):
        columns[name] = table[name].combine_chunks().dictionary_encode().indices.cast(pa.int64())
    return pa.table(columns)


@pytest.mark.parametrize("order", [Order.CLOCK, Order.FILE, Order.NONE])
def test_every_order_of_a_log_and_ids_that_are_numbers(small_shop: SmallShop, order: Order) -> None:
    log = numbered(small_shop.later)
    if order is not Order.CLOCK:
        log = log.drop_columns(["timestamp"])
    earlier, later = log.slice(0, 150), log.slice(150)
    model = train(build_interactions(earlier, order=order), SETTINGS, gate=False, n_threads=1)
    ready = make_ready(model)
    history = [HistoryRow(**row) for row in later.select(_wanted(later)).to_pylist()]
    users = [*model.users.ids.to_pylist()[:9], 999_999]
    top = recommend(model, users=pa.array(users), history=later, k=4)
    answers = recommendations(ready, None, RecommendRequest(users=users, k=4, history=history))
    found = [(user.user_id, item.item_id, item.score) for user in answers for item in user.items]
    assert found == list(
        zip(*(top[name].to_pylist() for name in ("user_id", "item_id", "score")), strict=True)
    )
    pairs = pa.table({"user_id": users, "item_id": model.items.ids[: len(users)]})
    request = ScoreRequest(pairs=[Pair(**row) for row in pairs.to_pylist()], history=history)
    expected = score(model, pairs, history=later)["score"].to_numpy()
    np.testing.assert_array_equal([each.score for each in scores(ready, None, request)], expected)


def _wanted(table: pa.Table) -> list[str]:
    return [name for name in ("user_id", "item_id", "timestamp") if name in table.column_names]


def test_ids_are_found_as_numbers_and_as_text(small_shop: SmallShop, server: Server) -> None:
    log = numbered(small_shop.later)
    ready = make_ready(train(build_interactions(log), SETTINGS, gate=False, n_threads=1))
    number, text = (recommendations(ready, None, RecommendRequest(users=[user])) for user in (3, "3"))
    assert number[0].items == text[0].items
    assert (number[0].user_id, text[0].user_id) == (3, "3")
    assert json.dumps(number[0].items[0].item_id).isdigit()
