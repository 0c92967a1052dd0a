"""Which kind of model a bundle holds, and what to do with one of the wrong kind."""

import msgspec

from samplew_gbm.bundle.container import Bundle
from samplew_gbm.errors import BundleError

LOG_MODEL = "samplew_gbm model"
MATRIX_MODEL = "samplew_gbm model of a matrix"
HEADER = "header"
_USES = {
    LOG_MODEL: "a model of a log, which load_model reads; give one that was trained on a matrix",
    MATRIX_MODEL: "a model of a ready feature matrix, which only score, evaluate, inspect, doctor and export "
    "take, and ImportanceRanker.load in Python; give one that train learned from a log",
}


class _Kind(msgspec.Struct):
    kind: str


def kind_of(bundle: Bundle) -> str:
    """The ``kind`` that its header names; ``BundleError`` where it has none."""
    return bundle.json(HEADER, _Kind).kind


def check_kind(bundle: Bundle, wanted: str) -> None:
    """``BundleError``, in words, where a bundle holds another kind of model than ``wanted``."""
    kind = kind_of(bundle)
    if kind != wanted:
        held = _USES.get(kind, f"a {kind}, not a {wanted}; give a file that train wrote")
        raise BundleError(f"{bundle.path}: holds {held}")
