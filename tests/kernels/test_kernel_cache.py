"""Compiled kernels are kept where only this user can write."""

import os
import resource
import signal
import subprocess
import sys

import pytest

from samplew_gbm import kernels

needs_posix = pytest.mark.skipif(os.name != "posix", reason="permission bits")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


@needs_posix
def test_folder_is_private(home):
    folder = kernels.private_cache_folder()
    assert folder.parent == home / "samplew_gbm" / "numba"
    assert folder.parent.stat().st_mode & 0o777 == 0o700


def test_other_sources_have_another_folder(tmp_path, monkeypatch):
    (tmp_path / "helper.py").write_text("a = 1\n")
    monkeypatch.setattr(kernels, "__file__", str(tmp_path / "__init__.py"))
    before = kernels.private_cache_folder()
    (tmp_path / "helper.py").write_text("a = 2\n")
    assert kernels.private_cache_folder() != before


@needs_posix
@pytest.mark.parametrize("mode", [0o770, 0o707, 0o755])
def test_folder_open_to_others_is_not_used(home, mode):
    folder = home / "samplew_gbm" / "numba"
    folder.mkdir(parents=True)
    folder.chmod(mode)
    assert kernels.private_cache_folder() is None


def test_folder_that_cannot_be_made_means_no_cache(home):
    (home / "samplew_gbm").write_text("a file stands in the way")
    assert kernels.private_cache_folder() is None


@needs_posix
def test_link_is_not_followed(home, tmp_path):
    (home / "samplew_gbm").mkdir()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    (home / "samplew_gbm" / "numba").symlink_to(elsewhere)
    assert kernels.private_cache_folder() is None


def test_own_choice_is_respected(home, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(home / "mine"))
    assert kernels.private_cache_folder().parent == home / "mine"


def test_other_users_of_numba_keep_their_cache(home):
    code = (
        "import numba; before = numba.config.CACHE_DIR; import samplew_gbm.kernels.segments as s; "
        "s.segment_softmax([1.0, 2.0], [0, 2]); assert numba.config.CACHE_DIR == before"
    )
    environment = {key: value for key, value in os.environ.items() if key != "NUMBA_DISABLE_JIT"}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, timeout=120)
    assert list((home / "samplew_gbm" / "numba").rglob("*.nbi"))


def softmax_apart(**options):
    """A compiled kernel used in a process of its own."""
    code = "import samplew_gbm.kernels.segments as s; print(s.segment_softmax([1.0, 1.0], [0, 2]))"
    environment = {key: value for key, value in os.environ.items() if key != "NUMBA_DISABLE_JIT"}
    command = [sys.executable, "-c", code]
    found = subprocess.run(
        command, capture_output=True, text=True, env=environment, timeout=120, check=False, **options
    )
    assert (found.returncode, found.stdout) == (0, "[0.5 0.5]\n"), found.stderr


@pytest.mark.parametrize("ending", ["nbi", "nbc"])
def test_a_damaged_cache_is_written_anew(home, ending):
    softmax_apart()
    damaged = list((home / "samplew_gbm").rglob(f"*.{ending}"))
    for path in damaged:
        path.write_bytes(b"")
    softmax_apart()
    assert any(path.stat().st_size for path in damaged)


def no_room():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))


@needs_posix
def test_a_cache_without_room_ends_no_work(home):
    softmax_apart(preexec_fn=no_room)
    assert not list((home / "samplew_gbm").rglob("*.nbc"))
