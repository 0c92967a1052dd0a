"""Models that learn from what none may know: the labels that are judged by, or the hidden flags of noise."""

import numpy as np
from lightgbm import LGBMClassifier
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from bench.noisy import Candidates
from samplew_gbm.features.affinity import directions
from samplew_gbm.pipeline import Prepared
from samplew_gbm.pipeline.model import Model
from samplew_gbm.pipeline.rankers import train_rankers
from samplew_gbm.progress import Progress
from samplew_gbm.ranking.ranker import RankerData

PARTS = 10
REGULARIZATION = 0.1  # of the logistic regression, C; better there than a hundredth of it
PRIOR_ROWS = 5  # of the share of clean rows that an item is given before it has any


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


def _clean_share(
    item: NDArray[np.int32], flag: NDArray[np.int64], part: NDArray[np.int64], held: int
) -> NDArray[np.float64]:
    """The share of clean rows of each row's item, by the users of neither its own part nor the one held out.

    By all users but one's own row it would tell the row's flag: it is lower where that is 1.
    """
    place, n = item * PARTS + part, (item.max() + 1) * PARTS
    clean, rows = (np.bincount(place, weights, n).reshape(-1, PARTS) for weights in (flag, None))
    others = [(count.sum(axis=1) - count[:, held])[item] for count in (clean, rows)]
    for other, count in zip(others, (clean, rows), strict=True):
        other -= np.where(part == held, 0, count[item, part])
    prior = flag[part != held].mean()
    return np.asarray((others[0] + prior * PRIOR_ROWS) / (others[1] + PRIOR_ROWS))


def odds_of_clean(
    prepared: Prepared, flag: NDArray[np.int64], *, seed: int, n_threads: int, items_known: bool
) -> NDArray[np.float64]:
    """The chance that each row of the log is clean, ``float64[n]``, by flags of users other than its own.

    It is told by what the ranker sees of a row, by how often its item was taken and how much its user took;
    with ``items_known`` by the share of clean rows of its item too. ``flag`` is ``int64[n]``, 1 for clean.
    """
    log = prepared.interactions
    row = np.concatenate([part.judged_rows for part in prepared.samples])
    user, item, clean = log.user_index[row], log.item_index[row], flag[row]
    seen = np.column_stack(
        [
            np.concatenate([part.judged_features for part in prepared.samples]),
            np.bincount(log.item_index)[item],
            np.bincount(log.user_index)[user],
        ]
    )
    part = np.random.default_rng(seed).permutation(log.n_users)[user] % PARTS
    found = np.full(len(log), flag.mean())
    for held in range(PARTS):
        learn = part != held
        values = np.column_stack([seen, _clean_share(item, clean, part, held)]) if items_known else seen
        classifier = LGBMClassifier(
            n_estimators=200,
            learning_rate=0.03,
            num_leaves=15,
            min_child_samples=100,
            colsample_bytree=0.3,
            random_state=seed,
            n_jobs=n_threads,
            verbose=-1,
        )
        classifier.fit(values[learn], clean[learn])
        found[row[~learn]] = classifier.predict_proba(values[~learn])[:, 1]
    return found
