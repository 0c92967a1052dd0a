"""``samplew weigh``: the importance of every row of a log."""

from pathlib import Path
from typing import Any

import click

from samplew_gbm.cli import _options as options
from samplew_gbm.cli._log import LogOptions, log_options
from samplew_gbm.cli._output import note, share_text, show, show_json, table
from samplew_gbm.cli._paths import Source, refuse_overwriting
from samplew_gbm.cli._progress import console_progress
from samplew_gbm.cli._reading import read_log_for_training
from samplew_gbm.cli._settings import parse_settings
from samplew_gbm.columns import FACTOR_PREFIX, IMPORTANCE, SAMPLE_WEIGHT


@click.command(
    "weigh",
    short_help="Importance and weight of every row of a log.",
    epilog=options.examples(
        "samplew weigh log.parquet --out weighted.parquet",
        "samplew weigh log.csv --out weighted.csv --set temperature=1",
        "samplew weigh log.csv --out weighted.csv --factors --set behaviour=purchase=3 --set half_life=30",
    ),
)
@options.input_argument("log", "LOG")
@options.out_option
@click.option(
    "--factors", "with_factors", is_flag=True, help="Also write the factors whose product a weight is."
)
@options.importance_option
@options.settings_options
@log_options(memory=False)
@options.threads_option
@options.json_option
def command(
    log: Source,
    out: Path,
    with_factors: bool,
    reading: LogOptions,
    importance: str | None,
    seed: int | None,
    assignments: tuple[str, ...],
    threads: int | None,
    as_json: bool,
) -> None:
    """Write the rows of LOG with their importance and sample weight, to train any model with.

    The rows keep their order. Their own columns (user_id, item_id and, when there, timestamp in Unix
    seconds, event and value) are followed by importance and sample_weight, both 1 on average over the rows
    that are kept. Of rows that repeat each other exactly the first carries the weight; the others get 0.

    With --factors they are followed by factor_attention and those that are turned on, by the settings
    behaviour, half_life, propensity_power and value_power and by --weight-column. A weight is their product
    within the limits, mean 1.
    """
    refuse_overwriting(out, log, *reading.paths)
    settings = parse_settings(assignments, importance=importance, seed=seed)

    with console_progress() as progress:
        rows, interactions, cleaning = read_log_for_training(log, reading, progress)
        from samplew_gbm.data.writing import write_table
        from samplew_gbm.pipeline import weigh  # only now: it takes seconds to load

        weights = weigh(interactions, settings, n_threads=threads, progress=progress)
        written = {IMPORTANCE: weights.importance, SAMPLE_WEIGHT: weights.sample_weight}
        if with_factors:
            written |= {f"{FACTOR_PREFIX}{name}": factor for name, factor in weights.factors.items()}
        for name, values in written.items():
            rows = rows.append_column(name, [_spread(values, interactions.row, rows.num_rows)])
        write_table(rows, out)
    found = _summary(weights.sample_weight, cleaning.n_rows - cleaning.n_kept)
    if as_json:
        show_json({"out": out, **found, **_softness(weights)})
        return
    show(
        table(
            [
                ("rows weighed", f"{found['n_rows']:,}"),
                ("rows of weight 0", f"{found['n_dropped']:,}"),
                ("smallest weight", f"{found['smallest']:.3f}"),
                ("median weight", f"{found['median']:.3f}"),
                ("largest weight", f"{found['largest']:.3f}"),
                ("effective sample size", share_text(found["effective_sample_size"])),
                *(_softness_rows(weights) if settings.effective_sample else []),
            ]
        )
    )
    note(f"wrote {rows.num_rows:,} rows to {out}")


def _spread(values: Any, at: Any, n_rows: int) -> Any:
    """``values`` at the rows ``at`` of the log, 0 at those that were dropped."""
    import numpy as np

    spread = np.zeros(n_rows)
    spread[at] = values
    return spread


def _summary(weight: Any, n_dropped: int) -> dict[str, Any]:
    import numpy as np

    return {
        "n_rows": len(weight),
        "n_dropped": n_dropped,
        "smallest": float(weight.min()),
        "median": float(np.median(weight)),
        "largest": float(weight.max()),
        "effective_sample_size": float(weight.sum() ** 2 / (len(weight) * np.square(weight).sum())),
    }


def _softness(weights: Any) -> dict[str, float]:
    """How even the importance of the judged rows is, apart from factors and rows without judgement."""
    return {"temperature": weights.temperature, "effective_sample_of_importance": weights.effective_sample}


def _softness_rows(weights: Any) -> list[tuple[str, str]]:
    return [
        ("of the importance alone", share_text(weights.effective_sample)),
        ("temperature chosen for it", f"{weights.temperature:.4g}"),
    ]
