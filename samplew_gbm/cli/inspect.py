"""``samplew inspect``: what is inside a model."""

from pathlib import Path
from typing import Any

import click
import msgspec

from samplew_gbm.cli import _options as options
from samplew_gbm.cli._matrix import opened
from samplew_gbm.cli._matrix_use import inside
from samplew_gbm.cli._matrix_use import sections as sections_of_matrix
from samplew_gbm.cli._output import falling, gain_text, share_text, show, show_json, table
from samplew_gbm.cli.train import summary


@click.command(
    "inspect",
    short_help="What is inside a model.",
    epilog=options.examples("samplew inspect model.swg", "samplew inspect model.swg --json"),
)
@options.input_argument("model_file", "MODEL")
@options.json_option
def command(model_file: Path, as_json: bool) -> None:
    """Show what is inside MODEL: sizes, settings, features by gain, and what the training took."""
    bundle, of_matrix = opened(model_file)
    if of_matrix:
        from samplew_gbm.pipeline.matrix_storage import matrix_model_in

        of_rows = matrix_model_in(bundle)
        found, sections = inside(of_rows), sections_of_matrix(of_rows)
    else:
        from samplew_gbm.pipeline.storage import model_in

        model = model_in(bundle)
        found, sections = _inside(model), _sections(model)
    if as_json:
        show_json({"model": model_file, **found})
        return
    for title, text in sections:
        if text:
            show(f"{title}\n{_indented(text)}\n")


def _inside(model: Any) -> dict[str, Any]:
    return {"settings": model.settings, "feature_names": model.feature_names, "report": model.report}


def _sections(model: Any) -> list[tuple[str, str]]:
    report = model.report
    recall = [(source, share_text(share)) for source, share in falling(report.recall_by_source)]
    verdict = [] if report.verdict is None else [("Verdict on the weights", report.verdict.words())]
    return [
        ("Training", summary(report)),
        *verdict,
        ("Settings", table(list(msgspec.to_builtins(model.settings).items()))),
        ("Candidate recall by source", table(recall)),
        ("Features by gain", gain_text(report.feature_gain)),
    ]


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
