"""A model as an MLflow folder of the flavour ``python_function``, written without MLflow.

``MLmodel`` and the environments are YAML, and JSON is YAML: they are written as JSON.
"""

import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

import samplew_gbm
from samplew_gbm.bundle import read_bundle
from samplew_gbm.columns import ITEM_ID, USER_ID
from samplew_gbm.data.writing import atomic_write
from samplew_gbm.export.columns import write_json
from samplew_gbm.pipeline import Model, save_model
from samplew_gbm.pipeline.matrix_model import MatrixModel
from samplew_gbm.pipeline.matrix_storage import save_matrix_model

BUNDLE, REQUIREMENTS, EXAMPLE = "model.swg", "requirements.txt", "input_example.json"
CONDA, VIRTUALENV = "conda.yaml", "python_env.yaml"
LOADER = "samplew_gbm.export.pyfunc"
PINNED = ("lightgbm", "numba", "numpy", "pyarrow")
N_EXAMPLES = 3


def write(model: Model | MatrixModel, folder: Path) -> None:
    """The bundle, ``MLmodel``, the environment that it needs and, of pairs, an example of what it takes.

    A row of features may hold a whole number or none in any column, which MLflow's signatures do not allow:
    a model of a matrix has no signature, and what does not fit is said when it is scored.
    """
    if isinstance(model, Model):
        save_model(model, folder / BUNDLE)
    else:
        save_matrix_model(model, folder / BUNDLE)
    requirements = [
        f"samplew_gbm=={samplew_gbm.__version__}",
        *(f"{name}=={version(name)}" for name in PINNED),
    ]
    with atomic_write(folder / REQUIREMENTS) as file:
        file.write("\n".join([*requirements, ""]).encode())
    pip = {"pip": [f"-r {REQUIREMENTS}"]}
    python = platform.python_version()
    write_json({"name": "samplew_gbm", "dependencies": [f"python={python}", "pip", pip]}, folder / CONDA)
    write_json({"python": python, "dependencies": [f"-r {REQUIREMENTS}"]}, folder / VIRTUALENV)
    described = _description(read_bundle(folder / BUNDLE).digest, python)
    if isinstance(model, Model):
        write_json(_example(model), folder / EXAMPLE)
        described |= _pairs(model)
    write_json(described, folder / "MLmodel")


def _description(digest: str, python: str) -> dict[str, Any]:
    return {
        "flavors": {
            "python_function": {
                "loader_module": LOADER,
                "data": BUNDLE,
                "python_version": python,
                "env": {"conda": CONDA, "virtualenv": VIRTUALENV},
            }
        },
        "model_uuid": digest[:32],
    }


def _pairs(model: Model) -> dict[str, Any]:
    """The signature, and where the example is."""
    ids = ((USER_ID, model.users.ids.type), (ITEM_ID, model.items.ids.type))
    inputs = [
        {"type": "string" if kind == pa.string() else "long", "name": name, "required": True}
        for name, kind in ids
    ]
    outputs = [{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1]}}]
    return {
        "signature": {name: _text(value) for name, value in (("inputs", inputs), ("outputs", outputs))},
        "saved_input_example_info": {
            "artifact_path": EXAMPLE,
            "type": "dataframe",
            "pandas_orient": "split",
        },
    }


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _example(model: Model) -> dict[str, Any]:
    """Some pairs, as MLflow writes a frame."""
    users, items = (part.ids.slice(0, N_EXAMPLES).to_pylist() for part in (model.users, model.items))
    pairs = [list(pair) for pair in zip(users, items, strict=False)]
    return {"columns": [USER_ID, ITEM_ID], "data": pairs}
