"""The page of a model: one HTML file that needs nothing else, for people who decide about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from samplew_gbm.report.describing import ModelReport
from samplew_gbm.report.effect_section import effect_section
from samplew_gbm.report.finding_sections import finding_sections
from samplew_gbm.report.layout import cards, document, paragraph
from samplew_gbm.report.making import Report
from samplew_gbm.report.markup import count, metric, plain
from samplew_gbm.report.quality_section import quality_words, tested, untested
from samplew_gbm.report.run_section import run_section
from samplew_gbm.report.running import RunCost
from samplew_gbm.report.stages import bytes_text, seconds_text
from samplew_gbm.report.training_sections import (
    candidate_section,
    cost_section,
    data_section,
    settings_section,
    weight_section,
)


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found in a log, and its tables."""

    report: Report
    tables: Mapping[str, Any]


def model_page(
    report: ModelReport, findings: Findings | None, *, name: str, top: int, run: RunCost | None = None
) -> str:
    """The page of a model called ``name``; tables show at most ``top`` rows.

    ``run`` is what making it took, which alone differs between runs.
    """
    training = report.training
    parts = [
        paragraph(_lead(report), "lead"),
        cards(_figures(report)),
        untested(training.validation) if report.quality is None else tested(report.quality),
        effect_section(report.effects, top=top),
        weight_section(report),
        candidate_section(training),
        data_section(report),
    ]
    if findings is not None:
        parts += finding_sections(findings.report, findings.tables, top=top, more=False)
    if run is not None:
        parts.append(run_section(run))
    parts += [cost_section(training), settings_section(report.changed)]
    return document(f"Report of the model {name}", parts)


def _lead(report: ModelReport) -> str:
    if report.quality is not None:
        return quality_words(report.quality)
    training = report.training
    return plain(
        f"Learned from {count(training.n_interactions)} interactions of {count(training.n_users)} users; no "
        "test log was given, so how good it is on new rows is not told here."
    )


def _figures(report: ModelReport) -> list[tuple[str, str]]:
    training = report.training
    figures = [
        ("interactions", count(training.n_interactions)),
        ("users", count(training.n_users)),
        ("items", count(training.n_items)),
        ("trees", count(training.n_trees)),
    ]
    if training.seconds:
        figures += [
            ("training time", seconds_text(sum(training.seconds.values()))),
            ("peak memory", bytes_text(training.peak_rss_bytes)),
        ]
    if report.quality is not None:
        return [(each.metric, metric(each.model.mean)) for each in report.quality.metrics[:2]] + figures
    return [(f"{name} (validation)", metric(value)) for name, value in training.validation.items()] + figures
