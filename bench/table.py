"""Results beside published figures, as text; also for result files: ``python -m bench.table RESULT.json``."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from bench.protocols import PROTOCOLS
from bench.published import PUBLISHED


def row(name: str, metrics: Mapping[str, float], columns: Sequence[str], note: str) -> str:
    cells = " ".join(f"{metrics[key]:>9.4f}" if key in metrics else " " * 9 for key in columns)
    return f"{name:<26} {cells}  {note}".rstrip()


def means(runs: Sequence[Mapping[str, Any]], scorer: str, columns: Sequence[str]) -> dict[str, float]:
    return {key: fmean(run[scorer][key] for run in runs) for key in columns}


def cost(runs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Mean seconds and largest memory of each command line, in their order."""
    lines = []
    for same in zip(*(run["commands"] for run in runs), strict=True):
        seconds, peak = fmean(one["seconds"] for one in same), max(one["peak_rss_bytes"] for one in same)
        lines.append(f"{seconds:>8.1f} s {peak / 2**20:>6.0f} MB  {same[0]['line']}")
    return lines


def table(key: str, runs: Sequence[Mapping[str, Any]]) -> str:
    """One protocol: published rows, ours (mean and spread over the runs), what each command cost."""
    protocol, columns = PROTOCOLS[key], list(runs[0]["own"])
    lines = [f"\n{key}. {protocol.title} ({len(runs)} runs)", f"   {protocol.caveat}"]
    lines.append(f"{'':<26} {' '.join(f'{name:>9}' for name in columns)}")
    for other in PUBLISHED[key]:
        mark = "" if other.checked else " ?"
        lines.append(row(other.method + mark, other.metrics, columns, other.source))
    lines.append(row("samplew", means(runs, "own", columns), columns, "the bench's scorer"))
    if all(run["judge"] for run in runs):
        lines.append(row("samplew", means(runs, "judge", columns), columns, "the judge"))
    if len(runs) > 1:
        spread = {name: stdev(run["own"][name] for run in runs) for name in columns}
        lines.append(row("  standard deviation", spread, columns, "over the random states"))
    if any(not other.checked for other in PUBLISHED[key]):
        lines.append('"?": recalled or quoted second hand, not read in its source')
    return "\n".join([*lines, *cost(runs)])


def main() -> None:
    for path in sys.argv[1:]:
        runs = json.loads(Path(path).read_text())["runs"]
        for key in sorted({run["protocol"] for run in runs}):
            print(table(key, [run for run in runs if run["protocol"] == key]))


if __name__ == "__main__":
    main()
