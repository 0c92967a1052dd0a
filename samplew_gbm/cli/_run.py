"""One call of ``samplew``: every way it can end, as one line on stderr and an exit code."""

import os
import sys
import traceback
from collections.abc import Sequence

import click

from samplew_gbm.cli._group import samplew
from samplew_gbm.cli._interrupt import INTERRUPTS, forget_unhandled
from samplew_gbm.errors import SamplewError

OK, UNEXPECTED, USAGE, DATA, INTERRUPTED = 0, 1, 2, 3, 130
TRACEBACK = "SAMPLEW_TRACEBACK"
_COMPLETE = "_SAMPLEW_COMPLETE"


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; nothing but ``SystemExit`` of the completion leaves it."""
    _replace_closed_streams()
    words = list(sys.argv[1:] if arguments is None else arguments)
    if _COMPLETE in os.environ:
        samplew.main(words, prog_name="samplew")
    try:
        with INTERRUPTS.watched():
            return _invoke(words or ["--help"])
    except BaseException as error:
        if os.environ.get(TRACEBACK) and not isinstance(error, click.ClickException):
            traceback.print_exc()
        return _report(error)


def _invoke(words: list[str]) -> int:
    try:
        with samplew.make_context("samplew", words) as context:
            samplew.invoke(context)
        code = OK
    except click.exceptions.Exit as end:
        code = end.exit_code
    sys.stdout.flush()
    return code


def _report(error: BaseException) -> int:
    """Say what went wrong; the exit code for it."""
    if _interrupted(error):
        forget_unhandled()
        _line("samplew: interrupted; nothing was written")
        return INTERRUPTED
    if isinstance(error, BrokenPipeError):  # the reader of our stdout has had enough, as in "| head"
        _drop_stdout()
        return UNEXPECTED
    message, code = _describe(error)
    _line(f"samplew: error: {message}")
    return code


def _describe(error: BaseException) -> tuple[str, int]:
    if isinstance(error, SamplewError):
        return str(error), error.exit_code
    if isinstance(error, click.UsageError):
        about = error.ctx.command_path if error.ctx else "samplew"
        return f"{error.format_message().rstrip('.')}; see {about} --help", USAGE
    if isinstance(error, click.ClickException):
        return error.format_message(), error.exit_code
    if isinstance(error, MemoryError):
        return (
            "not enough memory; use a smaller log, fewer --threads, or lower n_candidates by --set",
            UNEXPECTED,
        )
    if isinstance(error, OSError) and error.filename is not None:
        return f"{os.fsdecode(error.filename)}: {error.strerror}", DATA
    hint = f"set {TRACEBACK}=1 to see where, and report it"
    return f"unexpected {type(error).__name__}: {error}; {hint}", UNEXPECTED


def _interrupted(error: BaseException | None) -> bool:
    """Whether Ctrl-C is the cause: a library in between may have made an error of its own of it."""
    if INTERRUPTS.seen:
        return True
    while error is not None:
        if isinstance(error, KeyboardInterrupt | click.Abort):
            return True
        error = error.__cause__ or error.__context__
    return False


def _line(text: str) -> None:
    print(" ".join(text.split("\n")), file=sys.stderr, flush=True)


def _replace_closed_streams() -> None:
    """What a caller closed goes nowhere, and no file that is opened later takes its number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115 - it stays open to the end


def _drop_stdout() -> None:
    """Send what is still buffered nowhere, so that the interpreter does not fail on it at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
