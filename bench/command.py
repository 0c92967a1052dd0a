"""What the benchmarks' command lines share: options, the line that a result names, the file of a result."""

import argparse
import json
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

PLACES = ("data", "movielens", "out")  # options that name a place of this machine


def new_parser(text: str | None) -> argparse.ArgumentParser:
    """``text`` is the docstring of the benchmark, shown as it is written."""
    return argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)


def data_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, help="folder of the data sets (or SAMPLEW_DATA)")


def seeds_option(parser: argparse.ArgumentParser, default: Sequence[int] = (0,)) -> None:
    parser.add_argument("--seeds", type=int, nargs="+", default=default, help="one run each")


def threads_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--threads", type=int, help="of the training; by default all processors")


def out_option(parser: argparse.ArgumentParser, *, required: bool = True) -> None:
    parser.add_argument("--out", type=Path, required=required, help="write the result here as JSON")


def parse_words(
    parser: argparse.ArgumentParser, module: str, words: Sequence[str] | None
) -> tuple[argparse.Namespace, str]:
    """The options, and the line as it was typed; without ``words`` they are those of this process."""
    typed = sys.argv[1:] if words is None else list(words)
    return parser.parse_args(typed), shown_line(module, typed)


def shown_line(module: str, words: Sequence[str]) -> str:
    """The line, without folders of this machine."""
    shown = ["python", "-m", module]
    for before, word in zip(["", *words], words, strict=False):
        shown.append({"--data": "DIR", "--out": Path(word).name}.get(before, word))
    return shlex.join(shown)


def settings_of(options: argparse.Namespace) -> dict[str, Any]:
    """Every option but those that name a place."""
    return {name: value for name, value in vars(options).items() if name not in PLACES}


def write_result(path: Path, result: Mapping[str, Any]) -> None:
    """``result`` as JSON; the folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
