"""``samplew inspect``: what is inside a model."""

from pathlib import Path
from typing import Any

import click
import msgspec

from samplew_gbm.cli import _options as options
from samplew_gbm.cli._output import share_text, show, show_json, table
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
    from samplew_gbm.pipeline import load_model

    model = load_model(model_file)
    if as_json:
        show_json(
            {
                "model": model_file,
                "settings": model.settings,
                "feature_names": model.feature_names,
                "report": model.report,
            }
        )
        return
    for title, text in _sections(model):
        if text:
            show(f"{title}\n{_indented(text)}\n")


def _sections(model: Any) -> list[tuple[str, str]]:
    report = model.report
    recall = [(source, share_text(share)) for source, share in _falling(report.recall_by_source)]
    total = sum(report.feature_gain.values()) or 1.0
    used = [(name, share_text(value / total)) for name, value in _falling(report.feature_gain) if value > 0]
    unused = len(model.feature_names) - len(used)
    gain = [*used, *([(f"(no split uses {unused} more)", "")] if unused else [])]
    verdict = [] if report.verdict is None else [("Verdict on the weights", report.verdict.words())]
    return [
        ("Training", summary(report)),
        *verdict,
        ("Settings", table(list(msgspec.to_builtins(model.settings).items()))),
        ("Candidate recall by source", table(recall)),
        ("Features by gain", table(gain)),
    ]


def _falling(values: dict[str, float]) -> list[tuple[str, float]]:
    return sorted(values.items(), key=lambda pair: (-pair[1], pair[0]))


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
