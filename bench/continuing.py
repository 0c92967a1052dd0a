"""What is it worth to go on with a trained model, to leave it, or to train anew? On simulated shops.

python -m bench.continuing --seeds 0 1 2 --out bench/results/continuing.json

The first part of each shop's log trains a model; then come the later rows. It is left as it is and told them
as histories; or gets tables of all rows and keeps its trees; or is continued (new tables, and new trees after
the old ones); or is trained anew on all rows. All are judged by what the users truly take after the log, the
users of all seeds together. Models ask when a visit begins, as that is what they are judged by.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from bench.command import new_parser, out_option, parse_words, seeds_option, threads_option, write_result
from bench.machine import describe
from bench.shop import CLICKS_PER_USER, CUTS, METRICS, Size, Values
from samplew_gbm.data.interactions import build_interactions
from samplew_gbm.data.simulate import simulate_shop
from samplew_gbm.evaluation.bootstrap import Difference, paired_difference
from samplew_gbm.pipeline import Model, continue_training, evaluate_users, train

LEFT, TABLES, CONTINUED, ANEW = "left as it is", "new tables, old trees", "continued", "trained anew"
DRIFTS = (0.06, 0.2)  # of tastes, a root of a day; the first is the default of the simulation
PARTS = (0.5, 0.8, 0.95)  # of the log, that the first model is trained on


@dataclass(frozen=True, slots=True)
class Run:
    """One shop cut once: metrics of each user, trees and seconds of each arm.

    New tables with old trees are taken from the continued model: their seconds are of nothing else.
    """

    drift: float
    part: float
    seed: int
    per_user: dict[str, Values]
    n_trees: dict[str, int]
    seconds: dict[str, float]


def judge(drift: float, part: float, seed: int, size: Size, n_threads: int | None) -> Run:
    shop = simulate_shop(size.n_users, size.n_items, size.n_users * CLICKS_PER_USER, 0.1, seed, drift=drift)
    cut = int(part * shop.log.num_rows)
    earlier, later = shop.log.slice(0, cut), shop.log.slice(cut)
    settings = msgspec.structs.replace(size.settings(seed), linear_items=size.n_items)
    models: dict[str, Model] = {}
    seconds: dict[str, float] = {}

    def timed(arm: str, make: Callable[[], Model]) -> Model:
        begin = time.perf_counter()
        models[arm] = make()
        seconds[arm] = time.perf_counter() - begin
        return models[arm]

    old = timed(LEFT, lambda: train(build_interactions(earlier), settings, gate=False, n_threads=n_threads))
    new = timed(CONTINUED, lambda: continue_training(old, build_interactions(later), n_threads=n_threads))
    timed(TABLES, lambda: replace(new, ranker=old.ranker))
    timed(ANEW, lambda: train(build_interactions(shop.log), settings, gate=False, n_threads=n_threads))
    found = {
        arm: evaluate_users(
            model, shop.truth, history=later if arm == LEFT else None, ks=CUTS, n_threads=n_threads
        ).per_user
        for arm, model in models.items()
    }
    return Run(
        drift,
        part,
        seed,
        {arm: {metric: values[metric] for metric in METRICS} for arm, values in found.items()},
        {arm: model.ranker.n_trees for arm, model in models.items()},
        seconds,
    )


def gain(runs: Sequence[Run], arm: str, base: str, metric: str) -> Difference:
    """Over the users of all runs."""

    def joined(name: str) -> NDArray[np.float64]:
        return np.concatenate([run.per_user[name][metric] for run in runs])

    return paired_difference(joined(arm), joined(base))


def summary(runs: Sequence[Run]) -> dict[str, Any]:
    """Each arm against the model that was left as it is."""
    gains = {
        arm: {metric: asdict(gain(runs, arm, LEFT, metric)) for metric in METRICS}
        for arm in (TABLES, CONTINUED, ANEW)
    }
    each = [{"seed": run.seed, "n_trees": run.n_trees, "seconds": run.seconds} for run in runs]
    return {"drift": runs[0].drift, "part": runs[0].part, "gains": gains, "runs": each}


def shown(found: dict[str, Any]) -> str:
    """One row of a table: NDCG@10 in percent against the model that was left."""
    cells = [f"{found['drift']:g}", f"{found['part']:.0%}"]
    for arm in (TABLES, CONTINUED, ANEW):
        one = found["gains"][arm][METRICS[0]]
        mean, low, high = (100 * one[name] / one["baseline"] for name in ("mean", "low", "high"))
        cells.append(f"{mean:+.1f} ({low:+.1f} to {high:+.1f})")
    cells.insert(2, f"{one['baseline']:.4f}")
    return f"| {' | '.join(cells)} |"


def main(words: Sequence[str] | None = None) -> None:
    parser = new_parser(__doc__)
    seeds_option(parser, default=(0, 1, 2))
    parser.add_argument("--users", type=int, default=Size().n_users)
    parser.add_argument("--items", type=int, default=Size().n_items)
    threads_option(parser)
    out_option(parser)
    given, line = parse_words(parser, "bench.continuing", words)
    size = Size(given.users, given.items, queries="visits")
    found = []
    for drift in DRIFTS:
        for part in PARTS:
            runs = [judge(drift, part, seed, size, given.threads) for seed in given.seeds]
            found.append(summary(runs))
            print(shown(found[-1]), flush=True)
    write_result(given.out, {"machine": describe(), "line": line, "size": asdict(size), "shops": found})


if __name__ == "__main__":
    main()
