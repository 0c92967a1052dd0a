"""The spread of importance or weights as a figure of a page."""

from samplew_gbm.pipeline.weight_summary import Histogram
from samplew_gbm.report.drawing import inline
from samplew_gbm.report.histogram import histogram
from samplew_gbm.report.layout import Columns, figure, table
from samplew_gbm.report.markup import count, number

_AT_ONCE = 4  # bars to a row of the table


def spread_figure(shown: Histogram, what: str, *, key: str) -> str:
    """``what`` are the values, such as "importance"; the finding is the share of them below the half."""
    drawing = inline(
        histogram(shown),
        key=key,
        title=f"How often each {what} occurs",
        description=f"{sum(shown.counts):,} rows from 0 to {shown.edges[-1]:.2f} and above; a line marks 1",
    )
    finding = f"{_share_below(shown, 0.5):.0%} of the rows count less than half of an average one"
    reading = f"Across: {what}, 1 on average. Up: how many rows have it."
    return figure(finding, drawing, reading, table(_COLUMNS, _rows(shown)))


def _share_below(shown: Histogram, value: float) -> float:
    """As if values were spread evenly within a bar."""
    below = 0.0
    for place, n in enumerate(shown.counts):
        begin, end = shown.edges[place : place + 2]
        below += n * min(1.0, max(0.0, (value - begin) / (end - begin)))
    return below / sum(shown.counts)


def _rows(shown: Histogram) -> list[dict[str, float]]:
    edges = shown.edges[::_AT_ONCE]
    counts = [sum(shown.counts[at : at + _AT_ONCE]) for at in range(0, len(shown.counts), _AT_ONCE)]
    return [{"from": begin, "n": n} for begin, n in zip(edges, counts, strict=False)]


_COLUMNS: Columns = {"from": ("from", number), "n": ("rows", count)}
