"""What the server refuses: a status, a code and one line, never a traceback, and it goes on."""

import hashlib
import http.client
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from samplew_gbm.errors import DataError
from samplew_gbm.serving.keys import read_keys
from samplew_gbm.serving.messages import FeedbackRequest, Message, RecommendRequest, ScoreRequest, decode
from samplew_gbm.serving.refusals import RefusalError
from tests.cli.cli_calls import call
from tests.serving.conftest import SmallShop
from tests.serving.servers import Client, Server, serving

EVENT = {"event_id": "refused", "user_id": "refused", "item_id": "x"}
INVALID = {
    "/v1/recommend": [
        {},
        {"users": []},
        {"users": "ann"},
        {"users": ["ann"], "k": 0},
        {"users": ["ann"], "k": 1001},
        {"users": [f"{n}" for n in range(200)], "k": 501},
        {"users": ["ann"], "k": "10"},
        {"users": ["ann"], "k": 1.5},
        {"users": ["ann"], "top": 3},
        {"users": [""]},
        {"users": [None]},
        {"users": [1.5]},
        {"users": [True]},
        {"users": [2**63]},
        {"users": ["a" * 1001]},
        {"users": [f"{n}" for n in range(1001)]},
        {"users": ["ann"], "history": [{"user_id": "ann"}]},
        {"users": ["ann"], "history": [{"user_id": "ann", "item_id": "x"}]},  # the model knows times
        {"users": ["ann"], "history": [{"user_id": "ann", "item_id": "x", "timestamp": "soon"}]},
        {"users": ["ann"], "history": [{"user_id": "ann", "item_id": "x", "timestamp": 1.7e12}]},
        [],
        None,
        "users",
    ],
    "/v1/score": [
        {},
        {"pairs": []},
        {"pairs": [{"user_id": "ann"}]},
        {"user_id": "ann"},
        {"items": ["x"]},
        {"user_id": "ann", "items": []},
        {"user_id": "ann", "items": ["x"], "pairs": [{"user_id": "ann", "item_id": "x"}]},
        {"user_id": "ann", "pairs": [{"user_id": "ann", "item_id": "x"}]},
    ],
    "/v1/feedback": [
        {},
        {"events": []},
        {"events": [{"user_id": "ann", "item_id": "x"}]},
        {"events": [{**EVENT, "event_id": 7}]},
        {"events": [{**EVENT, "event_id": ""}]},
        {"events": [EVENT, {**EVENT, "event_id": "two", "timestamp": 1e300}]},
        {"events": [{**EVENT, "value": "high"}]},
        {"events": [{**EVENT, "weight": 1}]},
    ],
}
MALFORMED = [
    b"",
    b"{",
    b"users=ann",
    b'{"users":["\xff"]}',
    b'{"users":["\\ud800"]}',
    b"[" * 5000,
    b'{"k":NaN}',
]


@pytest.fixture(scope="module")
def guarded(small_shop: SmallShop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """With two keys, without a store, with little patience."""
    folder = tmp_path_factory.mktemp("guarded")
    hashes = [hashlib.sha256(key.encode()).hexdigest() for key in ("open sesame", "other")]
    (folder / "keys").write_text(f"# of the shop\n{hashes[0]}  -\n\n{hashes[1].upper()} app\n")
    with serving(small_shop.bundle, folder, "--api-keys", folder / "keys", "--timeout", 0.5) as server:
        yield server


@pytest.mark.parametrize(
    ("path", "body"), [(path, body) for path, bodies in INVALID.items() for body in bodies]
)
def test_what_is_not_asked_for_is_refused(client: Client, path: str, body: object) -> None:
    answer = client.post(path, json.dumps(body).encode())
    assert (answer.status, answer.code) == (422, "invalid")


@pytest.mark.parametrize("body", MALFORMED)
def test_what_is_no_json_is_refused(client: Client, body: bytes) -> None:
    for path in INVALID:
        answer = client.post(path, body)
        assert (answer.status, answer.code) in {(400, "malformed_json"), (422, "invalid")}
    assert client.get("/health/live").status == 200


def test_a_refused_request_stores_nothing(client: Client) -> None:
    answer = client.post("/v1/feedback", {"events": [EVENT]})
    assert answer.body == {"accepted": 1, "repeated": 0}


def test_the_message_says_where_and_what(client: Client) -> None:
    answer = client.post("/v1/recommend", {"users": ["ann", 1.5]})
    assert answer.body["error"]["message"] == "Expected `int | str`, got `float` - at `$.users[1]`"
    answer = client.post("/v1/recommend", {"users": ["ann"], "history": [{"user_id": "ann", "item_id": "x"}]})
    assert "`$.history[0].timestamp`" in answer.body["error"]["message"]


def test_unknown_paths_and_methods(client: Client) -> None:
    for path in ("/", "/v1/recommend/", "/v2/recommend", "/%00", "/" + "a" * 3000):
        answer = client.get(path)
        assert (answer.status, answer.code) == (404, "not_found")
    for method, path, allowed in (
        ("GET", "/v1/recommend", "POST"),
        ("DELETE", "/v1/model", "POST, GET"),
        ("POST", "/metrics", "GET"),
    ):
        answer = client.ask(method, path)
        assert (answer.status, answer.code) == (405, "method_not_allowed")
        assert answer.headers["allow"] == allowed


def test_a_body_that_is_too_large_is_not_kept(client: Client) -> None:
    body = json.dumps({"users": ["a" * 900] * 1000}).encode()
    for _ in range(2):  # on one connection, which goes on
        answer = client.post("/v1/recommend", body)
        assert (answer.status, answer.code) == (413, "too_large")
        pieces = (body[start : start + 9000] for start in range(0, len(body), 9000))
        client.connection.request("POST", "/v1/recommend", pieces, {"Content-Type": "application/json"})
        chunked = client.connection.getresponse()
        assert (chunked.status, json.loads(chunked.read())["error"]["code"]) == (413, "too_large")
    assert client.get("/health/live").status == 200


def test_a_body_of_another_type_is_refused(client: Client) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        answer = client.ask("POST", "/v1/recommend", b'{"users":["a"]}', {"Content-Type": kind})
        assert (answer.status, answer.code) == (415, "unsupported_media_type")
    typed = {"Content-Type": "Application/JSON; charset=utf-8"}
    assert client.ask("POST", "/v1/recommend", b'{"users":["a"]}', typed).status == 200


def test_a_body_that_does_not_arrive_is_not_waited_for(guarded: Server) -> None:
    head = (
        "POST /v1/recommend HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        "Authorization: Bearer other\r\nContent-Length: 50\r\n\r\n{"
    )
    with socket.create_connection((guarded.host, guarded.port), timeout=60) as connection:
        connection.sendall(head.encode())
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        assert answer.status == 408
        assert json.loads(answer.read())["error"]["code"] == "timeout"


def test_what_is_no_http_does_no_harm(server: Server) -> None:
    with socket.create_connection((server.host, server.port), timeout=60) as connection:
        connection.sendall(b"\x00\x01 this is not HTTP\r\n\r\n")
        assert b" 400 " in connection.recv(1000)
    assert server.client().get("/health/live").status == 200


def test_a_known_key_is_let_in(guarded: Server) -> None:
    client = guarded.client()
    for key in ("open sesame", "other"):
        assert client.get("/v1/model", Authorization=f"Bearer {key}").status == 200
    for header in (
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Basic other"},
        {"Authorization": ""},
    ):
        for path in ("/v1/model", "/metrics"):
            answer = client.get(path, **header)
            assert (answer.status, answer.code) == (401, "unauthorized")
            assert answer.headers["www-authenticate"] == "Bearer"
    assert [client.get(path).status for path in ("/health/live", "/health/ready", "/openapi.json")] == [
        200
    ] * 3
    assert client.post("/v1/recommend", {"users": ["ann"]}).status == 401


def test_a_server_without_a_store_says_so(guarded: Server) -> None:
    answer = guarded.client().ask(
        "POST", "/v1/feedback", {"events": [EVENT]}, {"Authorization": "Bearer other"}
    )
    assert (answer.status, answer.code) == (503, "no_store")


@pytest.mark.parametrize("text", ["", "# none\n", "open sesame\n", "ab" * 31 + "\n", "ab" * 33 + "\n"])
def test_files_of_keys_that_are_no_good(tmp_path: Path, text: str) -> None:
    (tmp_path / "keys").write_text(text)
    with pytest.raises(DataError, match="keys: "):
        read_keys(tmp_path / "keys")


def test_a_server_that_cannot_start_says_why(small_shop: SmallShop, server: Server, tmp_path: Path) -> None:
    model = ("serve", "--model", small_shop.bundle, "--port")
    taken = call(*model, server.port)
    assert (taken.code, f"port {server.port}" in taken.error()) == (3, True)
    (tmp_path / "text").write_text("no database, " * 100)
    assert "feedback store" in call(*model, 0, "--feedback", tmp_path / "text").error()
    assert "no SHA-256" in call(*model, 0, "--api-keys", tmp_path / "text").error()
    assert call("serve", "--model", tmp_path / "none.swg").code == 4
    assert call(*model, 0, "--host", "no.such.host.invalid").code == 3


def test_without_the_extra_the_command_says_what_to_install(small_shop: SmallShop) -> None:
    code = (
        "import sys; sys.modules['uvicorn'] = None\n"
        "from samplew_gbm.cli import run\n"
        f"sys.exit(run(['serve', '--model', {str(small_shop.bundle)!r}]))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 4
    assert "serving needs uvicorn; install it with: pip install 'samplew_gbm[serve]'" in ended.stderr


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["users", "k", "history", "exclude", "pairs", "events", "user_id", "item_id"])
            | st.text(max_size=5),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


def outcome(kind: type[Message], body: bytes) -> Message | RefusalError:
    try:
        return decode(msgspec.json.Decoder(kind), body)
    except RefusalError as refusal:
        return refusal


@given(st.binary(max_size=200) | json_values.map(lambda value: json.dumps(value).encode()))
def test_whatever_arrives_is_a_message_or_a_refusal(body: bytes) -> None:
    for kind in (RecommendRequest, ScoreRequest, FeedbackRequest):
        found = outcome(kind, body)
        if isinstance(found, RefusalError):
            assert found.status in (400, 422)
            assert found.message
            assert "\n" not in found.message
        else:
            assert outcome(kind, msgspec.json.encode(found)) == found
