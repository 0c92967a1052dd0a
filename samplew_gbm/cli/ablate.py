"""``samplew ablate``: did the weights help?"""

from typing import TYPE_CHECKING

import click
from msgspec import structs

from samplew_gbm.cli import _options as options
from samplew_gbm.cli._log import LogOptions, log_options
from samplew_gbm.cli._output import note, seconds_text, share_text, show, show_json, table
from samplew_gbm.cli._paths import InputSource, Source
from samplew_gbm.cli._progress import console_progress
from samplew_gbm.cli._reading import note_known, read_later, read_log_to_learn
from samplew_gbm.cli._settings import parse_settings, with_settings
from samplew_gbm.settings import CONTROLS, IMPORTANCE_SCHEMES

if TYPE_CHECKING:
    from samplew_gbm.ablation import Ablation, Arm

METRIC = "NDCG@10"


@click.command(
    "ablate",
    short_help="Whether the weights helped, with an interval.",
    epilog=options.examples(
        "samplew ablate log.parquet",
        "samplew ablate log.parquet --controls --seeds 5 --json",
        "samplew ablate log.parquet --test next-week.parquet --set temperature=1",
        "samplew ablate log.parquet --try denoise=-1 --try 'denoise=-1 importance=taste'",
    ),
)
@options.input_argument("log", "LOG")
@click.option(
    "--test",
    "test_file",
    type=InputSource(),
    metavar="LOG",
    help="Interactions to judge by.  [default: a part of LOG that is held out]",
)
@options.history_option
@click.option(
    "--scheme",
    "schemes",
    type=click.Choice([name for name in IMPORTANCE_SCHEMES if name != "none"]),
    multiple=True,
    default=("attention",),
    show_default=True,
    help="How to weigh, as often as needed.",
)
@click.option(
    "--try",
    "tries",
    metavar="NAME=VALUE",
    multiple=True,
    help="Also the unweighted model with another setting, or several with spaces between them, with all that "
    "it learns; as often as needed.",
)
@click.option("--controls", is_flag=True, help=f"Also weights that must not help: {', '.join(CONTROLS)}.")
@click.option(
    "--seeds", "n_seeds", type=click.IntRange(min=1), default=3, show_default=True, help="Trainings of each."
)
@options.settings_options
@log_options()
@options.threads_option
@options.json_option
def command(
    log: Source,
    test_file: Source | None,
    history: Source | None,
    reading: LogOptions,
    schemes: tuple[str, ...],
    tries: tuple[str, ...],
    controls: bool,
    n_seeds: int,
    seed: int | None,
    assignments: tuple[str, ...],
    threads: int | None,
    as_json: bool,
) -> None:
    """Train with and without sample weights, and compare the two user by user.

    Both models share the log, the split, the candidates and the seeds. Without --test the last fifth of a
    log with timestamps is held out; with --order file each user's last row; of a log without order a random
    fifth. With --try NAME=VALUE a model that differs from the unweighted one in that setting is judged as
    well, weighted where it is importance=SCHEME. The interval is a paired bootstrap over the users, joined by
    what the trainings differ in; with --seeds 1 nothing is known of that.
    """
    if history is not None and test_file is None:
        raise click.UsageError("--history goes with --test; a part of LOG that is held out has its own past")
    settings = parse_settings(assignments, importance=schemes[0], seed=seed)  # refuses --set importance

    with console_progress() as progress:
        learned = read_log_to_learn(log, reading, settings, progress)
        interactions, settings = learned.interactions, learned.settings
        from samplew_gbm.ablation import TWIN, HeldOut, ablate, hold_out  # only now: it takes seconds to load

        if test_file is None:
            held_out = hold_out(interactions, random_state=settings.random_state)
        else:
            test, later = (
                read_later(file, reading.columns, interactions.order, progress)
                for file in (test_file, history)
            )
            held_out = HeldOut(interactions, test, later, f"judged by {test_file.name}")
        arms = dict.fromkeys([*schemes, *(CONTROLS if controls else ())])
        twin = structs.replace(settings, importance=TWIN)
        found = ablate(
            held_out,
            settings,
            schemes=list(arms),
            variants={each: with_settings(twin, each) for each in tries},
            n_seeds=n_seeds,
            n_threads=threads,
            progress=progress,
        )
    note_known(found.n_known_rows)
    if as_json:
        show_json({"verdicts": found.verdicts(METRIC), "found": found})
        return
    show(_story(found))
    note(f"{found.n_users:,} users, {found.n_seeds} seeds; {found.division}")


def _story(found: "Ablation") -> str:
    metrics = list(found.arms[0].metrics)
    quality = [row for metric in metrics for row in (_quality(metric, arm) for arm in found.arms)]
    cost = [
        (
            arm.name,
            f"{arm.coverage:.3f}",
            f"{arm.popularity_bias:.2f}",
            share_text(arm.effective_sample_size),
            seconds_text(arm.seconds),
        )
        for arm in found.arms
    ]
    return "\n\n".join(
        [
            table(quality, head=["", "model", "mean", "difference", "95 % interval"]),
            table(cost, head=["model", "coverage", "popularity bias", "effective sample", "training"]),
            "\n".join(found.verdicts(METRIC)),
        ]
    )


def _quality(metric: str, arm: "Arm") -> tuple[str, ...]:
    mean = f"{arm.metrics[metric]:.4f}"
    if metric not in arm.differences:
        return (metric, arm.name, mean, "", "")
    found = arm.differences[metric]
    return ("", arm.name, mean, f"{found.mean:+.4f}", f"{found.low:+.4f} {found.high:+.4f}")
