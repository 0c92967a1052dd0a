"""A matrix as scikit-learn hands it over: an array, or any table that has names."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import validate_data

from samplew_gbm.data.encoding import Encoding, columns_of, encoded, is_table, learn_categories
from samplew_gbm.data.validation import columns_text
from samplew_gbm.errors import DataError


def learn_encoding(estimator: BaseEstimator, X: Any) -> tuple[Encoding, NDArray[np.float32]]:
    """The encoding of ``X`` and its numbers, ``float32[n, f]``; scikit-learn's attributes are set."""
    if not is_table(X):
        numbers = _checked_array(estimator, X, reset=True)
        return Encoding(tuple(f"Column_{place}" for place in range(numbers.shape[1])), {}, False), numbers
    validate_data(estimator, X, skip_check_array=True)
    columns = columns_of(X)
    encoding = learn_categories(columns)
    return encoding, encoded(columns, encoding, unknown="error")


def encode(
    estimator: BaseEstimator, X: Any, encoding: Encoding, *, unknown: str = "missing"
) -> NDArray[np.float32]:
    """The numbers of further rows, ``float32[n, f]``; a category not met is missing, or an ``"error"``."""
    if not (encoding.named and is_table(X)):
        if encoding.categories:
            names = columns_text(encoding.categorical)
            raise DataError(f"X is no table, but {names} were read as categories; give a table again")
        return _checked_array(estimator, X, reset=False)
    validate_data(estimator, X, reset=False, skip_check_array=True)
    return encoded(columns_of(X), encoding, unknown=unknown)


def remember_columns(estimator: BaseEstimator, encoding: Encoding) -> None:
    """Set what scikit-learn notes of the columns, of a matrix that it has not seen itself."""
    estimator.n_features_in_ = len(encoding.names)
    if encoding.named:
        estimator.feature_names_in_ = np.array(encoding.names, dtype=object)


def _checked_array(estimator: BaseEstimator, X: Any, *, reset: bool) -> NDArray[np.float32]:
    checked: NDArray[np.float32] = validate_data(
        estimator, X, reset=reset, dtype=np.float32, ensure_all_finite="allow-nan", order="C"
    )
    return checked
