"""Run published protocols through the ``samplew`` command line and score what it answers.

python -m bench.run A B C --data DIR --seeds 0 1 2 --judge judge.py --out bench/results/NAME.json
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.command import data_option, new_parser, out_option, write_result
from bench.datasets import DataError, find_data
from bench.machine import describe
from bench.measure import CommandError, Measurement, find_samplew, measure
from bench.protocols import PREDICTIONS, PROTOCOLS
from bench.scoring import read_predictions
from bench.table import table


@dataclass(frozen=True)
class Run:
    """One protocol, one random state: ``own`` is the bench's scorer, ``judge`` the external one's answer."""

    protocol: str
    random_state: int | None
    commands: list[Measurement]
    own: dict[str, float]
    judge: dict[str, float] | None


@dataclass(frozen=True)
class Setup:
    """What all runs share: the data folder, the program, a judge script or none, options for training."""

    data: Path
    samplew: str
    judge: Path | None
    train_options: str


def ask_judge(
    judge: Path, question: tuple[str, dict[str, Path]], data: Path, predictions: Path
) -> dict[str, float]:
    """The metrics that the judge script prints as JSON."""
    name, files = question
    options = [word for option, file in files.items() for word in (option, str(data / file))]
    command = [sys.executable, str(judge), name, *options, "--predictions", str(predictions)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise CommandError(f"the judge refused: {answer.stderr.strip()}")
    return {key: value for key, value in json.loads(answer.stdout).items() if "@" in key}


def run_protocol(key: str, setup: Setup, work: Path, random_state: int | None) -> Run:
    """Prepare the logs in ``work``, run the command lines there, score the predictions."""
    protocol, predictions = PROTOCOLS[key], work / PREDICTIONS
    work.mkdir(parents=True, exist_ok=True)
    predictions.unlink(missing_ok=True)
    protocol.prepare(setup.data, work)
    commands = []
    for line in protocol.lines(random_state, setup.train_options):
        print(f"$ {line}", flush=True)
        commands.append(measure(line, work, setup.samplew))
        print(f"  {commands[-1].seconds:.1f} s, {commands[-1].peak_rss_bytes / 2**20:.0f} MB", flush=True)
    own = protocol.score(setup.data, read_predictions(predictions))
    judged = None
    if setup.judge and protocol.judge:
        judged = ask_judge(setup.judge, protocol.judge, setup.data, predictions)
    return Run(key, random_state, commands, {name: round(value, 5) for name, value in own.items()}, judged)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = new_parser(__doc__)
    parser.add_argument("protocols", nargs="+", choices=sorted(PROTOCOLS), metavar="|".join(PROTOCOLS))
    data_option(parser)
    parser.add_argument(
        "--seeds", type=int, nargs="+", help="one run each with --random-state (default: plain)"
    )
    parser.add_argument("--train-options", default="", help="more options for the line that trains")
    parser.add_argument("--judge", type=Path, help="a script that scores the predictions independently")
    out_option(parser, required=False)
    parser.add_argument("--work", type=Path, help="keep logs, models and predictions in this folder")
    parser.add_argument("--samplew", help="the samplew program to run")
    return parser.parse_args(arguments)


def run_all(options: argparse.Namespace, work: Path) -> None:
    judge = options.judge.resolve() if options.judge else None
    setup = Setup(find_data(options.data), find_samplew(options.samplew), judge, options.train_options)
    runs: list[Run] = []
    for key in options.protocols:
        for seed in options.seeds or [None]:
            folder = work.resolve() / f"{key}-{'plain' if seed is None else seed}"
            runs.append(run_protocol(key, setup, folder, seed))
            if options.out:  # after every run, so that an abort loses one run only
                write_result(options.out, {"machine": describe(), "runs": [asdict(each) for each in runs]})
        print(table(key, [asdict(run) for run in runs if run.protocol == key]), flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    options = parse(arguments)
    try:
        if options.work:
            run_all(options, options.work)
        else:
            with tempfile.TemporaryDirectory(prefix="samplew-bench-") as work:
                run_all(options, Path(work))
    except (DataError, CommandError) as error:
        raise SystemExit(f"bench: {error}") from None


if __name__ == "__main__":
    main()
