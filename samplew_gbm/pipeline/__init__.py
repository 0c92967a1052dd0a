"""From a log to recommendations: train, weigh, recommend, score, evaluate, save and load."""

from samplew_gbm.pipeline.arrivals import with_arrivals
from samplew_gbm.pipeline.continuing import continue_training
from samplew_gbm.pipeline.gated import train
from samplew_gbm.pipeline.inference import (
    Evaluation,
    UserEvaluation,
    evaluate,
    evaluate_users,
    recommend,
    score,
)
from samplew_gbm.pipeline.model import Model, TrainingReport
from samplew_gbm.pipeline.new_users import with_new_users
from samplew_gbm.pipeline.ready import ReadyModel, make_ready
from samplew_gbm.pipeline.storage import load_model, save_model
from samplew_gbm.pipeline.training import Prepared, fit, prepare
from samplew_gbm.pipeline.verdict import Verdict
from samplew_gbm.pipeline.weighing import RowWeights, row_weights, weigh

__all__ = [
    "Evaluation",
    "Model",
    "Prepared",
    "ReadyModel",
    "RowWeights",
    "TrainingReport",
    "UserEvaluation",
    "Verdict",
    "continue_training",
    "evaluate",
    "evaluate_users",
    "fit",
    "load_model",
    "make_ready",
    "prepare",
    "recommend",
    "row_weights",
    "save_model",
    "score",
    "train",
    "weigh",
    "with_arrivals",
    "with_new_users",
]
