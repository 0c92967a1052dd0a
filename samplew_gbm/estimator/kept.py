"""What a fitted ranker of matrices keeps of its training, in a file and out of it."""

import os
from abc import abstractmethod
from typing import Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from samplew_gbm.bundle import Bundle, read_bundle
from samplew_gbm.data.encoding import Encoding
from samplew_gbm.errors import BundleError, ParameterError
from samplew_gbm.estimator.features import remember_columns
from samplew_gbm.estimator.parameters import NOT_KEPT, plain_parameters
from samplew_gbm.pipeline.matrix_model import MatrixModel
from samplew_gbm.pipeline.matrix_report import MatrixReport
from samplew_gbm.pipeline.matrix_storage import matrix_model_in, save_matrix_model
from samplew_gbm.ranking.ranker import Ranker


class KeptRanker(BaseEstimator):  # type: ignore[misc]
    """An estimator whose fitted state, apart from what is of the rows of ``fit``, is a ``MatrixModel``."""

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted estimator to one file, whole or not at all; the command line takes it as a model.

        Equal estimators give equal bytes. What is of the rows of ``fit`` (``importance_``,
        ``sample_weight_``) is left out, and so are ``estimator``, whose trees are kept, ``item_vectors`` and
        ``n_threads``: nothing is predicted with them. ``DataError`` where the file cannot be written.
        """
        save_matrix_model(self.model(), path)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """The estimator that ``save`` or ``samplew train --kind matrix`` wrote: it predicts the same bits.

        Give it ``estimator`` and ``item_vectors`` again before another ``fit``. ``BundleError`` for a file
        that holds none.
        """
        return cls.from_bundle(read_bundle(path))

    @classmethod
    def from_bundle(cls, bundle: Bundle) -> Self:
        """The same of a file that was read."""
        model = matrix_model_in(bundle)
        try:
            ranker = cls(**model.parameters)
            ranker._check_parameters()
        except (TypeError, ParameterError) as error:
            raise BundleError(f"{bundle.path}: its parameters do not fit ({error}); train again") from None
        remember_columns(ranker, model.encoding)
        ranker._keep(model.encoding, model.ranker, model.report)
        return ranker

    def model(self) -> MatrixModel:
        """What ``save`` writes: a value without anything of scikit-learn, for export and for serving."""
        check_is_fitted(self)
        parameters = plain_parameters(self.get_params(deep=False), NOT_KEPT)
        return MatrixModel(parameters, self.encoding_, self.ranker_, self.report_)

    @abstractmethod
    def _check_parameters(self) -> None:
        """``ParameterError`` where one is out of its range."""

    def _keep(self, encoding: Encoding, ranker: Ranker, report: MatrixReport) -> None:
        """Set what is learned but for what is of the rows."""
        self.encoding_ = encoding
        self.ranker_ = ranker
        self.report_ = report
        self.verdict_ = report.verdict
        self.feature_importances_ = np.array([ranker.gain[name] for name in ranker.names])
