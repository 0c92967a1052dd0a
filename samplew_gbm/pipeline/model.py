"""What training yields: everything that recommending needs, and a report of how it came about."""

from dataclasses import dataclass, replace

import msgspec
import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.cleaning import CleaningReport
from samplew_gbm.data.interactions import Order
from samplew_gbm.data.item_tables import ItemTables
from samplew_gbm.data.queries import Lists
from samplew_gbm.data.vocabulary import Vocabulary
from samplew_gbm.pipeline.verdict import Verdict
from samplew_gbm.pipeline.weight_summary import WeightSummary
from samplew_gbm.ranking.ranker import Ranker
from samplew_gbm.settings import Settings


class TrainingReport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was learned from, what it reached on held-out users, and what it cost.

    ``candidate_recall`` is the share of judged rows that the candidates held, ``recall_by_source`` that of
    each source's nominees: the ceiling of any ranking. ``validation`` holds metrics over the candidates of
    users kept from training; ``effective_sample_size`` is that of the positives' weights, as a share;
    ``verdict`` is that of the gate, or None where it was not asked. ``n_continued`` counts how often the
    training was continued: then queries, judged rows and what is reached are those of the last time.
    ``weights`` sum up those that were used, and ``cleaning`` says what was dropped before the training,
    where that was told. ``seconds`` (by stage) and ``peak_rss_bytes`` are of the training in this process: a
    model that was loaded has none.
    """

    n_interactions: int
    n_users: int
    n_items: int
    order: str
    n_queries: int
    n_used_queries: int
    n_judged_rows: int
    candidate_recall: float
    recall_by_source: dict[str, float]
    n_rows: int
    n_trees: int
    validation: dict[str, float]
    effective_sample_size: float
    feature_gain: dict[str, float]
    seconds: dict[str, float]
    peak_rss_bytes: int
    verdict: Verdict | None
    n_continued: int = 0
    weights: WeightSummary | None = None
    cleaning: CleaningReport | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A trained model.

    ``histories`` are the log's, ``history_time`` is ``float64`` beside their items, or None without a clock.
    """

    settings: Settings
    order: Order
    users: Vocabulary
    items: Vocabulary
    histories: Lists
    history_time: NDArray[np.float64] | None
    tables: ItemTables
    ranker: Ranker
    report: TrainingReport

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Columns of the ranker."""
        return self.ranker.names

    @property
    def n_interactions(self) -> int:
        """Rows that were learned from."""
        return len(self.histories.items)

    def cleaned_by(self, cleaning: CleaningReport) -> "Model":
        """The same model, whose report also says how its log was cleaned."""
        return replace(self, report=msgspec.structs.replace(self.report, cleaning=cleaning))
