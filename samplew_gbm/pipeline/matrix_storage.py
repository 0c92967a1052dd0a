"""A model of a feature matrix as a bundle, and back."""

import os
from typing import Any

import msgspec
import numpy as np

from samplew_gbm.bundle import Bundle, write_bundle
from samplew_gbm.bundle.model_kinds import HEADER, MATRIX_MODEL, check_kind
from samplew_gbm.data.encoding import Encoding
from samplew_gbm.data.vocabulary import Vocabulary
from samplew_gbm.errors import BundleError, DataError
from samplew_gbm.pipeline.matrix_model import MatrixModel
from samplew_gbm.pipeline.matrix_report import MatrixReport
from samplew_gbm.ranking.ranker import Ranker

_FEATURES = "feature_names="


class MatrixHeader(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is not an array. ``gain`` is that of each of the ``columns``, which are ``named`` or numbered."""

    kind: str
    parameters: dict[str, Any]
    columns: list[str]
    named: bool
    gain: list[float]
    report: MatrixReport


def save_matrix_model(model: MatrixModel, path: str | os.PathLike[str]) -> None:
    """Write a model to one file, whole or not at all; equal ones give equal bytes."""
    encoding = model.encoding
    header = MatrixHeader(
        kind=MATRIX_MODEL,
        parameters=model.parameters,
        columns=list(encoding.names),
        named=encoding.named,
        gain=list(model.feature_gain.values()),
        report=model.report,
    )
    members: dict[str, Any] = {HEADER: header, "ranker": model.ranker.text.encode()}
    for place, name in enumerate(encoding.names):
        if name in encoding.categories:
            members[_categories(place)] = encoding.categories[name].ids
    write_bundle(path, members)


def matrix_model_in(bundle: Bundle) -> MatrixModel:
    """The model that a bundle holds; ``BundleError`` for another kind, or where its parts do not fit."""
    check_kind(bundle, MATRIX_MODEL)
    header = bundle.json(HEADER, MatrixHeader)
    try:
        encoding = _encoding(bundle, header)
        ranker = _ranker(bundle, header, encoding)
    except (ValueError, KeyError, TypeError, DataError) as error:
        raise BundleError(f"{bundle.path}: its parts do not fit together ({error}); train again") from None
    return MatrixModel(header.parameters, encoding, ranker, header.report)


def _encoding(bundle: Bundle, header: MatrixHeader) -> Encoding:
    names = tuple(header.columns)
    if not names or len(set(names)) < len(names):
        raise ValueError("its columns are none, or not distinct")
    categories = {
        name: Vocabulary(bundle.column(_categories(place)))
        for place, name in enumerate(names)
        if _categories(place) in bundle
    }
    return Encoding(names, categories, header.named)


def _ranker(bundle: Bundle, header: MatrixHeader, encoding: Encoding) -> Ranker:
    text = bundle.raw("ranker").decode()
    names = encoding.plain_names
    line = next((line for line in text.split("\n") if line.startswith(_FEATURES)), _FEATURES)
    n_known = len(line.removeprefix(_FEATURES).split(" "))
    if not len(names) == len(header.gain) == n_known:
        raise ValueError(f"{len(names)} columns, {len(header.gain)} gains, and a ranker of {n_known}")
    if not np.isfinite(header.gain).all():
        raise ValueError("a gain is not finite")
    gain = dict(zip(names, header.gain, strict=True))
    return Ranker(text, names, header.report.n_trees, gain)


def _categories(place: int) -> str:
    return f"categories.{place}"
