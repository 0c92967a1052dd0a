"""Progress as it is seen on a terminal and in a log."""

import io
import time

import pytest

from samplew_gbm.cli import _progress
from samplew_gbm.cli._progress import ConsoleProgress, console_progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_progress, "SHOWN_AFTER", 0.02)
    monkeypatch.setattr(_progress, "_REDRAW", 0.005)


def wait_for(text: str, stream: io.StringIO) -> None:
    until = time.monotonic() + 20
    while text not in stream.getvalue():
        assert time.monotonic() < until, stream.getvalue()
        time.sleep(0.002)


def test_a_long_stage_is_a_bar_on_a_terminal_and_leaves_one_line() -> None:
    stream = Terminal()
    progress = ConsoleProgress(stream)
    progress.start()
    with progress.stage("trees", 200) as advance:
        advance(100)
        wait_for(f"\r\x1b[Ktrees [{'#' * 15}{' ' * 15}] 50 %", stream)
    progress.close()
    last = stream.getvalue().rpartition("\x1b[K")[2]
    assert last.startswith("trees: ")
    assert last.endswith(" s\n")


def test_a_long_stage_is_two_plain_lines_elsewhere() -> None:
    stream = io.StringIO()
    progress = ConsoleProgress(stream)
    progress.start()
    with progress.stage("trees", 200) as advance:
        advance(10)
        wait_for("trees ...\n", stream)
        time.sleep(0.03)
    progress.close()
    first, second = stream.getvalue().splitlines()
    assert first == "trees ..."
    assert second.startswith("trees: ")


def test_short_stages_are_silent_and_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_progress, "SHOWN_AFTER", 60.0)
    stream = Terminal()
    progress = ConsoleProgress(stream)
    progress.start()
    with progress.stage("read"):
        time.sleep(0.02)
    progress.close()
    assert stream.getvalue() == ""
    assert [record.name for record in progress.stages] == ["read"]


def test_the_innermost_stage_is_shown() -> None:
    stream = io.StringIO()
    progress = ConsoleProgress(stream)
    progress.start()
    with progress.stage("train"):
        wait_for("train ...\n", stream)
        with progress.stage("trees"):
            wait_for("trees ...\n", stream)
    progress.close()
    assert [line.partition(":")[0] for line in stream.getvalue().splitlines()[2:]] == ["trees", "train"]


def fail_in_a_stage(stream: io.StringIO) -> None:
    with console_progress() as progress, progress.stage("trees"):
        wait_for("trees", stream)
        raise ValueError("broken")


def test_an_error_leaves_the_line_of_the_terminal_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal()
    monkeypatch.setattr("sys.stderr", stream)
    with pytest.raises(ValueError, match="broken"):
        fail_in_a_stage(stream)
    assert stream.getvalue().endswith("\r\x1b[K")
