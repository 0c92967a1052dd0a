"""The page of a log: one HTML file that needs nothing else, for people who act on it."""

from collections.abc import Mapping
from typing import Any

from samplew_gbm.report.finding_sections import finding_sections
from samplew_gbm.report.layout import document, paragraph
from samplew_gbm.report.making import Report


def page_html(report: Report, tables: Mapping[str, Any], *, name: str, top: int) -> str:
    """The page of a report on the log called ``name``, with the first ``top`` rows of its tables."""
    lead = "The rows, the users and the items that stand out, as judged by models that have not seen them."
    sections = finding_sections(report, tables, top=top, more=True)
    return document(f"What counts in {name}", [paragraph(lead, "lead"), *sections])
