"""A ranker of ready feature matrices that learns what each training row is worth."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from samplew_gbm.columns import ITEM_ID, QUERY_ID, USER_ID
from samplew_gbm.data.encoding import Encoding
from samplew_gbm.data.matrix import RankingMatrix
from samplew_gbm.errors import DataError
from samplew_gbm.estimator.assembling import Given, assemble, valid_set
from samplew_gbm.estimator.columns import check_length, labels_of, queries_of, weights_of
from samplew_gbm.estimator.features import encode, learn_encoding, remember_columns
from samplew_gbm.estimator.kept import KeptRanker
from samplew_gbm.estimator.own_ranker import OwnRanker
from samplew_gbm.estimator.parameters import check_choice, check_number, settings_of
from samplew_gbm.evaluation.evaluate import evaluate_rows
from samplew_gbm.pipeline.matrix import own_rankers, train_matrix
from samplew_gbm.pipeline.matrix_report import OWN, report_of
from samplew_gbm.progress import Progress
from samplew_gbm.ranking.ranker import RankerData
from samplew_gbm.runtime import resolve_threads

LABELS = ("judgement", "click")
UNKNOWN_CATEGORY = ("error", "missing")


class ImportanceRanker(KeptRanker):
    """LightGBM ranker with learned sample weights, for scikit-learn.

    Each row with a label above 0 gets an importance from a model that has not seen its query; weights that do
    not prove themselves on held-out queries are refused, and the model is then the unweighted one.

    Parameters
    ----------
    estimator : LGBMRanker or None
        Your own ranker, which is cloned and trained with our weights by its own parameters; those below from
        ``objective`` on are then not used. None trains rankers of our own.
    item_vectors : object with ``ids`` and ``vectors``, or None
        Ready vectors of the items, ``float32[ids, width]``, such as ``read_vectors`` returns; None learns
        embeddings from the ids.
    gate : bool
        Ask held-out queries whether the weights stay. With fewer than 100 of them (users, if there are) it
        cannot tell, and the weights stay out.
    label : {"judgement", "click"}
        ``judgement``: weights must prove themselves by the labels (one-sided 95 % lower bound of the change
        of NDCG@10 not below 0). ``click``: the labels are what the weights are there to doubt, so the
        weights stay unless they are shown to hurt.
    search : bool
        Let each half of the gate choose among up to 13 forms of the weights, which the other half judges; it
        trains some 50 rankers instead of 4.
    position_power : float
        Power of ``position`` in the clipped inverse propensity of a positive; 0 leaves it out.
    unknown_category : {"error", "missing"}
        What ``predict`` makes of a category that ``fit`` has not met.
    k : int
        Of the NDCG that ``score`` gives.
    n_threads : int or None
        None takes all processors. The result does not depend on it.
    others
        As in ``Settings``, under the same names. ``negatives="auto"`` leaves them plain.

    Attributes
    ----------
    importance_ : float64[n]
        Of each row of ``X``, in its order; mean 1. All 1 where the weights were refused.
    sample_weight_ : float64[n]
        What LightGBM got.
    verdict_ : Verdict or None
        What the gate found; ``verdict_.words()`` says it. None without a gate.
    report_ : MatrixReport
        What was learned from.
    encoding_ : Encoding
        The columns, and the categories of those that hold any.
    ranker_ : Ranker
        The trees as LightGBM's text, the columns, the gain.
    estimator_ : LGBMRanker
        The trained clone, where ``estimator`` was given.
    feature_importances_ : float64[f]
        Total gain of each column.
    n_features_in_, feature_names_in_
        As scikit-learn has them.
    """

    def __init__(
        self,
        estimator: Any = None,
        *,
        item_vectors: Any = None,
        importance: str = "attention",
        gate: bool = True,
        label: str = "judgement",
        search: bool = False,
        temperature: float = 2.0,
        effective_sample: float = 0.0,
        mix: float = 1.0,
        weight_low: float = 0.1,
        weight_high: float = 5.0,
        negatives: str = "auto",
        position_power: float = 0.0,
        unknown_category: str = "error",
        n_factors: int = 0,
        n_epochs: int = 12,
        regularization: float = 0.05,
        alpha: float = 10.0,
        n_folds: int = 4,
        objective: str = "lambdarank",
        weighting: str = "row",
        n_rankers: int = 3,
        n_trees: int = 600,
        learning_rate: float = 0.06,
        n_leaves: int = 16,
        leaf_regularization: float = 1.0,
        k: int = 10,
        random_state: int = 0,
        n_threads: int | None = None,
    ) -> None:
        self.estimator = estimator
        self.item_vectors = item_vectors
        self.importance = importance
        self.gate = gate
        self.label = label
        self.search = search
        self.temperature = temperature
        self.effective_sample = effective_sample
        self.mix = mix
        self.weight_low = weight_low
        self.weight_high = weight_high
        self.negatives = negatives
        self.position_power = position_power
        self.unknown_category = unknown_category
        self.n_factors = n_factors
        self.n_epochs = n_epochs
        self.regularization = regularization
        self.alpha = alpha
        self.n_folds = n_folds
        self.objective = objective
        self.weighting = weighting
        self.n_rankers = n_rankers
        self.n_trees = n_trees
        self.learning_rate = learning_rate
        self.n_leaves = n_leaves
        self.leaf_regularization = leaf_regularization
        self.k = k
        self.random_state = random_state
        self.n_threads = n_threads

    def fit(
        self,
        X: Any,
        y: ArrayLike,
        query_id: Any = None,
        user_id: Any = None,
        item_id: Any = None,
        sample_weight: ArrayLike | None = None,
        position: ArrayLike | None = None,
        eval_set: Any = None,
    ) -> Self:
        """Weigh the rows, ask the gate, train.

        Parameters
        ----------
        X : table or array of shape (n, f)
            Numbers, NaN where missing; a table may have columns of categories or text.
        y : int[n]
            Grades from 0 on.
        query_id : ids[n] or None
            Whose candidates a row is among; rows of a query may stand anywhere. None: all rows are one query.
        user_id, item_id : ids[n] or None
            With both, embeddings say what suits whom. Without, rankers trained on other queries judge.
        sample_weight : float[n] or None
            Your own weights, which multiply ours. They stay where the gate refuses ours.
        position : int[n] or None
            Place in the list that was shown, from 1 on; see ``position_power``.
        eval_set : (X, y) or (X, y, query_id), or None
            Rows to stop on. Without, each ranker of ours stops on a tenth of the queries, kept from it.

        Raises
        ------
        DataError
            Rows that cannot be used: a ``ValueError`` that names the argument and the first rows.
        ParameterError
            A parameter out of its range.
        """
        if y is None:
            raise DataError(
                "this ImportanceRanker estimator requires y to be passed, but the target y is None"
            )
        self._check_parameters()
        encoding, features = learn_encoding(self, X)
        given = Given(y, query_id, user_id, item_id, sample_weight, position)
        return self._learn(encoding, features, given, eval_set, Progress())

    def fit_read(self, matrix: RankingMatrix, *, progress: Progress | None = None) -> Self:
        """``fit`` on a labelled matrix that ``read_matrix`` has read, where users count only with items.

        Raises as ``fit`` does.
        """
        self._check_parameters()
        remember_columns(self, matrix.encoding)
        ids = dict(matrix.ids)
        if not {USER_ID, ITEM_ID} <= set(ids):
            ids = {name: column for name, column in ids.items() if name == QUERY_ID}
        given = Given(matrix.label, sample_weight=matrix.weight, position=matrix.position, **ids)
        return self._learn(matrix.encoding, matrix.features, given, None, progress or Progress())

    def _learn(
        self,
        encoding: Encoding,
        features: NDArray[np.float32],
        given: Given,
        eval_set: Any,
        progress: Progress,
    ) -> Self:
        settings = settings_of(self.get_params(deep=False))
        threads = resolve_threads(self.n_threads)
        rows, order = assemble(
            features,
            encoding,
            given,
            item_vectors=self.item_vectors,
            position_power=float(self.position_power),
        )
        valid = self._valid(eval_set, encoding)
        learner: Any = own_rankers(valid, n_threads=threads, progress=Progress())
        if self.estimator is not None:
            learner = OwnRanker(self.estimator, valid, self.n_threads)
            settings = settings_of({**self.get_params(deep=False), "n_trees": learner.n_trees})
        model = train_matrix(
            rows,
            settings,
            learner,
            gate=self.gate,
            trusted=self.label == "judgement",
            search=self.search,
            pairs=self.estimator is None,
            n_threads=threads,
            progress=progress,
        )
        name = OWN if self.estimator is None else type(self.estimator).__name__
        self._keep(encoding, model.ranker, report_of(rows, model, importance=self.importance, learner=name))
        self.importance_ = _placed(model.importance, order)
        self.sample_weight_ = _placed(np.ones(len(rows)) if model.weight is None else model.weight, order)
        if self.estimator is not None:
            self.estimator_ = learner.last
        return self

    def predict(self, X: Any) -> NDArray[np.float64]:
        """The score of each row, ``float64[n]``: higher is better; scores compare within a query."""
        check_is_fitted(self)
        features = encode(self, X, self.encoding_, unknown=self.unknown_category)
        return self.ranker_.scorer(resolve_threads(self.n_threads))(features)

    def score(
        self, X: Any, y: ArrayLike, query_id: Any = None, sample_weight: ArrayLike | None = None
    ) -> float:
        """Mean NDCG@k over the queries with a label above 0, ties counted as random orders do on average.

        With ``sample_weight`` a query counts as the mean of its rows. ``DataError`` where no query has such a
        label.
        """
        scores = self.predict(X)
        label, query = labels_of(y, len(scores)), queries_of(query_id, len(scores))
        found = evaluate_rows(scores, label, query, metrics=("ndcg",), ks=(self.k,))
        values = found.per_query[f"ndcg@{self.k}"]
        known = ~np.isnan(values)
        if not known.any():
            raise DataError("y has no label above 0, so no query can be judged; give labels of some")
        weight = None
        if sample_weight is not None:
            weight = (np.bincount(query, weights_of(sample_weight, len(scores))) / np.bincount(query))[known]
        return float(np.average(values[known], weights=weight))

    def _check_parameters(self) -> None:
        settings_of(self.get_params(deep=False))
        check_choice("label", self.label, LABELS)
        check_choice("unknown_category", self.unknown_category, UNKNOWN_CATEGORY)
        check_number("position_power", self.position_power, 0, 4)
        check_number("k", self.k, 1, 10_000)

    def _valid(self, eval_set: Any, encoding: Encoding) -> RankerData | None:
        given = valid_set(eval_set)
        if given is None:
            return None
        features = encode(self, given[0], encoding, unknown=self.unknown_category)
        rest = given[2] if len(given) == 3 else None
        check_length(len(given[1]), "the y of eval_set", len(features))
        rows, _ = assemble(features, encoding, Given(given[1], rest))
        return rows.data()

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        tags.target_tags.required = True
        return tags


def _placed(values: NDArray[np.float64], order: NDArray[np.int64]) -> NDArray[np.float64]:
    """Values of rows in the order of ``X``."""
    placed = np.empty_like(values)
    placed[order] = values
    return placed
