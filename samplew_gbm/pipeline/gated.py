"""Training as users call it: prepare, ask the gate whether the weights stay, train."""

from samplew_gbm.data.interactions import Interactions, check_log
from samplew_gbm.data.trusted import Trusted
from samplew_gbm.pipeline.gating import judge_weights
from samplew_gbm.pipeline.model import Model
from samplew_gbm.pipeline.training import fit, prepare
from samplew_gbm.progress import Progress
from samplew_gbm.runtime import resolve_threads
from samplew_gbm.settings import Settings


def train(
    interactions: Interactions,
    settings: Settings | None = None,
    *,
    gate: bool = True,
    trusted: Trusted | None = None,
    n_threads: int | None = None,
    progress: Progress | None = None,
) -> Model:
    """Train a model on a log. ``DataError`` where the log is too small to learn a ranking from.

    With ``gate`` weights that do not help are refused (``gating``): the model is then the unweighted one, its
    ranker the same to the last byte, and its ``report.verdict`` says why. ``trusted`` names the rows that the
    weights must prove themselves on; a trusted label without a gate is not asked.
    """
    settings, progress = settings or Settings(), progress or Progress()
    check_log(interactions, settings)
    threads = resolve_threads(n_threads)
    if trusted is not None:
        trusted.rows(interactions)  # refused before hours of work
    prepared = prepare(interactions, settings, n_threads=threads, progress=progress)
    verdict = None
    if gate and settings.importance != "none":
        begin = len(progress.stages)
        settings, verdict = judge_weights(prepared, settings, trusted, n_threads=threads, progress=progress)
        prepared.stages.extend(progress.stages[begin:])
    return fit(prepared, settings, verdict=verdict, n_threads=threads, progress=progress)
