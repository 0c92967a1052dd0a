"""The page of a log: one HTML file that needs nothing else, for people who act on it."""

from collections.abc import Mapping
from typing import Any

from samplew_gbm.report.finding_sections import finding_sections
from samplew_gbm.report.layout import document, paragraph
from samplew_gbm.report.making import Report
from samplew_gbm.report.markup import count


def page_html(report: Report, tables: Mapping[str, Any], *, name: str, top: int) -> str:
    """The page of a report on the log called ``name``, with the first ``top`` rows of its tables."""
    sections = finding_sections(report, tables, top=top, more=True)
    return document(f"What counts in {name}", [paragraph(judged_words(report), "lead"), *sections])


def judged_words(report: Report) -> str:
    """How many rows were judged, and what became of the others."""
    left_out = report.n_rows - report.n_judged
    return (
        f"Of {count(report.n_rows)} rows {count(report.n_judged)} were judged, each by models that have not "
        f"seen it; {count(left_out)} could not be, as too little comes before them to judge them by, and are "
        "left out of all that follows."
    )
