"""Numba kernels: arrays in, arrays out, no ids and no frames.

Every kernel is *kernel -> driver -> public function*: a ``nogil`` function over a range of rows, the
thread pool that walks it over disjoint ranges, and the function that checks what it was given. No
kernel uses ``parallel=True``: Numba's workqueue layer kills a threaded process, its OpenMP layer a
forked child.
"""

import contextlib
import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import numba
from numba.core.caching import FunctionCache

Function = TypeVar("Function", bound=Callable[..., Any])

# Never "nnan", "ninf" or "fast": kernels promise what they do with infinities and NaN.
REASSOCIATE = {"reassoc", "contract", "nsz"}


def _sources_digest() -> str:
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def private_cache_folder() -> Path | None:
    """Folder for compiled kernels, or None where no folder can be trusted.

    Numba's cache holds pickles, so whoever can write it can run code here: the folder must belong to
    this user and be closed to all others. ``NUMBA_CACHE_DIR``, where set, is respected as it is. The
    kernels' own sources name a folder inside: Numba does not notice that a helper in another file changed.
    """
    if given := os.environ.get("NUMBA_CACHE_DIR"):
        return Path(given) / f"samplew_gbm-{_sources_digest()}"
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    folder = Path(base) / "samplew_gbm" / "numba"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.lstat()
    except OSError:
        return None
    foreign = hasattr(os, "getuid") and status.st_uid != os.getuid()
    shared = os.name == "posix" and bool(status.st_mode & (stat.S_IRWXG | stat.S_IRWXO))
    if foreign or shared or not stat.S_ISDIR(status.st_mode) or not os.access(folder, os.W_OK):
        return None
    return folder / _sources_digest()


_CACHE_FOLDER = private_cache_folder()


@contextlib.contextmanager
def _cache_in(folder: Path) -> Iterator[None]:
    """Point Numba at the folder for one decoration; other users of Numba keep their own."""
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(folder)
    try:
        yield
    finally:
        numba.config.CACHE_DIR = before


class _ForgivingCache(FunctionCache):  # type: ignore[misc]
    """A cache that costs a compilation where it fails: a full disk or a damaged file ends no work.

    Whatever unpickling a damaged file may raise counts as not found.
    """

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The compiled kernel, or ``None``."""
        with contextlib.suppress(Exception):
            return super().load_overload(sig, target_context)
        return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep a compiled kernel where that can be done; a damaged index makes room for a new one."""
        try:
            super().save_overload(sig, data)
        except Exception:
            with contextlib.suppress(Exception):
                self.flush()
                super().save_overload(sig, data)


def jit(*, reassociate: bool = False, inline: bool = False) -> Callable[[Function], Function]:
    """Compile a kernel without the GIL, and keep the machine code in the private cache.

    ``reassociate`` lets LLVM reorder sums, which it must to use SIMD for them; the order is fixed at
    compile time, so results still repeat bit for bit. ``inline`` is for small helpers of inner loops:
    a call that hands over two arrays costs as much as a dot product.
    """
    options: dict[str, Any] = {"nogil": True, "fastmath": REASSOCIATE if reassociate else {"contract"}}
    if inline:
        options["forceinline"] = True

    def decorate(function: Function) -> Function:
        if _CACHE_FOLDER is None:
            return numba.njit(**options)(function)  # type: ignore[no-any-return]
        with _cache_in(_CACHE_FOLDER):
            kernel = numba.njit(cache=True, **options)(function)
            if kernel is not function:  # as it is with NUMBA_DISABLE_JIT
                kernel._cache = _ForgivingCache(function)
        return kernel  # type: ignore[no-any-return]

    return decorate
