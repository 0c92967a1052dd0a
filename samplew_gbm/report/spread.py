"""The spread of importance or weights as a figure of a page."""

from samplew_gbm.pipeline.weight_summary import Histogram
from samplew_gbm.report.drawing import inline
from samplew_gbm.report.histogram import histogram
from samplew_gbm.report.layout import Columns, figure, table
from samplew_gbm.report.markup import count, number

_AT_ONCE = 4  # bars to a row of the table


def spread_figure(shown: Histogram, what: str, *, key: str) -> str:
    """``what`` are the values, such as "importance"; the finding is where most of them lie."""
    drawing = inline(
        histogram(shown),
        key=key,
        title=f"How often each {what} occurs",
        description=f"{sum(shown.counts):,} rows from 0 to {shown.edges[-1]:.2f} and above; a line marks 1",
    )
    low, high = _quantile(shown, 0.1), _quantile(shown, 0.9)
    finding = f"Four of five rows count {low:.2f} to {high:.2f} times as much as an average one"
    reading = f"Across: {what}, 1 on average. Up: how many rows have it."
    return figure(finding, drawing, reading, table(_COLUMNS, _rows(shown)))


def _quantile(shown: Histogram, share: float) -> float:
    """As if values were spread evenly within a bar."""
    wanted = share * sum(shown.counts)
    for place, n in enumerate(shown.counts):
        if wanted <= n:
            begin, end = shown.edges[place : place + 2]
            return begin + (end - begin) * wanted / max(n, 1)
        wanted -= n
    return shown.edges[-1]


def _rows(shown: Histogram) -> list[dict[str, float]]:
    edges = shown.edges[::_AT_ONCE]
    counts = [sum(shown.counts[at : at + _AT_ONCE]) for at in range(0, len(shown.counts), _AT_ONCE)]
    return [{"from": begin, "n": n} for begin, n in zip(edges, counts, strict=False)]


_COLUMNS: Columns = {"from": ("from", number), "n": ("rows", count)}
