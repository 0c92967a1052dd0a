"""Events that arrive while the server runs, in SQLite: what is acknowledged is on disk.

One thread writes. It takes all that waits as one transaction, so that many clients share a forced write, and
a request is in it as a whole or not at all. Readers have connections of their own and see what was
acknowledged.
"""

import fcntl
import os
import queue
import sqlite3
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from samplew_gbm.errors import DataError
from samplew_gbm.serving.refusals import RefusalError, busy

VERSION = 1  # of the table, in the file's user_version
MOST_WAITING = 100_000  # events that are not written yet
GROUP = 4_096  # events after which a transaction takes in no further request
_TABLE = """
create table feedback (
    seq integer primary key,
    event_id text not null unique,
    user_id text not null,
    item_id text not null,
    timestamp real not null,
    event text,
    value real
) strict
"""
_INSERT = (
    "insert into feedback (event_id, user_id, item_id, timestamp, event, value) "
    "values (?, ?, ?, ?, ?, ?) on conflict (event_id) do nothing"
)


class StoredEvent(NamedTuple):
    """A row of the store; ids are text, ``timestamp`` is in Unix seconds."""

    event_id: str
    user_id: str
    item_id: str
    timestamp: float
    event: str | None
    value: float | None


class HistoryItem(NamedTuple):
    """What is needed of an event for its user's history."""

    item_id: str
    timestamp: float


class _Waiting(NamedTuple):
    events: Sequence[StoredEvent]
    done: "Future[int]"


class FeedbackStore:
    """A file of events; ``close`` writes what still waits. ``DataError`` where the file cannot be used."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = _locked(path)
        try:
            self._writer = _opened(path)
        except BaseException:
            os.close(self._lock)
            raise
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._n_waiting = 0
        self._closed = False
        self._counting = threading.Lock()
        self._own = threading.local()
        self._readers: list[sqlite3.Connection] = []
        self._thread = threading.Thread(target=self._write, name="feedback", daemon=True)
        self._thread.start()

    def submit(self, events: Sequence[StoredEvent]) -> "Future[int]":
        """How many of the events were new, once all are on disk; a refusal (503) where they cannot be."""
        done: Future[int] = Future()
        done.set_running_or_notify_cancel()  # whoever no longer waits cannot take it back
        with self._counting:
            if self._closed:
                raise busy("the server is stopping")
            if self._n_waiting + len(events) > MOST_WAITING:
                raise busy("more feedback waits than can be written")
            self._n_waiting += len(events)
            self._queue.put(_Waiting(events, done))
        return done

    def histories(self, users: Iterable[str]) -> list[tuple[str, HistoryItem]]:
        """The events of these users, each user's in the order of arrival, as pairs of user and item."""
        statement = "select item_id, timestamp from feedback where user_id = ? order by seq"
        try:
            reader = self._reader()
            return [(user, HistoryItem(*row)) for user in users for row in reader.execute(statement, (user,))]
        except sqlite3.Error as error:
            raise _unavailable("read", error) from None

    def close(self) -> None:
        """Write what waits, and end; nobody may read any more."""
        with self._counting:
            self._closed = True
            self._queue.put(None)
        self._thread.join()
        # The last to close moves the log into the file, and only a writer can.
        for connection in (*self._readers, self._writer):
            connection.close()
        os.close(self._lock)

    def _reader(self) -> sqlite3.Connection:
        """This thread's own connection."""
        reader: sqlite3.Connection | None = getattr(self._own, "reader", None)
        if reader is None:
            address = f"file:{quote(str(self._path.absolute()))}?mode=ro"
            reader = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)
            self._own.reader = reader
            self._readers.append(reader)
        return reader

    def _write(self) -> None:
        while (first := self._queue.get()) is not None:
            group, more = self._group(first)
            self._commit(group)
            if not more:
                return

    def _group(self, first: _Waiting) -> tuple[list[_Waiting], bool]:
        """All that waits by now, up to a limit; and whether more may follow."""
        group, n_events = [first], len(first.events)
        while n_events < GROUP:
            try:
                following = self._queue.get_nowait()
            except queue.Empty:
                break
            if following is None:
                return group, False
            group.append(following)
            n_events += len(following.events)
        return group, True

    def _commit(self, group: list[_Waiting]) -> None:
        """One transaction; nobody is told before it is on disk, and all are told when it cannot be."""
        try:
            n_new = self._insert(group)
        except Exception as error:  # whatever it is, who waits must be told, and the thread goes on
            with suppress(sqlite3.Error):
                self._writer.rollback()
            for waiting in group:
                waiting.done.set_exception(_unavailable("written", error))
        else:
            for waiting, new in zip(group, n_new, strict=True):
                waiting.done.set_result(new)
        with self._counting:
            self._n_waiting -= sum(len(waiting.events) for waiting in group)

    def _insert(self, group: list[_Waiting]) -> list[int]:
        self._writer.execute("begin immediate")
        n_new = [self._writer.executemany(_INSERT, waiting.events).rowcount for waiting in group]
        self._writer.commit()
        return n_new


def _unavailable(what: str, error: Exception) -> RefusalError:
    message = f"the feedback store cannot be {what} ({error}); nothing of this request was stored"
    return RefusalError(
        503, "store_unavailable", f"{message}: free space or mend the store, and send it again"
    )


def _locked(path: Path) -> int:
    """A lock held while the file handle is open: only one process may write to a store."""
    beside = path.with_name(f"{path.name}.lock")
    try:
        handle = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise DataError(
            f"{path}: cannot be opened ({error.strerror}); choose a folder that can be written"
        ) from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise DataError(
            f"{path}: another server writes to it; stop that, or give a store of its own"
        ) from None
    return handle


def _opened(path: Path) -> sqlite3.Connection:
    """The writing connection; the table is made where there is none."""
    try:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            _prepare(connection, path)
        except BaseException:
            connection.close()
            raise
    except sqlite3.Error as error:
        raise DataError(f"{path}: cannot be used as a feedback store ({error}); name another file") from None
    return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    with closing(connection.execute("pragma user_version")) as found:
        version = found.fetchone()[0]
    with closing(connection.execute("select count(*) from sqlite_master")) as found:
        n_tables = found.fetchone()[0]
    if version != (VERSION if n_tables else 0):
        raise DataError(f"{path}: is no feedback store of this version; name another file")
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = full")
    if not n_tables:
        connection.execute("begin immediate")
        connection.execute(_TABLE)
        connection.execute("create index feedback_user on feedback (user_id)")
        connection.execute(f"pragma user_version = {VERSION}")
        connection.execute("commit")
