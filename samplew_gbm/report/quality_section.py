"""How good a model is, as a section of its page."""

from samplew_gbm.pipeline.known_rows import known_words
from samplew_gbm.report.drawing import Bar, bars, inline
from samplew_gbm.report.layout import Columns, figure, paragraph, section, table
from samplew_gbm.report.markup import metric
from samplew_gbm.report.quality import Estimate, Measured, Quality

_HEADING = "Quality"
_DRAWN = ("NDCG@10", "HR@10")
_NAMES = {
    "NDCG": "NDCG: what users took, counted less the lower it stands",
    "HR": "HR: share of users whose list holds something they took",
    "Recall": "Recall: share of what users took that the lists hold",
    "MRR": "MRR: one over the place of the first item taken",
}


def tested(quality: Quality) -> str:
    """The quality on rows that the model has not seen."""
    drawing = inline(
        bars([bar for each in quality.metrics if each.metric in _DRAWN for bar in _pair(each)], _AXIS),
        key="quality",
        title="The model beside recommending what is most taken",
        description="; ".join(_told(each) for each in quality.metrics if each.metric in _DRAWN),
    )
    reading = (
        f"Means over {quality.n_users:,} users of the test log; lines are 95 % intervals (bootstrap over the "
        "users). Every user gets a ranking of the whole catalogue without what he has taken already."
    )
    numbers = table(_COLUMNS, [_row(each) for each in quality.metrics], caption="; ".join(_NAMES.values()))
    return section(
        _HEADING,
        figure(_finding(quality.metrics[0]), drawing, reading),
        numbers,
        *([paragraph(known_words(quality.n_known_rows), "limits")] if quality.n_known_rows else []),
        paragraph(_list_words(quality), "limits"),
        paragraph(
            "The intervals speak of other users like these and say nothing of another training. A difference "
            "of the model to the most taken items is taken user by user.",
            "limits",
        ),
    )


def untested(validation: dict[str, float]) -> str:
    """What the training recorded, and what it is not."""
    told = ", ".join(f"{name} {metric(value)}" for name, value in validation.items())
    if not told:
        told = "No test log was given, and the training had too few users to record any quality."
        return section(_HEADING, paragraph(told))
    return section(
        _HEADING,
        paragraph(f"Recorded in training: {told} (validation).", "lead"),
        paragraph(
            "This is over the candidates of users kept from a part of the training only, not over the whole "
            "catalogue, and decided when the training stopped: it flatters, it has no interval, and it does "
            "not compare with a test. Give --test LOG for the quality on rows that the model has not seen.",
            "limits",
        ),
    )


def quality_words(quality: Quality) -> str:
    """The quality in one sentence."""
    first = quality.metrics[0]
    model, popular = (f"{each.mean:.4f}" for each in (first.model, first.popular))
    share = first.model.mean / first.popular.mean if first.popular.mean else None
    return (
        f"{first.metric} is {model} (95 % interval {first.model.low:.4f} to {first.model.high:.4f}) on "
        f"{quality.n_users:,} users; recommending what is most taken gets {popular}"
        + ("." if share is None else f": the model has {share:.1f} times as much.")
    )


def _finding(first: Measured) -> str:
    if first.gain.low > 0:
        return "The model is better than recommending what is most taken"
    if first.gain.high < 0:
        return "The model is worse than recommending what is most taken"
    return "The test cannot tell the model from recommending what is most taken"


def _list_words(quality: Quality) -> str:
    return (
        f"The first ten of all users hold {quality.coverage:.0%} of the catalogue; what they show is "
        f"{quality.popularity_bias:.1f} times as popular as what is taken. {quality.n_unknown_users:,} of "
        f"the users and {quality.n_unknown_items:,} of the test rows' items are unknown to the model, and "
        "count as they fall."
    )


def _pair(found: Measured) -> list[Bar]:
    return [
        Bar(f"{found.metric}, {who}", each.mean, metric(each.mean), each.low, each.high)
        for who, each in (("the model", found.model), ("most taken items", found.popular))
    ]


def _told(found: Measured) -> str:
    return f"{found.metric}: the model {found.model.mean:.4f}, the most taken items {found.popular.mean:.4f}"


def _row(found: Measured) -> dict[str, object]:
    return {"metric": found.metric, "model": found.model, "popular": found.popular, "gain": found.gain}


def _interval(value: Estimate) -> str:
    return f"{value.mean:.4f} ({value.low:.4f} to {value.high:.4f})"


def _change(value: Estimate) -> str:
    return f"{value.mean:+.4f} ({value.low:+.4f} to {value.high:+.4f})"


_AXIS = "mean over users, from 0; more is better"
_COLUMNS: Columns = {
    "metric": ("metric", str),
    "model": ("the model (95 % interval)", _interval),
    "popular": ("most taken items", _interval),
    "gain": ("difference", _change),
}
