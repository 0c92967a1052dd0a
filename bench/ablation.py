"""Did the weights help? ``samplew ablate`` on the logs of the published protocols.

python -m bench.ablation C --data DIR --seeds 5 --controls --out bench/results/ablation_c.json
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from bench.command import data_option, new_parser, out_option, write_result
from bench.datasets import (
    NOISY,
    DataError,
    beauty_histories,
    find_data,
    lines_of,
    prepare_beauty,
    prepare_movielens,
    prepare_noisy,
    sampled_cases,
    write_log,
)
from bench.machine import describe

Pair = tuple[str, str] | tuple[int, int]


def beauty(data: Path, work: Path) -> None:
    """Protocol A: the last item of each user is the test."""
    prepare_beauty(data, work)
    write_test(work, ((user, item) for *_, (user, item, _) in beauty_histories(data)))


def movielens(data: Path, work: Path) -> None:
    """Protocol B: the held-out item of each user is the test, among the whole catalogue here."""
    prepare_movielens(data, work)
    write_test(work, ((user, item) for user, item, _ in sampled_cases(data)))


def noisy(data: Path, work: Path) -> None:
    """Protocol C: the clean items are the test."""
    prepare_noisy(data, work)
    lines = lines_of(data / NOISY / "ml100k.test.negative")
    write_test(work, ((int(user), int(item)) for user, item, *_ in lines))


def write_test(work: Path, pairs: Iterable[Pair]) -> None:
    """``test.parquet``, ids as in the logs beside it."""
    users, items = zip(*pairs, strict=True)
    write_log(work / "test.parquet", user_id=users, item_id=items)


CASES = {
    "A": (beauty, ("--history", "history.parquet")),
    "B": (movielens, ("--order", "file")),
    "C": (noisy, ("--history", "valid.parquet")),
}
"""Of each protocol how its logs are written, and what of them is told to the command."""


def main() -> None:
    parser = new_parser(__doc__)
    parser.add_argument("protocol", choices=sorted(CASES))
    data_option(parser)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--controls", action="store_true")
    parser.add_argument("--schemes", nargs="+", default=["attention"])
    parser.add_argument("--set", dest="assignments", action="append", default=[], metavar="NAME=VALUE")
    out_option(parser)
    arguments = parser.parse_args()
    prepare, words = CASES[arguments.protocol]
    line = ["samplew", "ablate", "train.parquet", "--test", "test.parquet", *words]
    line += [word for scheme in arguments.schemes for word in ("--scheme", scheme)]
    line += ["--seeds", str(arguments.seeds), *(["--controls"] if arguments.controls else []), "--json"]
    line += [word for assignment in arguments.assignments for word in ("--set", assignment)]
    with tempfile.TemporaryDirectory() as folder:
        try:
            prepare(find_data(arguments.data), Path(folder))
        except DataError as error:
            sys.exit(str(error))
        answer = subprocess.run(line, cwd=folder, stdout=subprocess.PIPE, text=True, check=True).stdout
    found = json.loads(answer)
    print("\n".join(found["verdicts"]))
    result = {"machine": describe(), "protocol": arguments.protocol, "line": " ".join(line), **found}
    write_result(arguments.out, result)


if __name__ == "__main__":
    main()
