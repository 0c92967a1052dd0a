"""The parts of a page as HTML: sections, tables, figures. What is handed over as text is markup already."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from samplew_gbm.report.markup import NUMERIC, plain
from samplew_gbm.report.style import PAGE_STYLE

Cell = Callable[[Any], str]
Columns = Mapping[str, tuple[str, Cell]]
"""Of each column its head, and how a value of it is written."""

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
<h1>{title}</h1>
{body}
</main>
</body>
</html>
"""


def document(title: str, parts: Iterable[str]) -> str:
    """A whole page that needs no script and no other file; ``title`` is plain text."""
    return _PAGE.format(title=plain(title), style=PAGE_STYLE, body="\n".join(parts))


def section(heading: str, *parts: str) -> str:
    """A part of the page under a heading."""
    return "\n".join(["<section>", f"<h2>{heading}</h2>", *parts, "</section>"])


def paragraph(text: str, kind: str = "") -> str:
    """A paragraph; of the kinds ``lead`` and ``limits`` or none."""
    return f'<p class="{kind}">{text}</p>' if kind else f"<p>{text}</p>"


def notes(lines: Iterable[str]) -> str:
    """A list of sentences; nothing where there is none."""
    items = "".join(f"<li>{line}</li>" for line in lines)
    return f'<ul class="notes">{items}</ul>' if items else ""


def cards(figures: Iterable[tuple[str, str]]) -> str:
    """A few figures side by side, each a name and a value."""
    shown = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in figures)
    return f'<dl class="cards">{shown}</dl>'


def figure(finding: str, drawing: str, reading: str = "", numbers: str = "") -> str:
    """A drawing under the finding that it shows, how to read it, and beside it the same as a table."""
    caption = f"<figcaption><h3>{finding}</h3>{paragraph(reading) if reading else ''}</figcaption>"
    table = f"<details><summary>The same in numbers</summary>{numbers}</details>" if numbers else ""
    return "\n".join(["<figure>", caption, drawing, table, "</figure>"])


def table(columns: Columns, rows: Iterable[Mapping[str, Any]], caption: str = "") -> str:
    """A table of those ``columns``; one that is wider than the page scrolls by itself."""
    heads = _cells("th", columns, [head for head, _ in columns.values()])
    lines = [_cells("td", columns, [text(row[key]) for key, (_, text) in columns.items()]) for row in rows]
    return "\n".join(
        [
            '<div class="wide" tabindex="0"><table>',
            *([f"<caption>{caption}</caption>"] if caption else []),
            f"<thead>{heads}</thead>",
            "<tbody>",
            *lines,
            "</tbody>",
            "</table></div>",
        ]
    )


def _cells(tag: str, columns: Columns, texts: Sequence[str]) -> str:
    scope = ' scope="col"' if tag == "th" else ""
    kinds = [' class="number"' if text in NUMERIC else "" for _, text in columns.values()]
    cells = [f"<{tag}{scope}{kind}>{text}</{tag}>" for kind, text in zip(kinds, texts, strict=True)]
    return f"<tr>{''.join(cells)}</tr>"
