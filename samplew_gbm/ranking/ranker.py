"""The LightGBM ranker: trained with sample weights, stopped early on our own metric, kept as text."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.errors import DataError
from samplew_gbm.ranking.groups import group_of
from samplew_gbm.ranking.pairs import KeepDraws, pair_objective
from samplew_gbm.ranking.scoring import Scorer, scorer_of
from samplew_gbm.settings import Settings

if TYPE_CHECKING:
    import lightgbm as lgb

PATIENCE = 40  # trees without a better metric before training stops
ROWS_PER_LEAF = (50, 300)  # at least and at most; between them a share of all rows
LEAF_SHARE = 1 / 5000
TRUNCATION = 20  # LambdaRank's pairs have at least one row before this place

Metric = Callable[[NDArray[np.float64]], float]


@dataclass(frozen=True, slots=True, eq=False)
class RankerData:
    """Rows of whole queries.

    ``features`` is ``float32[n, f]``, ``label`` ``int32[n]``, ``indptr`` ``int64[q + 1]``, ``weight``
    ``float64[n]`` or None for all 1. ``base`` is ``float64[n]``, the scores that the first tree starts from,
    or None for all 0.
    """

    features: NDArray[np.float32]
    label: NDArray[np.int32]
    indptr: NDArray[np.int64]
    weight: NDArray[np.float64] | None = None
    base: NDArray[np.float64] | None = None


@dataclass(slots=True, eq=False)
class Binned:
    """What LightGBM makes of rows to learn from and to stop on; empty before the first training with it.

    A good part of a short training is binning, which does not depend on weights. Trainings that share one
    must share the rows, columns, monotone directions and seed; weights, objective and number of trees may
    differ. Not for several threads at once.
    """

    learn: "lgb.Dataset | None" = None
    valid: "lgb.Dataset | None" = None

    def learn_with(
        self, data: RankerData, names: tuple[str, ...], categorical: tuple[str, ...]
    ) -> "lgb.Dataset":
        """The rows to learn from, with the weights of ``data``."""
        if self.learn is None:
            self.learn = _dataset(data, names, None, categorical)
        else:
            self.learn.set_field("weight", data.weight)  # set_weight would keep the old ones for None
        return self.learn

    def stop_on(
        self, valid: RankerData, names: tuple[str, ...], categorical: tuple[str, ...]
    ) -> "lgb.Dataset":
        """The rows to stop on, binned as those to learn from."""
        if self.valid is None:
            self.valid = _dataset(valid, names, self.learn, categorical)
        return self.valid


@dataclass(frozen=True, slots=True, eq=False)
class Ranker:
    """A trained model: its text, the columns it expects, its gain by column."""

    text: str
    names: tuple[str, ...]
    n_trees: int
    gain: dict[str, float]

    def scorer(self, n_threads: int, *, raw: bool = False) -> Scorer:
        """A function from features ``float32[n, f]`` to scores ``float64[n]``, safe to call from threads.

        A ``raw`` score is the sum of the trees; only that of ``binary``, which is a probability, differs.
        """
        return scorer_of(self.text, self.names, n_threads=n_threads, raw=raw)

    def contributor(self, n_threads: int) -> Callable[[NDArray[np.float32]], NDArray[np.float64]]:
        """A function from features ``float32[n, f]`` to what each adds to the score, ``float64[n, f + 1]``.

        Shapley values of the trees (Lundberg and Lee 2017); the last column is the same for every row, and a
        row sums to its score before any transformation by the objective.
        """
        import lightgbm as lgb

        booster = lgb.Booster(model_str=self.text)

        def contribute(features: NDArray[np.float32]) -> NDArray[np.float64]:
            if not len(features):
                return np.empty((0, len(self.names) + 1))
            found = booster.predict(features, pred_contrib=True, num_threads=n_threads)
            return np.asarray(found, np.float64)

        return contribute


def train_ranker(
    data: RankerData,
    valid: RankerData | None,
    metric: Metric | None,
    settings: Settings,
    *,
    seed: int,
    names: tuple[str, ...],
    n_threads: int,
    advance: Callable[[int], None],
    monotone: dict[str, int] | None = None,
    categorical: tuple[str, ...] = (),
    binned: Binned | None = None,
) -> Ranker:
    """Train on ``data``; with ``valid`` stop when ``metric`` of its scores no longer rises.

    LightGBM's own NDCG is wrong with weights where a query has no positive, so it is never asked; the
    validation rows carry no weight. ``monotone`` says of columns that the score may only rise (1) or fall
    (-1) with them; ``categorical`` names columns whose whole numbers are categories. A ``weighting`` of pairs
    trains by an objective of our own, which at weights of 1 grows LightGBM's trees. What is ``binned`` by one
    training the next that is given it goes on with. ``DataError`` for weights that LightGBM would take in
    silence.
    """
    import lightgbm as lgb

    if data.weight is not None:
        _check_weight(data.weight)
    parameters = _parameters(settings, seed, len(data.label), n_threads)
    callbacks: list[Any] = [lambda env: advance(env.iteration + 1)]
    if settings.weighting != "row":
        parameters["objective"] = pair_objective(
            data.label,
            data.indptr,
            data.weight,
            weighting=settings.weighting,
            truncation=TRUNCATION,
            n_threads=n_threads,
        )
        callbacks.append(KeepDraws())
        data = replace(data, weight=None)
    binned = Binned() if binned is None else binned
    dataset = binned.learn_with(data, names, categorical)
    options: dict[str, Any] = {}
    if valid is not None and metric is not None:
        options = {"valid_sets": [binned.stop_on(valid, names, categorical)], "feval": _feval(metric)}
        callbacks.append(lgb.early_stopping(PATIENCE, verbose=False))
    if monotone:
        parameters["monotone_constraints"] = [monotone.get(name, 0) for name in names]
    booster = lgb.train(parameters, dataset, settings.n_trees, callbacks=callbacks, **options)
    best = booster.best_iteration if booster.best_iteration > 0 else booster.current_iteration()
    gain = booster.feature_importance("gain", iteration=best)
    # The trees are the same for any number of threads; LightGBM's note of it would be the only difference.
    text = booster.model_to_string(num_iteration=best).replace(f"[num_threads: {n_threads}]\n", "")
    return Ranker(text, names, best, dict(zip(names, gain.tolist(), strict=True)))


def _feval(metric: Metric) -> Callable[[NDArray[np.float64], "lgb.Dataset"], tuple[str, float, bool]]:
    return lambda scores, _: ("metric", metric(scores), True)


def _dataset(
    data: RankerData, names: tuple[str, ...], reference: "lgb.Dataset | None", categorical: tuple[str, ...]
) -> "lgb.Dataset":
    import lightgbm as lgb

    return lgb.Dataset(
        data.features,
        data.label,
        group=group_of(data.indptr),
        weight=data.weight,
        init_score=data.base,
        feature_name=list(names),
        categorical_feature=list(categorical) or "auto",
        reference=reference,
        free_raw_data=True,
    )


def _parameters(settings: Settings, seed: int, n_rows: int, n_threads: int) -> dict[str, Any]:
    return {
        "objective": settings.objective,
        "metric": "None",
        "learning_rate": settings.learning_rate,
        "num_leaves": settings.n_leaves,
        "min_data_in_leaf": int(np.clip(n_rows * LEAF_SHARE, *ROWS_PER_LEAF)),
        "lambda_l2": settings.leaf_regularization,
        "feature_fraction": 0.8,
        "lambdarank_truncation_level": TRUNCATION,
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": n_threads,
        "verbosity": -1,
    }


def _check_weight(weight: NDArray[np.float64]) -> None:
    bad = ~(np.isfinite(weight) & (weight >= 0))
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise DataError(
            f"sample weight of row {row} is {weight[row]}; weights must be finite and not negative"
        )
    if not weight.any():
        raise DataError("all sample weights are 0; give at least one sample a weight")
