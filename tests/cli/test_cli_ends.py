"""Every way a command can end: exit codes, one line of error, nothing half-written."""

import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import click
import pyarrow.parquet as pq
import pytest

from samplew_gbm.cli._group import LazyGroup
from samplew_gbm.data.simulate import simulate_shop
from samplew_gbm.errors import BundleError, DataError, NativeError, SchemaError, SettingsError
from tests.cli.cli_calls import FAST, call, call_apart, start

End = Callable[[BaseException], None]


@pytest.fixture
def end(monkeypatch: pytest.MonkeyPatch) -> End:
    """Make ``samplew inspect`` end with an exception."""

    def raise_it(error: BaseException) -> None:
        def callback() -> None:
            raise error

        command = click.Command("inspect", callback=callback)
        monkeypatch.setattr(LazyGroup, "get_command", lambda *_: command)

    return raise_it


def wrapped_interrupt() -> Exception:
    error = ImportError("half a module")
    error.__cause__ = KeyboardInterrupt()
    return error


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (DataError("a.csv: no"), 3, "samplew: error: a.csv: no"),
        (SchemaError("a.csv:\nno"), 3, "samplew: error: a.csv: no"),
        (SettingsError("mix is 2"), 4, "samplew: error: mix is 2"),
        (BundleError("m: is damaged"), 4, "samplew: error: m: is damaged"),
        (NativeError("core"), 1, "samplew: error: core"),
        (
            ValueError("odd"),
            1,
            "samplew: error: unexpected ValueError: odd; set SAMPLEW_TRACEBACK=1 to see where, and report it",
        ),
        (MemoryError(), 1, "samplew: error: not enough memory; use a smaller log"),
        (PermissionError(13, "Permission denied", "a.csv"), 3, "samplew: error: a.csv: Permission denied"),
        (OSError(5, "Input/output error"), 1, "samplew: error: unexpected OSError: [Errno 5]"),
        (click.UsageError("No."), 2, "samplew: error: No; see samplew"),
        (click.ClickException("No"), 1, "samplew: error: No"),
        (KeyboardInterrupt(), 130, "samplew: interrupted; nothing was written"),
        (wrapped_interrupt(), 130, "samplew: interrupted; nothing was written"),
    ],
)
def test_an_error_is_one_line_and_its_exit_code(
    error: BaseException, code: int, line: str, end: End, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SAMPLEW_TRACEBACK", raising=False)
    end(error)
    called = call("inspect")
    assert called.code == code
    assert called.error().startswith(line)
    assert called.err.count("\n") == 1


def test_the_traceback_is_there_when_asked_for(end: End, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMPLEW_TRACEBACK", "1")
    end(ValueError("odd"))
    called = call("inspect")
    assert called.code == 1
    assert "Traceback (most recent call last)" in called.err
    assert "in callback" in called.err


def test_a_reader_that_leaves_early_is_no_error(model: Path) -> None:
    process = start("inspect", model)
    assert process.stdout is not None
    process.stdout.close()
    assert process.wait(120) == 1
    assert process.stderr is not None
    assert process.stderr.read() == ""
    process.stderr.close()


@pytest.mark.parametrize("closed", [0, 1, 2])
def test_a_closed_stream_is_no_error(closed: int, model: Path, files: Path, folder: Path) -> None:
    words = ("score", files / "pairs.csv", "--model", model, "--out", "scores.csv")
    called = call_apart(*words, preexec_fn=lambda: os.close(closed), cwd=folder)
    assert called.code == 0, called.err
    assert os.listdir(folder) == ["scores.csv"]
    assert (folder / "scores.csv").read_text().startswith('"user_id","item_id","score"\n')


needs_dev_full = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")


@needs_dev_full
def test_a_full_stdout_is_said(model: Path) -> None:
    with open("/dev/full", "w") as full:
        called = call_apart("inspect", model, stdout=full)
    assert called.code == 3
    assert called.error().startswith("samplew: error: stdout cannot be written (No space left on device)")


@needs_dev_full
@pytest.mark.parametrize("command", ["recommend", "score", "weigh"])
def test_a_full_disk_is_said(command: str, model: Path, files: Path, folder: Path) -> None:
    (folder / "full.csv").symlink_to("/dev/full")
    words: dict[str, list[object]] = {
        "recommend": ["--model", model],
        "score": [files / "pairs.csv", "--model", model],
        "weigh": [files / "log.parquet", *FAST],
    }
    called = call(command, *words[command], "--out", "full.csv")
    assert called.code == 3
    assert called.error().startswith("samplew: error: full.csv: cannot be written (No space left on device)")


def limit_files() -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048))


def test_a_model_that_does_not_fit_leaves_the_old_one_whole(files: Path, folder: Path) -> None:
    (folder / "m.swg").write_bytes(b"old")
    called = call_apart(
        "train", files / "log.parquet", "--model", "m.swg", *FAST, preexec_fn=limit_files, cwd=folder
    )
    assert called.code == 3
    assert called.error().startswith("samplew: error: m.swg: cannot be written (File too large)")
    assert os.listdir(folder) == ["m.swg"]
    assert (folder / "m.swg").read_bytes() == b"old"


@pytest.fixture(scope="module")
def long_training(tmp_path_factory: pytest.TempPathFactory) -> list[object]:
    """The words of a training whose rankers nobody would wait for; what comes before them is short."""
    log = tmp_path_factory.mktemp("long") / "log.parquet"
    pq.write_table(simulate_shop(300, 500, 12_000, random_state=1).log, log)
    values = ("n_rankers=10", "n_leaves=1000", "learning_rate=0.0001", "n_folds=2", "linear_items=0")
    return ["train", log, "--threads", "1", *(word for value in values for word in ("--set", value))]


def interruptible() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell's background job would ignore it


@pytest.mark.parametrize(
    ("stage", "seconds", "words"),
    [
        ("", 0.3, ()),
        ("kept 12,000 of 12,000 rows", 0.3, ()),
        ("fold 1 of 2: embeddings ...", 0, ("--set", "n_epochs=1000", "--set", "n_factors=256")),
        ("judge the weights ...", 0, ()),
        ("train the ranker ...", 0, ("--no-gate",)),
    ],
)
def test_ctrl_c_in_any_stage_leaves_the_old_model_whole(
    stage: str, seconds: float, words: tuple[str, ...], long_training: list[object], folder: Path
) -> None:
    (folder / "m.swg").write_bytes(b"old")
    process = start(*long_training, *words, "--model", "m.swg", cwd=folder, preexec_fn=interruptible)
    assert process.stderr is not None
    while stage and stage not in (line := process.stderr.readline()):
        assert line, "the training ended before that stage"
    time.sleep(seconds)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert out == ""
    assert err.splitlines()[-1] == "samplew: interrupted; nothing was written"
    assert "Traceback" not in err
    assert os.listdir(folder) == ["m.swg"]
    assert (folder / "m.swg").read_bytes() == b"old"


def test_stdout_holds_nothing_but_the_result(model: Path) -> None:
    called = call_apart("inspect", model, "--json")
    assert (called.code, called.err) == (0, "")
    assert called.out.startswith("{\n")
    assert called.out.endswith("}\n")
    assert sys.executable not in called.out
