"""``samplew doctor``: the traps of weighted ranking, looked for in a log, a matrix or a model."""

import textwrap
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from samplew_gbm.cli import _options as options
from samplew_gbm.cli._evidence import Examined, kind_of, of_log, of_matrix, of_model, read_parameters
from samplew_gbm.cli._log import COLUMNS, METHOD, ROWS, SIDE, LogOptions, log_options
from samplew_gbm.cli._output import note, show, show_json
from samplew_gbm.cli._paths import Source, is_given, refuse_options
from samplew_gbm.cli._progress import console_progress
from samplew_gbm.cli._settings import parse_settings
from samplew_gbm.columns import MatrixColumns
from samplew_gbm.errors import DataError, SettingsError

if TYPE_CHECKING:
    from samplew_gbm.importance.doctor import Finding

_WIDTH = 110
_OF_A_LOG = (*SIDE, *ROWS, *COLUMNS, *METHOD, "impression_event")
_OF_A_TABLE = ("kind", "query_column", "label_column", "weight_column", "position_column")


@click.command(
    "doctor",
    short_help="The traps of weighted ranking in a log, a matrix or a model.",
    epilog=options.examples(
        "samplew doctor log.parquet",
        "samplew doctor model.swg",
        "samplew doctor matrix.parquet --params lightgbm.json",
        "samplew doctor matrix.csv --query-column session --label-column clicked --json",
        "samplew doctor log.parquet --items items.csv --set half_life=30",
        "samplew doctor pages.parquet --kind log --query-column page --label-column clicked",
    ),
)
@options.input_argument("source", "INPUT")
@click.option(
    "--params",
    "params_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="JSON file of the LightGBM parameters that you train with, for a log or a matrix.",
)
@click.option(
    "--kind",
    type=click.Choice(["log", "matrix"]),
    help="What INPUT is, where it is no model.  [default: a matrix if it has the columns of query and label]",
)
@options.matrix_column_options
@options.importance_option
@options.settings_options
@log_options(weight=False, displays=False)
@options.impression_event_option
@options.threads_option
@options.json_option
def command(
    source: Source,
    params_file: Path | None,
    kind: str | None,
    matrix_columns: MatrixColumns,
    reading: LogOptions,
    importance: str | None,
    impression_event: str,
    seed: int | None,
    assignments: tuple[str, ...],
    threads: int | None,
    as_json: bool,
) -> None:
    """Look for what silently spoils weighted ranking with LightGBM.

    INPUT is a log, which is weighed first; a ready feature matrix, told by its columns query_id and label,
    with weight and position if there are; or a model that train wrote. Every rule says what it saw; where
    that is a trap, why it is one and what to do. The exit code is 3 if there is an error among the findings.

    A log is weighed as train would with the same options. Its columns of the query, the label, the weight and
    the position mean something only where they are named.
    """
    settings = parse_settings(assignments, importance=importance, seed=seed)
    found = kind_of(source, matrix_columns, kind)
    _refuse(source, found, params_file)
    parameters = read_parameters(params_file)
    if found != "model" and parameters is None:
        note("--params FILE.json has the LightGBM parameters looked at too")
    with console_progress() as progress:
        if found == "model":
            examined = of_model(Path(str(source)))
        elif found == "matrix":
            examined = of_matrix(source, matrix_columns, parameters)
        else:
            named = _with_named(reading, matrix_columns, impression_event)
            examined = of_log(source, named, settings, parameters, threads, progress)
    _tell(source, examined, as_json)


def _refuse(source: Source, kind: str, params_file: Path | None) -> None:
    """An error where an option was given that says nothing of such an input."""
    if kind == "model":
        refuse_options((*_OF_A_LOG, *_OF_A_TABLE), f"{source} is a model, and needs none of it; leave it out")
        if params_file is not None:
            raise SettingsError(
                f"--params {params_file}: a model says itself how it was trained; leave it out"
            )
    if kind == "matrix":
        refuse_options(
            _OF_A_LOG, f"{source} is a matrix, and this belongs to a log; leave it out, or add --kind log"
        )


def _with_named(reading: LogOptions, matrix: MatrixColumns, impression_event: str) -> LogOptions:
    """The same with those columns of a log that have the names of a matrix's, where they were given."""
    columns = replace(
        reading.columns,
        query_id=matrix.query_id if is_given("query_column") else "",
        label=matrix.label if is_given("label_column") else "",
        weight=matrix.weight if is_given("weight_column") else "",
        position=matrix.position if is_given("position_column") else "",
        impression_event=impression_event,
    )
    return replace(reading, columns=columns)


def _tell(source: Source, examined: Examined, as_json: bool) -> None:
    from samplew_gbm.importance.doctor import examine, worst_first

    findings = worst_first(examine(examined.evidence))
    if as_json:
        found = {"kind": examined.kind, "facts": examined.facts, "findings": findings}
        show_json({"input": str(source), **found})
    else:
        show(f"{source}: a {examined.kind}; {_facts_text(examined.facts)}\n")
        show("\n".join(_lines(findings)))
    if any(finding.severity == "error" for finding in findings):
        raise click.exceptions.Exit(DataError.exit_code)


def _facts_text(facts: dict[str, Any]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {_value_text(value)}" for name, value in facts.items())


def _value_text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else f"{value:.3g}" if isinstance(value, float) else value


def _lines(findings: "list[Finding]") -> list[str]:
    """A line for each finding, and why and what to do below those that are no "ok"."""
    width = max((len(finding.rule) for finding in findings), default=0)
    lines = []
    for finding in findings:
        lines += _folded(f"{finding.severity:<7}  {finding.rule:<{width}}  ", finding.what, width + 11)
        if finding.severity != "ok":
            lines += _folded(" " * 9 + "why: ", finding.why, 14)
            lines += [*_folded(" " * 9 + "do:  ", finding.remedy, 14), ""]
    return lines


def _folded(head: str, text: str, indent: int) -> list[str]:
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=head,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
