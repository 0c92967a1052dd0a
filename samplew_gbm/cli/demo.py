"""``samplew demo``: the whole way on a simulated shop."""

from collections.abc import Collection
from typing import TYPE_CHECKING

import click

from samplew_gbm.cli import _options as options
from samplew_gbm.cli._output import bytes_text, seconds_text, share_text, show, show_json, table
from samplew_gbm.cli._progress import console_progress

if TYPE_CHECKING:
    from samplew_gbm.demonstration import Demonstration


@click.command(
    "demo",
    short_help="The whole way on a simulated shop.",
    epilog=options.examples("samplew demo", "samplew demo --users 300 --items 2000 --seed 7 --json"),
)
@click.option("--users", type=click.IntRange(min=2), default=1000, show_default=True, metavar="N")
@click.option("--items", type=click.IntRange(min=2), default=10_000, show_default=True, metavar="N")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, metavar="N")
@options.threads_option
@options.json_option
def command(users: int, items: int, seed: int, threads: int | None, as_json: bool) -> None:
    """Simulate a shop, train with and without importance, and judge both by the truth.

    The shop has planted tastes that drift, position bias and accidental clicks, so that it is known what
    each user truly takes next and which clicks mean nothing. Nothing is read, written or fetched.
    """
    from samplew_gbm.demonstration import demonstrate

    with console_progress() as progress:
        found = demonstrate(
            n_users=users, n_items=items, random_state=seed, n_threads=threads, progress=progress
        )
    if as_json:
        verdicts = [found.verdict(), found.accident_verdict()]
        show_json({"verdicts": verdicts, "found": found})
    else:
        show(_story(found))


def _story(found: "Demonstration") -> str:
    names = list(next(iter(found.quality.values())))
    quality = [(name, *(f"{value:.4f}" for value in row.values())) for name, row in found.quality.items()]
    stages = [
        (stage.name, seconds_text(stage.seconds), bytes_text(stage.peak_rss_bytes)) for stage in found.stages
    ]
    return "\n\n".join(
        [
            f"A simulated shop: {found.n_users:,} users, {found.n_items:,} items, {found.n_interactions:,} "
            f"clicks, {share_text(found.accidental_share)} of them accidents",
            "Quality against what the users truly take next\n"
            f"{table(quality, head=['', *names])}\n{found.verdict()}",
            "Accidental clicks\n" + found.accident_verdict(),
            f"Time and memory\n{table(stages, head=['stage', 'time', 'peak'])}",
            f"{found.user} clicked last (oldest first)\n{_lines(found.history)}",
            f"Recommended to {found.user} (* is among the {len(found.taken_next)} truly taken next)\n"
            f"{_lines(found.recommendations, set(found.taken_next))}",
        ]
    )


def _lines(items: list[str], marked: Collection[str] = ()) -> str:
    return "\n".join(f"  {item}{' *' if item in marked else ''}" for item in items)
