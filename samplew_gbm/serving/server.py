"""A server process from its start to its end."""

import logging
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from samplew_gbm.errors import DataError, SettingsError
from samplew_gbm.pipeline.model import Model
from samplew_gbm.runtime import resolve_threads
from samplew_gbm.serving.app import App, Limits
from samplew_gbm.serving.feedback import FeedbackStore
from samplew_gbm.serving.keys import Keys, read_keys
from samplew_gbm.serving.openapi import document
from samplew_gbm.serving.service import Service
from samplew_gbm.serving.state import Models

try:
    import httptools  # noqa: F401 - uvicorn is told to use it
    import uvicorn
    import uvloop  # noqa: F401

    from samplew_gbm.serving.metrics import Metrics
except ImportError as error:
    raise SettingsError(
        f"serving needs {error.name}; install it with: pip install 'samplew_gbm[serve]'"
    ) from None

KEEP_ALIVE_SECONDS = 30
BACKLOG = 2048
GRACE_SECONDS = 60  # for what was begun, once the server is to stop
USUAL_LIMITS = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerOptions:
    """How to serve the model that ``load`` gives, now and whenever it is asked for again.

    Port 0 takes a free one; without ``feedback`` nothing is stored.
    """

    load: Callable[[], Model]
    host: str = "127.0.0.1"
    port: int = 8000
    feedback: Path | None = None
    api_keys: Path | None = None
    n_threads: int | None = None
    limits: Limits = USUAL_LIMITS


def serve(options: ServerOptions, started: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT; what was begun is finished. SIGHUP loads the model again.

    ``started`` is told the address once the server listens. ``DataError`` and ``SettingsError`` where it
    cannot be started.
    """
    keys = Keys() if options.api_keys is None else read_keys(options.api_keys)
    with _bound(options.host, options.port) as listening:
        models = Models(options.load)
        store = None if options.feedback is None else FeedbackStore(options.feedback)
        metrics = Metrics()
        service = Service(
            models,
            store,
            metrics,
            document(with_keys=options.api_keys is not None),
            n_threads=resolve_threads(options.n_threads),
            seconds=options.limits.seconds,
        )
        try:
            _run(App(service.handlers, keys, metrics, options.limits), service, listening, started)
        finally:
            service.close()


def _run(app: App, service: Service, listening: socket.socket, started: Callable[[str], None]) -> None:
    config = uvicorn.Config(
        app,
        http="httptools",
        loop="uvloop",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        backlog=BACKLOG,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    handlers = {
        # Uvicorn ends at the first two and raises them again once it has: they have done their work by then.
        signal.SIGTERM: lambda number, frame: None,
        signal.SIGINT: lambda number, frame: None,
        signal.SIGHUP: lambda number, frame: service.swap_soon(),
    }
    usual = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        host, port = listening.getsockname()[:2]
        listening.listen(BACKLOG)
        started(f"http://{f'[{host}]' if ':' in host else host}:{port}")
        uvicorn.Server(config).run(sockets=[listening])
    finally:
        for number, handler in usual.items():
            signal.signal(number, handler)


def _bound(host: str, port: int) -> socket.socket:
    """A socket that does not listen yet: a taken port is told before the model is loaded."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        found = socket.socket(family, kind, protocol)
        try:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            found.bind(address)
        except BaseException:
            found.close()
            raise
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(
            f"cannot listen on {host}, port {port} ({reason}); choose another --host or --port"
        ) from None
    return found
