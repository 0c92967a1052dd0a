"""What the benchmarks share: a result says how to run it again, and names no folder of this machine."""

import json
from pathlib import Path

import pytest

from bench.command import data_option, new_parser, out_option, parse_words, settings_of, write_result

WORDS = ["--data", "/home/ann/data", "--share", "0.5", "--out", "/home/ann/out.json"]


def test_a_line_and_its_settings_name_no_folder_of_the_machine() -> None:
    parser = new_parser("text")
    data_option(parser)
    parser.add_argument("--share", type=float)
    out_option(parser)
    given, line = parse_words(parser, "bench.some", WORDS)
    assert line == "python -m bench.some --data DIR --share 0.5 --out out.json"
    assert given.data == Path("/home/ann/data")
    assert settings_of(given) == {"share": 0.5}


def test_without_words_those_of_the_process_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["some.py", "--out", "/home/ann/out.json"])
    parser = new_parser(None)
    out_option(parser)
    given, line = parse_words(parser, "bench.some", None)
    assert given.out == Path("/home/ann/out.json")
    assert line == "python -m bench.some --out out.json"


def test_a_result_makes_its_folder_and_keeps_its_letters(tmp_path: Path) -> None:
    out = tmp_path / "new" / "result.json"
    write_result(out, {"name": "Intel® Xeon®"})
    assert json.loads(out.read_text(encoding="utf-8")) == {"name": "Intel® Xeon®"}
