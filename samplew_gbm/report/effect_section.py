"""What moves the scores of a model, as a section of its page."""

from samplew_gbm.explain.groups import group_of, named
from samplew_gbm.report.drawing import Bar, bars, inline
from samplew_gbm.report.effects import Effects, FeatureEffect, direction_words
from samplew_gbm.report.layout import Columns, figure, paragraph, section, table
from samplew_gbm.report.markup import drawn, number, percent

_UNMOVED = 1e-12


def effect_section(effects: Effects, *, top: int) -> str:
    """Groups of features as bars, the first ``top`` features as a table."""
    moving = [each for each in effects.groups if each.mean > _UNMOVED]
    if not moving:
        return section("What moves the scores", paragraph("No feature moves any score."))
    drawing = inline(
        bars([Bar(named(each.group).title, each.mean, number(each.mean)) for each in moving], _AXIS),
        key="effects",
        title="How far each group of features moves a score",
        description="; ".join(f"{named(each.group).title}: {each.mean:.3f}" for each in moving),
    )
    finding = f"What moves scores most: {named(moving[0].group).title}"
    reading = (
        f"Over {effects.n_rows:,} candidates of {effects.n_users:,} users. A group's bar is how far its "
        "features together move a score up or down, on average."
    )
    shown = [each for each in effects.features if each.mean > _UNMOVED][:top]
    return section(
        "What moves the scores",
        figure(finding, drawing, reading),
        table(_COLUMNS, map(_row, shown), caption=_caption(effects, len(shown))),
        paragraph(
            "Contributions are Shapley values of the trees: of a recommendation they add up to its score. "
            "They say what this model does, not what makes people choose.",
            "limits",
        ),
    )


def _caption(effects: Effects, n_shown: int) -> str:
    return (
        f"The {n_shown} features of {len(effects.features)} that move scores most. Gain is the share of what "
        "all splits gained in training."
    )


def _row(effect: FeatureEffect) -> dict[str, object]:
    return {
        "feature": effect.feature,
        "group": group_of(effect.feature).title,
        "mean": effect.mean,
        "direction": direction_words(effect.direction),
        "gain": effect.gain,
    }


_AXIS = "mean size of the contribution to a score"
_COLUMNS: Columns = {
    "feature": ("feature", drawn),
    "group": ("looks at", str),
    "mean": ("moves a score by", number),
    "direction": ("more of it ... the score", str),
    "gain": ("gain", percent),
}
