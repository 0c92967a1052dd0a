"""What could any weights gain on protocol C? Models that know what no weight may know.

python -m bench.ceiling --data DIR --seeds 0 1 2 --out bench/results/ceiling_c.json

Judged by the clean rows of the validation part, over the whole catalogue, against the linear item model
alone: the ranker without weights and with, and the linear model; all three learned from the training part
without its noise; and without as many rows that a judge finds who learned what noise looks like from the
flags of other users; his odds as weights; and models learned from the very labels, the clean validation rows
of nine tenths of the users, and judged on the others. What was in the training part, noise too, is ranked by
none.
"""

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from scipy.stats import rankdata
from sklearn.metrics import roc_auc_score

from bench.command import data_option, new_parser, out_option, parse_words, seeds_option, write_result
from bench.datasets import NOISY, DataError, find_data
from bench.knowing import by_labels, odds_of_clean
from bench.machine import describe
from bench.noisy import Candidates, Rows, Values, candidates_of, rows_of
from samplew_gbm.data.interactions import Interactions
from samplew_gbm.evaluation.bootstrap import paired_difference
from samplew_gbm.pipeline import Prepared, fit, prepare
from samplew_gbm.pipeline.model import Model
from samplew_gbm.runtime import resolve_threads
from samplew_gbm.settings import Settings

LINEAR = "linear"


@dataclass(frozen=True, slots=True)
class Bench:
    """One seed: what all its models are trained and judged with."""

    learned: Rows
    valid: Rows
    settings: Settings
    n_threads: int

    def prepared(self, log: Interactions) -> Prepared:
        return prepare(log, self.settings, n_threads=self.n_threads)

    def trained(self, prepared: Prepared, importance: str) -> tuple[Model, Candidates]:
        """A model of other weights, and what it ranks."""
        own = msgspec.structs.replace(self.settings, importance=importance)
        model = fit(prepared, own, n_threads=self.n_threads)
        return model, candidates_of(model, self.learned, self.valid, self.n_threads)

    def compared(self, name: str, prepared: Prepared) -> dict[str, Values]:
        """Both rankers and the linear item model, learned from one log."""
        found = {}
        for importance in ("none", "attention"):
            _, candidates = self.trained(prepared, importance)
            found[f"{name}{importance}"] = candidates.judged(candidates.scores)
        linear = candidates.features.values[:, candidates.features.names.index(LINEAR)]
        return found | {f"{name}{LINEAR}": candidates.judged(linear.astype(np.float64))}


def judge(data: Path, seed: int, n_threads: int) -> tuple[dict[str, Values], dict[str, float]]:
    """Every arm by one seed, user by user; and the AUC against the flags of those who learned from them."""
    learned, valid = (rows_of(data / NOISY / f"ml100k.{part}.rating") for part in ("train", "valid"))
    bench = Bench(learned, valid, Settings(random_state=seed), n_threads)
    all_rows, n_noisy = np.ones(len(learned.flag), np.bool_), np.count_nonzero(learned.flag == 0)
    log, without_noise = learned.log(all_rows), learned.log(learned.flag == 1)
    prepared, aucs = bench.prepared(log), {}
    found = bench.compared("", prepared) | bench.compared("noise known: ", bench.prepared(without_noise))
    model, candidates = bench.trained(prepared, "none")
    of_labels = by_labels(candidates, model, n_threads)
    found |= {name: candidates.judged(scores) for name, scores in of_labels.items()}
    for items_known, name in ((False, "noise judged: "), (True, "noise judged, items known: ")):
        flag, odds = learned.flag[log.row], np.zeros(len(learned.flag))
        odds[log.row] = odds_of_clean(prepared, flag, seed=seed, n_threads=n_threads, items_known=items_known)
        aucs[name] = float(roc_auc_score(learned.flag, odds))
        place = rankdata(odds) / len(odds)
        found |= bench.compared(name, bench.prepared(learned.log(place > n_noisy / len(odds))))
        _, weighed = bench.trained(bench.prepared(learned.log(all_rows, place)), "external")
        found[f"{name}odds as weights"] = weighed.judged(weighed.scores)
    return found, aucs


def summary(runs: Sequence[dict[str, Values]]) -> list[dict[str, Any]]:
    """Means, and each arm against the linear item model with 95 % intervals over users and seeds."""
    by_arm = {
        arm: {metric: np.stack([run[arm][metric] for run in runs]) for metric in runs[0][arm]}
        for arm in runs[0]
    }
    return [
        {
            "arm": arm,
            "metrics": {metric: float(np.nanmean(each)) for metric, each in values.items()},
            "against linear": {
                metric: asdict(paired_difference(each, by_arm[LINEAR][metric]))
                for metric, each in values.items()
            },
        }
        for arm, values in by_arm.items()
    ]


def main(words: Sequence[str] | None = None) -> None:
    parser = new_parser(__doc__)
    data_option(parser)
    seeds_option(parser)
    out_option(parser)
    given, line = parse_words(parser, "bench.ceiling", words)
    try:
        data = find_data(given.data)
        judged = [judge(data, seed, resolve_threads(None)) for seed in given.seeds]
    except DataError as error:
        sys.exit(str(error))
    arms = summary([values for values, _ in judged])
    aucs = {name.strip(" :"): float(np.mean([auc[name] for _, auc in judged])) for name in judged[0][1]}
    for arm in arms:
        told = (
            f"{metric} {arm['metrics'][metric]:.4f} {gain['mean'] / gain['baseline']:+.1%}"
            f" ({gain['low'] / gain['baseline']:+.1%} to {gain['high'] / gain['baseline']:+.1%})"
            for metric, gain in arm["against linear"].items()
        )
        print(f"{arm['arm']:<44}", *told)
    print(*(f"{name}: AUC {auc:.3f}" for name, auc in aucs.items()), sep="\n")
    write_result(given.out, {"machine": describe(), "line": line, "arms": arms, "auc": aucs})


if __name__ == "__main__":
    main()
