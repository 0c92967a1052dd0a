"""The page of a report: one HTML file that needs nothing else, for people who act on it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from samplew_gbm.columns import EVENT, IMPORTANCE, ITEM_ID, TIMESTAMP, USER_ID
from samplew_gbm.report.files import ITEMS, SUSPICIOUS, USERS
from samplew_gbm.report.histogram import histogram_svg
from samplew_gbm.report.making import Report
from samplew_gbm.report.markup import count, escaped, moment, number, percent, plain, top_users

Cell = Callable[[Any], str]
Row = dict[str, Any]

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1c2430 }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
h1, h2 { line-height: 1.2 } h2 { margin-top: 2.5rem }
.limits { color: #5a6472 }
table { border-collapse: collapse; width: 100%; font-size: .9rem }
th, td { padding: .3rem .6rem; text-align: left; border-bottom: 1px solid #dde2e8; overflow-wrap: anywhere }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; overflow-wrap: normal }
svg { width: 100%; height: auto } rect { fill: #4a7fb5 } text { font-size: 14px; fill: #5a6472 }
line.mean { stroke: #c0392b; stroke-dasharray: 4 3 }
"""

_ORDER = (
    "with the mean importance of their rows and its 95 % interval; those of few or of "
    "very different rows are ordered as if their mean were nearer to 1, so that one lucky row does not lead."
)

_HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
"""


def page_html(report: Report, tables: Mapping[str, Any], *, name: str, top: int) -> str:
    """The page of a report on the log called ``name``, with the first ``top`` rows of its tables."""
    title = f"What counts in {plain(name)}"
    parts = [
        _HEAD.format(title=title, style=_STYLE),
        f"<h1>{title}</h1>",
        *_introduction(report),
        *(_section(*words, tables[file].slice(0, top)) for file, words in _sections(report).items()),
        "</body>\n</html>\n",
    ]
    return "\n".join(parts)


def _introduction(report: Report) -> list[str]:
    left_out = report.n_rows - report.n_judged
    return [
        f"<p>Of {count(report.n_rows)} rows {count(report.n_judged)} were judged, each by models that have "
        f"not seen it; {count(left_out)} could not be, as too little comes before them to judge them by, and "
        "are left out of all that follows.</p>",
        "<h2>Importance of the judged rows</h2>",
        "<p>A row of importance 2 counts as much as two average ones: it agrees with what its user did "
        "before and with what such users take.</p>",
        '<p class="limits">It does not say which rows are wrong: there is no importance below which a row is '
        "an accident.</p>",
        histogram_svg(report.importance),
    ]


def _sections(report: Report) -> dict[str, tuple[str, str, str, dict[str, tuple[str, Cell]]]]:
    """Of each table its heading, how to read it, what it does not claim, and its columns."""
    return {
        SUSPICIOUS: (
            "Suspicious rows",
            "Look here first for slips and for accounts that several people share: these rows fit their user "
            "the least, the least fitting first; a place of 1 % means that only 1 % of the judged rows fit "
            "as badly.",
            "It does not claim that these rows are noise, nor how many are: a first purchase of a new kind "
            "looks the same, and an accident on something popular looks like taste and may well be missing; "
            f"{SUSPICIOUS} has more of them.",
            _SUSPICIOUS_COLUMNS,
        ),
        USERS: (
            "Value of users",
            f"Users whose rows agree most with each other and with those of users alike, {_ORDER}",
            "It does not claim that these users spend more, nor that users further down are worth less: a "
            "rare taste has a low mean too, a wide interval means that little is known, and who leads a long "
            "list owes a part of that to luck.",
            {USER_ID: ("user", escaped), **_MEAN_COLUMNS},
        ),
        ITEMS: (
            "Relevance of items",
            f"Items that matter most to those who took them, by the importance {report.scheme}, {_ORDER} The "
            "last column names the users it matters to most, and its place among what suits each of them.",
            "It does not claim that other users would like these items; by consensus what is popular comes "
            "forward more easily.",
            {
                ITEM_ID: ("item", escaped),
                **_MEAN_COLUMNS,
                "top_users": ("matters most to (place of how many)", str),
            },
        ),
    }


def _section(
    heading: str, reading: str, limits: str, columns: dict[str, tuple[str, Cell]], table: Any
) -> str:
    shown = {key: words for key, words in columns.items() if key in table.column_names}
    return "\n".join(
        [
            f"<h2>{heading}</h2>",
            f"<p>{reading}</p>",
            f'<p class="limits">{limits}</p>',
            "<table>",
            f"<thead>{_cells('th', shown, [head for head, _ in shown.values()])}</thead>",
            "<tbody>",
            *(_line(shown, row) for row in table.to_pylist()),
            "</tbody>",
            "</table>",
        ]
    )


def _line(columns: dict[str, tuple[str, Cell]], row: Row) -> str:
    if "top_users" in row:
        row = row | {"top_users": top_users(row["top_users"], row["top_affinity_rank"], row["top_n_own"])}
    return _cells("td", columns, [text(row[key]) for key, (_, text) in columns.items()])


def _cells(tag: str, columns: Mapping[str, tuple[str, Cell]], texts: Sequence[str]) -> str:
    numeric = [' class="number"' if text in (number, percent, count) else "" for _, text in columns.values()]
    cells = [f"<{tag}{kind}>{text}</{tag}>" for kind, text in zip(numeric, texts, strict=True)]
    return f"<tr>{''.join(cells)}</tr>"


_SUSPICIOUS_COLUMNS: dict[str, tuple[str, Cell]] = {
    USER_ID: ("user", escaped),
    ITEM_ID: ("item", escaped),
    TIMESTAMP: ("time (UTC)", moment),
    EVENT: ("event", escaped),
    "row": ("row of the log", count),
    IMPORTANCE: ("importance", number),
    "share_rank": ("place from below", percent),
}
_MEAN_COLUMNS: dict[str, tuple[str, Cell]] = {
    "n_rows": ("rows", count),
    "n_judged": ("judged", count),
    "mean_importance": ("mean importance", number),
    "low": ("from", number),
    "high": ("to", number),
    "share": ("share of the total", percent),
}
