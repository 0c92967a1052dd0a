"""Feedback: what was acknowledged is on disk, whatever happens to the server, and changes the next answer."""

import http.client
import resource
import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from samplew_gbm.errors import DataError
from samplew_gbm.serving.feedback import FeedbackStore, StoredEvent
from samplew_gbm.serving.refusals import RefusalError
from tests.serving.conftest import SmallShop
from tests.serving.servers import SECONDS, Client, Server, serving

N_CLIENTS = 4
N_ACKNOWLEDGED = 60  # requests, before the kill


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FeedbackStore]:
    opened = FeedbackStore(tmp_path / "store.sqlite")
    yield opened
    opened.close()


def event(name: str, user: str = "ann", item: str = "x", time: float = 1.0) -> StoredEvent:
    return StoredEvent(name, user, item, time, None, None)


def ids_in(path: Path) -> set[str]:
    with sqlite3.connect(path) as connection:
        found = {row[0] for row in connection.execute("select event_id from feedback")}
    connection.close()
    return found


def test_an_event_changes_the_next_answer_of_a_newcomer(small_shop: SmallShop, client: Client) -> None:
    (before,) = client.recommend("changed", k=5)
    taken = before["items"][0]["item_id"]
    assert client.feedback(("change-1", "changed", taken)).body == {"accepted": 1, "repeated": 0}
    (after,) = client.recommend("changed", k=5)
    assert taken not in [item["item_id"] for item in after["items"]]
    assert before["items"][0]["score"] < -100 < after["items"][0]["score"]  # popularity, and then the ranker
    (stranger,) = client.recommend("unchanged", k=5)
    assert stranger["items"] == before["items"]


def test_a_repeated_id_is_accepted_once(client: Client) -> None:
    rows = [("twice-1", "twice", "x"), ("twice-2", "twice", "y"), ("twice-1", "twice", "z")]
    assert client.feedback(*rows).body == {"accepted": 2, "repeated": 1}
    assert client.feedback(*rows).body == {"accepted": 0, "repeated": 3}


def test_items_that_the_model_does_not_know_are_kept_and_passed_over(client: Client) -> None:
    (before,) = client.recommend("early", k=3)
    assert client.feedback(("early-1", "early", "not yet in the catalogue")).status == 200
    assert client.recommend("early", k=3) == [before]


def test_what_the_model_has_learned_from_is_not_counted_twice(small_shop: SmallShop, client: Client) -> None:
    user, model = small_shop.users[5], small_shop.model
    own = slice(*model.histories.indptr[5:7].tolist())
    assert model.history_time is not None
    times, items = (
        model.history_time[own].tolist(),
        model.items.decode(model.histories.items[own]).to_pylist(),
    )
    before = client.recommend(user)
    for place, (item, at) in enumerate(zip(items, times, strict=True)):
        assert client.feedback((f"known {place}", user, item), timestamp=at).body["accepted"] == 1
    assert client.recommend(user) == before


def test_a_time_may_be_text_and_decides_the_order(small_shop: SmallShop, client: Client) -> None:
    one, other = small_shop.items[:2]
    later = {
        "text": "2033-05-18T03:33:20Z",
        "text in another zone": "2033-05-18T05:33:20+02:00",
        "number": 2e9,
    }
    for user, at in later.items():
        assert client.feedback((f"{user} later", user, one), timestamp=at).status == 200
        assert client.feedback((f"{user} earlier", user, other), timestamp=1e9).status == 200
    history = [
        {"user_id": "given", "item_id": item, "timestamp": at} for item, at in ((other, 1e9), (one, 2e9))
    ]
    (given,) = client.recommend("given", k=9, history=history)
    assert [answer["items"] for answer in client.recommend(*later, k=9)] == [given["items"]] * 3


def test_the_rows_of_a_request_follow_the_feedback(small_shop: SmallShop, client: Client) -> None:
    items = small_shop.items[4:8]

    def rows(user: str, places: range) -> list[dict[str, object]]:
        return [{"user_id": user, "item_id": items[place], "timestamp": 1e9 + place} for place in places]

    for place in range(2):
        client.feedback((f"half {place}", "half", items[place]), timestamp=1e9 + place)
    half, whole = client.recommend(
        "half", "whole", k=9, history=rows("whole", range(4)) + rows("half", range(2, 4))
    )
    assert half["items"] == whole["items"]


def test_an_event_without_a_time_is_the_latest(small_shop: SmallShop, client: Client) -> None:
    one, other = small_shop.items[2:4]
    client.feedback(("now-1", "now", one), timestamp=1e9)
    client.feedback(("now-2", "now", other))
    history = [
        {"user_id": "then", "item_id": item, "timestamp": at}
        for item, at in ((one, 1e9), (other, time.time()))
    ]
    now, then = client.recommend("now", k=5) + client.recommend("then", k=5, history=history)
    assert [item["item_id"] for item in now["items"]] == [item["item_id"] for item in then["items"]]


def _post_until_gone(server: Server, name: str, acknowledged: list[str], enough: threading.Event) -> None:
    """Requests of three events, one after another, until the server answers no more."""
    client = server.client()
    number = 0
    while True:
        ids = [f"{name}-{number}-{place}" for place in range(3)]
        try:
            answer = client.feedback(*((each, name, "x") for each in ids))
        except (OSError, http.client.HTTPException):
            return
        if answer.status != 200:
            return
        acknowledged += ids
        number += 1
        if len(acknowledged) >= 3 * N_ACKNOWLEDGED // N_CLIENTS:
            enough.set()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGKILL, -signal.SIGKILL), (signal.SIGTERM, 0)])
def test_no_end_of_the_server_loses_what_was_acknowledged(
    small_shop: SmallShop, tmp_path: Path, number: int, code: int
) -> None:
    path = tmp_path / "store.sqlite"
    acknowledged: list[list[str]] = [[] for _ in range(N_CLIENTS)]
    enough = [threading.Event() for _ in range(N_CLIENTS)]
    with serving(small_shop.bundle, tmp_path, "--feedback", path) as server:
        threads = [
            threading.Thread(target=_post_until_gone, args=(server, f"c{place}", *both))
            for place, both in enumerate(zip(acknowledged, enough, strict=True))
        ]
        for thread in threads:
            thread.start()
        assert all(each.wait(SECONDS) for each in enough)
        assert server.stop(number) == code
        for thread in threads:
            thread.join(SECONDS)
    told = {each for ids in acknowledged for each in ids}
    kept = ids_in(path)
    assert told <= kept
    requests = {name.rpartition("-")[0] for name in kept}
    assert kept == {f"{request}-{place}" for request in requests for place in range(3)}


def test_sigterm_finishes_what_was_begun_and_a_restart_goes_on(small_shop: SmallShop, tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    words = ("--feedback", path)
    with serving(small_shop.bundle, tmp_path, *words) as server:
        client = server.client()
        (before,) = client.recommend("stays", k=4)
        client.feedback(("stay-1", "stays", small_shop.items[0]))
        (after,) = client.recommend("stays", k=4)
        assert before != after
        assert server.stop() == 0
        assert "all that was acknowledged is kept" in server.said()
        assert "Traceback" not in server.said()
    assert not path.with_name("store.sqlite-wal").exists()  # the file is whole by itself
    with serving(small_shop.bundle, tmp_path, *words) as server:
        assert server.client().recommend("stays", k=4) == [after]
        assert server.stop(signal.SIGINT) == 0


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="limits of another process are Linux's")
def test_a_full_disk_is_told_and_loses_nothing(small_shop: SmallShop, tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    with serving(small_shop.bundle, tmp_path, "--feedback", path) as server:
        client = server.client()
        assert client.feedback(("before", "ann", small_shop.items[0])).status == 200
        (known,) = client.recommend("ann", k=3)
        _, most = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (4096, most))
        refused = client.feedback(*((f"during-{place}", "ann", "x") for place in range(500)))
        assert (refused.status, refused.code) == (503, "store_unavailable")
        assert client.recommend("ann", k=3) == [known]
        assert client.get("/health/live").status == 200
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (most, most))
        assert client.feedback(("after", "ann", small_shop.items[1])).body["accepted"] == 1
        assert server.stop() == 0
    assert ids_in(path) == {"before", "after"}


def test_waiting_requests_share_a_transaction(store: FeedbackStore) -> None:
    waiting = [store.submit([event(f"{place}"), event("same")]) for place in range(200)]
    assert sum(each.result(SECONDS) for each in waiting) == 201
    assert len(store.histories(["ann"])) == 201


def test_histories_are_in_the_order_of_arrival(store: FeedbackStore) -> None:
    store.submit([event("2", item="b", time=9.0), event("1", item="a", time=3.0)]).result(SECONDS)
    store.submit([event("3", "bob", "c")]).result(SECONDS)
    assert store.histories(["bob", "nobody", "ann"]) == [
        ("bob", ("c", 1.0)),
        ("ann", ("b", 9.0)),
        ("ann", ("a", 3.0)),
    ]


def test_a_request_that_cannot_be_written_leaves_nothing_and_others_go_on(
    store: FeedbackStore, tmp_path: Path
) -> None:
    assert store.submit([event("before")]).result(SECONDS) == 1
    refused = store.submit([event("first of two"), event("no text: \ud800")])
    with pytest.raises(RefusalError, match="nothing of this request was stored"):
        refused.result(SECONDS)
    assert store.submit([event("after")]).result(SECONDS) == 1
    assert ids_in(tmp_path / "store.sqlite") == {"before", "after"}


def test_what_nobody_waits_for_any_more_is_written_too(store: FeedbackStore) -> None:
    left = [store.submit([event(f"left {place}")]) for place in range(50)]
    assert not any(each.cancel() for each in left)
    assert store.submit([event("after")]).result(SECONDS) == 1
    assert [each.result(SECONDS) for each in left] == [1] * 50


def test_closing_writes_what_waits(tmp_path: Path) -> None:
    opened = FeedbackStore(tmp_path / "store.sqlite")
    waiting = [opened.submit([event(f"{place}")]) for place in range(100)]
    opened.close()
    assert [each.result(0) for each in waiting] == [1] * 100
    assert len(ids_in(tmp_path / "store.sqlite")) == 100


def test_a_store_has_one_server(store: FeedbackStore, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="another server writes to it"):
        FeedbackStore(tmp_path / "store.sqlite")


def test_what_is_no_store_is_refused_and_left_alone(tmp_path: Path) -> None:
    text, folder, foreign = tmp_path / "text", tmp_path / "folder", tmp_path / "foreign.db"
    text.write_text("not a database, " * 100)
    folder.mkdir()
    with sqlite3.connect(foreign) as connection:
        connection.execute("create table mine (a)")
    connection.close()
    for path in (text, folder, foreign, tmp_path / "no" / "such.sqlite"):
        content = path.read_bytes() if path.is_file() else None
        with pytest.raises(DataError, match=path.name):
            FeedbackStore(path)
        assert content is None or path.read_bytes() == content
