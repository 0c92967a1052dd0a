"""What could any weights gain on protocol C? Models that know what no weight may know.

python -m bench.ceiling --data DIR --seeds 0 1 2 --out bench/results/ceiling_c.json

Judged by the clean rows of the validation part, over the whole catalogue, against the linear item model
alone: the ranker without weights and with, and the linear model; all three learned from the training part
without its noise; and models learned from the very labels, the clean validation rows of nine tenths of the
users, and judged on the others. What was in the training part, noise too, is ranked by none.
"""

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from bench.command import data_option, new_parser, out_option, parse_words, seeds_option, write_result
from bench.datasets import NOISY, DataError, find_data, lines_of
from bench.machine import describe
from samplew_gbm.data.cleaning import clean
from samplew_gbm.data.interactions import Interactions, build_interactions
from samplew_gbm.data.queries import Lists
from samplew_gbm.evaluation.bootstrap import paired_difference
from samplew_gbm.evaluation.evaluate import evaluate_lists
from samplew_gbm.features.affinity import directions
from samplew_gbm.features.base import FeatureContext
from samplew_gbm.features.matrix import FeatureMatrix, feature_matrix
from samplew_gbm.pipeline import fit, prepare
from samplew_gbm.pipeline.inference import scores_of
from samplew_gbm.pipeline.model import Model
from samplew_gbm.pipeline.near_users import candidates_for
from samplew_gbm.pipeline.rankers import train_rankers
from samplew_gbm.pipeline.ready import as_ready
from samplew_gbm.pipeline.requests import requests_of
from samplew_gbm.progress import Progress
from samplew_gbm.ranking.ranker import RankerData
from samplew_gbm.runtime import resolve_threads
from samplew_gbm.settings import Settings

LINEAR, KS, PARTS = "linear", (5, 20), 10
LEAST = 100  # candidates: some are noise that a model does not know of
REGULARIZATION = 0.1  # of the logistic regression, C; better there than a hundredth of it
Values = dict[str, NDArray[np.float64]]


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Users, items and flags of a part of the data, ``int64`` each; the flag is 1 for a clean row."""

    user: NDArray[np.int64]
    item: NDArray[np.int64]
    flag: NDArray[np.int64]

    def log(self, *, without_noise: bool = False) -> Interactions:
        """The rows as a log, which has no flag."""
        kept = (self.flag == 1) | (not without_noise)
        table = pa.table({"user_id": self.user[kept], "item_id": self.item[kept]})
        return clean(build_interactions(table))[0]


def rows_of(path: Path) -> Rows:
    return Rows(*np.array([[int(word) for word in line] for line in lines_of(path)]).T)


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """What a model would rank for every user of the validation part, and which of it he took.

    ``label`` is ``int32`` beside the rows of ``lists``, 1 for a clean row.
    """

    lists: Lists
    features: FeatureMatrix
    scores: NDArray[np.float64]
    label: NDArray[np.int32]
    wanted: Lists

    def judged(self, scores: NDArray[np.float64]) -> Values:
        """NDCG of each user; what he took and no list holds counts as well."""
        best = np.full((len(self.lists), max(KS)), -1, np.int32)
        order = np.lexsort((self.lists.items, -scores, self.lists.owner))
        owner = self.lists.owner[order]
        place = np.arange(len(order)) - self.lists.indptr[owner]
        kept = place < max(KS)
        best[owner[kept], place[kept]] = self.lists.items[order][kept]
        found = evaluate_lists(best, self.wanted.indptr, self.wanted.items, metrics=("ndcg",), ks=KS)
        return {f"NDCG@{k}": found.per_query[f"ndcg@{k}"] for k in KS}


def candidates_of(model: Model, learned: Rows, valid: Rows, n_threads: int) -> Candidates:
    """Noise of the validation part and all of the training part is left out of the lists."""
    users, slot = np.unique(valid.user, return_inverse=True)
    queries = requests_of(model, pa.array(users), None).queries
    finder = as_ready(model).finder.asked(hide_history=True, least=LEAST)
    found = candidates_for(model, finder, queries, LEAST)
    n_items = 1 + max(learned.item.max(), valid.item.max())
    index = model.items.encode(pa.array(np.arange(n_items))).astype(np.int64)
    index[index < 0] = len(model.items) + np.arange(np.count_nonzero(index < 0))  # in no list
    keys, noisy = slot * n_items + index[valid.item], valid.flag == 0
    asked = np.isin(learned.user, users)
    known = np.searchsorted(users, learned.user[asked]) * n_items + index[learned.item[asked]]
    hidden = np.concatenate([keys[noisy], known])
    found = found.keep(~np.isin(found.lists.owner * n_items + found.lists.items, hidden))
    order = np.argsort(keys[~noisy])
    sizes = np.bincount(slot[~noisy], minlength=len(users))
    context = FeatureContext(queries, found, model.tables, model.settings.max_history)
    return Candidates(
        found.lists,
        feature_matrix(context),
        scores_of(model, model.ranker.scorer(n_threads), queries, found),
        np.isin(found.lists.owner * n_items + found.lists.items, keys[~noisy]).astype(np.int32),
        Lists.from_sizes(sizes, (keys[~noisy][order] % n_items).astype(np.int32)),
    )


def by_labels(found: Candidates, model: Model, n_threads: int) -> dict[str, NDArray[np.float64]]:
    """Scores by a ranker like the model's and by a logistic regression, of users that neither has seen."""
    values, names = found.features.values, found.features.names
    whole = StandardScaler().fit_transform(values[:, np.isfinite(values).all(axis=0)])
    part = np.random.default_rng(0).permutation(len(found.lists)) % PARTS
    ranker, logistic = np.zeros(len(values)), np.zeros(len(values))
    users = np.arange(len(found.lists), dtype=np.int32)
    for held in range(PARTS):
        own = np.flatnonzero(part != held)
        learn, judge = part[found.lists.owner] != held, part[found.lists.owner] == held
        indptr = np.concatenate([[0], np.cumsum(found.lists.sizes[own])])
        trained, _ = train_rankers(
            RankerData(values[learn], found.label[learn], indptr),
            users[own],
            model.settings,
            names=names,
            monotone=directions(tuple(model.report.recall_by_source)),
            n_threads=n_threads,
            progress=Progress(),
        )
        ranker[judge] = trained.scorer(n_threads)(values[judge])
        regression = LogisticRegression(C=REGULARIZATION, max_iter=500)
        logistic[judge] = regression.fit(whole[learn], found.label[learn]).decision_function(whole[judge])
    return {"labels known: ranker": ranker, "labels known: logistic regression": logistic}


def judge(data: Path, seed: int, n_threads: int) -> dict[str, Values]:
    """Every arm by one seed, user by user."""
    learned, valid = (rows_of(data / NOISY / f"ml100k.{part}.rating") for part in ("train", "valid"))
    settings, found = Settings(random_state=seed), {}
    for prefix, without_noise in (("", False), ("noise known: ", True)):
        prepared = prepare(learned.log(without_noise=without_noise), settings, n_threads=n_threads)
        for name in ("none", "attention"):
            own = msgspec.structs.replace(settings, importance=name)
            model = fit(prepared, own, n_threads=n_threads)
            candidates = candidates_of(model, learned, valid, n_threads)
            found[f"{prefix}{name}"] = candidates.judged(candidates.scores)
        linear = candidates.features.values[:, candidates.features.names.index(LINEAR)]
        found[f"{prefix}{LINEAR}"] = candidates.judged(linear.astype(np.float64))
        if not without_noise:
            of_labels = by_labels(candidates, model, n_threads)
            found |= {name: candidates.judged(scores) for name, scores in of_labels.items()}
    return found


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
        runs = [judge(data, seed, resolve_threads(None)) for seed in given.seeds]
    except DataError as error:
        sys.exit(str(error))
    arms = summary(runs)
    for arm in arms:
        told = (
            f"{metric} {arm['metrics'][metric]:.4f} {gain['mean'] / gain['baseline']:+.1%}"
            f" ({gain['low'] / gain['baseline']:+.1%} to {gain['high'] / gain['baseline']:+.1%})"
            for metric, gain in arm["against linear"].items()
        )
        print(f"{arm['arm']:<34}", *told)
    write_result(given.out, {"machine": describe(), "line": line, "arms": arms})


if __name__ == "__main__":
    main()
