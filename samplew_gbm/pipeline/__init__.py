"""From a log to recommendations: train, weigh, recommend, score, evaluate, save and load."""

from samplew_gbm.pipeline.inference import Evaluation, evaluate, recommend, score
from samplew_gbm.pipeline.model import Model, TrainingReport
from samplew_gbm.pipeline.storage import load_model, save_model
from samplew_gbm.pipeline.training import RowWeights, train, weigh

__all__ = [
    "Evaluation",
    "Model",
    "RowWeights",
    "TrainingReport",
    "evaluate",
    "load_model",
    "recommend",
    "save_model",
    "score",
    "train",
    "weigh",
]
