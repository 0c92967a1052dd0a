"""What was found in a log as sections of a page, for people who act on it."""

from collections.abc import Mapping
from typing import Any

from samplew_gbm.columns import EVENT, IMPORTANCE, ITEM_ID, TIMESTAMP, USER_ID
from samplew_gbm.pipeline.weight_summary import histogram_of
from samplew_gbm.report.files import ITEMS, SUSPICIOUS, USERS
from samplew_gbm.report.layout import Columns, paragraph, section, table
from samplew_gbm.report.making import Report
from samplew_gbm.report.markup import count, escaped, moment, number, percent, top_users
from samplew_gbm.report.spread import spread_figure

_ORDER = (
    "with the mean importance of their rows and its 95 % interval; those of few or of "
    "very different rows are ordered as if their mean were nearer to 1, so that one lucky row does not lead."
)


def finding_sections(report: Report, tables: Mapping[str, Any], *, top: int, more: bool) -> list[str]:
    """The spread of the importance, the first ``top`` rows of each table; ``more`` where files have all."""
    return [
        _importance(report),
        *(
            section(
                heading,
                paragraph(reading),
                paragraph(limits, "limits"),
                _shown(columns, tables[file].slice(0, top)),
            )
            for file, (heading, reading, limits, columns) in _sections(report, more).items()
        ),
    ]


def _importance(report: Report) -> str:
    return section(
        "Importance of the judged rows",
        paragraph(_judged_words(report)),
        paragraph(
            "A row of importance 2 counts as much as two average ones: it agrees with what its user did "
            "before and with what such users take."
        ),
        paragraph(
            "It does not say which rows are wrong: there is no importance below which a row is an accident.",
            "limits",
        ),
        spread_figure(histogram_of(report.importance), "importance", key="importance"),
    )


def _judged_words(report: Report) -> str:
    """How many rows were judged, and what became of the others."""
    left_out = report.n_rows - report.n_judged
    return (
        f"Of {count(report.n_rows)} rows {count(report.n_judged)} were judged, each by models that have not "
        f"seen it; {count(left_out)} could not be, as too little comes before them to judge them by, and are "
        "left out of all that follows."
    )


def _sections(report: Report, more: bool) -> dict[str, tuple[str, str, str, Columns]]:
    """Of each table its heading, how to read it, what it does not claim, and its columns."""
    rest = f"; {SUSPICIOUS} has more of them" if more else ""
    return {
        SUSPICIOUS: (
            "Suspicious rows",
            "Look here first for slips and for accounts that several people share: these rows fit their user "
            "the least, the least fitting first; a place of 1 % means that only 1 % of the judged rows fit "
            "as badly.",
            "It does not claim that these rows are noise, nor how many are: a first purchase of a new kind "
            f"looks the same{_MISSING[report.judge]}{rest}.",
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


def _shown(columns: Columns, rows: Any) -> str:
    if not len(rows):
        return paragraph("There are none: all rows weigh alike.")
    present = {key: words for key, words in columns.items() if key in rows.column_names}
    return table(present, [_with_users(row) for row in rows.to_pylist()])


def _with_users(row: dict[str, Any]) -> dict[str, Any]:
    if "top_users" not in row:
        return row
    return row | {"top_users": top_users(row["top_users"], row["top_affinity_rank"], row["top_n_own"])}


_MISSING = {
    "consensus": ", and an accident on something popular looks like taste and may well be missing",
    "taste": "",
}
"""What each judge does not see."""
_SUSPICIOUS_COLUMNS: Columns = {
    USER_ID: ("user", escaped),
    ITEM_ID: ("item", escaped),
    TIMESTAMP: ("time (UTC)", moment),
    EVENT: ("event", escaped),
    "row": ("row of the log", count),
    IMPORTANCE: ("importance", number),
    "share_rank": ("place from below", percent),
}
_MEAN_COLUMNS: Columns = {
    "n_rows": ("rows", count),
    "n_judged": ("judged", count),
    "mean_importance": ("mean importance", number),
    "low": ("from", number),
    "high": ("to", number),
    "share": ("share of the total", percent),
}
