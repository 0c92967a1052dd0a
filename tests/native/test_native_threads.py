"""Cancelling, progress, Ctrl-C, forked children, concurrent callers, other instruction sets."""

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from samplew_gbm import native
from samplew_gbm.errors import NativeError
from tests.native.logs import factors, random_csr

ROWS = random_csr(700, 400, 0.05)
TRANSPOSED = native.csr_transpose(*ROWS, 400)


def fit(epochs=2, threads=2, **options):
    return native.als_fit(*ROWS, *TRANSPOSED, 33, 0.1, epochs, 0, threads, **options)


def test_progress_ends_at_the_number_of_rows_solved():
    seen = []
    fit(epochs=3, progress=seen.append)
    assert seen[-1] == 3 * (700 + 400)
    assert seen == sorted(seen)


def test_cancel_from_another_thread():
    control = np.zeros(2, np.int64)
    timer = threading.Timer(0.2, lambda: control.__setitem__(1, 1))
    timer.start()
    with pytest.raises(NativeError, match="cancelled"):
        fit(epochs=10**6, control=control)
    timer.join()
    assert 0 < control[0] < 10**6 * 1100


def test_control_counts_the_other_long_calls():
    control = np.zeros(2, np.int64)
    native.top_k(factors(40, 8), factors(300, 8), 3, control=control)
    assert control.tolist() == [40, 0]
    control[:] = 0
    native.covisit_count(ROWS.indptr, ROWS.indices, 400, 3, 1.0, 1.0, 1.0, 2, control=control)
    assert control.tolist() == [800, 0]
    control[:] = 0, 1
    with pytest.raises(NativeError, match="cancelled"):
        native.sparse_top_product(TRANSPOSED, ROWS, 5, n_columns=400, control=control)


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
def test_ctrl_c_ends_a_long_fit():
    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
    begin = time.monotonic()
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            fit(epochs=10**6)
    finally:
        signal.signal(signal.SIGINT, before)
    assert time.monotonic() - begin < 30  # the call would take hours
    assert np.isfinite(fit()[0]).all()


def test_an_error_in_progress_ends_the_call():
    def explode(done):
        raise RuntimeError(f"at {done}")

    with pytest.raises(RuntimeError, match="at "):
        fit(epochs=10**6, progress=explode)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_works_after_the_parent_used_threads():
    expected = fit(threads=4)[0]
    child = os.fork()
    if child == 0:
        os._exit(0 if np.array_equal(fit(threads=4)[0], expected) else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_four_callers_at_once_get_the_bits_of_one():
    expected = fit()
    with ThreadPoolExecutor(4) as pool:
        for got in pool.map(lambda _: fit(), range(8)):
            assert all(np.array_equal(a, b) for a, b in zip(expected, got, strict=True))


SCRIPT = """
import sys
import numpy as np
from samplew_gbm import native
from tests.native.logs import factors, random_csr
rows = random_csr(200, 100, 0.1)
users, items = native.als_fit(*rows, *native.csr_transpose(*rows, 100), 20, 0.1, 3, 0, 2)
indices, scores = native.top_k(factors(9, 20), factors(300, 20, 1), 5)
np.savez(sys.argv[1], users=users, items=items, indices=indices, scores=scores)
print(native.instruction_set())
"""


def test_instruction_sets_agree(tmp_path):
    outputs, names = [], []
    for number, disabled in enumerate(["", "avx512", "avx512,avx2"]):
        path = str(tmp_path / f"{number}.npz")
        environment = {**os.environ, "SWG_CPU_DISABLE": disabled}
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, path], env=environment, capture_output=True, text=True, check=True
        )
        names.append(done.stdout.strip())
        outputs.append(np.load(path))
    assert names[-1] == "portable"
    for other in outputs[1:]:
        np.testing.assert_allclose(
            other["users"] @ other["items"].T, outputs[0]["users"] @ outputs[0]["items"].T, atol=0.02
        )
        np.testing.assert_allclose(other["scores"], outputs[0]["scores"], rtol=1e-5)
        np.testing.assert_array_equal(other["indices"], outputs[0]["indices"])
