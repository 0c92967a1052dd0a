"""What the work for a page took with its model: of this run, on this machine, and of no other."""

from dataclasses import dataclass

from samplew_gbm.pipeline.inference import READY, RECOMMEND, recommend
from samplew_gbm.pipeline.model import Model
from samplew_gbm.progress import Progress
from samplew_gbm.report.sampling import sampled_users
from samplew_gbm.runtime import resolve_threads

LOAD = "load the model"
N_USERS = 1000  # of a model without a test log


@dataclass(frozen=True, slots=True)
class RunCost:
    """Wall seconds: ``load`` of reading and checking the model file, ``ready`` of what a process does once
    before its first request, ``serve`` of candidates, features and scores of ``n_users`` requests.

    The requests are those of a test log where it is ``tested``. ``peak_rss_bytes`` is the most that the
    process had held by then.
    """

    load: float
    ready: float
    serve: float
    n_users: int
    tested: bool
    n_threads: int
    peak_rss_bytes: int

    @property
    def per_thousand(self) -> float:
        """Seconds for 1,000 requests."""
        return 1000 * self.serve / max(1, self.n_users)


def run_cost(
    model: Model, progress: Progress, *, n_tested: int | None, n_threads: int | None = None
) -> RunCost:
    """What the stages of ``progress`` took, that of ``LOAD`` and those of recommending among them.

    ``n_tested`` users of a test log were recommended to already; ``None``: some users of the model are now.
    """
    n_users = n_tested
    if n_users is None:
        users = sampled_users(model, N_USERS)
        recommend(model, users=users, n_threads=n_threads, progress=progress)
        n_users = len(users)
    last = {stage.name: stage for stage in progress.stages}
    return RunCost(
        load=last[LOAD].seconds,
        ready=last[READY].seconds,
        serve=last[RECOMMEND].seconds,
        n_users=n_users,
        tested=n_tested is not None,
        n_threads=resolve_threads(n_threads),
        peak_rss_bytes=last[RECOMMEND].peak_rss_bytes,
    )
