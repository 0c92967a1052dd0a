"""Importance of (user, item) rows as a scikit-learn transformer: sample weights for any other learner."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from samplew_gbm.columns import IMPORTANCE, ITEM_ID, LABEL, SAMPLE_WEIGHT, USER_ID
from samplew_gbm.data.encoding import is_table
from samplew_gbm.errors import DataError
from samplew_gbm.estimator.columns import encoded_ids, ids_of, numbers_of
from samplew_gbm.estimator.parameters import settings_of
from samplew_gbm.importance.weights import limited_product, mixed
from samplew_gbm.pipeline.matrix_pairs import learn_pairs, learn_scales
from samplew_gbm.runtime import resolve_threads


class AttentionImportance(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Importance and sample weight of rows of users and items, by embeddings that have not seen the pair.

    A pair that ``fit`` has learned from is judged, then and in ``transform``, by the embeddings of the folds
    without it; any other by all of them. So ``fit(X).transform(X)`` is ``fit_transform(X)``, and neither
    looks at a row through what the row itself has taught.

    Parameters
    ----------
    user, item : str, int or None
        Name or place of the columns. None: those called ``user_id`` and ``item_id``, else the first two.
    label : str, int or None
        Name or place of a column of labels; None: that called ``label``, if there is one. Only rows above 0
        are learned from, and all others have importance 1.
    n_threads : int or None
        None takes all processors. The result does not depend on it.
    others
        As in ``Settings``, under the same names.

    Attributes
    ----------
    tables_ : PairTables
        The embeddings of each fold.
    scales_ : UserScales
        What an affinity means to each user.
    n_features_in_, feature_names_in_
        As scikit-learn has them.
    """

    def __init__(
        self,
        *,
        user: str | int | None = None,
        item: str | int | None = None,
        label: str | int | None = None,
        temperature: float = 2.0,
        mix: float = 1.0,
        weight_low: float = 0.1,
        weight_high: float = 5.0,
        n_factors: int = 0,
        n_epochs: int = 12,
        regularization: float = 0.05,
        alpha: float = 10.0,
        n_folds: int = 4,
        random_state: int = 0,
        n_threads: int | None = None,
    ) -> None:
        self.user = user
        self.item = item
        self.label = label
        self.temperature = temperature
        self.mix = mix
        self.weight_low = weight_low
        self.weight_high = weight_high
        self.n_factors = n_factors
        self.n_epochs = n_epochs
        self.regularization = regularization
        self.alpha = alpha
        self.n_folds = n_folds
        self.random_state = random_state
        self.n_threads = n_threads

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the embeddings of the rows with a label above 0.

        ``X`` is a table or an array of ids, text or whole numbers, of shape (n, 2) or wider. ``y`` stands for
        the column of labels where there is none; without both, all rows are learned from. ``DataError``
        names the column, and its first rows, that cannot be used.
        """
        settings = settings_of(self.get_params(deep=False))
        columns = self._columns(X, reset=True)
        n = len(columns[USER_ID])
        users, user = ids_of(columns[USER_ID], USER_ID, n)
        items, item = ids_of(columns[ITEM_ID], ITEM_ID, n)
        label = columns.get(LABEL, y)
        taken = np.arange(n) if label is None else np.flatnonzero(numbers_of(label, LABEL, n) > 0)
        if not len(taken):
            raise DataError("no row has a label above 0, so nothing was taken; give labels of some, or none")
        pairs = user[taken].astype(np.int64), item[taken].astype(np.int64)
        threads = resolve_threads(self.n_threads)
        self._users, self._items = users, items
        self.tables_ = learn_pairs(*pairs, settings, n_threads=threads)
        self.scales_ = learn_scales(
            pairs[0],
            self.tables_.affinity(*pairs),
            n_users=len(users),
            temperature=settings.temperature,
        )
        self._mean = float(self._limited(self._importance(*pairs)).mean())
        return self

    def transform(self, X: Any) -> NDArray[np.float64]:
        """``float64[n, 2]``: ``importance``, and the ``sample_weight`` made of it.

        Over a user's rows that were learned from the importance has mean 1, over all of them the weight. A
        row whose user or item is not known has importance 1.
        """
        check_is_fitted(self)
        columns = self._columns(X, reset=False)
        importance = self._importance(
            encoded_ids(columns[USER_ID], USER_ID, self._users),
            encoded_ids(columns[ITEM_ID], ITEM_ID, self._items),
        )
        if LABEL in columns:
            importance[~(numbers_of(columns[LABEL], LABEL, len(importance)) > 0)] = 1.0
        return np.stack([importance, self._limited(importance) / self._mean], axis=1)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """The names of the two columns, whatever those of the input are."""
        check_is_fitted(self)
        return np.array([IMPORTANCE, SAMPLE_WEIGHT], dtype=object)

    def _importance(self, user: NDArray[np.int64], item: NDArray[np.int64]) -> NDArray[np.float64]:
        return self.scales_.importance(user, self.tables_.affinity(user, item))

    def _limited(self, importance: NDArray[np.float64]) -> NDArray[np.float64]:
        return limited_product([mixed(importance, self.mix)], low=self.weight_low, high=self.weight_high)

    def _columns(self, X: Any, *, reset: bool) -> dict[str, Any]:
        """The columns by our names, taken from a table or an array."""
        if is_table(X):
            validate_data(self, X, reset=reset, skip_check_array=True)
            names = [str(name) for name in getattr(X, "column_names", None) or X.columns]
            return {name: X[names[place]] for name, place in self._places(names).items()}
        least = 2 if reset else 1
        array = validate_data(
            self, X, reset=reset, dtype=None, ensure_min_features=least, ensure_min_samples=least
        )
        return {name: array[:, place] for name, place in self._places([""] * array.shape[1]).items()}

    def _places(self, names: list[str]) -> dict[str, int]:
        places = {}
        both = USER_ID in names and ITEM_ID in names
        for name, given, otherwise in (
            (USER_ID, self.user, 0),
            (ITEM_ID, self.item, 1),
            (LABEL, self.label, -1),
        ):
            if given is None:
                given = name if name in names and (both or name == LABEL) else otherwise
            place = names.index(given) if isinstance(given, str) and given in names else given
            if not isinstance(place, int) or place >= len(names):
                raise DataError(f"X has no column {given!r} for {name}; give the name or place of one it has")
            if place >= 0:
                places[name] = place
        return places

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        return tags
