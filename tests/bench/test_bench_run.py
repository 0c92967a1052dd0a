"""The runner from the command line to the result file, with a stand-in for the program and for the judge."""

import json
import sys
from pathlib import Path

import pytest

from bench.measure import CommandError, find_samplew, measure
from bench.protocols import PROTOCOLS
from bench.published import PUBLISHED
from bench.run import main

SAMPLEW = """#!{python}
import sys
import pyarrow as pa, pyarrow.parquet as pq
print("called", *sys.argv[1:])
if sys.argv[1] == "recommend":
    rows = {{"user_id": ["0", "0"], "item_id": ["9", "2"], "score": [2.0, 1.0]}}
    pq.write_table(pa.table(rows), sys.argv[sys.argv.index("--out") + 1])
"""
JUDGE = """
import json, sys
assert sys.argv[1] == "sets" and open(sys.argv[sys.argv.index("--test") + 1]).read() == "0\\t2\\t1\\n"
print(json.dumps({"protocol": "sets", "Recall@5": 1, "NDCG@5": .6, "Recall@20": 1, "NDCG@20": .6}))
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Data of protocol C, a program and a judge."""
    folder = tmp_path / "movielens_100k_noisy"
    folder.mkdir()
    for name, text in {
        "train.rating": "0\t1\t1\n",
        "valid.rating": "0\t3\t1\n",
        "test.negative": "0\t2\t1\n",
    }.items():
        (folder / f"ml100k.{name}").write_text(text)
    (tmp_path / "samplew").write_text(SAMPLEW.format(python=sys.executable))
    (tmp_path / "samplew").chmod(0o755)
    (tmp_path / "judge.py").write_text(JUDGE)
    return tmp_path


def test_a_run_records_quality_cost_and_origin(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = place / "results" / "c.json"
    shared = ["--data", str(place), "--samplew", str(place / "samplew"), "--judge", str(place / "judge.py")]
    main(["C", *shared, "--seeds", "3", "4", "--train-options", "--mix 0", "--out", str(out)])
    result = json.loads(out.read_text())
    assert [run["random_state"] for run in result["runs"]] == [3, 4]
    first = result["runs"][0]
    assert first["own"] == {"Recall@5": 1.0, "NDCG@5": 0.63093, "Recall@20": 1.0, "NDCG@20": 0.63093}
    assert first["judge"] == {"Recall@5": 1, "NDCG@5": 0.6, "Recall@20": 1, "NDCG@20": 0.6}
    train, recommend = first["commands"]
    assert train["line"] == "samplew train train.parquet --model m.swg --seed 3 --mix 0"
    assert train["output"] == "called train train.parquet --model m.swg --seed 3 --mix 0\n"
    assert recommend["line"] == PROTOCOLS["C"].commands[1]
    assert recommend["seconds"] > 0
    assert recommend["peak_rss_bytes"] > 2**20
    assert {"cpu", "n_threads", "versions", "commit"} <= result["machine"].keys()
    assert str(place) not in out.read_text()
    shown = capsys.readouterr().out
    assert "SGDL on LightGCN" in shown
    assert "0.6309" in shown


def test_a_failing_program_ends_the_run_with_its_words(place: Path) -> None:
    (place / "samplew").write_text(f"#!{sys.executable}\nraise SystemExit('no such column')\n")
    with pytest.raises(SystemExit, match=r"exit status 1(?s:.*)no such column"):
        main(["C", "--data", str(place), "--samplew", str(place / "samplew")])


def test_missing_data_ends_the_run_in_words(place: Path) -> None:
    with pytest.raises(SystemExit, match=r"sequences\.txt is not there"):
        main(["A", "--data", str(place), "--samplew", str(place / "samplew")])


def test_memory_is_that_of_the_command_not_of_its_parent(tmp_path: Path) -> None:
    ballast = bytearray(200 * 2**20)
    ballast[:: 2**12] = b"x" * len(ballast[:: 2**12])
    small = measure("python -c 'print(1)'", tmp_path, sys.executable)
    large = measure("python -c 'x = bytes(range(256)) * 2**19'", tmp_path, sys.executable)
    assert small.peak_rss_bytes < 60 * 2**20 < 128 * 2**20 < large.peak_rss_bytes
    assert small.output == "1\n"
    del ballast


def test_a_program_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="could not be started"):
        measure("nothing-of-this-name --help", tmp_path)


def test_without_seeds_the_lines_are_plain() -> None:
    for key, protocol in PROTOCOLS.items():
        assert protocol.lines(None) == protocol.commands
        assert bool(PUBLISHED[key]) == (protocol.judge is not None)


def test_the_program_is_the_one_beside_this_python_even_when_no_path_leads_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(CommandError, match="pip install"):
        find_samplew()
    (tmp_path / "samplew").touch()
    assert find_samplew() == str(tmp_path / "samplew")
    assert find_samplew("other") == "other"
