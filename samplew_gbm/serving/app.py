"""The ASGI application: from bytes of a request to bytes of its answer."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec

from samplew_gbm.errors import SamplewError
from samplew_gbm.serving.keys import Keys
from samplew_gbm.serving.messages import Failure, Fault, Message, decode
from samplew_gbm.serving.metrics import Metrics
from samplew_gbm.serving.refusals import RefusalError
from samplew_gbm.serving.routes import ROUTES, Route

JSON = "application/json"
UNKNOWN_ROUTE = "unknown"  # in metrics, so that whoever asks for any path makes no new series

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Handler = Callable[..., Awaitable[Message | bytes]]

_LOG = logging.getLogger(__name__)


class Limits(NamedTuple):
    """Of a request: bytes of its body, seconds for it to arrive and again for its answer."""

    body_bytes: int = 1 << 20
    seconds: float = 10.0


class _Reply(NamedTuple):
    status: int
    body: bytes
    media_type: str = JSON
    headers: Mapping[str, str] = MappingProxyType({})


class App:
    """Routes requests to ``handlers``, a function for the name of each route, and tells of every failure."""

    def __init__(self, handlers: dict[str, Handler], keys: Keys, metrics: Metrics, limits: Limits) -> None:
        self._handlers = handlers
        self._keys = keys
        self._metrics = metrics
        self._limits = limits
        self._decoders = {
            route.name: msgspec.json.Decoder(route.request) for route in ROUTES if route.request is not None
        }
        self._paths: dict[str, dict[str, Route]] = {}
        for route in ROUTES:
            self._paths.setdefault(route.path, {})[route.method] = route

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI 3."""
        if scope["type"] != "http":
            return
        begin = time.perf_counter()
        try:
            reply = await self._answer(scope, receive)
        except RefusalError as refusal:
            reply = _refused(refusal)
        except SamplewError as error:
            reply = _refused(RefusalError(422, "invalid", str(error)))
        except Exception:
            _LOG.exception("unexpected error at %r", scope["path"])
            reply = _refused(RefusalError(500, "internal", "an unexpected error; the server's log says more"))
        route = scope["path"] if scope["path"] in self._paths else UNKNOWN_ROUTE
        self._metrics.answered(route, reply.status, time.perf_counter() - begin)
        await _send(send, reply)

    async def _answer(self, scope: Scope, receive: Receive) -> _Reply:
        route = self._route(scope["method"], scope["path"])
        headers = dict(scope["headers"])
        if not route.open:
            self._keys.check(headers.get(b"authorization"))
        handler = self._handlers[route.name]
        if route.request is None:
            found = await handler()
        else:
            request = decode(self._decoders[route.name], await self._body(headers, receive))
            found = await handler(request)
        body = found if isinstance(found, bytes) else msgspec.json.encode(found)
        return _Reply(200, body, route.answer if isinstance(route.answer, str) else JSON)

    def _route(self, method: str, path: str) -> Route:
        methods = self._paths.get(path)
        if methods is None:
            raise RefusalError(404, "not_found", f"there is no {path!r:.200}; see /openapi.json")
        if method not in methods:
            allowed = ", ".join(methods)
            message = f"{path} takes {allowed}, not {method:.20}"
            raise RefusalError(405, "method_not_allowed", message, {"allow": allowed})
        return methods[method]

    async def _body(self, headers: dict[bytes, bytes], receive: Receive) -> bytes:
        kind = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
        if kind != JSON.encode():
            raise RefusalError(
                415, "unsupported_media_type", f"send JSON, with the header Content-Type: {JSON}"
            )
        announced = headers.get(b"content-length", b"")
        if announced.isdigit() and int(announced) > self._limits.body_bytes:
            raise self._too_large()
        try:
            return await asyncio.wait_for(self._received(receive), self._limits.seconds)
        except TimeoutError:
            message = f"the body did not arrive within {self._limits.seconds:g} seconds"
            raise RefusalError(408, "timeout", message, {"connection": "close"}) from None

    async def _received(self, receive: Receive) -> bytes:
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise RefusalError(400, "disconnected", "the connection ended before the body did")
            body += message.get("body", b"")
            if len(body) > self._limits.body_bytes:
                raise self._too_large()
            if not message.get("more_body", False):
                return bytes(body)

    def _too_large(self) -> RefusalError:
        message = f"the body is larger than {self._limits.body_bytes} bytes; ask in smaller parts"
        return RefusalError(
            413, "too_large", message
        )  # a connection closed in mid-body would hide the answer


def _refused(refusal: RefusalError) -> _Reply:
    failure = Failure(error=Fault(code=refusal.code, message=refusal.message))
    return _Reply(refusal.status, msgspec.json.encode(failure), JSON, refusal.headers)


async def _send(send: Send, reply: _Reply) -> None:
    headers = {
        "content-type": reply.media_type,
        "content-length": str(len(reply.body)),
        "cache-control": "no-store",
        **reply.headers,
    }
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": encoded})
    await send({"type": "http.response.body", "body": reply.body})
