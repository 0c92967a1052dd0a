"""What this run took with the model, as a section of its page."""

from samplew_gbm.report.layout import Columns, paragraph, section, table
from samplew_gbm.report.markup import count, plain
from samplew_gbm.report.running import RunCost
from samplew_gbm.report.stages import bytes_text, seconds_text

HEADING = "Time of this run"


def run_section(cost: RunCost) -> str:
    """Time and memory of the work for this page."""
    threads = "1 thread" if cost.n_threads == 1 else f"{count(cost.n_threads)} threads"
    of = "of the test log" if cost.tested else "of the model"
    rows = [
        {"part": "read and check the model file", "cost": _time_text(cost.load)},
        {"part": "make ready, once a process", "cost": _time_text(cost.ready)},
        {"part": "candidates, features and scores of 1,000 users", "cost": _time_text(cost.per_thousand)},
        {"part": "peak memory", "cost": bytes_text(cost.peak_rss_bytes)},
    ]
    return section(
        HEADING,
        paragraph(
            f"Ranking the catalogue for {count(cost.n_users)} users {of} took {_time_text(cost.serve)} with "
            f"{threads}.",
            "lead",
        ),
        table(_COLUMNS, rows),
        paragraph(
            "Measured while this page was made: another machine, or this one with other work to do, needs "
            "another time. Few users say little of many. Memory is the most that the process had held, "
            "libraries, test log and what else this page is made from included.",
            "limits",
        ),
    )


def _time_text(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms" if seconds < 1 else seconds_text(seconds)


_COLUMNS: Columns = {"part": ("part", plain), "cost": ("cost", plain)}
