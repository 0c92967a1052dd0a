"""A model made ready to answer: what every request needs of it is built once."""

from dataclasses import dataclass

from samplew_gbm.candidates.union import CandidateFinder
from samplew_gbm.pipeline.model import Model
from samplew_gbm.ranking.scoring import Scorer


@dataclass(frozen=True, slots=True, eq=False)
class ReadyModel:
    """A model, its candidate sources and its trees; several threads may ask it at once.

    ``finder`` judges given items; ``finder.asked`` makes of it one that nominates as a request wants.
    """

    model: Model
    finder: CandidateFinder
    scorer: Scorer


def make_ready(model: Model) -> ReadyModel:
    """Build the sources and the trees of a model, which takes longer than one user's answer."""
    finder = CandidateFinder(model.tables, n_candidates=model.settings.n_candidates)
    return ReadyModel(model, finder, model.ranker.scorer(1))


def as_ready(model: Model | ReadyModel) -> ReadyModel:
    """The same, made ready where it is not yet."""
    return model if isinstance(model, ReadyModel) else make_ready(model)
