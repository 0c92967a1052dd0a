"""Ctrl-C that is never lost: libraries may wrap it in another error, or swallow it."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupts:
    """Whether Ctrl-C was pressed since the command began."""

    def __init__(self) -> None:
        self.seen = False

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Note Ctrl-C within the block, and raise ``KeyboardInterrupt`` as ever.

        Only in the main thread, and only where Python itself would raise it: who ignores it goes on doing so.
        """
        self.seen = False
        usual = signal.getsignal(signal.SIGINT)
        if (
            threading.current_thread() is not threading.main_thread()
            or usual is not signal.default_int_handler
        ):
            yield
            return
        signal.signal(signal.SIGINT, self._note)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, usual)

    def check(self) -> None:
        """Raise the ``KeyboardInterrupt`` that somebody swallowed."""
        if self.seen:
            raise KeyboardInterrupt

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.seen = True
        raise KeyboardInterrupt


INTERRUPTS = Interrupts()


def forget_unhandled() -> None:
    """Clear CPython's note of a ``KeyboardInterrupt`` that left an ``exec`` within a library.

    It is kept although the exception was handled, and makes the interpreter end by the signal instead of
    with our exit code. The next ``exec`` clears it.
    """
    exec("")
