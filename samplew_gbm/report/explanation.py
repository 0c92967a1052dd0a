"""The explanation of a recommendation as a page and as a picture, both of the same value."""

from samplew_gbm.explain.recommendation import Explanation
from samplew_gbm.explain.words import START, headline, nominated, what_sums
from samplew_gbm.report.drawing import Bar, Drawing, bars, inline, lines, picture
from samplew_gbm.report.layout import Columns, document, figure, notes, paragraph, section, table
from samplew_gbm.report.markup import count, drawn, escaped, number, percent, plain, shortened, signed

_SCORE = "added to the score; to the left: against"
_ATTENTION = "share of the attention"


def explanation_picture(found: Explanation) -> str:
    """An SVG file."""
    title = f"{_short(found.item_id)} for {_short(found.user_id)}: score {found.score:.3f}"
    parts = [(headline(found).capitalize(), lines(found.notes) if found.notes else Drawing(0, ()))]
    if found.reasons:
        parts.append(("What adds up to the score", _reasons(found)))
    if found.attended:
        parts.append(("What attention looked at", _attention(found)))
    if found.nominations:
        parts.append(("Who nominated it", lines([nominated(found)])))
    return picture(title, parts)


def explanation_page(found: Explanation) -> str:
    """An HTML page."""
    summary = f"Score {found.score:.4f}: {headline(found)}."
    parts = [paragraph(plain(summary), "lead"), notes(map(plain, found.notes))]
    if found.reasons:
        parts.append(_reasons_section(found))
    if found.attended:
        parts.append(_attention_section(found))
    if found.nominations:
        told = paragraph(plain(nominated(found)))
        parts.append(section("Who nominated it", told, table(_SOURCES, _source_rows(found))))
    return document(f"Why {shortened(found.item_id)} for {shortened(found.user_id)}", parts)


def _reasons(found: Explanation) -> Drawing:
    parts = [*((each.words, each.contribution) for each in found.reasons), (START, found.base)]
    return bars([Bar(words, value, signed(value)) for words, value in parts], _SCORE, signs=True)


def _attention(found: Explanation) -> Drawing:
    shown = [Bar(str(each.item_id), each.attention, f"{each.attention:.0%}") for each in found.attended]
    return bars(shown, _ATTENTION)


def _reasons_section(found: Explanation) -> str:
    strongest = found.reasons[0]
    finding = f"Most {'for' if strongest.contribution > 0 else 'against'} it: {plain(strongest.words)}"
    drawing = inline(
        _reasons(found),
        key="reasons",
        title=f"What adds up to the score {found.total:.3f}",
        description="; ".join(f"{each.words}: {each.contribution:+.3f}" for each in found.reasons),
    )
    rows = [
        {"feature": each.feature, "value": each.value, "contribution": each.contribution}
        for each in found.features
        if each.contribution
    ]
    reading = f"The bars sum to the {what_sums(found)}, {found.total:.4f}; each is a group of features."
    return section("What adds up to the score", figure(finding, drawing, reading, table(_FEATURES, rows)))


def _attention_section(found: Explanation) -> str:
    first = found.attended[0]
    share = sum(each.attention for each in found.attended)
    drawing = inline(
        _attention(found),
        key="attention",
        title="Share of the attention of items of the history",
        description="; ".join(f"{each.item_id}: {each.attention:.1%}" for each in found.attended),
    )
    rows = [
        {
            "item": each.item_id,
            "attention": each.attention,
            "similarity": each.similarity,
            "times": each.times,
            "back": each.places_back,
        }
        for each in found.attended
    ]
    finding = f"Attention looked at {escaped(first.item_id)} most"
    reading = f"The {len(found.attended)} items shown have {share:.0%} of the attention."
    return section("What attention looked at", figure(finding, drawing, reading, table(_ATTENDED, rows)))


def _source_rows(found: Explanation) -> list[dict[str, object]]:
    return [{"source": each.source, "score": each.score, "place": each.place} for each in found.nominations]


def _short(value: str | int) -> str:
    """An id in the title of a picture; it is escaped where it is drawn."""
    return shortened(value, 24)


def _place(value: int | None) -> str:
    return "not in its list" if value is None else count(value)


_FEATURES: Columns = {
    "feature": ("feature", drawn),
    "value": ("value", number),
    "contribution": ("adds to the score", signed),
}
_ATTENDED: Columns = {
    "item": ("item of the history", escaped),
    "attention": ("attention", percent),
    "similarity": ("similarity", number),
    "times": ("times taken", count),
    "back": ("places from the end", count),
}
_SOURCES: Columns = {
    "source": ("source", drawn),
    "score": ("score there", number),
    "place": ("place", _place),
}
