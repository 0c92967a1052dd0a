"""What a model was learned from, how its rows weighed and what it cost, as sections of its page."""

from samplew_gbm.pipeline.model import TrainingReport
from samplew_gbm.report.describing import ModelReport
from samplew_gbm.report.drawing import Bar, bars, inline
from samplew_gbm.report.layout import Columns, figure, notes, paragraph, section, table
from samplew_gbm.report.markup import count, drawn, moment, plain
from samplew_gbm.report.spread import spread_figure
from samplew_gbm.report.stages import by_stage, bytes_text, seconds_text

_ORDERS = {
    "clock": "rows have times, so the past and the future are known across users",
    "file": "rows stand in each user's own order; nothing is known across users",
    "none": "rows have no order: a set",
}


def data_section(report: ModelReport) -> str:
    """The log, and what was dropped of it."""
    training = report.training
    facts = [
        f"{count(training.n_interactions)} interactions of {count(training.n_users)} users with "
        f"{count(training.n_items)} items; {_ORDERS.get(training.order, training.order)}"
    ]
    if report.first_time is not None and report.last_time is not None:
        facts.append(f"from {moment(report.first_time)} to {moment(report.last_time)} UTC")
    if report.n_described is not None:
        facts.append(f"{count(report.n_described)} of the items are described")
    facts.append(
        f"{count(training.n_used_queries)} of {count(training.n_queries)} training queries had something "
        f"taken among their candidates, and gave {count(training.n_rows)} training rows"
    )
    cleaning = training.cleaning
    dropped = (
        ["how the log was cleaned is not recorded"] if cleaning is None else cleaning.describe().split("\n")
    )
    return section("Data and cleaning", notes(map(plain, (*facts, *dropped))))


def candidate_section(training: TrainingReport) -> str:
    """What the candidate sources find: the ceiling of any ranking."""
    sources = sorted(training.recall_by_source.items(), key=lambda pair: (-pair[1], pair[0]))
    shown = [("all sources together", training.candidate_recall), *sources]
    drawing = inline(
        bars([Bar(name, share, f"{share:.0%}") for name, share in shown], _RECALL_AXIS),
        key="candidates",
        title="Share of what was taken that each source finds",
        description="; ".join(f"{name}: {share:.1%}" for name, share in shown),
    )
    finding = f"{training.candidate_recall:.0%} of what users took next was among the candidates"
    reading = "No ranking of these candidates can reach more; what users take again is never found."
    return section("Candidates", figure(finding, drawing, reading))


def weight_section(report: ModelReport) -> str:
    """What the gate said, and how the weights spread."""
    training, weights = report.training, report.training.weights
    verdict = training.verdict
    told = "The gate was not asked." if verdict is None else f"{_sentence(verdict.words())}."
    if report.importance == "none" or weights is None:
        return section("Weights", paragraph(plain(told), "lead"), paragraph(_UNWEIGHTED))
    return section(
        "Weights",
        paragraph(plain(told), "lead"),
        paragraph(
            f"The rows were weighed by {plain(report.importance)}. Their effective sample size is "
            f"{training.effective_sample_size:.0%}: they teach as much as that share of rows of equal weight "
            f"would. {weights.share_at_low:.1%} of the rows are held up by the lower limit, "
            f"{weights.share_at_high:.1%} held down by the upper one."
        ),
        spread_figure(weights.histogram, "sample weight", key="weights"),
    )


def cost_section(training: TrainingReport) -> str:
    """Time by stage and memory."""
    stages = sorted(by_stage(training.seconds).items(), key=lambda pair: (-pair[1], pair[0]))
    total = sum(training.seconds.values())
    if not stages:
        return section(_COST, paragraph(_NO_TIMES))
    drawing = inline(
        bars([Bar(name, value, seconds_text(value)) for name, value in stages], "seconds"),
        key="time",
        title="Time of each stage of the training",
        description="; ".join(f"{name}: {seconds_text(value)}" for name, value in stages),
    )
    memory = bytes_text(training.peak_rss_bytes)
    finding = f"Training took {seconds_text(total)} and {memory}, most of it for: {plain(stages[0][0])}"
    reading = "Memory is the most that the process ever held."
    return section(_COST, figure(finding, drawing, reading))


def settings_section(changed: dict[str, object]) -> str:
    """The settings that are not the default."""
    if not changed:
        return section("Settings", paragraph("All settings were left at their defaults."))
    rows = [{"name": name, "value": value} for name, value in changed.items()]
    return section("Settings", paragraph("All others were left at their defaults."), table(_SETTINGS, rows))


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


_COST = "Time and memory of the training"
_NO_TIMES = (
    "What the training cost was told when it ended; a model file keeps no times, so that the same log "
    "gives the same file."
)
_UNWEIGHTED = "The model was trained with all rows of equal weight."
_RECALL_AXIS = "share of the judged rows that are found"
_SETTINGS: Columns = {"name": ("setting", drawn), "value": ("value", drawn)}
