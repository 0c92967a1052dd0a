"""The report of a model, made and told."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samplew_gbm.cli._log import LogOptions
from samplew_gbm.cli._output import note, show, show_json, table
from samplew_gbm.cli._paths import OutputFile, Source, checked_out, refuse_overwriting
from samplew_gbm.cli._progress import console_progress
from samplew_gbm.cli._reading import note_known, read_later, read_log_to_learn
from samplew_gbm.cli._side import join_arrivals

if TYPE_CHECKING:
    from samplew_gbm.pipeline import Model
    from samplew_gbm.progress import Progress
    from samplew_gbm.report.describing import ModelReport
    from samplew_gbm.report.model_page import Findings

_PAGE = OutputFile((".html", ".htm"))
_FEATURES = 5  # that are told


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """What the command was asked for."""

    bundle: Path
    out: Path
    test: Source | None
    log: Source | None
    top: int
    reading: LogOptions
    threads: int | None


def report_model(request: ModelRequest, *, as_json: bool) -> None:
    """Write the page of a model, and tell what it says."""
    out = checked_out(_PAGE, request.out)
    refuse_overwriting(out, request.bundle, request.test, request.log, *request.reading.paths)
    from samplew_gbm.data.writing import atomic_write
    from samplew_gbm.pipeline import load_model
    from samplew_gbm.report.describing import describe_model
    from samplew_gbm.report.model_page import model_page
    from samplew_gbm.report.running import LOAD, run_cost

    with console_progress() as progress:
        with progress.stage(LOAD):
            model = load_model(request.bundle)
        if request.test is not None:
            arrivals = replace(request.reading.side, users=None)
            model = join_arrivals(model, arrivals, request.reading.columns, progress)
        test = read_later(request.test, request.reading.columns, model.order, progress)
        found = describe_model(model, test=test, n_threads=request.threads, progress=progress)
        n_tested = None if found.quality is None else found.quality.n_users
        run = run_cost(model, progress, n_tested=n_tested, n_threads=request.threads)
        findings = None if request.log is None else _findings(model, request.log, request, progress)
        name = request.bundle.resolve().name
        page = model_page(found, findings, name=name, top=request.top, run=run)
        with atomic_write(out) as file:
            file.write(page.encode("utf-8"))
    if found.quality is not None:
        note_known(found.quality.n_known_rows)
    if as_json:
        show_json({"model": request.bundle, "out": out, "report": found, "run": run})
    else:
        show(table(_summary(found)))
        note(f"wrote {out}; open it in a browser")


def _findings(model: "Model", log: Source, request: ModelRequest, progress: "Progress") -> "Findings":
    import msgspec

    from samplew_gbm.report.making import JUDGES, make_report
    from samplew_gbm.report.model_page import Findings
    from samplew_gbm.report.tables import report_tables

    order = "file" if model.order.value == "file" else "auto"
    if _is_described(model) and not request.reading.paths:
        note("the model knows more than its log: give --items and its like as train got them")
    settings = msgspec.structs.replace(model.settings, importance=JUDGES[0])
    learned = read_log_to_learn(log, replace(request.reading, order=order), settings, progress)
    found = make_report(
        learned.interactions, learned.settings, top=request.top, n_threads=request.threads, progress=progress
    )
    return Findings(found, report_tables(learned.interactions, found))


def _is_described(model: "Model") -> bool:
    return model.tables.content is not None or model.tables.side is not None


def _summary(found: "ModelReport") -> list[tuple[str, Any]]:
    quality = [("quality", "give --test LOG for it")]
    if found.quality is not None:
        quality = [
            (each.metric, f"{each.model.mean:.4f} ({each.model.low:.4f} to {each.model.high:.4f})")
            for each in found.quality.metrics
        ]
    moving = [(f"moves scores: {each.feature}", f"{each.mean:.3f}") for each in found.effects.features]
    return [*quality, *moving[:_FEATURES]]
