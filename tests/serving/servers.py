"""A server as a process of its own, and a client that speaks HTTP to it."""

import http.client
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SECONDS = 60  # that anything may take on a busy machine


@dataclass(frozen=True)
class Answer:
    """``body`` is parsed where it is JSON, else text."""

    status: int
    body: Any
    headers: dict[str, str]

    @property
    def code(self) -> str:
        """Of a refusal; its form is checked."""
        assert set(self.body) == {"error"}, self.body
        assert set(self.body["error"]) == {"code", "message"}
        assert "\n" not in self.body["error"]["message"]
        assert "Traceback" not in self.body["error"]["message"]
        return str(self.body["error"]["code"])


class Client:
    """One connection that is kept."""

    def __init__(self, host: str, port: int) -> None:
        self.connection = http.client.HTTPConnection(host, port, timeout=SECONDS)

    def ask(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> Answer:
        """Bytes are sent as they are, anything else as JSON."""
        raw = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        kind = {} if raw is None else {"Content-Type": "application/json"}
        self.connection.request(method, path, raw, kind | (headers or {}))
        answer = self.connection.getresponse()
        content = answer.read()
        found = {name.lower(): value for name, value in answer.getheaders()}
        is_json = found.get("content-type", "").startswith("application/json")
        return Answer(answer.status, json.loads(content) if is_json else content.decode(), found)

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, headers=headers)

    def post(self, path: str, body: object = None) -> Answer:
        return self.ask("POST", path, body)

    def recommend(self, *users: object, **more: object) -> list[dict[str, Any]]:
        """What is recommended to each."""
        answer = self.post("/v1/recommend", {"users": users, **more})
        assert answer.status == 200, answer.body
        return list(answer.body["users"])

    def feedback(self, *rows: tuple[str, object, object], **more: object) -> Answer:
        """Rows of event, user and item; ``more`` belongs to each."""
        names = ("event_id", "user_id", "item_id")
        events = [dict(zip(names, row, strict=True)) | more for row in rows]
        return self.post("/v1/feedback", {"events": events})


@dataclass(frozen=True)
class Server:
    """A server that listens; ``errors`` is where its stderr goes."""

    process: subprocess.Popen[str]
    host: str
    port: int
    errors: Path

    def client(self) -> Client:
        return Client(self.host, self.port)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Its exit code once it has ended."""
        self.process.send_signal(number)
        return self.process.wait(SECONDS)

    def said(self) -> str:
        return self.errors.read_text()


@contextmanager
def serving(model: Path, folder: Path, *words: object) -> Iterator[Server]:
    """A server of ``model``, killed at the end if it still runs; ``folder`` gets what it says."""
    errors = folder / "stderr.txt"
    command = [sys.executable, "-m", "samplew_gbm", "serve", "--model", str(model), "--port", "0", "--json"]
    with errors.open("a") as stderr:
        process = subprocess.Popen(
            [*command, "--threads", "2", *map(str, words)],
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
    assert process.stdout is not None
    try:
        lines = []
        while (line := process.stdout.readline()) and line != "}\n":
            lines.append(line)
        assert line, errors.read_text()
        host, _, port = json.loads("".join([*lines, line]))["address"].removeprefix("http://").rpartition(":")
        yield Server(process, host, int(port), errors)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
