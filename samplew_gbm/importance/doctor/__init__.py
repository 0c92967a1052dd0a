"""The traps of weighted ranking with LightGBM as rules: each looks, and says why it is one and what to do."""

from samplew_gbm.importance.doctor.evidence import Evidence, LabelledQueries, Observation, Rule, Severity
from samplew_gbm.importance.doctor.examination import RULES, Finding, examine, worst_first
from samplew_gbm.importance.doctor.parameters import leaf_counts_in, main_names, parameters_in

__all__ = [
    "RULES",
    "Evidence",
    "Finding",
    "LabelledQueries",
    "Observation",
    "Rule",
    "Severity",
    "examine",
    "leaf_counts_in",
    "main_names",
    "parameters_in",
    "worst_first",
]
