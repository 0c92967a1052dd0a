"""Optuna looks for settings of a log: an example to copy, by public names of the package only.

python -m bench.optuna_example log.parquet --trials 20 --out best.json

The log is cut by its clock: settings are chosen on what comes after the rows learned from, and the last part
is judged once, at the end, by a model of the defaults and by one of what was chosen. The defaults are the
first trial, so on the rows that choose nothing ends up worse; the last part says whether that holds.
"""

import argparse
import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pyarrow as pa

from samplew_gbm import Settings, build_interactions, evaluate, read_log, train

METRIC = "NDCG@10"
SHARES = (0.7, 0.85)  # of the rows, where validation and test begin
WHOLE = {"n_factors": (16, 128), "n_leaves": (8, 48), "n_candidates": (30, 120), "n_negatives": (20, 120)}
ON_A_LOG_SCALE = {
    "regularization": (0.005, 0.5),
    "alpha": (2.0, 50.0),
    "learning_rate": (0.02, 0.15),
    "leaf_regularization": (0.1, 100.0),
    "temperature": (0.5, 8.0),
}


@dataclass(frozen=True)
class Parts:
    """Rows of one log, each part later than the one before."""

    learn: pa.Table
    valid: pa.Table
    test: pa.Table


def divide(log: pa.Table) -> Parts:
    """Cut by time; rows of one instant stay together."""
    time = log["timestamp"].to_numpy()
    begin, middle = np.quantile(time, SHARES, method="higher")
    masks = (time < begin, (time >= begin) & (time < middle), time >= middle)
    return Parts(*(log.filter(pa.array(mask)) for mask in masks))


def quality(learn: pa.Table, judge: pa.Table, chosen: dict[str, Any], n_threads: int | None) -> float:
    """What a model of ``learn`` reaches on the rows after it."""
    settings = Settings(**chosen)
    model = train(build_interactions(learn), settings, gate=False, n_threads=n_threads)
    return evaluate(model, judge, ks=(10,), n_threads=n_threads).metrics[METRIC]


def search(
    learn: pa.Table,
    valid: pa.Table,
    fixed: dict[str, Any],
    *,
    n_trials: int,
    n_threads: int | None = None,
) -> optuna.Study:
    """A finished study of settings beside the ``fixed`` ones; the test part is nowhere in reach."""

    def objective(trial: optuna.Trial) -> float:
        return quality(learn, valid, fixed | _suggested(trial, fixed), n_threads)

    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=0))
    study.enqueue_trial(_defaults(fixed))
    study.optimize(objective, n_trials=n_trials)
    return study


def _suggested(trial: optuna.Trial, fixed: dict[str, Any]) -> dict[str, Any]:
    whole = {name: trial.suggest_int(name, *ends) for name, ends in WHOLE.items() if name not in fixed}
    scaled = {
        name: trial.suggest_float(name, *ends, log=True)
        for name, ends in ON_A_LOG_SCALE.items()
        if name not in fixed
    }
    return whole | scaled


def _defaults(fixed: dict[str, Any]) -> dict[str, Any]:
    """The defaults of what is searched; one of 0, which the log chooses, is the middle of its range."""
    defaults = Settings()
    known = {
        name: getattr(defaults, name) or sum(ends) // 2 for name, ends in (WHOLE | ON_A_LOG_SCALE).items()
    }
    return {name: value for name, value in known.items() if name not in fixed}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("log", type=Path)
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO)
    parts = divide(read_log(arguments.log))
    study = search(parts.learn, parts.valid, {}, n_trials=arguments.trials, n_threads=arguments.threads)
    both = pa.concat_tables([parts.learn, parts.valid])
    found = {
        "settings": study.best_params,
        f"validation {METRIC}": [study.trials[0].value, study.best_value],
        f"test {METRIC}": [
            quality(both, parts.test, chosen, arguments.threads) for chosen in ({}, study.best_params)
        ],
        "order": ["defaults", "chosen"],
        "trials": len(study.trials),
    }
    arguments.out.write_text(json.dumps(found, indent=2) + "\n")
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
