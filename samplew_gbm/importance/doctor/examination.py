"""The traps of weighted ranking with LightGBM, looked for one by one."""

from dataclasses import dataclass

from samplew_gbm.importance.doctor.evidence import Evidence, Rule, Severity
from samplew_gbm.importance.doctor.log import LOG_RULES
from samplew_gbm.importance.doctor.queries import QUERY_RULES
from samplew_gbm.importance.doctor.training import TRAINING_RULES
from samplew_gbm.importance.doctor.weights import WEIGHT_RULES

RULES: tuple[Rule, ...] = (*WEIGHT_RULES, *QUERY_RULES, *TRAINING_RULES, *LOG_RULES)
SEVERITIES: tuple[Severity, ...] = ("ok", "note", "warning", "error")


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found: nothing ("ok"), or what is worth a look, likely harmful, or certainly wrong."""

    rule: str
    severity: Severity
    what: str
    why: str
    remedy: str


def examine(evidence: Evidence) -> list[Finding]:
    """The findings of every rule that ``evidence`` lets look, in the order of ``RULES``."""
    looked = ((rule, rule.look(evidence)) for rule in RULES)
    return [
        Finding(rule.name, verdict[0], verdict[1], rule.why, rule.remedy)
        for rule, verdict in looked
        if verdict is not None
    ]


def worst_first(findings: list[Finding]) -> list[Finding]:
    """Errors, warnings, notes, then what is well; each in the order of the rules."""
    return sorted(findings, key=lambda finding: -SEVERITIES.index(finding.severity))
