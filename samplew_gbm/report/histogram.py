"""A histogram as a drawing."""

from collections.abc import Iterator

from samplew_gbm.pipeline.weight_summary import Histogram
from samplew_gbm.report.drawing import Drawing

_HEIGHT, _TOP = 190, 22


def histogram(shown: Histogram) -> Drawing:
    """How often each value occurs, with a line at 1, the mean."""
    upper, most = shown.edges[-1], max(shown.counts)
    width = 100 / len(shown.counts)
    bars = [
        _bar(place * width, width, count / most, told)
        for place, (count, told) in enumerate(zip(shown.counts, _told(shown), strict=True))
    ]
    mean = 100 / upper
    middle = "start" if mean < 15 else "end" if mean > 85 else "middle"
    bottom = _TOP + _HEIGHT
    return Drawing(
        bottom + 26,
        (
            *bars,
            f'<line class="zero" x1="0" x2="100%" y1="{bottom}" y2="{bottom}"></line>',
            f'<line class="mark" x1="{mean:.2f}%" x2="{mean:.2f}%" y1="{_TOP}" y2="{bottom}"></line>',
            _label(f"{mean:.2f}%", 15, middle, "1 = mean"),
            _label("0", bottom + 18, "start", "0"),
            _label("100%", bottom + 18, "end", f"{upper:.1f} and above"),
        ),
    )


def _told(shown: Histogram) -> Iterator[str]:
    last = len(shown.counts) - 1
    for place, count in enumerate(shown.counts):
        begin, end = shown.edges[place : place + 2]
        reach = f"from {begin:.2f}" if place == last else f"{begin:.2f} to {end:.2f}"
        yield f"{reach}: {count:,} rows"


def _bar(x: float, width: float, height: float, told: str) -> str:
    tall = height * _HEIGHT
    return (
        f'<rect class="bar" x="{x:.2f}%" y="{_TOP + _HEIGHT - tall:.1f}" width="{0.9 * width:.2f}%" '
        f'height="{tall:.1f}"><title>{told}</title></rect>'
    )


def _label(x: str, y: int, anchor: str, text: str) -> str:
    return f'<text class="muted" x="{x}" y="{y}" text-anchor="{anchor}">{text}</text>'
