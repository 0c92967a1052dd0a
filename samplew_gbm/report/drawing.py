"""Drawings as SVG that are as wide as their place: lengths are in percent, so text keeps its size."""

from collections.abc import Sequence
from dataclasses import dataclass

from samplew_gbm.report.markup import drawn, plain
from samplew_gbm.report.style import PICTURE_STYLE

_STEP, _BAR, _FOOT = 46, 14, 26  # pixels of a bar with its label, of the bar, of the axis
_LABEL = 44  # characters that a narrow screen has room for
_REACH = 80  # percent of the width that bars take; behind them stands the number
_WIDTH, _MARGIN = 760, 28  # of a picture
_LINE = 22


@dataclass(frozen=True, slots=True)
class Bar:
    """A value, its name and how it is written; perhaps the interval about it."""

    label: str
    value: float
    told: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Drawing:
    """Elements of an SVG of that height, in pixels."""

    height: int
    elements: tuple[str, ...]


def bars(shown: Sequence[Bar], axis: str, *, signs: bool = False) -> Drawing:
    """Horizontal bars from a common zero, each below its label; ``axis`` says what their length is.

    With ``signs`` bars of either side of zero differ in colour too.
    """
    ends = [0.0, *(end for bar in shown for end in (bar.value, bar.low, bar.high) if end is not None)]
    low, high = min(ends), max(ends)
    span = (high - low) or 1.0

    def at(value: float) -> str:
        return f"{_REACH * (value - low) / span:.2f}%"

    elements: list[str] = []
    for place, bar in enumerate(shown):
        top = place * _STEP
        kind = "bar" if not signs else "up" if bar.value >= 0 else "down"
        width = f"{_REACH * abs(bar.value) / span:.2f}%"
        elements += [
            f'<text x="0" y="{top + 15}">{drawn(bar.label, _LABEL)}</text>',
            f'<text class="number" x="100%" y="{top + 34}" text-anchor="end">{plain(bar.told)}</text>',
            f'<rect class="{kind}" x="{at(min(bar.value, 0))}" y="{top + 22}" '
            f'width="{width}" height="{_BAR}">'
            f"<title>{drawn(bar.label, 200)}: {plain(bar.told)}</title></rect>",
            f'<line class="zero" x1="{at(0)}" x2="{at(0)}" y1="{top + 19}" y2="{top + 39}"></line>',
        ]
        if bar.low is not None and bar.high is not None:
            elements.append(_line("whisker", at(bar.low), at(bar.high), top + 22 + _BAR // 2))
    bottom = len(shown) * _STEP
    label = f'<text class="muted" x="0" y="{bottom + 16}">{plain(axis)}</text>'
    return Drawing(bottom + _FOOT, (*elements, label))


def lines(texts: Sequence[str], *, longest: int = 100) -> Drawing:
    """Lines of text; what is longer goes on in the next."""
    folded = [part for text in texts for part in _folded(text, longest)]
    elements = [
        f'<text x="0" y="{16 + _LINE * place}">{drawn(line, 2 * longest)}</text>'
        for place, line in enumerate(folded)
    ]
    return Drawing(_LINE * len(folded) + 8, tuple(elements))


def inline(drawing: Drawing, *, key: str, title: str, description: str) -> str:
    """The drawing in a page; ``title`` and ``description`` are read to who does not see it."""
    return "\n".join(
        [
            f'<svg height="{drawing.height}" role="img" aria-labelledby="{key}-title {key}-text">',
            f'<title id="{key}-title">{plain(title)}</title>',
            f'<desc id="{key}-text">{plain(description)}</desc>',
            *drawing.elements,
            "</svg>",
        ]
    )


def picture(title: str, parts: Sequence[tuple[str, Drawing]]) -> str:
    """A file of its own: the drawings one below the other, each under a heading."""
    top, elements = _MARGIN + 50, []
    for heading, drawing in parts:
        elements += [
            f'<text class="heading" x="{_MARGIN}" y="{top}">{plain(heading)}</text>',
            f'<svg x="{_MARGIN}" y="{top + 14}" width="{_WIDTH - 2 * _MARGIN}" height="{drawing.height}">',
            *drawing.elements,
            "</svg>",
        ]
        top += drawing.height + 54
    height = top - 20
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" '
            f'viewBox="0 0 {_WIDTH} {height}" role="img" aria-labelledby="title">',
            f'<title id="title">{plain(title)}</title>',
            f"<style>{PICTURE_STYLE}</style>",
            '<rect class="paper" width="100%" height="100%"></rect>',
            f'<text class="title" x="{_MARGIN}" y="{_MARGIN + 14}">{drawn(title, 66)}</text>',
            *elements,
            "</svg>\n",
        ]
    )


def _line(kind: str, begin: str, end: str, y: int) -> str:
    return f'<line class="{kind}" x1="{begin}" x2="{end}" y1="{y}" y2="{y}"></line>'


def _folded(text: str, longest: int) -> list[str]:
    folded, line = [], ""
    for word in text.split(" "):
        if line and len(line) + 1 + len(word) > longest:
            folded.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return [*folded, line]
